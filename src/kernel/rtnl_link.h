/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links as rtnetlink tells of them: what next hops and the choice of interfaces need to
 * know. Never changes one; tunnel devices are tunnel_device.h's.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/netlink.h"

#define RTNL_LINK_ADDRESS_BYTES 6 /**< of Ethernet */

struct rtnl_link {
	char name[IFNAMSIZ];
	uint32_t interface; /**< index */
	bool ethernet;      /**< of type Ethernet, with an address of its size; no loopback */
	bool loopback;
	bool up;
	bool running;       /**< up, and what is below as well */
	uint32_t master;    /**< index of the bridge, bond or VRF that has it; 0: none */
	uint32_t mtu_bytes;
	bool bridge;        /**< it is one */
	uint32_t group;
	uint8_t address[RTNL_LINK_ADDRESS_BYTES];
};

/** Sees one link. A negative return ends the walk with that error. */
typedef int rtnl_link_fn(const struct rtnl_link *link, void *user);

/** Reads a link from its message; false when it is about none. */
bool rtnl_link_read(const struct nlmsghdr *message, struct rtnl_link *ret_link);

/** Asks for one link. -ENODEV when there is none. */
int rtnl_link_get(struct netlink *netlink, uint32_t interface, struct rtnl_link *ret_link);

/** Shows all links. One may be shown twice when links change meanwhile. */
int rtnl_link_walk(struct netlink *netlink, rtnl_link_fn *see, void *user);
