/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of a configuration as a whole: nothing twice, nothing without what it needs,
 * marks and tables with room for every server. It looks only; nothing is repaired.
 */
#include "daemon/config_check.h"

#include <stdlib.h>
#include <string.h>

/** Frees what places owns. */
void config_places_fini(struct config_places *places)
{
	for (size_t i = 0; places->services && i < places->service_count; i++)
		free(places->services[i].servers);
	free(places->services);
	places->services = NULL;
}

/** Tells whether the set bits of mask are neighbours. */
static bool is_contiguous(uint32_t mask)
{
	uint32_t low = mask >> __builtin_ctz(mask);

	return (low & (low + 1)) == 0;
}

/** Checks that every server gets a mark of its own, inside the mask and never 0. */
static void check_marks(const struct config *config, const struct config_places *places,
	struct config_errors *errors)
{
	uint32_t mask = config->mark_mask;

	if (!is_contiguous(mask)) {
		config_errors_add(errors, places->mark_mask,
			"mark-mask: found %#x, expected bits that are neighbours", mask);
		return;
	}
	if (config->mark_base & ~mask) {
		config_errors_add(errors, places->mark_base,
			"mark-base: found %#x, expected no bits outside of mark-mask %#x",
			config->mark_base, mask);
		return;
	}
	uint32_t shift = (uint32_t)__builtin_ctz(mask);
	uint64_t room = (uint64_t)(mask >> shift) - (config->mark_base >> shift) + 1;

	if (room < config->server_count)
		config_errors_add(errors, places->mark_mask,
			"mark-mask: found room for %zu servers from mark-base on, "
			"expected "
			"room for %zu",
			(size_t)room, config->server_count);
}

/** Checks that no server gets a routing table that the kernel has a use for. */
static void check_tables(const struct config *config, const struct config_places *places,
	struct config_errors *errors)
{
	uint64_t first = config->table_base;
	uint64_t last = first + (config->server_count ? config->server_count - 1 : 0);

	if (last > UINT32_MAX)
		config_errors_add(errors, places->table_base,
			"table-base: found %llu, expected room for %zu tables from "
			"there on",
			(unsigned long long)first, config->server_count);
	if (first <= 255 && last >= 253)
		config_errors_add(errors, places->table_base,
			"table-base: found tables %llu to %llu, expected none of 253 to "
			"255 "
			"(default, main, local)",
			(unsigned long long)first, (unsigned long long)last);
}

/** The service before this one, or this one up to limit addresses, that has the virtual
 *  address; NULL if there is none. */
static const struct config_service *earlier_owner(const struct config *config,
	size_t service_index, size_t limit)
{
	const struct address *wanted = &config->services[service_index].addresses[limit];

	for (size_t s = 0; s <= service_index; s++) {
		const struct config_service *service = &config->services[s];
		size_t count = s == service_index ? limit : service->address_count;

		for (size_t i = 0; i < count; i++)
			if (address_equal(&service->addresses[i], wanted))
				return service;
	}
	return NULL;
}

/** Checks that no virtual address is in two services, nor twice in one. */
static void check_overlap(const struct config *config, size_t index,
	const struct service_places *places, struct config_errors *errors)
{
	const struct config_service *service = &config->services[index];
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < service->address_count; i++) {
		const struct config_service *owner = earlier_owner(config, index, i);

		if (owner)
			config_errors_add(errors, places->addresses[i],
				"address: found %s, which service %s has already, "
				"expected each address once",
				address_format(&service->addresses[i], text),
				owner->name);
	}
}

/** Tells whether some server of the service can take that family's clients. */
static bool service_has_server_for(const struct config_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->server_count; i++)
		if (service->servers[i].method == METHOD_LOCAL ||
			config_server_address(&service->servers[i], family))
			return true;
	return false;
}

/** Checks that the service has addresses, servers, and a server for each family. */
static void check_complete(const struct config_service *service,
	const struct service_places *places, struct config_errors *errors)
{
	char text[ADDRESS_TEXT_BYTES];

	if (service->address_count == 0)
		config_errors_add(errors, places->begin,
			"service %s: found no address, expected at least one",
			service->name);
	if (service->server_count == 0) {
		config_errors_add(errors, places->begin,
			"service %s: found no server, expected at least one",
			service->name);
		return;
	}
	for (size_t i = 0; i < service->address_count; i++) {
		uint8_t family = service->addresses[i].family;

		if (!service_has_server_for(service, family))
			config_errors_add(errors, places->addresses[i],
				"address: found %s but no server with an %s address, "
				"expected "
				"at least one in service %s",
				address_format(&service->addresses[i], text),
				family == AF_INET ? "IPv4" : "IPv6", service->name);
	}
}

