/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks for ways when something is said about links, addresses, routes or rules, and takes
 * what is said about neighbours as it is.
 */
#include "kernel/next_hop.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/policy_route.h"
#include "kernel/rtnl_neighbour.h"
#include "kernel/rtnl_route.h"
#include "kernel/rtnl_watch.h"

/** A way that is followed. */
struct hop {
	struct address to;
	bool on_link;
	uint32_t learned_mtu_bytes; /**< of the way, by ICMP */
	struct next_hop now; /**< as others see it */
	struct next_hop way; /**< the same when the neighbour is usable, without its hardware
	                          address; all zero: there is no way */
};

struct next_hops {
	struct netlink netlink;
	int watch_fd;
	struct hop *items; /**< owned */
	size_t count;
	bool ask_again; /**< something was said about ways */
	int changes;    /**< bits of enum next_hop_change */
};

static const int groups[] = {
	RTNLGRP_LINK,
	RTNLGRP_NEIGH,
	RTNLGRP_IPV4_IFADDR,
	RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE,
	RTNLGRP_IPV6_ROUTE,
	RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_RULE,
	RTNLGRP_NEXTHOP,
};

/** Begins. */
int next_hops_open(struct next_hops **ret_hops)
{
	struct next_hops *hops = calloc(1, sizeof(*hops));
	int error;

	if (!hops)
		return -ENOMEM;
	error = netlink_open(&hops->netlink, NETLINK_ROUTE, 0);
	if (error)
		goto fail;
	hops->watch_fd = rtnl_watch_open(groups, sizeof(groups) / sizeof(groups[0]));
	if (hops->watch_fd < 0) {
		error = hops->watch_fd;
		goto fail_watch;
	}
	*ret_hops = hops;
	return 0;

fail_watch:
	netlink_close(&hops->netlink);
fail:
	free(hops);
	return error;
}

/** Ends. */
void next_hops_close(struct next_hops *hops)
{
	if (!hops)
		return;
	close(hops->watch_fd);
	netlink_close(&hops->netlink);
	free(hops->items);
	free(hops);
}

/** The descriptor of the monitor. */
int next_hops_fd(const struct next_hops *hops)
{
	return hops->watch_fd;
}

/** By number. */
const struct next_hop *next_hops_get(const struct next_hops *hops, size_t number)
{
	return &hops->items[number].now;
}

/** Shows others what a next hop is now. */
static void set(struct next_hops *hops, struct hop *hop, const struct next_hop *now)
{
	if (!memcmp(&hop->now, now, sizeof(*now)))
		return;
	hop->now = *now;
	hops->changes |= NEXT_HOP_CHANGED;
}

/** Resolves a hop by its neighbour, or not. */
static void set_neighbour(
	struct next_hops *hops, struct hop *hop, const struct rtnl_neighbour *neighbour)
{
	struct next_hop now;

	memset(&now, 0, sizeof(now));
	if (neighbour->usable && hop->way.interface) {
		memcpy(&now, &hop->way, sizeof(now));
		memcpy(now.destination, neighbour->hardware, sizeof(now.destination));
	}
	set(hops, hop, &now);
}

/** Notes what has been learned of a way. Its link may be none that frames are sent by, but
 *  others send there, too. */
static void note_learned(
	struct next_hops *hops, struct hop *hop, const struct rtnl_route *route)
{
	if (hop->learned_mtu_bytes != route->learned_mtu_bytes)
		hops->changes |= NEXT_HOP_MTU_CHANGED;
	hop->learned_mtu_bytes = route->learned_mtu_bytes;
}

/** Fills in the way; false when frames cannot be sent there by a hardware address. */
static bool find_way(struct next_hops *hops, struct hop *hop)
{
	struct rtnl_route route;
	struct rtnl_link link;

	memset(&hop->way, 0, sizeof(hop->way));
	if (rtnl_way(&hops->netlink, &hop->to, &route))
		return false;
	note_learned(hops, hop, &route);
	if (route.encapsulates || (hop->on_link && route.gateway.family) ||
		rtnl_link_get(&hops->netlink, route.interface, &link) ||
		!link.ethernet || !link.running)
		return false;
	hop->way.interface = route.interface;
	hop->way.gateway = route.gateway.family ? route.gateway : hop->to;
	hop->way.mtu_bytes = route.mtu_bytes;
	if (route.learned_mtu_bytes && route.learned_mtu_bytes < route.mtu_bytes)
		hop->way.mtu_bytes = route.learned_mtu_bytes;
	hop->way.from = route.source;
	memcpy(hop->way.source, link.address, sizeof(hop->way.source));
	return true;
}

/** Asks for the way and its neighbour. One that the kernel does not look after by itself
 *  is asked for: what we send does not tell the kernel that it is used. */
