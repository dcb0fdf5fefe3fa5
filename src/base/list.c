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