/** The service that has address as a virtual one, or NULL. */
static const struct config_service *virtual_owner(const struct config *config,
	const struct address *address)
{
	for (size_t s = 0; s < config->service_count; s++)
		for (size_t i = 0; i < config->services[s].address_count; i++)
			if (address_equal(&config->services[s].addresses[i], address))
				return &config->services[s];
	return NULL;
}

/** Checks one address of a server: no virtual one, none of a server before it. */
static void check_server_address(const struct config *config,
	const struct config_service *service, size_t index, uint8_t family,
	unsigned int line, struct config_errors *errors)
{
	const struct address *address = config_own_address(&service->servers[index], family);
	char text[ADDRESS_TEXT_BYTES];

	if (!address)
		return;
	address_format(address, text);
	const struct config_service *owner = virtual_owner(config, address);

	if (owner)
		config_errors_add(errors, line,
			"address: found %s, the virtual address of service %s, expected "
			"the "
			"server's own address",
			text, owner->name);
	for (size_t i = 0; i < index; i++) {
		const struct address *other =
			config_own_address(&service->servers[i], family);

		if (other && address_equal(other, address))
			config_errors_add(errors, line,
				"address: found %s, which server %s has already, "
				"expected "
				"another address",
				text, service->servers[i].name);
	}
}

/** Tells whether service and server have a family in common. */
static bool families_meet(const struct config_service *service,
	const struct config_server *server)
{
	for (size_t i = 0; i < service->address_count; i++)
		if (config_server_address(server, service->addresses[i].family))
			return true;
	return false;
}

/** Checks a server of method local: it is the director, which exists once and has no next
 *  hop. */
static void check_local(const struct config_service *service, size_t index,
	const struct server_places *places, struct config_errors *errors)
{
	const struct config_server *server = &service->servers[index];

	if (server->address_v4.family || server->address_v6.family)
		config_errors_add(errors,
			server->address_v4.family ? places->address_v4
						  : places->address_v6,
			"server %s: found an address, expected none for method local, "
			"which is the director itself",
			server->name);
	for (size_t i = 0; i < index; i++) {
		if (service->servers[i].method != METHOD_LOCAL)
			continue;
		config_errors_add(errors,
			places->method ? places->method : places->begin,
			"server %s: found method local, which server %s has already, "
			"expected it once in service %s",
			server->name, service->servers[i].name, service->name);
		return;
	}
}

/** Checks one server of a method with next hops: it has what its method needs. */
static void check_routed(const struct config *config,
	const struct config_service *service, size_t index,
	const struct server_places *places, struct config_errors *errors)
{
	const struct config_server *server = &service->servers[index];

	if (!server->address_v4.family && !server->address_v6.family)
		config_errors_add(errors, places->begin,
			"server %s: found no address, expected one for method %s",
			server->name, config_method_name(server->method));
	else if (service->address_count > 0 && !families_meet(service, server))
		config_errors_add(errors, places->begin,
			"server %s: found no address of a family that service %s has, "
			"expected "
			"one for method %s",
			server->name, service->name, config_method_name(server->method));
	check_server_address(config, service, index, AF_INET, places->address_v4, errors);
	check_server_address(
		config, service, index, AF_INET6, places->address_v6, errors);
}

/** Checks one server by its method. */
static void check_server(const struct config *config,
	const struct config_service *service, size_t index,
	const struct server_places *places, struct config_errors *errors)
{
	if (service->servers[index].method == METHOD_LOCAL)
		check_local(service, index, places, errors);
	else
		check_routed(config, service, index, places, errors);
}

/** Checks that the file has services, and not more servers than there are marks for. */
static void check_counts(const struct config *config, struct config_errors *errors)
{
	if (config->service_count == 0)
		config_errors_add(errors, 0, "found no service, expected at least one");
	if (config->server_count > CONFIG_SERVERS)
		config_errors_add(errors, 0,
			"found %zu servers in all services, expected at most %d",
			config->server_count, CONFIG_SERVERS);
}

/** Checks the whole. */
void config_check(const struct config *config, const struct config_places *places,
	struct config_errors *errors)
{
	check_counts(config, errors);
	check_marks(config, places, errors);
	check_tables(config, places, errors);
	config_check_defence(config, places, errors);
	for (size_t s = 0; s < config->service_count; s++) {
		const struct config_service *service = &config->services[s];
		const struct service_places *lines = &places->services[s];

		check_overlap(config, s, lines, errors);
		check_complete(service, lines, errors);
		for (size_t i = 0; i < service->server_count; i++)
			check_server(config, service, i, &lines->servers[i], errors);
		config_check_nat(config, service, lines, errors);
		config_check_labels(service, lines, errors);
		config_check_also(config, service, lines, errors);
		config_check_tunnel(config, service, lines, errors);
	}
}
