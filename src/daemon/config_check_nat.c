/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What method nat asks of a configuration. Behind NAT a real server speaks under its own
 * address, and the director has to know whose name that is in: of one service, and of
 * one virtual address a family.
 */
#include "daemon/config_check.h"

#include <sys/socket.h>

/** The line of the server's address of that family. */
static unsigned int line_of(const struct server_places *places, uint8_t family)
{
	return family == AF_INET ? places->address_v4 : places->address_v6;
}

/** How many addresses of that family the service has. */
static size_t count_addresses(const struct config_service *service, uint8_t family)
{
	size_t count = 0;

	for (size_t i = 0; i < service->address_count; i++)
		count += service->addresses[i].family == family;
	return count;
}

/** The server of method nat with that address in service, or NULL. */
static const struct config_server *find_nat(const struct config_service *service,
	const struct address *address)
{
	for (size_t i = 0; i < service->server_count; i++) {
		const struct config_server *server = &service->servers[i];
		const struct address *found = config_own_address(server, address->family);

		if (server->method == METHOD_NAT && found && address_equal(found, address))
			return server;
	}
	return NULL;
}

/** Checks that no service before this one translates to the same address. */
static void check_owner(const struct config *config, const struct config_service *service,
	const struct address *address, unsigned int line, struct config_errors *errors)
{
	char text[ADDRESS_TEXT_BYTES];

	for (const struct config_service *other = config->services; other < service; other++) {
		const struct config_server *owner = find_nat(other, address);

		if (owner)
			config_errors_add(errors, line,
				"address: found %s, which server %s of service %s has "
				"already, expected an address of its own for method nat",
				address_format(address, text), owner->name, other->name);
	}
}

/** Checks one server of method nat for one family. */
static void check_family(const struct config *config, const struct config_service *service,
	const struct config_server *server, uint8_t family,
	const struct server_places *places, struct config_errors *errors)
{
	const struct address *address = config_own_address(server, family);
	size_t count = count_addresses(service, family);

	if (!address)
		return;
	if (count > 1)
		config_errors_add(errors, line_of(places, family),
			"server %s: found %zu %s addresses in service %s, expected one with "
			"method nat: it is the source of what the server starts",
			server->name, count, family == AF_INET ? "IPv4" : "IPv6",
			service->name);
	check_owner(config, service, address, line_of(places, family), errors);
}

/** Tells whether all servers of the service are behind NAT. */
static bool nat_only(const struct config_service *service)
{
	for (size_t i = 0; i < service->server_count; i++) {
		if (service->servers[i].method != METHOD_NAT)
			return false;
	}
	return service->server_count > 0;
}

/** Checks AH: its checksum covers the addresses that NAT changes. */
static void check_ah(const struct config_service *service, const struct service_places *places,
	struct config_errors *errors)
{
	if (places->ah && service->ah && nat_only(service))
		config_errors_add(errors, places->ah,
			"ah: found yes in service %s, where all servers have method nat, "
			"expected no: AH protects the addresses that NAT changes",
			service->name);
}

/** Checks one service. */
void config_check_nat(const struct config *config, const struct config_service *service,
	const struct service_places *places, struct config_errors *errors)
{
	for (size_t i = 0; i < service->server_count; i++) {
		const struct config_server *server = &service->servers[i];
		const struct server_places *lines = &places->servers[i];

		if (server->method != METHOD_NAT)
			continue;
		if (!server->replies_seen)
			config_errors_add(errors, lines->replies,
				"server %s: found replies unseen, expected seen with method "
				"nat: the director translates them",
				server->name);
		check_family(config, service, server, AF_INET, lines, errors);
		check_family(config, service, server, AF_INET6, lines, errors);
	}
	check_ah(service, places, errors);
}
