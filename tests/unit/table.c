/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/table.h"

#include "tests/unit/unit.h"

#define ITEMS 1000
#define HASH(i) ((i) * UINT64_C(0x9e3779b97f4a7c15))

/** An object in a table. */
struct item {
	uint64_t number;
	struct table_node node;
};

/** A pool and a table of it. */
struct fixture {
	struct pool pool;
	struct table table;
};

/** Makes a table for so many items. */
static void begin(struct fixture *fixture, size_t capacity)
{
	pool_init(&fixture->pool, sizeof(struct item));
	ck_assert_int_eq(table_init(&fixture->table, capacity, &fixture->pool,
				 offsetof(struct item, node)),
		0);
}

/** Frees both. */
static void end(struct fixture *fixture)
{
	table_fini(&fixture->table);
	pool_fini(&fixture->pool);
}

/** Makes an item that is in no table. */
static struct item *make(struct fixture *fixture, uint64_t number)
{
	struct item *item = pool_take(&fixture->pool);

	ck_assert_ptr_nonnull(item);
	item->number = number;
	return item;
}

/** How many items the buckets hold, walked over. */
static size_t walk(const struct table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->bucket_count; i++)
		for (void *item = table_bucket(table, i); item;
			item = table_behind(table, item))
			count++;
	return count;
}

/** Far more objects than room was asked for, and all are found. */
START_TEST(table_finds_all)
{
	struct fixture fixture;
	struct table *table = &fixture.table;

	begin(&fixture, 10);
	ck_assert_uint_gt(table->bucket_count, 0);
	ck_assert_uint_eq(table->bucket_count & (table->bucket_count - 1), 0);
	for (uint64_t i = 0; i < ITEMS; i++)
		table_add(table, make(&fixture, i), HASH(i));
	ck_assert_uint_eq(table->count, ITEMS);
	ck_assert_uint_eq(walk(table), ITEMS);
	for (uint64_t i = 0; i < ITEMS; i++) {
		struct item *item = table_first(table, HASH(i));

		ck_assert_ptr_nonnull(item);
		ck_assert_uint_eq(item->number, i);
		ck_assert_ptr_null(table_next(table, item));
	}
	ck_assert_ptr_null(table_first(table, 7));
	end(&fixture);
}
END_TEST

/** Equal hashes are walked with table_next; others of the same bucket are passed over. */
START_TEST(table_equal_hashes)
{
	struct fixture fixture;
	struct table *table = &fixture.table;
	struct item *items[4], *item;
	uint64_t seen = 0;

	begin(&fixture, 1);
	for (uint64_t i = 0; i < 4; i++)
		items[i] = make(&fixture, i + 1);
	table_add(table, items[0], 5);
	table_add(table, items[1], 5 + table->bucket_count);
	table_add(table, items[2], 5);
	table_add(table, items[3], 5 + 2 * table->bucket_count);
	for (item = table_first(table, 5); item; item = table_next(table, item))
		seen += item->number;
	ck_assert_uint_eq(seen, 1 + 3);
	table_remove(table, items[2]);
	ck_assert_ptr_eq(table_first(table, 5), items[0]);
	ck_assert_ptr_null(table_next(table, items[0]));
	end(&fixture);
}
END_TEST

/** Removal at every place of a chain; a removed object can come back. */
START_TEST(table_removes)
{
	for (size_t victim = 0; victim < 3; victim++) {
		struct fixture fixture;
		struct item *items[3];

		begin(&fixture, 3);
		for (size_t i = 0; i < 3; i++) {
			items[i] = make(&fixture, i);
			table_add(&fixture.table, items[i], 9);
		}
		table_remove(&fixture.table, items[victim]);
		ck_assert_uint_eq(fixture.table.count, 2);
		ck_assert_uint_eq(walk(&fixture.table), 2);
		table_add(&fixture.table, items[victim], 9);
		ck_assert_ptr_eq(table_first(&fixture.table, 9), items[victim]);
		ck_assert_uint_eq(walk(&fixture.table), 3);
		end(&fixture);
	}
}
END_TEST

/** An empty table finds nothing. */
START_TEST(table_empty)
{
	struct fixture fixture;

	begin(&fixture, 0);
	ck_assert_uint_eq(fixture.table.count, 0);
	ck_assert_ptr_null(table_first(&fixture.table, 0));
	end(&fixture);
}
END_TEST

UNIT_MAIN("table", table_finds_all, table_equal_hashes, table_removes, table_empty)
