/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/table.h"

#include <errno.h>
#include <stdlib.h>

/** Allocates the buckets: calloc leaves the pages of large ones untouched. */
int table_init(struct table *table, size_t capacity)
{
	size_t count = 16;

	while (count < capacity && count <= SIZE_MAX / (2 * sizeof(*table->buckets)))
		count *= 2;
	*table = (struct table){ .bucket_count = count };
	table->buckets = calloc(count, sizeof(*table->buckets));
	return table->buckets ? 0 : -ENOMEM;
}

/** Frees the buckets. */
void table_fini(struct table *table)
{
	free(table->buckets);
	*table = (struct table){ 0 };
}

/** Links node at the front of its bucket. */
void table_add(struct table *table, struct table_node *node, uint64_t hash)
{
	struct table_node **bucket = &table->buckets[hash & (table->bucket_count - 1)];

	node->hash = hash;
	node->next = *bucket;
	node->link = bucket;
	if (node->next)
		node->next->link = &node->next;
	*bucket = node;
	table->count++;
}

/** Unlinks node. */
void table_remove(struct table *table, struct table_node *node)
{
	if (!node->link)
		return;
	*node->link = node->next;
	if (node->next)
		node->next->link = node->link;
	node->next = NULL;
	node->link = NULL;
	table->count--;
}

/** From node on, the first with this hash. */
static struct table_node *with_hash(struct table_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

/** First node with this hash. */
struct table_node *table_first(const struct table *table, uint64_t hash)
{
	return with_hash(table_bucket(table, hash & (table->bucket_count - 1)), hash);
}

/** Next node with the same hash. */
struct table_node *table_next(const struct table_node *node)
{
	return with_hash(node->next, node->hash);
}

/** First node of a bucket. */
struct table_node *table_bucket(const struct table *table, size_t bucket)
{
	return table->buckets[bucket];
}
