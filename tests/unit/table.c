/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/table.h"

#include "tests/unit/unit.h"

#define ITEMS 1000

/** An object in a table. */
struct item {
	unsigned int number;
	struct table_node node;
};

/** How many nodes the buckets hold, walked over. */
static size_t walk(const struct table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->bucket_count; i++)
		for (struct table_node *node = table_bucket(table, i); node != NULL;
			node = node->next)
			count++;
	return count;
}

/** Far more objects than room was asked for, and all are found. */
START_TEST(table_finds_all)
{
	static struct item items[ITEMS];
	struct table table;

	ck_assert_int_eq(table_init(&table, 10), 0);
	ck_assert_uint_gt(table.bucket_count, 0);
	ck_assert_uint_eq(table.bucket_count & (table.bucket_count - 1), 0);
	for (unsigned int i = 0; i < ITEMS; i++) {
		items[i].number = i;
		table_add(&table, &items[i].node, i * UINT64_C(0x9e3779b97f4a7c15));
	}
	ck_assert_uint_eq(table.count, ITEMS);
	ck_assert_uint_eq(walk(&table), ITEMS);
	for (unsigned int i = 0; i < ITEMS; i++) {
		struct table_node *node =
			table_first(&table, i * UINT64_C(0x9e3779b97f4a7c15));

		ck_assert_ptr_eq(node, &items[i].node);
		ck_assert_uint_eq(table_owner(node, struct item, node)->number, i);
		ck_assert_ptr_null(table_next(node));
	}
	ck_assert_ptr_null(table_first(&table, 7));
	table_fini(&table);
}
END_TEST

/** Equal hashes are walked with table_next; others of the same bucket are passed over. */
START_TEST(table_equal_hashes)
{
	struct item items[4] = { { .number = 0 } };
	struct table_node *node;
	struct table table;
	unsigned int seen = 0;

	ck_assert_int_eq(table_init(&table, 1), 0);
	table_add(&table, &items[0].node, 5);
	table_add(&table, &items[1].node, 5 + table.bucket_count);
	table_add(&table, &items[2].node, 5);
	table_add(&table, &items[3].node, 5 + 2 * table.bucket_count);
	for (node = table_first(&table, 5); node != NULL; node = table_next(node))
		seen += node == &items[0].node ? 1 : node == &items[2].node ? 10 : 100;
	ck_assert_uint_eq(seen, 11);
	table_remove(&table, &items[2].node);
	ck_assert_ptr_eq(table_first(&table, 5), &items[0].node);
	ck_assert_ptr_null(table_next(&items[0].node));
	table_fini(&table);
}
END_TEST

/** Removal at every place of a chain; twice is harmless; a removed node can come back. */
START_TEST(table_removes)
{
	for (unsigned int victim = 0; victim < 3; victim++) {
		struct item items[3] = { { .number = 0 } };
		struct table table;

		ck_assert_int_eq(table_init(&table, 3), 0);
		for (unsigned int i = 0; i < 3; i++)
			table_add(&table, &items[i].node, 9);
		table_remove(&table, &items[victim].node);
		table_remove(&table, &items[victim].node);
		ck_assert_uint_eq(table.count, 2);
		ck_assert_uint_eq(walk(&table), 2);
		table_add(&table, &items[victim].node, 9);
		ck_assert_ptr_eq(table_first(&table, 9), &items[victim].node);
		ck_assert_uint_eq(walk(&table), 3);
		table_fini(&table);
	}
}
END_TEST

/** A node that was never in a table may be removed; an empty table finds nothing. */
START_TEST(table_empty)
{
	struct item item = { .number = 1 };
	struct table table;

	ck_assert_int_eq(table_init(&table, 0), 0);
	table_remove(&table, &item.node);
	ck_assert_uint_eq(table.count, 0);
	ck_assert_ptr_null(table_first(&table, 0));
	table_fini(&table);
}
END_TEST

UNIT_MAIN("table", table_finds_all, table_equal_hashes, table_removes, table_empty)
