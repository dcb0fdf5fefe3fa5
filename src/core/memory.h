/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the director's tables take together, and what they may take: objects of all pools, and
 * the hash tables, whose width is the same from the start. Counts, and gives back what has
 * become empty; allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool;

#define MEMORY_POOLS 6

struct memory {
	struct pool *pools[MEMORY_POOLS]; /**< borrowed */
	size_t pool_count;
	uint64_t width_bytes; /**< of the hash tables */
	uint64_t limit_bytes; /**< of it all; 0: none */
};

/** Counts a pool's objects from now on; at most MEMORY_POOLS. */
void memory_count(struct memory *memory, struct pool *pool);

/** Bytes of all objects. */
uint64_t memory_objects_bytes(const struct memory *memory);

/** Bytes that objects may take; 0: no limit. */
uint64_t memory_objects_limit_bytes(const struct memory *memory);

/** Tells whether there is room for objects of more_bytes. Accepts NULL: there is. */
bool memory_has_room(const struct memory *memory, uint64_t more_bytes);

/** Gives back at most max_chunks of what the pools do not need; returns how many. As many as
 *  max_chunks: there may be more. */
size_t memory_trim(struct memory *memory, size_t max_chunks);
