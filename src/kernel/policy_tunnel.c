/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses devices and routes; what they are to the kernel is tunnel_device.c's and
 * rtnl_route.c's.
 */
#include "kernel/policy_tunnel.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/ruleset.h"

/** What a link must carry, RFC 8200 5 and RFC 791 3.2. */
#define MTU_MIN_IPV6_BYTES 1280
#define MTU_MIN_IPV4_BYTES 68

/** Bytes of UDP and GUE without options (draft-ietf-intarea-gue-09 3.1). */
#define GUE_BYTES 12

/** IP, and UDP with GUE. */
uint32_t policy_tunnel_outer_bytes(const struct config_server *server, uint8_t outer)
{
	return (outer == AF_INET ? 20u : 40u) +
		(server->encapsulation == ENCAPSULATION_GUE ? GUE_BYTES : 0);
}

/** The largest packet that fits into the tunnel; a way that is too narrow even for what a
 *  link must carry gets the outer packets in fragments. */
static uint32_t inner_mtu_bytes(const struct config_server *server, uint8_t outer,
	uint8_t family, uint32_t outer_bytes)
{
	uint32_t header_bytes = policy_tunnel_outer_bytes(server, outer);
	uint32_t min_bytes = family == AF_INET6 ? MTU_MIN_IPV6_BYTES : MTU_MIN_IPV4_BYTES;

	if (outer_bytes < min_bytes + header_bytes)
		return min_bytes;
	return outer_bytes - header_bytes;
}

/** Where nft sends into them. */
bool policy_tunnel_is_for_each(const struct config *config)
{
	return config->fast_path == FAST_PATH_NFT && ruleset_has_fast_path(config);
}

/** Describes the device for a family's packets to end, whose way is known: one for this
 *  server, if each is to have one or there is no other way, or the one for all. */
static struct tunnel_device device_for(const struct config_server *server, uint8_t family,
	const struct address *end, const struct rtnl_route *way, bool each)
{
	bool gue = server->encapsulation == ENCAPSULATION_GUE;
	struct tunnel_device device = { .family = end->family };

	if (end->family == AF_INET)
		device.inner = family;
	if (!each && !gue && (end->family == AF_INET6 || family == AF_INET)) {
		snprintf(device.name, sizeof(device.name), "%stunnel%c",
			TUNNEL_DEVICE_PREFIX, end->family == AF_INET ? '4' : '6');
		return device;
	}
	device.remote = *end;
	/* ip6tnl asks for it; an IPv4 tunnel takes the route's for each packet. */
	if (end->family == AF_INET6)
		device.local = way->source;
	device.gue_port = gue ? server->gue_port : 0;
	snprintf(device.name, sizeof(device.name), TUNNEL_DEVICE_PREFIX "%s-%u",
		tunnel_device_kind(&device), server->index % 1000);
	return device;
}

/** Tells whether both do the same, by whatever name. */
static bool same_device(
	const struct tunnel_device *one, const struct tunnel_device *other)
{
	return one->family == other->family && one->inner == other->inner &&
	       one->gue_port == other->gue_port &&
	       address_equal(&one->remote, &other->remote) &&
	       address_equal(&one->local, &other->local);
}

/** The planned device that does what the wanted one would, or NULL. */
static const struct policy_plan_device *planned(
	const struct policy_plan *plan, const struct tunnel_device *wanted)
{
	size_t i;

	for (i = 0; i < plan->device_count; i++) {
		if (same_device(&plan->devices[i].device, wanted))
			return &plan->devices[i];
	}
	return NULL;
}

/** Names those that stay, and has the others removed. */
int policy_tunnel_delete_others(struct netlink *netlink, const struct policy_plan *plan)
{
	uint32_t *kept = calloc(plan->device_count + 1, sizeof(*kept));
	size_t i;
	int error;

	if (!kept)
		return -ENOMEM;
	for (i = 0; i < plan->device_count; i++)
		kept[i] = plan->devices[i].interface;
	error = tunnel_device_delete_others(netlink, kept, plan->device_count);
	free(kept);
	return error;
}

/** Plans a device that is not planned yet, and sees to it that it is there; replace: even
 *  if another of ours has to go for it, which may have been in use. */
