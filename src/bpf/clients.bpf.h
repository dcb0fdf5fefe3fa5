/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients are looked up here, in tables that user space changes meanwhile (base/cuckoo.h). What
 * comes back is the tail of an element, with the server in it; 0: there is no such client.
 */
#pragma once

#include "bpf/maps.bpf.h"

/** Written before the program is loaded. There may be no other constants in memory. */
const volatile struct bpf_constants ipb_constants;

/** Looked at again that often at most, while user space moves clients about. */
#define LOOKS 4

/** The server's index in a tail. */
#define server_of(tail) ((tail) >> CUCKOO_VALUE_SHIFT & BPF_CLIENT_SERVER)

/** Reads what may change at any time, once. */
#define read_once(variable) (*(const volatile typeof(variable) *)&(variable))

/** The time as elements have it, and the jiffies, without their lowest bits, that it was last
 *  asked for. The kernel's clock costs fifty instructions, jiffies two. */
struct {
	__u32 seen; /**< what clients have that were seen: now, or if ways are stale SEEN_NEVER */
	__u32 jiffies;
	__u32 now;
} ipb_clock;

#define CLOCK_SHIFT 7 /**< 0.13 s to 1.3 s, as CONFIG_HZ is */
#define SEEN_NEVER 0xffffffff

/** What a look at a client is for. */
enum look {
	LOOK_ONLY,
	LOOK_SEE,   /**< note that it is there */
	LOOK_CARRY, /**< the same, and while ways are stale TAIL_STALE is what is found */
};

/** Of a server that is none. */
#define TAIL_STALE (CUCKOO_USED | (__u32)BPF_CLIENT_SERVER << CUCKOO_VALUE_SHIFT)

/** Asks for the time, and whether somebody has looked after the ways lately. */
__noinline int tick(__u32 jiffies)
{
	__u32 now = (__u32)(bpf_ktime_get_coarse_ns() >> BPF_SEEN_SHIFT), first = 0;
	const struct bpf_settings *settings = bpf_map_lookup_elem(&ipb2_settings, &first);

	ipb_clock.now = now;
	ipb_clock.jiffies = jiffies;
	ipb_clock.seen = now;
	if (settings && (__s32)(now - settings->alive) > BPF_ALIVE_UNITS)
		ipb_clock.seen = SEEN_NEVER;
	return 0;
}

/** Notes that a client is there. Written once a second, so that the line of memory is not
 *  carried from one CPU to the other with every packet. False if ways are stale: no client
 *  has been seen then, so that with others this costs nothing. */
static __always_inline bool see(__u32 *seen)
{
	__u32 jiffies = (__u32)(bpf_jiffies64() >> CLOCK_SHIFT);

	if (jiffies != ipb_clock.jiffies)
		tick(jiffies);
	if (*seen == ipb_clock.seen)
		return true;
	*seen = ipb_clock.now;
	return ipb_clock.seen != SEEN_NEVER;
}

/** Tells whether a tail is that of a used slot, with a certain port. */
#define tail_has(tail, port) (((tail) & CUCKOO_TAIL_KEY) == (CUCKOO_USED | (port)))

/** Looks at one bucket. The address is read once more behind the tail: the slot may be somebody
 *  else's by then. */
static __always_inline __u32 bucket_look1(
	struct cuckoo_slot1 *slots, __u64 address, __u32 port, enum look look)
{
	__u32 i, tail;

#pragma unroll
	for (i = 0; i < CUCKOO_SLOTS1; i++) {
		if (read_once(slots[i].address) != address)
			continue;
		tail = read_once(slots[i].tail);
		if (!tail_has(tail, port) || read_once(slots[i].address) != address)
			continue;
		if (look != LOOK_ONLY && !see(&slots[i].readers) && look == LOOK_CARRY)
			return TAIL_STALE;
		return tail;
	}
	return 0;
}

/** Client and virtual address of IPv6. */
struct address6 {
	__u64 words[4];
};

/** Tells whether a slot has an address of four words. */
static __always_inline bool slot_has4(
	const struct cuckoo_slot4 *slot, const struct address6 *address)
{
	return read_once(slot->address[1]) == address->words[1] &&
	       read_once(slot->address[0]) == address->words[0] &&
	       read_once(slot->address[3]) == address->words[3] &&
	       read_once(slot->address[2]) == address->words[2];
}

