/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

_Static_assert(POOL_CHUNK_BYTES == 8 << POOL_PLACE_BITS, "a place is within its chunk");

/** Begins an empty pool; objects lie 8 bytes apart, or a multiple of that. */
void pool_init(struct pool *pool, size_t object_bytes)
{
	*pool = (struct pool){ .object_bytes = (uint32_t)(object_bytes + 7) & ~7U };
}

/** Frees the chunks. */
void pool_fini(struct pool *pool)
{
	for (uint32_t i = 0; i < pool->chunk_count; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	*pool = (struct pool){ .object_bytes = pool->object_bytes };
}

/** Tells whether an object can be taken from the chunk. */
static bool has_room(const struct pool *pool, const struct pool_chunk *chunk)
{
	return chunk->returned ||
		8 * (size_t)chunk->fresh + pool->object_bytes <= POOL_CHUNK_BYTES;
}

/** The list that a chunk belongs to; NULL: it is full. */
static struct pool_chunk **list_of(struct pool *pool, const struct pool_chunk *chunk)
{
	if (!chunk->used)
		return &pool->empty;
	return has_room(pool, chunk) ? &pool->roomy : NULL;
}

/** Puts a chunk before the others of a list. */
static void link_chunk(
	struct pool *pool, struct pool_chunk **list, struct pool_chunk *chunk)
{
	pool->empty_count += list == &pool->empty;
	chunk->previous = NULL;
	chunk->next = *list;
	if (chunk->next)
		chunk->next->previous = chunk;
	*list = chunk;
}

/** Takes a chunk out of its list. */
static void unlink_chunk(
	struct pool *pool, struct pool_chunk **list, struct pool_chunk *chunk)
{
	pool->empty_count -= list == &pool->empty;
	*(chunk->previous ? &chunk->previous->next : list) = chunk->next;
	if (chunk->next)
		chunk->next->previous = chunk->previous;
}

/** Puts a chunk that was in list from into the one where it belongs now. */
static void move_chunk(
	struct pool *pool, struct pool_chunk **from, struct pool_chunk *chunk)
{
	struct pool_chunk **to = list_of(pool, chunk);

	if (to == from)
		return;
	if (from)
		unlink_chunk(pool, from, chunk);
	if (to)
		link_chunk(pool, to, chunk);
}

/** A number that no chunk has; the list of them is made longer where all are taken. False
 *  without memory. */
static bool free_number(struct pool *pool, uint32_t *ret_number)
{
	uint32_t count = pool->chunk_count ? 2 * pool->chunk_count : 4;
	struct pool_chunk **chunks;

	for (uint32_t i = 0; i < pool->chunk_count; i++) {
		*ret_number = i;
		if (!pool->chunks[i])
			return true;
	}
	if (count > 1U << (32 - POOL_PLACE_BITS))
		return false;
	chunks = realloc(pool->chunks, count * sizeof(struct pool_chunk *));
	if (!chunks)
		return false;
	*ret_number = pool->chunk_count;
	memset(chunks + pool->chunk_count, 0,
		(count - pool->chunk_count) * sizeof(struct pool_chunk *));
	pool->chunks = chunks;
	pool->chunk_count = count;
	return true;
}

/** Makes a chunk; NULL without memory. Its pages are not touched before they are used. */
static struct pool_chunk *chunk_new(struct pool *pool)
{
	struct pool_chunk *chunk;
	uint32_t number;

	if (!free_number(pool, &number))
		return NULL;
	chunk = aligned_alloc(POOL_CHUNK_BYTES, POOL_CHUNK_BYTES);
	if (!chunk)
		return NULL;
	*chunk = (struct pool_chunk){ .number = number,
		.fresh = (sizeof(*chunk) + 7) / 8 };
	pool->chunks[number] = chunk;
	link_chunk(pool, &pool->empty, chunk);
	return chunk;
}

/** The next place of a chunk that has room. What was given back begins with the place of
 *  what was before it. */
static void *take_place(struct pool *pool, struct pool_chunk *chunk)
{
	uint32_t place = chunk->returned ? chunk->returned : chunk->fresh;
	void *object = (char *)chunk + 8 * (size_t)place;

	if (chunk->returned)
		memcpy(&chunk->returned, object, sizeof(chunk->returned));
	else
		chunk->fresh += pool->object_bytes / 8;
	return object;
}

/** A chunk with room: one that has objects before one that could be given back. */
static struct pool_chunk *chunk_with_room(struct pool *pool)
{
	if (pool->roomy)
		return pool->roomy;
	return pool->empty ? pool->empty : chunk_new(pool);
}

/** A new object. */
void *pool_take(struct pool *pool)
{
	struct pool_chunk *chunk = chunk_with_room(pool), **from;
	void *object;

	if (!chunk)
		return NULL;
	from = list_of(pool, chunk);
	object = take_place(pool, chunk);
	ASAN_UNPOISON_MEMORY_REGION(object, pool->object_bytes);
	chunk->used++;
	move_chunk(pool, from, chunk);
	pool->count++;
	return memset(object, 0, pool->object_bytes);
}

/** Gives an object back. */
void pool_give(struct pool *pool, void *object)
{
	uint32_t number = pool_number(object);
	struct pool_chunk *chunk = pool->chunks[number >> POOL_PLACE_BITS];
	struct pool_chunk **from = list_of(pool, chunk);

	memcpy(object, &chunk->returned, sizeof(chunk->returned));
	ASAN_POISON_MEMORY_REGION((char *)object + 8, pool->object_bytes - 8);
	chunk->returned = number & ((1U << POOL_PLACE_BITS) - 1);
	chunk->used--;
	move_chunk(pool, from, chunk);
	pool->count--;
}

/** Frees chunks. */
size_t pool_trim(struct pool *pool, size_t max_chunks)
{
	size_t freed = 0;

	for (; freed < max_chunks && pool->empty_count > 1; freed++) {
		struct pool_chunk *chunk = pool->empty;

		unlink_chunk(pool, &pool->empty, chunk);
		pool->chunks[chunk->number] = NULL;
		free(chunk);
	}
	return freed;
}
