/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/list.h"

/** An empty list. */
void list_init(struct list *head)
{
	head->next = head;
	head->previous = head;
}

/** Nothing inside. */
bool list_empty(const struct list *head)
{
	return head->next == head;
}

/** Links at the end. */
void list_append(struct list *head, struct list *node)
{
	node->next = head;
	node->previous = head->previous;
	head->previous->next = node;
	head->previous = node;
}

/** Unlinks; the node is then in no list. */
void list_remove(struct list *node)
{
	node->previous->next = node->next;
	node->next->previous = node->previous;
	list_init(node);
}

/** Unlinks and links at the end of head. */
void list_move_to_end(struct list *head, struct list *node)
{
	list_remove(node);
	list_append(head, node);
}

/** Joins two sorted chains, which end with NULL, into one. */
static struct list *merge(struct list *one, struct list *other,
	bool (*after)(const struct list *, const struct list *))
{
	struct list *first;
	struct list **link = &first;

	while (one && other) {
		struct list **lower = after(one, other) ? &other : &one;

		*link = *lower;
		link = &(*link)->next;
		*lower = *link;
	}
	*link = one ? one : other;
	return first;
}

/** Sorts a chain: run i is of 2 to the power of i nodes, or there is none. */
static struct list *sort_chain(struct list *chain,
	bool (*after)(const struct list *, const struct list *))
{
	struct list *runs[64] = { NULL };
	struct list *sorted = NULL;

	while (chain) {
		struct list *run = chain;
		size_t i = 0;

		chain = chain->next;
		run->next = NULL;
		for (; runs[i]; i++) {
			run = merge(runs[i], run, after);
			runs[i] = NULL;
		}
		runs[i] = run;
	}
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		sorted = merge(runs[i], sorted, after);
	return sorted;
}

/** Sorts by merging, which reads each node where it is. */
void list_sort(struct list *head, bool (*after)(const struct list *, const struct list *))
{
	struct list *chain = head->next;

	head->previous->next = NULL;
	chain = chain == head ? NULL : sort_chain(chain, after);
	list_init(head);
	while (chain) {
		struct list *node = chain;

		chain = chain->next;
		list_append(head, node);
	}
}
