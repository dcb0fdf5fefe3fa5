/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An intrusive hash table of fixed width, of objects of a pool. The width is chosen once for
 * the largest number of objects that the configuration allows, so no packet ever pays for a
 * resize; memory of buckets nobody used is not touched. The caller brings the hash.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"

struct table_node {
	uint32_t next; /**< number of the object behind this one in its bucket; 0: none */
	uint32_t hash; /**< the lower half */
};

struct table {
	uint32_t *buckets; /**< numbers of their first objects */
	size_t bucket_count; /**< a power of two, below 2 to the power of 32 */
	size_t count;        /**< objects inside */
	const struct pool *pool;
	size_t offset; /**< of the node in an object */
};

/** Bytes of the buckets of a table for about capacity objects. */
size_t table_width_bytes(size_t capacity);

/** Makes a table for about capacity objects of pool, that have their node at offset.
 *  -ENOMEM. */
int table_init(struct table *table, size_t capacity, const struct pool *pool, size_t offset);

/** Frees the buckets; the objects belong to the caller. */
void table_fini(struct table *table);

/** Links object under hash; it must not be in the table. */
void table_add(struct table *table, void *object, uint64_t hash);

/** Unlinks object, which must be in the table. */
void table_remove(struct table *table, void *object);

/** First object with this hash, or NULL. Compare the key: hashes can be equal. */
void *table_first(const struct table *table, uint64_t hash);

/** Next object with the same hash, or NULL. */
void *table_next(const struct table *table, const void *object);

/** First object of a bucket, whatever its hash (for walks), or NULL. */
void *table_bucket(const struct table *table, size_t bucket);

/** The one behind object in its bucket, or NULL. */
void *table_behind(const struct table *table, const void *object);
