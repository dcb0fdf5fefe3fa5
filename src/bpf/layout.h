/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF program and user space share: the maps' names, keys and values. Included by
 * both, so it has no functions and only the kernel's types. Whoever changes the meaning or
 * the size of anything here raises BPF_LAYOUT, and maps of another layout are not taken over.
 *
 * Addresses and ports are in network order, all other numbers in the machine's.
 */
#pragma once

#include <linux/types.h>

#include "base/cuckoo_layout.h"

/** Part of every map's name in the kernel: ipb2_clients4 and so on. */
#define BPF_LAYOUT "ipb2_"

/* Maps, by the names they are pinned under.
 * X(enumerator, name) */
#define BPF_MAP_LIST(X)                                                                  \
	X(CLIENTS4, "clients4") /* array: the pages of a cuckoo table */                 \
	X(CLIENTS6, "clients6") /* array: the same */                                    \
	X(REPLIES4, "replies4") /* hash: a nat server's 4 bytes -> 4 of its service */   \
	X(REPLIES6, "replies6") /* hash: the same, 16 and 16 bytes */                    \
	X(WAYS, "ways")         /* array: bpf_way_index() -> bpf_way */                  \
	X(COUNTERS, "counters") /* array for each CPU: server's index -> bpf_counters */ \
	X(REASONS, "reasons")   /* array for each CPU: bpf_reason -> __u64 packets */    \
	X(COUNTED, "counted")   /* hash for each CPU: bpf_counted_key -> bpf_counters */ \
	/* user space's own */                                                           \
	X(HOOKS, "hooks")       /* hash: interface -> bpf_hook_flag */                   \
	X(SETTINGS, "settings") /* array of one: bpf_settings */

enum bpf_map_name {
#define X(enumerator, name) BPF_MAP_##enumerator,
	BPF_MAP_LIST(X)
#undef X
	BPF_MAP_COUNT
};

/* Clients are in tables as base/cuckoo_layout.h has them, which user space writes through a
 * mapping of its memory. An element's address is client and virtual address, one behind the other
 * as in a packet; its port is that of ESP in UDP to port 4500, or 0 for ESP and AH. The value
 * is the server's index and flags, the readers' word when the last packet came. */

#define BPF_CLIENT_SERVER 0x3fff /**< index of the server in the configuration */
#define CLIENT_COUNTED 0x4000    /**< its packets are to be counted */

/** One unit of time is 2^30 ns, 1.07 s, of CLOCK_MONOTONIC. */
#define BPF_SEEN_SHIFT 30

/** How packets get to a server. What is not one of these is BPF_METHOD_UP. */
enum bpf_method {
	BPF_METHOD_UP,    /**< there is no way now: marked, up the stack */
	BPF_METHOD_LOCAL, /**< the same, and nothing is wrong with that */
	BPF_METHOD_DIRECT,
	BPF_METHOD_TUNNEL,
	BPF_METHOD_NAT,
};

enum bpf_way_flag {
	BPF_WAY_AH = 1,   /**< the service takes AH */
	BPF_WAY_DF = 2,   /**< the outer IPv4 packet has the inner one's DF */
	BPF_WAY_HOPS = 4, /**< the hop limit is the template's, not the inner packet's */
};

/** IPv6, and UDP and GUE behind it. */
#define BPF_OUTER_BYTES 56

/** The way to a server for the clients of one family. */
struct bpf_way {
	__u8 method; /**< bpf_method */
	__u8 flags;  /**< bpf_way_flag */
	/** Tunnel: length of the template, 20 or 40, and 12 more with GUE. */
	__u8 outer_bytes;
	__u8 zero;
	__u32 interface;
	__u32 mtu_bytes; /**< the longest packet as it comes, before anything is put around */
	__u32 mark;      /**< the server's, for what the program cannot carry itself */
	__u32 mark_mask; /**< bits of the mark that are ours */
	__u32 zero4;
	/** Destination, source, type as it leaves, two of zero. */
	__u8 ethernet[16] __attribute__((aligned(8)));
	__u8 address[16];  /**< nat: the server's address */
	/** Tunnel: headers that lack length, ECN, identification, hop limit, DF, flow label and
	 *  UDP's source port and checksum. The checksum of an IPv4 header is the sum, folded but
	 *  not turned round, of what is there. */
	__u8 outer[BPF_OUTER_BYTES];
};

