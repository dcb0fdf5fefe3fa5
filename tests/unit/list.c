/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/list.h"

#include "tests/unit/unit.h"

/** An object in a list. */
struct item {
	int number;
	struct list node;
};

/** The numbers of a list as decimal digits of one number, first to last. */
static int digits(const struct list *head)
{
	const struct list *node;
	int forward = 0;
	int backward = 0;
	int power = 1;

	for (node = head->next; node != head; node = node->next)
		forward = forward * 10 + list_owner(node, struct item, node)->number;
	for (node = head->previous; node != head; node = node->previous, power *= 10)
		backward += list_owner(node, struct item, node)->number * power;
	ck_assert_int_eq(forward, backward);
	return forward;
}

/** Order of appending; removal in the middle, at the ends, and twice. */
START_TEST(list_append_and_remove)
{
	struct item items[3] = { { .number = 1 }, { .number = 2 }, { .number = 3 } };
	struct list head;

	list_init(&head);
	ck_assert(list_empty(&head));
	for (int i = 0; i < 3; i++) {
		list_init(&items[i].node);
		ck_assert(list_empty(&items[i].node));
		list_append(&head, &items[i].node);
	}
	ck_assert_int_eq(digits(&head), 123);
	list_remove(&items[1].node);
	list_remove(&items[1].node);
	ck_assert_int_eq(digits(&head), 13);
	list_append(&head, &items[1].node);
	ck_assert_int_eq(digits(&head), 132);
	list_remove(&items[0].node);
	list_remove(&items[1].node);
	list_remove(&items[2].node);
	ck_assert(list_empty(&head));
}
END_TEST

/** Moving within a list and to another one. */
START_TEST(list_moves)
{
	struct item items[2] = { { .number = 1 }, { .number = 2 } };
	struct list one;
	struct list other;

	list_init(&one);
	list_init(&other);
	list_init(&items[0].node);
	list_move_to_end(&one, &items[0].node);
	list_init(&items[1].node);
	list_move_to_end(&one, &items[1].node);
	ck_assert_int_eq(digits(&one), 12);
	list_move_to_end(&one, &items[0].node);
	ck_assert_int_eq(digits(&one), 21);
	list_move_to_end(&one, &items[0].node);
	ck_assert_int_eq(digits(&one), 21);
	list_move_to_end(&other, &items[1].node);
	ck_assert_int_eq(digits(&one), 1);
	ck_assert_int_eq(digits(&other), 2);
}
END_TEST

/** The walk survives the removal of the node it stands on. */
START_TEST(list_walk_and_remove)
{
	struct item items[4] = { { .number = 1 }, { .number = 2 }, { .number = 3 },
		{ .number = 4 } };
	struct list head;
	struct list *node;
	struct list *following;
	int seen = 0;

	list_init(&head);
	for (int i = 0; i < 4; i++)
		list_append(&head, &items[i].node);
	list_each(node, following, &head)
	{
		seen = seen * 10 + list_owner(node, struct item, node)->number;
		if (seen % 2 == 1)
			list_remove(node);
	}
	ck_assert_int_eq(seen, 1234);
	ck_assert_int_eq(digits(&head), 24);
	list_init(&head);
	list_each(node, following, &head) ck_abort_msg("nothing to walk over");
}
END_TEST

/** Tells whether one's number is larger in its tens: equal tens must keep their order. */
static bool tens_larger(const struct list *one, const struct list *other)
{
	return list_owner(one, struct item, node)->number / 10 >
		list_owner(other, struct item, node)->number / 10;
}

/** Sorting: every length up to some, in an order that is neither up nor down. */
START_TEST(list_sorts)
{
	struct item items[67];
	struct list head;

	for (int count = 0; count < 67; count++) {
		int previous = -1, seen = 0;

		list_init(&head);
		for (int i = 0; i < count; i++) {
			items[i].number = i * 29 % 67 * 10 / 3;
			list_append(&head, &items[i].node);
		}
		list_sort(&head, tens_larger);
		for (struct list *node = head.next; node != &head; node = node->next) {
			const struct item *item = list_owner(node, struct item, node);

			ck_assert_ptr_eq(node->next->previous, node);
			ck_assert_int_ge(item->number / 10, previous / 10);
			previous = item->number;
			seen++;
		}
		ck_assert_int_eq(seen, count);
		ck_assert(list_empty(&head) == (count == 0));
	}
}
END_TEST

/** What is equal keeps its order. */
START_TEST(list_sorts_stably)
{
	struct item items[5] = { { .number = 21 }, { .number = 13 }, { .number = 20 },
		{ .number = 11 }, { .number = 1 } };
	static const int wanted[] = { 1, 13, 11, 21, 20 };
	struct list head;
	struct list *node;

	list_init(&head);
	for (int i = 0; i < 5; i++)
		list_append(&head, &items[i].node);
	list_sort(&head, tens_larger);
	node = head.next;
	for (int i = 0; i < 5; i++, node = node->next)
		ck_assert_int_eq(list_owner(node, struct item, node)->number, wanted[i]);
	ck_assert_ptr_eq(node, &head);
}
END_TEST

UNIT_MAIN("list", list_append_and_remove, list_moves, list_walk_and_remove, list_sorts,
	list_sorts_stably)
