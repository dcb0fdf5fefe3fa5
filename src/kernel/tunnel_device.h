/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that put packets into packets for all servers of method tunnel: one a
 * family, ipip and ip6tnl in external mode, where not the device but the route says where
 * to. A device is known as ours by its name and its group. Never looks at the servers.
 */
#pragma once

#include <stdint.h>

#include "kernel/netlink.h"

/** What our devices' names begin with; 4 or 6 follows. */
#define TUNNEL_DEVICE_PREFIX "ipb-tunnel"

/** IFLA_GROUP of our devices. */
#define TUNNEL_DEVICE_GROUP 83

/** The device's name in a family (AF_INET, AF_INET6). */
const char *tunnel_device_name(uint8_t family);

/**
 * Makes the family's device, or keeps one of ours that is right, and takes it up.
 * ret_interface is its index. -EOPNOTSUPP the kernel has no such devices, -EEXIST another
 * one of that name or in external mode is there; else negative errno.
 */
int tunnel_device_put(struct netlink *netlink, uint8_t family, uint32_t *ret_interface);

/** Removes the family's device if it is ours. 0 also when there is none. */
int tunnel_device_delete(struct netlink *netlink, uint8_t family);
