/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method direct: the packet as it is, one TTL less, to the server's hardware address.
 */
#pragma once

#include "bpf/frame.bpf.h"

/** Sends a packet of IPv4 on. */
static __always_inline void direct4(struct packet4 *packet, const struct bpf_way *way)
{
	ttl_decrease(&packet->ip);
	ethernet_write(packet, way);
}

/** Sends a packet of IPv6 on. */
static __always_inline void direct6(
	struct __sk_buff *skb, struct packet6 *packet, const struct bpf_way *way)
{
	hops_decrease(skb, &packet->ip);
	ethernet_write(packet, way);
}
