/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that somebody wants counted bear a flag. Only their packets come here, as they came in;
 * nobody else pays more than the question for it.
 */
#pragma once

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "bpf/frame.bpf.h"

/** Tells whether a client's packets are to be counted. */
#define is_counted(tail) ((tail) & (__u32)CLIENT_COUNTED << CUCKOO_VALUE_SHIFT)

/** Counts a packet of a client by port, that of ESP in UDP or 0. It still has the addresses that
 *  it came with. A number of that, for nothing else can be returned here. */
__noinline int count_client(struct __sk_buff *skb, __u32 v6, __u32 port)
{
	struct bpf_counted_key key = { .client_port = (__u16)port };
	struct bpf_counters *counters;
	struct ipv6hdr ip6;
	struct iphdr ip;
	__u32 ip_bytes;

	if (v6) {
		if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip6, sizeof(ip6)))
			return 0;
		copy16(key.client, &ip6.saddr);
		copy16(key.virtual, &ip6.daddr);
		ip_bytes = sizeof(ip6) + bpf_ntohs(ip6.payload_len);
	} else {
		if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
			return 0;
		*(__be32 *)key.client = ip.saddr;
		*(__be32 *)key.virtual = ip.daddr;
		ip_bytes = bpf_ntohs(ip.tot_len);
	}
	counters = bpf_map_lookup_elem(&ipb2_counted, &key);
	if (!counters)
		return 0;
	counters->packets++;
	counters->bytes += ip_bytes;
	return 1;
}
