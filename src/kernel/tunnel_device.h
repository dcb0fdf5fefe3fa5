/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One device that puts packets into packets. In external mode it serves all servers of a
 * family, since not the device but the route says where to; ipip and ip6tnl can do that.
 * What they cannot in that mode, IPv6 in IPv4 and GUE, takes a device a server, as does all
 * that is sent into a device without a route. Its packets go where the main table says,
 * whatever their mark. A device is known as ours by
 * its name and its group. Never looks at the servers.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "kernel/netlink.h"

/** What our devices' names begin with. */
#define TUNNEL_DEVICE_PREFIX "ipb-"

/** IFLA_GROUP of our devices. */
#define TUNNEL_DEVICE_GROUP 83

/** What there should be. */
struct tunnel_device {
	char name[IFNAMSIZ];
	uint8_t family;        /**< of the outer packets: AF_INET, AF_INET6 */
	uint8_t inner;         /**< family of what goes in; 0: either */
	uint16_t gue_port;     /**< UDP port that GUE goes to; 0: no GUE */
	struct address remote; /**< family 0: external mode */
	struct address local;  /**< outer source; family 0: the kernel chooses */
};

/** What rtnetlink calls the kind of device: "ipip", "sit" or "ip6tnl". */
const char *tunnel_device_kind(const struct tunnel_device *device);

/**
 * Makes the device, or keeps one of ours that is right, and takes it up. replace: a wrong
 * one of ours by that name goes for it, with the routes into it. ret_interface is its index,
 * ret_made whether there was none or a wrong one. -EOPNOTSUPP the kernel has no such
 * devices; -EEXIST another one of that name or for the same packets is there; -EINVAL with a
 * gue_port: the kernel has no GUE; else negative errno.
 */
int tunnel_device_put(struct netlink *netlink, const struct tunnel_device *device,
	bool replace, uint32_t *ret_interface, bool *ret_made);

/** Has the kernel understand ICMP errors about GUE packets of ours: it looks for a tunnel
 *  behind a UDP header only while some socket encapsulates. This one is bound to nothing
 *  and gets nothing. Returns its descriptor, which is the caller's to close, or negative
 *  errno. */
int tunnel_device_hear_errors(void);

/** Removes a device by its index. 0 also when there is none. */
int tunnel_device_delete(struct netlink *netlink, uint32_t interface);

/** Removes all devices of ours but those of the given indexes. */
int tunnel_device_delete_others(
	struct netlink *netlink, const uint32_t *interfaces, size_t count);
