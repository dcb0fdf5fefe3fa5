/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An intrusive hash table of fixed width. The width is chosen once for the largest
 * number of objects that the configuration allows, so no packet ever pays for a
 * resize; memory of buckets nobody used is not touched. The caller brings the hash.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;
	struct table_node **link; /**< what points to this node; NULL when in no table */
	uint64_t hash;
};

struct table {
	struct table_node **buckets;
	size_t bucket_count; /**< a power of two */
	size_t count;        /**< nodes inside */
};

/** The object that holds a node as its member. */
#define table_owner(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

/** Makes a table for about capacity nodes. -ENOMEM. */
int table_init(struct table *table, size_t capacity);

/** Frees the buckets; the nodes belong to the caller. */
void table_fini(struct table *table);

/** Links node under hash; it must be in no table. */
void table_add(struct table *table, struct table_node *node, uint64_t hash);

/** Unlinks node; harmless when it is in no table. */
void table_remove(struct table *table, struct table_node *node);

/** First node with this hash, or NULL. Compare the key: hashes can be equal. */
struct table_node *table_first(const struct table *table, uint64_t hash);

/** Next node with the same hash, or NULL. */
struct table_node *table_next(const struct table_node *node);

/** First node of a bucket, whatever its hash (for walks), or NULL. */
struct table_node *table_bucket(const struct table *table, size_t bucket);