/** Looks at one bucket of long addresses. */
static __always_inline __u32 bucket_look4(
	struct cuckoo_slot4 *slots, const struct address6 *address, __u32 port,
	enum look look)
{
	__u32 i, tail;

#pragma unroll
	for (i = 0; i < CUCKOO_SLOTS4; i++) {
		if (!slot_has4(&slots[i], address))
			continue;
		tail = read_once(slots[i].tail);
		if (!tail_has(tail, port) || !slot_has4(&slots[i], address))
			continue;
		if (look != LOOK_ONLY && !see(&slots[i].readers) && look == LOOK_CARRY)
			return TAIL_STALE;
		return tail;
	}
	return 0;
}

/** Looks for a client of IPv4 in the two places where it can be. */
static __always_inline __u32 client4_look(__u64 address, __u32 port, enum look look)
{
	__u64 sum = cuckoo_sum1(address, (__u64)port, &ipb_constants.secret);
	__u64 hash = cuckoo_finish(sum, &ipb_constants.secret);
	__u32 index = cuckoo_page_of(hash, ipb_constants.pages4);
	void *page = bpf_map_lookup_elem(&ipb2_clients4, &index);
	__u32 tail;

	if (!page)
		return 0;
	tail = bucket_look1(
		page + cuckoo_first_of(hash, CUCKOO_BUCKET1_BYTES), address, port, look);
	if (tail)
		return tail;
	return bucket_look1(
		page + cuckoo_second_of(hash, CUCKOO_BUCKET1_BYTES), address, port, look);
}

/** Looks for a client of IPv6. */
static __always_inline __u32 client6_look(
	const struct address6 *address, __u32 port, enum look look)
{
	__u64 sum = cuckoo_sum4(address->words, (__u64)port, &ipb_constants.secret);
	__u64 hash = cuckoo_finish(sum, &ipb_constants.secret);
	__u32 index = cuckoo_page_of(hash, ipb_constants.pages6);
	void *page = bpf_map_lookup_elem(&ipb2_clients6, &index);
	__u32 tail;

	if (!page)
		return 0;
	tail = bucket_look4(
		page + cuckoo_first_of(hash, CUCKOO_BUCKET4_BYTES), address, port, look);
	if (tail)
		return tail;
	return bucket_look4(
		page + cuckoo_second_of(hash, CUCKOO_BUCKET4_BYTES), address, port, look);
}

/** How many clients have been moved to their other place until now. */
static __always_inline __u32 moves_now(void)
{
	__u32 first = 0;
	const struct bpf_settings *settings = bpf_map_lookup_elem(&ipb2_settings, &first);

	return settings ? read_once(settings->moves) : 0;
}

/** Looks for a client of IPv4 that may be moved just now, until it is certain. */
__noinline __u32 client4(__u64 address, __u32 port, enum look look)
{
	__u32 i, moves, tail;

	for (i = 0; i < LOOKS; i++) {
		moves = moves_now();
		tail = client4_look(address, port, look);
		if (tail || moves == moves_now())
			return tail;
	}
	return 0;
}

/** Looks for a client of IPv6 likewise. */
__noinline __u32 client6(const struct address6 *address, __u32 port, enum look look)
{
	__u32 i, moves, tail;

	if (!address)
		return 0;
	for (i = 0; i < LOOKS; i++) {
		moves = moves_now();
		tail = client6_look(address, port, look);
		if (tail || moves == moves_now())
			return tail;
	}
	return 0;
}

/** Client and virtual address in one word. */
static __always_inline __u64 address4(__be32 client, __be32 virtual)
{
	union {
		__be32 halves[2];
		__u64 word;
	} address = { .halves = { client, virtual } };

	return address.word;
}

/** The same of IPv6. */
static __always_inline void address6_set(
	struct address6 *address, const void *client, const void *virtual)
{
	const __u64 *from = client, *to = virtual;

	address->words[0] = from[0];
	address->words[1] = from[1];
	address->words[2] = to[0];
	address->words[3] = to[1];
}
