/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An intrusive doubly linked list. The node lives in the object, so linking never
 * allocates and unlinking is constant work. A head is a node that points to itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *previous;
};

/** The object that holds a node as its member. */
#define list_owner(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

/** Walks nodes from head on; the current node may be removed meanwhile. */
#define list_each(node, following, head)                                                  \
	for ((node) = (head)->next, (following) = (node)->next; (node) != (head);         \
		(node) = (following), (following) = (node)->next)

/** Makes an empty list, or a node that is in no list. */
void list_init(struct list *head);

/** Tells whether nothing is in the list (or the node is in none). */
bool list_empty(const struct list *head);

/** Puts node at the end; it must be in no list. */
void list_append(struct list *head, struct list *node);

/** Takes node out of its list; harmless when it is in none. */
void list_remove(struct list *node);

/** Takes node out of its list and puts it at the end of head. */
void list_move_to_end(struct list *head, struct list *node);

/** Sorts the list, which keeps the order of equal ones. after tells whether one belongs
 *  behind other. Allocates nothing. */
void list_sort(struct list *head,
	bool (*after)(const struct list *one, const struct list *other));
