/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's neighbours: which hardware address a next hop has, and that the kernel goes
 * on asking for it though none of its own packets go there. Neighbours that we asked it to
 * keep carry our protocol number, by which they are found again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "kernel/netlink.h"
#include "kernel/rtnl_link.h"

struct rtnl_neighbour {
	uint32_t interface;
	struct address address;
	bool usable;    /**< has a hardware address that packets may be sent to */
	bool permanent; /**< somebody has set it by hand */
	bool managed;   /**< the kernel keeps it fresh by itself (since 5.16) */
	bool ours;      /**< we have asked for it */
	uint8_t hardware[RTNL_LINK_ADDRESS_BYTES];
};

/** Tells something about a neighbour. */
typedef bool rtnl_neighbour_fn(const struct rtnl_neighbour *neighbour, void *user);

/** Reads a neighbour from its message; false when it is about none. One that is deleted is
 *  not usable. */
bool rtnl_neighbour_read(
	const struct nlmsghdr *message, struct rtnl_neighbour *ret_neighbour);

/** Asks for one neighbour. -ENOENT when the kernel knows none. */
int rtnl_neighbour_get(struct netlink *netlink, uint32_t interface,
	const struct address *address, struct rtnl_neighbour *ret_neighbour);

/** Has the kernel find the neighbour, and keep it fresh where it can do that by itself;
 *  else this has to be repeated from time to time. Not for permanent ones, which it would
 *  make common. */
int rtnl_neighbour_keep(
	struct netlink *netlink, uint32_t interface, const struct address *address);

/** Lets the kernel forget in its own time what we had it keep, but for those that are
 *  wanted. */
int rtnl_neighbour_release_others(
	struct netlink *netlink, rtnl_neighbour_fn *is_wanted, void *user);
