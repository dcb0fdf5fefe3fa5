/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration puts into the sets of ruleset_rules.c.
 */
#include "core/ruleset_rules.h"

#include <sys/socket.h>

/** A set being walked. */
struct walk {
	const struct config *config;
	const struct ruleset_set *set;
	ruleset_element_fn *see;
	void *user;
};

/** Shows one element. */
static void show(const struct walk *walk, uint32_t mark, const struct address *key,
	const struct address *data)
{
	const struct ruleset_element element = { .mark = mark, .key = key, .data = data };

	walk->see(&element, walk->user);
}

/** The service's first virtual address of the set's family: with nat its only one. */
static const struct address *virtual_of(
	const struct config_service *service, const struct walk *walk)
{
	size_t i;

	for (i = 0; i < service->address_count; i++)
		if (service->addresses[i].family == walk->set->family)
			return &service->addresses[i];
	return NULL;
}

/** Shows what the set has of a service's own: virtual addresses. */
static void walk_service(const struct walk *walk, const struct config_service *service)
{
	bool wanted = walk->set->content == RULESET_VIRTUAL;
	size_t i;

	if (walk->set->content == RULESET_SEEN_SOURCES ||
		walk->set->content == RULESET_REPLY_SOURCES)
		for (i = 0; i < service->server_count; i++)
			if (service->servers[i].method != METHOD_NAT &&
				service->servers[i].replies_seen)
				wanted = true;
	for (i = 0; wanted && i < service->address_count; i++)
		if (service->addresses[i].family == walk->set->family)
			show(walk, 0, &service->addresses[i], NULL);
}

/** Shows one kind of other traffic, by each virtual address of the set's family. */
static void walk_also(const struct walk *walk, const struct config_service *service,
	const struct config_also *also)
{
	size_t i;

	if (walk->set->content == RULESET_ALSO_MARKS && also->mark)
		show(walk, also->mark, NULL, NULL);
	if (walk->set->content != RULESET_ALSO || walk->set->protocol != also->protocol)
		return;
	for (i = 0; i < service->address_count; i++) {
		const struct ruleset_element element = { .key = &service->addresses[i],
			.port = also->port };

		if (service->addresses[i].family == walk->set->family)
			walk->see(&element, walk->user);
	}
}

/** Shows what the set has of a nat server with an address of its family. */
static void walk_nat_server(const struct walk *walk, const struct config_service *service,
	const struct config_server *server)
{
	const struct address *address =
		walk->set->family == AF_INET ? &server->address_v4 : &server->address_v6;
	const struct address *virtual = virtual_of(service, walk);

	if (!address->family || !virtual)
		return;
	switch (walk->set->content) {
	case RULESET_SERVER_OF_MARK:
		show(walk, config_server_mark(walk->config, server), NULL, address);
		break;
	case RULESET_WAYS:
		show(walk, config_server_mark(walk->config, server), address, NULL);
		break;
	case RULESET_VIRTUAL_OF_SERVER:
		show(walk, 0, address, virtual);
		break;
	case RULESET_REPLY_SOURCES:
		show(walk, 0, address, NULL);
		break;
	case RULESET_VIRTUAL:
	case RULESET_OTHER_MARKS:
	case RULESET_SEEN_SOURCES:
	case RULESET_ALSO:
	case RULESET_ALSO_MARKS:
	case RULESET_FILLED_LATER:
	case RULESET_HOPS:
	case RULESET_HIDDEN:
	case RULESET_SERVER_MARKS:
	case RULESET_LIMITED_SOURCES:
	case RULESET_LIMITED_VIRTUALS:
	case RULESET_KNOWN:
		break;
	}
}

/** Shows what the set has of a server. */
static void walk_server(const struct walk *walk, const struct config_service *service,
	const struct config_server *server)
{
	const struct ruleset_element counted = {
		.mark = config_server_mark(walk->config, server), .server = server };

	if (walk->set->content == RULESET_SERVER_MARKS)
		walk->see(&counted, walk->user);
	else if (server->method == METHOD_NAT)
		walk_nat_server(walk, service, server);
	else if (walk->set->content == RULESET_OTHER_MARKS)
		show(walk, config_server_mark(walk->config, server), NULL, NULL);
}

/** Shows each element. */
void ruleset_elements(const struct config *config, const struct ruleset_set *set,
	ruleset_element_fn *see, void *user)
{
	const struct walk walk = { config, set, see, user };
	size_t i, j;

	for (i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];

		walk_service(&walk, service);
		for (j = 0; j < service->also_count; j++)
			walk_also(&walk, service, &service->also[j]);
		for (j = 0; j < service->server_count; j++)
			walk_server(&walk, service, &service->servers[j]);
	}
}

/** Counts one element. */
static void count(const struct ruleset_element *element, void *user)
{
	(void)element;
	++*(uint32_t *)user;
}

/** Tells whether there is a virtual address of a family. */
static bool has_family(const struct config *config, int family)
{
	size_t i, j;

	for (i = 0; i < config->service_count; i++)
		for (j = 0; j < config->services[i].address_count; j++)
			if (config->services[i].addresses[j].family == family)
				return true;
	return false;
}

/** Leaves those without limit that an administrator may want to add to, or that others fill. */
uint32_t ruleset_set_size(const struct config *config, const struct ruleset_set *set)
{
	uint32_t size = 0;

	if (set->content == RULESET_VIRTUAL || set->content == RULESET_ALSO ||
		set->content == RULESET_HOPS || set->content == RULESET_HIDDEN)
		return 0;
	if (set->content == RULESET_LIMITED_SOURCES)
		return config->limit_sources;
	if (set->content == RULESET_LIMITED_VIRTUALS)
		return CONFIG_SERVICES * CONFIG_ADDRESSES;
	if ((set->content == RULESET_FILLED_LATER || set->content == RULESET_KNOWN) &&
		has_family(config, set->family))
		return config->max_entries;
	ruleset_elements(config, set, count, &size);
	return size ? size : 1;
}

/** Sets bit after bit. */
void ruleset_prefix(int family, uint32_t bits, struct address *ret_mask)
{
	uint8_t bytes[16] = { 0 };
	uint32_t i;

	for (i = 0; i < bits; i++)
		bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	*ret_mask = family == AF_INET ? address_v4(bytes) : address_v6(bytes);
}