static void ask(struct next_hops *hops, struct hop *hop)
{
	struct rtnl_neighbour neighbour = { .usable = false };

	if (!find_way(hops, hop)) {
		set_neighbour(hops, hop, &neighbour);
		return;
	}
	if (rtnl_neighbour_get(
		    &hops->netlink, hop->way.interface, &hop->way.gateway, &neighbour))
		neighbour.usable = false;
	if (!neighbour.permanent && (!neighbour.usable || !neighbour.managed))
		rtnl_neighbour_keep(&hops->netlink, hop->way.interface, &hop->way.gateway);
	set_neighbour(hops, hop, &neighbour);
}

/** Asks for all. */
static void ask_all(struct next_hops *hops)
{
	hops->ask_again = false;
	for (size_t i = 0; i < hops->count; i++)
		ask(hops, &hops->items[i]);
}

/** Follows one more, unless it is followed. */
int next_hops_follow(struct next_hops *hops, const struct address *to, bool on_link)
{
	struct hop *items;

	for (size_t i = 0; i < hops->count; i++) {
		if (address_equal(&hops->items[i].to, to) &&
			hops->items[i].on_link == on_link)
			return (int)i;
	}
	items = reallocarray(hops->items, hops->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	hops->items = items;
	memset(&items[hops->count], 0, sizeof(*items));
	items[hops->count].to = *to;
	items[hops->count].on_link = on_link;
	ask(hops, &items[hops->count]);
	hops->changes = 0; /* none to whoever looks at it now */
	return (int)hops->count++;
}

/** Takes over what is said of a neighbour. */
static void see_neighbour(struct next_hops *hops, const struct rtnl_neighbour *neighbour)
{
	for (size_t i = 0; i < hops->count; i++) {
		struct hop *hop = &hops->items[i];

		if (hop->way.interface == neighbour->interface &&
			address_equal(&hop->way.gateway, &neighbour->address))
			set_neighbour(hops, hop, neighbour);
	}
}

/** Takes over what is said of a route, if it leads to somebody who is followed: others come
 *  and go by the thousand where a routing daemon runs. */
static void see_route(struct next_hops *hops, const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct address network;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*route))
		return;
	if (route->rtm_protocol == POLICY_ROUTE_PROTOCOL)
		hops->changes |= NEXT_HOP_OURS_CHANGED;
	network = rtnl_route_network(message);
	for (size_t i = 0; i < hops->count; i++) {
		const struct hop *hop = &hops->items[i];

		if (rtnl_is_in(&hop->to, &network, route->rtm_dst_len) ||
			rtnl_is_in(&hop->way.gateway, &network, route->rtm_dst_len))
			hops->ask_again = true;
	}
}

/** Takes over one notice. */
static void see_notice(const struct nlmsghdr *message, void *user)
{
	struct next_hops *hops = user;
	struct rtnl_neighbour neighbour;

	switch (message->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		if (rtnl_neighbour_read(message, &neighbour))
			see_neighbour(hops, &neighbour);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		see_route(hops, message);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		hops->changes |= NEXT_HOP_LINK_CHANGED;
		hops->ask_again = true;
		break;
	default:
		hops->ask_again = true;
	}
}

/** What has changed since this was last asked. */
static int take_changes(struct next_hops *hops)
{
	int changes = hops->changes;

	hops->changes = 0;
	return changes;
}

/** Reads notices, and asks if they give reason to. */
int next_hops_read(struct next_hops *hops)
{
	if (!rtnl_watch_read(hops->watch_fd, see_notice, hops)) {
		hops->changes |= NEXT_HOP_LINK_CHANGED | NEXT_HOP_OURS_CHANGED;
		hops->ask_again = true;
	}
	if (hops->ask_again)
		ask_all(hops);
	return take_changes(hops);
}

/** Asks without a reason. */
int next_hops_look(struct next_hops *hops)
{
	ask_all(hops);
	return take_changes(hops);
}

/** Tells whether somebody's way goes by the neighbour. */
static bool is_followed(const struct rtnl_neighbour *neighbour, void *user)
{
	const struct next_hops *hops = user;

	for (size_t i = 0; hops && i < hops->count; i++) {
		const struct hop *hop = &hops->items[i];

		if (hop->way.interface == neighbour->interface &&
			address_equal(&hop->way.gateway, &neighbour->address))
			return true;
	}
	return false;
}

/** Releases by a socket of its own. */
int next_hops_release_others(const struct next_hops *hops)
{
	struct netlink netlink;
	int error = netlink_open(&netlink, NETLINK_ROUTE, 0);

	if (error)
		return error;
	error = rtnl_neighbour_release_others(&netlink, is_followed, (void *)hops);
	netlink_close(&netlink);
	return error;
}