static int plan_device(struct policy_plan *plan, struct netlink *netlink,
	const struct tunnel_device *wanted, bool replace)
{
	struct policy_plan_device *items, *item;
	int error;

	items = reallocarray(plan->devices, plan->device_count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	plan->devices = items;
	item = &items[plan->device_count];
	item->device = *wanted;
	error = tunnel_device_put(netlink, wanted, replace, &item->interface, &item->made);
	/* One that is not planned may be in the way; what is still to come is made again. */
	if (error == -EEXIST && replace && !policy_tunnel_delete_others(netlink, plan))
		error = tunnel_device_put(
			netlink, wanted, true, &item->interface, &item->made);
	if (error && (replace || error != -EEXIST)) {
		plan->counters->tunnel_error = error;
		plan->counters->tunnel_device = *wanted;
	}
	plan->device_count += !error;
	return error;
}

/** Finds or plans the device and says its index. */
static int interface_of(struct policy_plan *plan, struct netlink *netlink,
	const struct tunnel_device *wanted, bool replace, uint32_t *ret_interface)
{
	const struct policy_plan_device *device = planned(plan, wanted);
	int error = device ? 0 : plan_device(plan, netlink, wanted, replace);

	if (error)
		return error;
	*ret_interface = device ? device->interface
				: plan->devices[plan->device_count - 1].interface;
	return 0;
}

/** Tells whether the outer packets look for their route by the inner ones' mark. */
static bool outer_keeps_mark(const struct tunnel_device *device)
{
	return !device->remote.family && device->family == AF_INET;
}

/** Finds or plans the device, and says which it is. One that each server is to have is not
 *  worth a gap in another one's packets: where something is in the way, that for all does. */
static int choose_device(struct policy_plan *plan, struct netlink *netlink,
	const struct config_server *server, uint8_t family, const struct address *end,
	const struct rtnl_route *way, struct tunnel_device *ret_device,
	uint32_t *ret_interface)
{
	int error;

	if (policy_tunnel_is_for_each(plan->config)) {
		*ret_device = device_for(server, family, end, way, true);
		error = interface_of(plan, netlink, ret_device, false, ret_interface);
		if (error != -EEXIST)
			return error;
		plan->counters->tunnels_in_the_way++;
	}
	*ret_device = device_for(server, family, end, way, false);
	return interface_of(plan, netlink, ret_device, true, ret_interface);
}

/** Plans the way into the device, and in the same table that of the outer packets where
 *  they would else meet the first one again. */
static int plan_ways(struct policy_plan *plan, const struct tunnel_device *device,
	const struct rtnl_route *way, const struct rtnl_route *inner)
{
	struct rtnl_route outer = *inner;
	int error = 0;

	if (outer_keeps_mark(device)) {
		outer.host = inner->tunnel;
		outer.tunnel.family = 0;
		memset(outer.tunnel.bytes, 0, sizeof(outer.tunnel.bytes));
		outer.gateway = way->gateway;
		outer.interface = way->interface;
		outer.mtu_bytes = 0;
		error = rtnl_routes_append(&plan->routes, &outer);
	}
	return error ? error : rtnl_routes_append(&plan->routes, inner);
}

/** Plans the way into a tunnel, if the main table has one to its end. */
int policy_tunnel_plan(struct policy_plan *plan, struct netlink *netlink,
	const struct config_server *server, uint8_t family, const struct address *end)
{
	struct rtnl_route way, inner = {
		.family = family,
		.type = RTN_UNICAST,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.table = config_server_table(plan->config, server),
		.metric = POLICY_PLAN_METRIC,
	};
	struct tunnel_device device;
	int error = rtnl_way(netlink, end, &way);

	if (error == -EHOSTUNREACH) {
		policy_plan_unreachable(plan, server, family);
		return 0;
	}
	if (error)
		return error;
	error = choose_device(
		plan, netlink, server, family, end, &way, &device, &inner.interface);
	if (error)
		return error;
	if (!device.remote.family)
		inner.tunnel = *end;
	inner.mtu_bytes = inner_mtu_bytes(server, end->family, family, way.mtu_bytes);
	return plan_ways(plan, &device, &way, &inner);
}

/** Plans that a family's packets which come in by a device are dropped. */
static int plan_input(
	struct policy_plan *plan, const struct tunnel_device *device, uint8_t family)
{
	struct rtnl_rule input = {
		.family = family,
		.action = FR_ACT_BLACKHOLE,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.priority = plan->config->rule_priority + POLICY_PLAN_INPUT,
	};

	strcpy(input.input, device->name);
	return rtnl_rules_append(&plan->rules, &input);
}

/** Plans it for the families that each device takes out of packets. */
int policy_tunnel_plan_input(struct policy_plan *plan)
{
	size_t i;
	int error = 0;

	for (i = 0; i < plan->device_count && !error; i++) {
		const struct tunnel_device *device = &plan->devices[i].device;

		if (device->inner != AF_INET6)
			error = plan_input(plan, device, AF_INET);
		if (!error && device->inner != AF_INET)
			error = plan_input(plan, device, AF_INET6);
	}
	return error;
}
