/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules and routes have in common when they are read and written: addresses and
 * numbers in attributes.
 */
#pragma once

#include <stdint.h>

#include "base/address.h"
#include "kernel/netlink.h"

/** A request buffer, aligned as netlink wants it. */
union rtnl_request {
	struct nlmsghdr header;
	char bytes[NETLINK_REQUEST_BYTES];
};

/** An attribute's number; 0 if it is too short for one. */
uint32_t rtnl_attribute_u32(const struct nlattr *attribute);

/** An attribute's address; none if its size is not the family's. */
struct address rtnl_attribute_address(const struct nlattr *attribute, uint8_t family);

/** Puts an address, unless there is none. */
void rtnl_attribute_put_address(
	struct nlmsghdr *message, uint16_t type, const struct address *address);
