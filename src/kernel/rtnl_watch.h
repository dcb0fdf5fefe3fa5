/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A monitor of rtnetlink's notices, and what several who listen ask of them. What matters
 * to whom is for those to say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/address.h"

/** Sees one notice. */
typedef void rtnl_notice_fn(const struct nlmsghdr *message, void *user);

/** Opens a nonblocking monitor of rtnetlink groups (RTNLGRP_LINK ...). Returns its
 *  descriptor, which is the caller's to close, or negative errno. */
int rtnl_watch_open(const int *groups, size_t count);

/** Shows what the monitor has, up to a bound; the descriptor stays readable while there is
 *  more. Returns false when notices were lost. */
bool rtnl_watch_read(int watch_fd, rtnl_notice_fn *see, void *user);

/** The network that a route's notice is about; all zeros for a default route. */
struct address rtnl_route_network(const struct nlmsghdr *message);

/** Tells whether an address is in a network of so many bits. */
bool rtnl_is_in(
	const struct address *address, const struct address *network, uint8_t bits);
