/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/chain.h"

/** The node of an object. */
static struct chain_node *node_of(const struct chain_kind *kind, const void *object)
{
	return (struct chain_node *)(void *)((char *)(uintptr_t)object + kind->offset);
}

/** The node of the object of that number. */
static struct chain_node *node_at(const struct chain_kind *kind, uint32_t number)
{
	return node_of(kind, pool_at(kind->pool, number));
}

/** The first object. */
void *chain_first(const struct chain_kind *kind, const struct chain *chain)
{
	return pool_at(kind->pool, chain->first);
}

/** The object behind this one. */
void *chain_next(const struct chain_kind *kind, const void *object)
{
	return pool_at(kind->pool, node_of(kind, object)->next);
}

/** Links at the end. */
void chain_append(const struct chain_kind *kind, struct chain *chain, void *object)
{
	struct chain_node *node = node_of(kind, object), *first;
	uint32_t number = pool_number(object);

	node->next = 0;
	node->previous = number;
	if (!chain->first) {
		chain->first = number;
		return;
	}
	first = node_at(kind, chain->first);
	node->previous = first->previous;
	node_at(kind, first->previous)->next = number;
	first->previous = number;
}

/** Unlinks. */
void chain_remove(const struct chain_kind *kind, struct chain *chain, void *object)
{
	const struct chain_node *node = node_of(kind, object);

	/* Who comes behind, or the first one if nobody does, knows who is before. */
	if (node->next)
		node_at(kind, node->next)->previous = node->previous;
	else
		node_at(kind, chain->first)->previous = node->previous;
	if (chain->first == pool_number(object))
		chain->first = node->next;
	else
		node_at(kind, node->previous)->next = node->next;
}

/** Joins two sorted runs, which end with 0, into one. */
static uint32_t merge(const struct chain_kind *kind, uint32_t one, uint32_t other,
	bool (*after)(const void *, const void *))
{
	uint32_t first, *link = &first;

	while (one && other) {
		bool is_other = after(pool_at(kind->pool, one), pool_at(kind->pool, other));
		uint32_t *lower = is_other ? &other : &one;

		*link = *lower;
		link = &node_at(kind, *lower)->next;
		*lower = *link;
	}
	*link = one ? one : other;
	return first;
}

/** Sorts what begins with first: run i is of 2 to the power of i objects, or there is
 *  none. */
static uint32_t sort(const struct chain_kind *kind, uint32_t first,
	bool (*after)(const void *, const void *))
{
	uint32_t runs[32] = { 0 }, sorted = 0;

	while (first) {
		struct chain_node *node = node_at(kind, first);
		uint32_t run = first;
		size_t i = 0;

		first = node->next;
		node->next = 0;
		for (; runs[i]; i++) {
			run = merge(kind, runs[i], run, after);
			runs[i] = 0;
		}
		runs[i] = run;
	}
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		sorted = merge(kind, runs[i], sorted, after);
	return sorted;
}

/** Sorts by merging, then links backwards as well. */
void chain_sort(const struct chain_kind *kind, struct chain *chain,
	bool (*after)(const void *one, const void *other))
{
	uint32_t number = sort(kind, chain->first, after);

	chain->first = 0;
	while (number) {
		void *object = pool_at(kind->pool, number);

		number = node_of(kind, object)->next;
		chain_append(kind, chain, object);
	}
}
