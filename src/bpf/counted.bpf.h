/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that somebody wants counted bear a flag. Only their packets come here, as they came in;
 * nobody else pays more than the question for it.
 */
#pragma once

#include "bpf/frame.bpf.h"

/** Tells whether a client's packets are to be counted. */
#define is_counted(tail) ((tail) & (__u32)CLIENT_COUNTED << CUCKOO_VALUE_SHIFT)

/** Counts a packet of so many bytes that goes on to a client's server, by port, that of ESP in UDP
 *  or 0. It still has the addresses that it came with. Returns whether it did. Little stack:
 *  it stands at the end of the deepest calls, and Linux 6.1 has 512 bytes for all of them. */
__noinline int count_client(struct __sk_buff *skb, __u32 v6, __u32 port, __u32 ip_bytes)
{
	struct bpf_counted_key key = { .client_port = (__u16)port };
	struct bpf_counters *counters;

	if (port && skb->gso_size)
		return 0; /* the daemon gets it, in pieces */
	if (v6) {
		if (bpf_skb_load_bytes(skb, ETH_HLEN + 8, key.client, 16) ||
			bpf_skb_load_bytes(skb, ETH_HLEN + 24, key.virtual, 16))
			return 0;
	} else if (bpf_skb_load_bytes(skb, ETH_HLEN + 12, key.client, 4) ||
		bpf_skb_load_bytes(skb, ETH_HLEN + 16, key.virtual, 4)) {
		return 0;
	}
	counters = bpf_map_lookup_elem(&ipb2_counted, &key);
	if (!counters)
		return 0;
	counters->packets++;
	counters->bytes += ip_bytes;
	return 1;
}
