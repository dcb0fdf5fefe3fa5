/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks over the configuration, whose servers have numbers over all services.
 */
#include "kernel/server_ways.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/policy_tunnel.h"
#include "kernel/rtnl_link.h"
#include "kernel/rtnl_route.h"

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
	ways->for_each = policy_tunnel_is_for_each(config);
	ways->numbers = calloc(ways->count + 1, sizeof(*ways->numbers));
	error = ways->numbers ? next_hops_open(&ways->hops) : -ENOMEM;
	if (!error)
		error = netlink_open(&ways->netlink, NETLINK_ROUTE, 0);
	if (!error)
		error = server_ways_walk(ways, follow_one, ways);
	if (error)
		server_ways_close(ways);
	return error;
}

/** Ends. */
void server_ways_close(struct server_ways *ways)
{
	netlink_close(&ways->netlink);
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

/** What changes the device of a tunnel, or its MTU: links, our own routes, which lead into it,
 *  and what is learned of the outer packets' way. */
#define DEVICE_CHANGES \
	(NEXT_HOP_LINK_CHANGED | NEXT_HOP_OURS_CHANGED | NEXT_HOP_MTU_CHANGED)

/** Follows. */
int server_ways_follow(struct server_ways *ways, bool all)
{
	int changes = all ? next_hops_look(ways->hops) : next_hops_read(ways->hops);

	if (ways->for_each && changes & DEVICE_CHANGES)
		changes |= NEXT_HOP_CHANGED;
	return changes;
}

/** Asks for the device that a route leads into. Not one that is told by the route where to. */
static int check_device(struct netlink *netlink, const struct rtnl_route *route)
{
	struct rtnl_link link;
	int error = rtnl_link_get(netlink, route->interface, &link);

	if (error)
		return error;
	return !route->encapsulates && link.group == TUNNEL_DEVICE_GROUP &&
			strncmp(link.name, TUNNEL_DEVICE_PREFIX,
				strlen(TUNNEL_DEVICE_PREFIX)) == 0 ?
		0 :
		-ENODEV;
}

/** Makes the MTU smaller if the outer packets' way has been learned to be narrower: who sends
 *  into a device is not told by it, and nobody else is. */
static int narrow(struct netlink *netlink, const struct config_server *server,
	const struct address *end, uint32_t *mtu_bytes)
{
	uint32_t outer_bytes = policy_tunnel_outer_bytes(server, end->family);
	struct rtnl_route route;
	int error = rtnl_way(netlink, end, &route);

	if (error || !route.learned_mtu_bytes)
		return error;
	if (route.learned_mtu_bytes <= outer_bytes)
		return -ENODEV;
	if (route.learned_mtu_bytes - outer_bytes < *mtu_bytes)
		*mtu_bytes = route.learned_mtu_bytes - outer_bytes;
	return 0;
}

/** Asks the kernel, by the mark and then for the outer packets. */
int server_ways_device(struct server_ways *ways, const struct server_way *way,
	uint32_t *ret_interface, uint32_t *ret_mtu_bytes)
{
	const struct address *end = config_server_address(way->server, way->family);
	const struct address *virtual = server_way_virtual(way->service, way->family);
	struct netlink *netlink = &ways->netlink;
	struct rtnl_route route;
	int error;

	if (!ways->for_each || way->server->method != METHOD_TUNNEL || !end || !virtual)
		return -ENODEV;
	error = rtnl_way_marked(netlink, virtual,
		config_server_mark(ways->config, way->server), &route);
	if (!error)
		error = check_device(netlink, &route);
	if (!error)
		error = narrow(netlink, way->server, end, &route.mtu_bytes);
	if (error)
		return error == -EHOSTUNREACH ? -ENODEV : error;
	*ret_interface = route.interface;
	*ret_mtu_bytes = route.mtu_bytes;
	return 0;
}
