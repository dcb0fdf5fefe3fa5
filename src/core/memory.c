/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/memory.h"

#include "base/pool.h"

/** Notes the pool. */
void memory_count(struct memory *memory, struct pool *pool)
{
	if (memory->pool_count < MEMORY_POOLS)
		memory->pools[memory->pool_count++] = pool;
}

/** What the objects are, as often as they are there. */
uint64_t memory_objects_bytes(const struct memory *memory)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < memory->pool_count; i++)
		sum += (uint64_t)memory->pools[i]->count * memory->pools[i]->object_bytes;
	return sum;
}

/** What the tables leave of the limit; a limit below that leaves nothing. */
uint64_t memory_objects_limit_bytes(const struct memory *memory)
{
	if (!memory->limit_bytes)
		return 0;
	return memory->limit_bytes > memory->width_bytes ?
		memory->limit_bytes - memory->width_bytes :
		1;
}

/** Compares with the limit. */
bool memory_has_room(const struct memory *memory, uint64_t more_bytes)
{
	return !memory || !memory->limit_bytes ||
		memory_objects_bytes(memory) + more_bytes <=
			memory_objects_limit_bytes(memory);
}

/** Trims one pool after the other. */
size_t memory_trim(struct memory *memory, size_t max_chunks)
{
	size_t freed = 0;

	for (size_t i = 0; i < memory->pool_count; i++)
		freed += pool_trim(memory->pools[i], max_chunks - freed);
	return freed;
}
