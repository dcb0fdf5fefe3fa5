/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/table.h"

#include <errno.h>
#include <stdlib.h>

/** The node of an object. */
static struct table_node *node_of(const struct table *table, const void *object)
{
	return (struct table_node *)(void *)((char *)(uintptr_t)object + table->offset);
}

/** The bucket of a hash. */
static uint32_t *bucket_of(const struct table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->bucket_count - 1)];
}

/** How many buckets are made: a power of two. One or two objects in each, when all are there,
 *  is what bytes for each client are worth. */
static size_t buckets_for(size_t capacity)
{
	size_t count = 16;

	while (count < capacity / 2 && count < UINT32_MAX / 2)
		count *= 2;
	return count;
}

/** Their bytes. */
size_t table_width_bytes(size_t capacity)
{
	return buckets_for(capacity) * sizeof(uint32_t);
}

/** Allocates the buckets: calloc leaves the pages of large ones untouched. */
int table_init(struct table *table, size_t capacity, const struct pool *pool, size_t offset)
{
	size_t count = buckets_for(capacity);

	*table = (struct table){ .bucket_count = count, .pool = pool, .offset = offset };
	table->buckets = calloc(count, sizeof(*table->buckets));
	return table->buckets ? 0 : -ENOMEM;
}

/** Frees the buckets. */
void table_fini(struct table *table)
{
	free(table->buckets);
	*table = (struct table){ 0 };
}

/** Links object at the front of its bucket. */
void table_add(struct table *table, void *object, uint64_t hash)
{
	struct table_node *node = node_of(table, object);
	uint32_t *bucket = bucket_of(table, hash);

	node->hash = (uint32_t)hash;
	node->next = *bucket;
	*bucket = pool_number(object);
	table->count++;
}

/** Unlinks object: as long as the table is not overfull, few are before it. */
void table_remove(struct table *table, void *object)
{
	struct table_node *node = node_of(table, object);
	uint32_t *link = bucket_of(table, node->hash), number = pool_number(object);

	while (*link != number)
		link = &node_of(table, pool_at(table->pool, *link))->next;
	*link = node->next;
	table->count--;
}

/** From object on, the first with this hash. */
static void *with_hash(const struct table *table, void *object, uint32_t hash)
{
	while (object && node_of(table, object)->hash != hash)
		object = table_behind(table, object);
	return object;
}

/** First object with this hash. */
void *table_first(const struct table *table, uint64_t hash)
{
	return with_hash(table, pool_at(table->pool, *bucket_of(table, hash)),
		(uint32_t)hash);
}

/** Next object with the same hash. */
void *table_next(const struct table *table, const void *object)
{
	return with_hash(table, table_behind(table, object), node_of(table, object)->hash);
}

/** First object of a bucket. */
void *table_bucket(const struct table *table, size_t bucket)
{
	return pool_at(table->pool, table->buckets[bucket]);
}

/** The one behind object. */
void *table_behind(const struct table *table, const void *object)
{
	return pool_at(table->pool, node_of(table, object)->next);
}
