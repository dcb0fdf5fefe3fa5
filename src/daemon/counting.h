/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What single clients have sent, counted while somebody wants to know: ESP and AH to each
 * virtual address, and ESP in UDP of each flow, that went on to a server. What the kernel
 * carries it counts by itself, in the elements of these clients alone; the rest the daemon has in
 * its hands. Counts are of this run: nothing of them is saved. Reads no clock and logs nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"
#include "core/director.h"
#include "core/packet.h"
#include "ipsec-balancer/control.h"
#include "kernel/fast_path.h"

#define COUNTING_CLIENTS IPB_COUNT_CLIENTS /**< most at once */
#define COUNTING_FLOWS FAST_PATH_COUNTED /**< most of all of them */
#define COUNTING_FLOWS_EACH 256 /**< most of a client: they are dealt with at once */
#define COUNTING_KEPT_MS 3600000 /**< how long what has ended can be read */

/** One client address. */
struct counting_client {
	struct table_node by_address;
	struct address address;
	uint64_t since_ms;
	uint64_t until_ms; /**< when it ends; once it has ended: when it did */
	bool ended;
	uint32_t flows;      /**< number of the first one; 0: none */
	uint32_t flow_count;
	uint64_t unwatched;  /**< times that there was no room for another flow */
};

/** An element of the fast path, or what would be one. */
struct counting_flow {
	struct table_node by_key;
	struct fast_path_key key;
	uint32_t client; /**< number of its client */
	uint32_t next;   /**< number of the client's next flow; 0: none */
	uint32_t mark;   /**< that the fast path has it with; 0: it has not */
	struct fast_path_count all;
	struct fast_path_count fast; /**< of those, by the kernel alone */
	struct fast_path_count seen; /**< what the element had when it was last read */
};

struct counting {
	struct pool clients_pool;
	struct pool flows_pool;
	struct table clients; /**< by address */
	struct table flows;   /**< by key */
	struct hash_key key;
	size_t active; /**< clients that have not ended */
	const struct fast_path_backend *backend; /**< NULL: no fast path */
	struct fast_path *fast_path;             /**< not owned */
};

/** Begins with nobody counted. key is random, from the caller. -ENOMEM. */
int counting_init(struct counting *counting, const struct hash_key *key);

/** Frees; the fast path is not told. Accepts what is zeroed. */
void counting_fini(struct counting *counting);

/** Names the fast path; NULL: there is none any more. */
void counting_use(struct counting *counting, const struct fast_path_backend *backend,
	struct fast_path *fast_path);

/** Begins to count a client for so long, from zero on if it is counted already. -ENOSPC: there
 *  are as many as there can be; -ENOMEM. */
int counting_begin(struct counting *counting, const struct director *director,
	const struct address *address, uint64_t now_ms, uint64_t duration_ms);

/** Ends it; what was counted can still be read. -ENOENT: that address is not counted now. */
int counting_end(struct counting *counting, const struct address *address, uint64_t now_ms);

/** Ends all, so that nothing of it is left in the kernel. */
void counting_end_all(struct counting *counting, uint64_t now_ms);

/** Ends some of those whose time is over, and forgets what ended long ago. To be asked once a
 *  second. */
void counting_look(struct counting *counting, uint64_t now_ms);

/** The client of that address, also when it has ended; or NULL. */
struct counting_client *counting_find(
	const struct counting *counting, const struct address *address);

/** The client of a flow. */
struct counting_client *counting_client_of(
	const struct counting *counting, const struct counting_flow *flow);

/** The client's first flow, or NULL. */
struct counting_flow *counting_first(
	const struct counting *counting, const struct counting_client *client);

/** The next flow of the same client, or NULL. */
struct counting_flow *counting_next(
	const struct counting *counting, const struct counting_flow *flow);

/** Brings a flow's numbers up to date. */
void counting_read(struct counting *counting, struct counting_flow *flow);

/** An element was put, with mark, or is taken for there. counting may be NULL, here and
 *  below. */
void counting_put(
	struct counting *counting, const struct fast_path_key *key, uint32_t mark);

/** An element is about to be removed. */
void counting_remove(struct counting *counting, const struct fast_path_key *key);

/** The daemon forwards a packet of so many bytes from its IP header on. */
void counting_see(
	struct counting *counting, const struct packet *packet, uint32_t wire_bytes);
