/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects have numbers of their own, chunks come and go, and nothing breaks without memory.
 * The linker puts the functions below in front of aligned_alloc and realloc.
 */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define NEVER UINT64_MAX
#define OBJECT_BYTES 1016
#define A_CHUNK (POOL_CHUNK_BYTES / OBJECT_BYTES)
#define OBJECTS (3 * A_CHUNK + 7)

/** Allocations until they fail. */
static uint64_t allocations_left = NEVER;
static size_t chunks;

void *__real_aligned_alloc(size_t alignment, size_t size_bytes);
void *__real_realloc(void *memory, size_t size_bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t size_bytes);
void *__wrap_realloc(void *memory, size_t size_bytes);

/** Tells whether this allocation has to fail. */
static int fails_now(void)
{
	if (allocations_left == NEVER)
		return 0;
	return allocations_left == 0 || !allocations_left--;
}

/** Stands before aligned_alloc. */
void *__wrap_aligned_alloc(size_t alignment, size_t size_bytes)
{
	if (fails_now())
		return NULL;
	chunks++;
	return __real_aligned_alloc(alignment, size_bytes);
}

/** Stands before realloc. */
void *__wrap_realloc(void *memory, size_t size_bytes)
{
	return fails_now() ? NULL : __real_realloc(memory, size_bytes);
}

/** Takes an object, which must be zero, and writes its number all over it. */
static uint32_t take(struct pool *pool)
{
	static const uint8_t zeros[OBJECT_BYTES];
	uint32_t *object = pool_take(pool), number;

	ck_assert_ptr_nonnull(object);
	ck_assert_mem_eq(object, zeros, OBJECT_BYTES);
	number = pool_number(object);
	ck_assert_uint_ne(number, 0);
	ck_assert_ptr_eq(pool_at(pool, number), object);
	for (size_t i = 0; i < OBJECT_BYTES / sizeof(*object); i++)
		object[i] = number;
	return number;
}

/** An object still has what was written. */
static void check(const struct pool *pool, uint32_t number)
{
	const uint32_t *object = pool_at(pool, number);
	size_t wrong = 0;

	for (size_t i = 0; i < OBJECT_BYTES / sizeof(*object); i++)
		wrong += object[i] != number;
	ck_assert_uint_eq(wrong, 0);
}

/** Chunks full of objects, each of which keeps to itself; every second one goes and others
 *  take their places, without a new chunk. */
START_TEST(pool_gives_and_takes)
{
	static uint32_t numbers[OBJECTS];
	struct pool pool;
	size_t before;

	pool_init(&pool, OBJECT_BYTES);
	ck_assert_ptr_null(pool_at(&pool, 0));
	for (size_t i = 0; i < OBJECTS; i++)
		numbers[i] = take(&pool);
	ck_assert_uint_eq(pool.count, OBJECTS);
	for (size_t i = 0; i < OBJECTS; i += 2)
		pool_give(&pool, pool_at(&pool, numbers[i]));
	before = chunks;
	for (size_t i = 0; i < OBJECTS; i += 2)
		numbers[i] = take(&pool);
	ck_assert_uint_eq(chunks, before);
	ck_assert_uint_eq(pool.count, OBJECTS);
	for (size_t i = 0; i < OBJECTS; i++)
		check(&pool, numbers[i]);
	pool_fini(&pool);
}
END_TEST

/** How many chunks a pool has. */
static size_t count_chunks(const struct pool *pool)
{
	size_t count = 0;

	for (uint32_t i = 0; i < pool->chunk_count; i++)
		count += pool->chunks[i] != NULL;
	return count;
}

/** Empty chunks are given back when that is asked for, so many at a time, but one; their numbers
 *  are used again. */
START_TEST(pool_gives_back)
{
	static uint32_t numbers[OBJECTS];
	struct pool pool;

	pool_init(&pool, OBJECT_BYTES);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < OBJECTS; i++)
			numbers[i] = take(&pool);
		ck_assert_uint_eq(count_chunks(&pool), 4);
		ck_assert_uint_eq(pool.chunk_count, 4);
		ck_assert_uint_eq(pool_trim(&pool, 9), 0);
		for (size_t i = 0; i < OBJECTS; i++) {
			check(&pool, numbers[i]);
			pool_give(&pool, pool_at(&pool, numbers[i]));
		}
		ck_assert_uint_eq(pool.count, 0);
		ck_assert_uint_eq(count_chunks(&pool), 4);
		ck_assert_uint_eq(pool_trim(&pool, 1), 1);
		ck_assert_uint_eq(count_chunks(&pool), 3);
		ck_assert_uint_eq(pool_trim(&pool, 9), 2);
		ck_assert_uint_eq(count_chunks(&pool), 1);
		ck_assert_uint_eq(pool_trim(&pool, 9), 0);
	}
	pool_fini(&pool);
}
END_TEST

/** A chunk that has objects is filled before one that is empty, which so stays empty. */
START_TEST(pool_fills_up)
{
	static uint32_t numbers[OBJECTS];
	struct pool pool;

	pool_init(&pool, OBJECT_BYTES);
	for (size_t i = 0; i < OBJECTS; i++)
		numbers[i] = take(&pool);
	/* One object stays in the first chunk; the rest goes, the first chunk's last. */
	for (size_t i = OBJECTS; i-- > 1;)
		pool_give(&pool, pool_at(&pool, numbers[i]));
	for (size_t i = 1; i < A_CHUNK - 1; i++)
		ck_assert_uint_eq(take(&pool) >> POOL_PLACE_BITS,
			numbers[0] >> POOL_PLACE_BITS);
	check(&pool, numbers[0]);
	ck_assert_uint_eq(pool_trim(&pool, 9), 2);
	ck_assert_uint_eq(pool_trim(&pool, 9), 0);
	pool_fini(&pool);
}
END_TEST

/** Takes an object with so many allocations allowed, and gives it back; 1 if there was
 *  none. */
static size_t take_fails(struct pool *pool, uint64_t allowed)
{
	void *object;

	allocations_left = allowed;
	object = pool_take(pool);
	allocations_left = NEVER;
	if (object)
		pool_give(pool, object);
	return object == NULL;
}

/** Without memory there is no object, what is there stays, and memory helps. */
START_TEST(pool_without_memory)
{
	static uint32_t numbers[5 * A_CHUNK];
	size_t count = 0, failed = 0;
	struct pool pool;

	pool_init(&pool, OBJECT_BYTES);
	while (count < 5 * A_CHUNK) {
		failed += take_fails(&pool, 0) + take_fails(&pool, 1);
		numbers[count++] = take(&pool);
	}
	/* The list of chunks grows with the first and the fifth. */
	ck_assert_uint_eq(failed, 5 + 2);
	ck_assert_uint_eq(pool.count, count);
	for (size_t i = 0; i < count; i++)
		check(&pool, numbers[i]);
	pool_fini(&pool);
}
END_TEST

UNIT_MAIN("pool", pool_gives_and_takes, pool_gives_back, pool_fills_up, pool_without_memory)
