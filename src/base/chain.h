/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intrusive doubly linked lists of objects of a pool, half as large as those of list.h: a
 * link takes eight bytes, a list four. Linking never allocates, and unlinking is constant
 * work.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"

/** A member of the objects. */
struct chain_node {
	uint32_t next;     /**< number of an object; 0 at the last one */
	uint32_t previous; /**< that of the last one at the first */
};

/** A list. All zero: empty. */
struct chain {
	uint32_t first; /**< number of an object; 0: none */
};

/** By what member objects of what pool are linked. */
struct chain_kind {
	const struct pool *pool;
	size_t offset;
};

/** The first object, or NULL. */
void *chain_first(const struct chain_kind *kind, const struct chain *chain);

/** The object behind this one, or NULL. */
void *chain_next(const struct chain_kind *kind, const void *object);

/** Puts object at the end; it must be in no chain by this member. */
void chain_append(const struct chain_kind *kind, struct chain *chain, void *object);

/** Takes object out of chain, where it must be. */
void chain_remove(const struct chain_kind *kind, struct chain *chain, void *object);

/** Sorts the chain, keeping the order of equal ones. after tells whether one belongs behind
 *  other. Allocates nothing. */
void chain_sort(const struct chain_kind *kind, struct chain *chain,
	bool (*after)(const void *one, const void *other));
