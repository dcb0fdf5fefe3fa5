/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many objects of one size, named by numbers of 32 bits, which take half the room of a
 * pointer. They stand in chunks, so an object never moves and costs nothing beside itself.
 * Giving a chunk back to the system takes as long as a hundred objects, and many can become
 * empty at once: so it is done when the owner says so, and as much of it as that.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Of a chunk, and what it is aligned to: an object's address tells its chunk. The allocator
 *  touches some 10 KiB around each, so there are few. */
#define POOL_CHUNK_BYTES 1048576

/** A number's lower bits say where in its chunk the object is, in units of 8 bytes. */
#define POOL_PLACE_BITS 17

struct pool_chunk {
	uint32_t number;
	uint32_t used;     /**< objects */
	uint32_t fresh;    /**< place from which on nothing was ever taken */
	uint32_t returned; /**< place of the first object that was given back; 0: none */
	struct pool_chunk *next; /**< of the chunks that have room, or of those that are empty */
	struct pool_chunk *previous;
};

struct pool {
	struct pool_chunk **chunks; /**< by number; NULL where there is none */
	uint32_t chunk_count;
	uint32_t object_bytes;
	struct pool_chunk *roomy; /**< first of the chunks that have objects and room */
	struct pool_chunk *empty; /**< first of the chunks without objects */
	uint32_t empty_count;
	size_t count; /**< objects */
};

/** Begins an empty pool of objects of that size. Allocates nothing. */
void pool_init(struct pool *pool, size_t object_bytes);

/** Frees the chunks, whatever is in them. */
void pool_fini(struct pool *pool);

/** A new object, all zero, aligned to 8 bytes; NULL without memory. */
void *pool_take(struct pool *pool);

/** Gives an object back. Its chunk stays with the pool even if that was the last one there. */
void pool_give(struct pool *pool, void *object);

/** Gives back at most max_chunks that are empty, and keeps one for what comes next; returns how
 *  many. As many as max_chunks: there may be more. */
size_t pool_trim(struct pool *pool, size_t max_chunks);

/** The object of that number, which must be one; NULL for 0. */
static inline void *pool_at(const struct pool *pool, uint32_t number)
{
	uint32_t place = number & ((1U << POOL_PLACE_BITS) - 1);

	return number ? (char *)pool->chunks[number >> POOL_PLACE_BITS] + 8 * (size_t)place :
			NULL;
}

/** The number of an object of a pool, never 0. */
static inline uint32_t pool_number(const void *object)
{
	uintptr_t within = (uintptr_t)object & (POOL_CHUNK_BYTES - 1);
	const struct pool_chunk *chunk = (const struct pool_chunk *)(const void *)(
		(const char *)object - within);

	return chunk->number << POOL_PLACE_BITS | (uint32_t)(within / 8);
}