/** Where a server's way is. */
#define bpf_way_index(server, is_v6) ((server) * 2 + !!(is_v6))

/** What a server has been given; bytes are those of IP packets as they came. */
struct bpf_counters {
	__u64 packets;
	__u64 bytes;
};

/** An element that has CLIENT_COUNTED. IPv4 addresses have zeros behind them. */
struct bpf_counted_key {
	__u8 client[16];
	__u8 virtual[16];
	__u16 client_port;
	__u16 zero;
};

/* Why a packet is not carried on by the program, and what is. The names are shown to users.
 * X(enumerator, name, what it tells an operator) */
#define BPF_REASON_LIST(X)                                                                \
	/* unmarked: the daemon judges */                                                 \
	X(UNKNOWN, "unknown", "IPsec of no known client")                                 \
	X(TRUNCATED, "truncated", "shorter than its headers say")                         \
	X(SPI, "spi", "an SPI that is reserved")                                          \
	X(AH_REFUSED, "ah", "AH of a known client that may have none")                    \
	X(GSO_UDP, "aggregate-udp", "several UDP packets in one, to be taken apart")      \
	X(NO_SERVER, "no-server", "a client of a server that has no place")               \
	/* marked: they follow the routing rules */                                       \
	X(LOCAL, "local", "of a server of method local")                                  \
	X(NO_WAY, "no-next-hop", "of a server whose next hop is not resolved")            \
	X(FRAGMENT, "fragment", "a fragment")                                             \
	X(OPTIONS, "options", "IPv4 options or IPv6 extension headers")                   \
	X(TTL, "ttl", "TTL or hop limit at its end")                                      \
	X(TOO_BIG, "too-big", "longer than the MTU of the way")                           \
	X(GSO, "aggregate", "several packets in one")                                     \
	X(STALE, "stale", "the daemon has been away for half a minute")                   \
	X(NO_ROOM, "no-room", "no memory for the headers")                                \
	/* of nat servers' replies */                                                     \
	X(REPLY, "reply", "a nat server's packet, carried to its client")                 \
	X(REPLY_UNKNOWN, "reply-unknown", "a nat server's packet to no client of its")    \
	X(REPLY_UNUSUAL, "reply-unusual", "a fragment, with options, or TTL at its end")  \
	X(REPLY_NO_WAY, "reply-no-next-hop", "no way, or too big for it")

enum bpf_reason {
#define X(enumerator, name, help) BPF_REASON_##enumerator,
	BPF_REASON_LIST(X)
#undef X
	BPF_REASON_COUNT
};

#define BPF_IDENTITY_BYTES 28

struct bpf_settings {
	char identity[BPF_IDENTITY_BYTES]; /**< whose server numbers are in the maps */
	__u32 alive; /**< when the ways were last right, in units of time */
	struct cuckoo_secret secret; /**< of both clients' tables */
	__u32 moves;                 /**< of both, see base/cuckoo.h */
	__u32 zero;
};

/** What is written into the program before it is loaded. */
struct bpf_constants {
	struct cuckoo_secret secret;
	__u32 pages4; /**< of the clients' tables */
	__u32 pages6;
};

/** How long the ways are believed when nobody says that they are right; 30 seconds. */
#define BPF_ALIVE_UNITS 28

/** What is noted of an interface the program is at. */
enum bpf_hook_flag {
	BPF_HOOK_OURS = 1, /**< clsact was not there before */
};
