/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink's routes as far as policy routing needs them: those to everywhere or to one
 * host are read, added and deleted one by one, and the kernel is asked for its way.
 * Which ones there should be is policy_plan.c's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "kernel/netlink.h"

/** A default route, or one to a single host. */
struct rtnl_route {
	uint8_t family;
	uint8_t type;     /**< RTN_UNICAST, RTN_BLACKHOLE */
	uint8_t protocol; /**< who made it */
	bool encapsulates; /**< read: puts packets into something else; not compared */
	bool special;     /**< read: leads somewhere else or to more than one next hop */
	uint32_t table;
	uint32_t metric;
	uint32_t interface;     /**< index; 0 for a blackhole */
	uint32_t mtu_bytes;     /**< locked; 0: the interface's */
	uint32_t learned_mtu_bytes; /**< read: by ICMP, to there alone, for some minutes */
	struct address host;    /**< destination; family 0: all */
	struct address gateway; /**< family 0: none */
	struct address tunnel;  /**< put into a packet to there; family 0: is not */
	struct address source;  /**< read: of packets that we send by it; not compared */
};

struct rtnl_routes {
	struct rtnl_route *items; /**< owned; free() it */
	size_t count;
	size_t capacity;
};

/** Appends a family's routes that protocol made, in whatever table. */
int rtnl_routes_read(struct netlink *netlink, uint8_t family, uint8_t protocol,
	struct rtnl_routes *routes);

/** Appends a route. -ENOMEM. */
int rtnl_routes_append(struct rtnl_routes *routes, const struct rtnl_route *route);

/** Tells whether two routes say the same and were made by the same. */
bool rtnl_route_equal(const struct rtnl_route *one, const struct rtnl_route *other);

/** Adds a route, in the place of one with its table and metric. */
int rtnl_route_put(struct netlink *netlink, const struct rtnl_route *route);

/** Deletes a route; 0 also when there is none like it. */
int rtnl_route_delete(struct netlink *netlink, const struct rtnl_route *route);

/** Finds the interface on whose link the address is. -EHOSTUNREACH when it is behind a
 *  gateway, has no route or is our own. */
int rtnl_on_link(struct netlink *netlink, const struct address *address,
	uint32_t *ret_interface);

/** Finds the way of packets to an address, be it behind a gateway: interface, gateway
 *  and mtu_bytes of ret_route, whatever mark they have later. The MTU is the route's or
 *  the link's. -EHOSTUNREACH when there is no way, or the address is our own. */
int rtnl_way(struct netlink *netlink, const struct address *address,
	struct rtnl_route *ret_route);

/** The same of packets that have a mark, which may lead to an address of our own. */
int rtnl_way_marked(struct netlink *netlink, const struct address *address, uint32_t mark,
	struct rtnl_route *ret_route);
