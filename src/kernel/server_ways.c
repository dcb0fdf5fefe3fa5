/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks over the configuration, whose servers have numbers over all services.
 */
#include "kernel/server_ways.h"

#include <errno.h>
#include <stdlib.h>

/** Shows all. */
int server_ways_walk(const struct server_ways *ways, server_way_fn *see, void *user)
{
	const struct config *config = ways->config;
	int error = 0;

	for (size_t i = 0; i < config->service_count && !error; i++) {
		const struct config_service *service = &config->services[i];

		for (size_t j = 0; j < 2 * service->server_count && !error; j++) {
			const struct config_server *server = &service->servers[j / 2];
			const struct server_way way = { service, server,
				j % 2 ? AF_INET6 : AF_INET,
				server->index * 2 + (uint32_t)(j % 2) };

			error = see(&way, user);
		}
	}
	return error;
}

/** The first. */
const struct address *server_way_virtual(
	const struct config_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->address_count; i++) {
		if (service->addresses[i].family == family)
			return &service->addresses[i];
	}
	return NULL;
}

/** Begins to follow the next hop of one way, if it needs one. */
static int follow_one(const struct server_way *way, void *user)
{
	struct server_ways *ways = user;
	const struct config_server *server = way->server;
	const struct address *address = config_server_address(server, way->family);
	int number;

	ways->numbers[way->index] = -1;
	if (!address || server->method == METHOD_LOCAL ||
		!server_way_virtual(way->service, way->family))
		return 0;
	number = next_hops_follow(ways->hops, address, server->method == METHOD_DIRECT);
	ways->numbers[way->index] = number;
	return number < 0 ? number : 0;
}

/** Begins. */
int server_ways_open(struct server_ways *ways, const struct config *config)
{
	int error;

	*ways = (struct server_ways){ .config = config };
	ways->count = 2 * config->server_count;
	ways->numbers = calloc(ways->count + 1, sizeof(*ways->numbers));
	error = ways->numbers ? next_hops_open(&ways->hops) : -ENOMEM;
	if (!error)
		error = server_ways_walk(ways, follow_one, ways);
	if (error)
		server_ways_close(ways);
	return error;
}

/** Ends. */
void server_ways_close(struct server_ways *ways)
{
	next_hops_close(ways->hops);
	free(ways->numbers);
	*ways = (struct server_ways){ .hops = NULL };
}

/** By the way's index. */
const struct next_hop *server_ways_hop(
	const struct server_ways *ways, const struct server_way *way)
{
	int number = ways->numbers[way->index];

	return number < 0 ? NULL : next_hops_get(ways->hops, (size_t)number);
}

/** The descriptor of the monitor. */
int server_ways_fd(const struct server_ways *ways)
{
	return next_hops_fd(ways->hops);
}

/** Follows. */
int server_ways_follow(struct server_ways *ways, bool all)
{
	return all ? next_hops_look(ways->hops) : next_hops_read(ways->hops);
}
