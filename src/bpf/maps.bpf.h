/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's maps as layout.h has them, and what is done with their values. How many
 * clients there is room for is said at loading.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/layout.h"

#define HASH(map, kind, key_type, value_type)                \
	struct {                                                  \
		__uint(type, BPF_MAP_TYPE_##kind);                \
		__uint(max_entries, 1);                           \
		__uint(map_flags, BPF_F_NO_PREALLOC);             \
		__type(key, key_type);                            \
		__type(value, value_type);                        \
	} map SEC(".maps")

#define ARRAY(map, kind, flags, value_type)         \
	struct {                                    \
		__uint(type, BPF_MAP_TYPE_##kind);  \
		__uint(max_entries, 1);             \
		__uint(map_flags, flags);           \
		__type(key, __u32);                 \
		__type(value, value_type);          \
	} map SEC(".maps")

struct bytes4 {
	__u8 bytes[4];
};

struct bytes16 {
	__u8 bytes[16];
};

/** Those of layout.h. */
ARRAY(ipb2_clients4, ARRAY, BPF_F_MMAPABLE, struct cuckoo_page);
ARRAY(ipb2_clients6, ARRAY, BPF_F_MMAPABLE, struct cuckoo_page);
HASH(ipb2_replies4, HASH, struct bytes4, struct bytes4);
HASH(ipb2_replies6, HASH, struct bytes16, struct bytes16);
HASH(ipb2_hooks, HASH, __u32, __u32);
ARRAY(ipb2_settings, ARRAY, BPF_F_MMAPABLE, struct bpf_settings);
ARRAY(ipb2_ways, ARRAY, 0, struct bpf_way);
ARRAY(ipb2_counters, PERCPU_ARRAY, 0, struct bpf_counters);
ARRAY(ipb2_reasons, PERCPU_ARRAY, 0, __u64);
HASH(ipb2_counted, PERCPU_HASH, struct bpf_counted_key, struct bpf_counters);

/** Counts a packet and leaves it, unmarked, to whoever comes next: other filters, the
 *  stack. Not inlined, like all that is not the plain way of a packet: so that has more
 *  registers. */
__noinline int pass(__u32 reason)
{
	__u64 *packets = bpf_map_lookup_elem(&ipb2_reasons, &reason);

	if (packets)
		(*packets)++;
	return TC_ACT_UNSPEC;
}

/** The same with the mark of the client's server. */
static __noinline int pass_marked(
	struct __sk_buff *skb, const struct bpf_way *way, __u32 reason)
{
	__u32 mask;

	if (!way)
		return TC_ACT_UNSPEC;
	mask = way->mark_mask;
	skb->mark = (skb->mark & ~mask) | (way->mark & mask);
	return pass(reason);
}

/** Counts what a server is given. */
static __always_inline void count(__u32 server, __u32 ip_bytes)
{
	struct bpf_counters *counters = bpf_map_lookup_elem(&ipb2_counters, &server);

	if (counters) {
		counters->packets++;
		counters->bytes += ip_bytes;
	}
}

/** The way of a client's server. */
static __always_inline const struct bpf_way *way_of(__u32 server, bool v6)
{
	__u32 index = bpf_way_index(server, v6);

	return bpf_map_lookup_elem(&ipb2_ways, &index);
}
