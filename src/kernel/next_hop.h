/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where frames for the real servers go: for each address that is followed, the interface,
 * both hardware addresses and the MTU of the way there, as the kernel's routes, links and
 * neighbours have it now. Who sends frames without asking the kernel has to hear at once
 * when a way is not there any more: then a next hop is not resolved.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "kernel/rtnl_link.h"

struct next_hop {
	uint32_t interface; /**< 0: not resolved, and then all else is zero */
	uint32_t mtu_bytes; /**< of the route, the link or what ICMP has told, the least */
	uint8_t source[RTNL_LINK_ADDRESS_BYTES];      /**< the interface's own */
	uint8_t destination[RTNL_LINK_ADDRESS_BYTES]; /**< the gateway's, or the server's */
	struct address gateway; /**< whose the destination is: the gateway, of whatever family,
	                             or who is followed if it is on the link */
	struct address from; /**< what the kernel would send from; family 0: unknown */
};

/** What a look brought; bits. */
enum next_hop_change {
	NEXT_HOP_CHANGED = 1,      /**< at least one next hop is not what it was */
	NEXT_HOP_LINK_CHANGED = 2, /**< a link came, went, or was changed */
	NEXT_HOP_OURS_CHANGED = 4, /**< a route of our own, by mark, came or went */
	NEXT_HOP_MTU_CHANGED = 8,  /**< ICMP has told of a way, be it resolved or not, or
	                                that was forgotten */
};

struct next_hops;

/** Begins, with nothing to follow. Negative errno. */
int next_hops_open(struct next_hops **ret_hops);

/** Ends; neighbours are kept fresh by the kernel as before. Accepts NULL. */
void next_hops_close(struct next_hops *hops);

/**
 * Follows the way to an address and looks for it at once; an address that is followed
 * already is not followed twice. on_link: a way by a gateway is none. Returns a number for
 * next_hops_get(), or negative errno; that there is no way is no error.
 */
int next_hops_follow(struct next_hops *hops, const struct address *to, bool on_link);

/** What is known of a next hop by its number; valid until the next call that changes it. */
const struct next_hop *next_hops_get(const struct next_hops *hops, size_t number);

/** The descriptor that is readable when there is something for next_hops_read(). */
int next_hops_fd(const struct next_hops *hops);

/** Takes over what the kernel told meanwhile. Returns bits of enum next_hop_change. */
int next_hops_read(struct next_hops *hops);

/** Looks at all ways again: for what the kernel does not tell, such as an MTU that it has
 *  learned, and to keep neighbours fresh. Once a second. Returns as next_hops_read(). */
int next_hops_look(struct next_hops *hops);

/** Lets go of the neighbours of an earlier run that are not followed now; hops NULL: of all.
 *  Negative errno. */
int next_hops_release_others(const struct next_hops *hops);
