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

/** Clients come and go, so their memory is taken as they come. */
#define HASH(map, key_type, value_type)                      \
	struct {                                                  \
		__uint(type, BPF_MAP_TYPE_HASH);                  \
		__uint(max_entries, 1);                           \
		__uint(map_flags, BPF_F_NO_PREALLOC);             \
		__type(key, key_type);                            \
		__type(value, value_type);                        \
	} map SEC(".maps")

#define ARRAY(map, kind, value_type)                \
	struct {                                    \
		__uint(type, BPF_MAP_TYPE_##kind);  \
		__uint(max_entries, 1);             \
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
HASH(ipb1_clients4, struct bpf_client4, struct bpf_client);
HASH(ipb1_clients6, struct bpf_client6, struct bpf_client);
HASH(ipb1_replies4, struct bytes4, struct bytes4);
HASH(ipb1_replies6, struct bytes16, struct bytes16);
HASH(ipb1_hooks, __u32, __u32);
ARRAY(ipb1_settings, ARRAY, struct bpf_settings);
ARRAY(ipb1_ways, ARRAY, struct bpf_way);
ARRAY(ipb1_counters, PERCPU_ARRAY, struct bpf_counters);
ARRAY(ipb1_reasons, PERCPU_ARRAY, __u64);

/** Counts a packet and leaves it, unmarked, to whoever comes next: other filters, the
 *  stack. Not inlined, like all that is not the plain way of a packet: so that has more
 *  registers. */
static __noinline int pass(__u32 reason)
{
	__u64 *packets = bpf_map_lookup_elem(&ipb1_reasons, &reason);

	if (packets)
		(*packets)++;
	return TC_ACT_UNSPEC;
}

/** The same with the mark of the client's server. */
static __noinline int pass_marked(struct __sk_buff *skb, const struct bpf_client *client,
	const struct bpf_way *way, __u32 reason)
{
	__u32 mask;

	if (!client || !way)
		return TC_ACT_UNSPEC;
	mask = way->mark_mask;
	skb->mark = (skb->mark & ~mask) | (client->mark & mask);
	return pass(reason);
}

/** Counts what a server is given. */
static __always_inline void count(__u32 server, __u32 ip_bytes)
{
	struct bpf_counters *counters = bpf_map_lookup_elem(&ipb1_counters, &server);

	if (counters) {
		counters->packets++;
		counters->bytes += ip_bytes;
	}
}

/** The time as bpf_client.seen has it, and the jiffies, without their lowest bits, that it was
 *  last asked for. The kernel's clock costs fifty instructions, jiffies two. */
struct {
	__u32 seen; /**< what clients have that were seen: now, or if ways are stale SEEN_NEVER */
	__u32 jiffies;
	__u32 now;
} ipb_clock;

#define CLOCK_SHIFT 7 /**< 0.13 s to 1.3 s, as CONFIG_HZ is */
#define SEEN_NEVER 0xffffffff

/** Asks for the time, and whether somebody has looked after the ways lately. */
static __always_inline void tick(__u32 jiffies)
{
	__u32 now = (__u32)(bpf_ktime_get_coarse_ns() >> BPF_SEEN_SHIFT), first = 0;
	const struct bpf_settings *settings = bpf_map_lookup_elem(&ipb1_settings, &first);

	ipb_clock.now = now;
	ipb_clock.jiffies = jiffies;
	ipb_clock.seen = now;
	if (settings && (__s32)(now - settings->alive) > BPF_ALIVE_UNITS)
		ipb_clock.seen = SEEN_NEVER;
}

/** Notes that a client is there. Written once a second, so that the line of memory is not
 *  carried from one CPU to the other with every packet. False if ways are stale: no client
 *  has been seen then, so that with others this costs nothing. */
static __always_inline bool see(struct bpf_client *client)
{
	__u32 jiffies = (__u32)(bpf_jiffies64() >> CLOCK_SHIFT);

	if (jiffies != ipb_clock.jiffies)
		tick(jiffies);
	if (client->seen == ipb_clock.seen)
		return true;
	client->seen = ipb_clock.now;
	return ipb_clock.seen != SEEN_NEVER;
}

/** The way of a client's server. */
static __always_inline const struct bpf_way *way_of(
	const struct bpf_client *client, bool v6)
{
	__u32 index = bpf_way_index(client->server, v6);

	return bpf_map_lookup_elem(&ipb1_ways, &index);
}
