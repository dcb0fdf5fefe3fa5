/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of clients that are counted and of what they have sent, flow by flow: which there
 * are, and what is added to them. What the kernel carries it counts by itself, in the elements
 * of these clients alone; the rest the daemon has in its hands. Who is counted, and how long, is
 * counting.h's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"
#include "core/packet.h"
#include "ipsec-balancer/control.h"
#include "kernel/fast_path.h"

#define COUNTING_CLIENTS IPB_COUNT_CLIENTS /**< most at once */
#define COUNTING_FLOWS FAST_PATH_COUNTED /**< most of all of them */
#define COUNTING_FLOWS_EACH 256 /**< most of a client: they are dealt with at once */

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

/** The hash that a client's address has in the table. */
uint64_t counting_address_hash(
	const struct counting *counting, const struct address *address);

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
