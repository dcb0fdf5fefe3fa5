/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/chain.h"

#include "tests/unit/unit.h"

#define ITEMS 67

/** An object in a chain. */
struct item {
	int number;
	struct chain_node node;
};

/** Some items and the chain that they are put into. */
struct fixture {
	struct pool pool;
	struct chain_kind kind;
	struct chain chain;
	struct item *items[ITEMS];
};

/** Makes items of the numbers 1, 2, 3 and so on, in no chain. */
static void begin(struct fixture *fixture)
{
	*fixture = (struct fixture){ 0 };
	pool_init(&fixture->pool, sizeof(struct item));
	fixture->kind = (struct chain_kind){ &fixture->pool, offsetof(struct item, node) };
	for (int i = 0; i < ITEMS; i++) {
		fixture->items[i] = pool_take(&fixture->pool);
		ck_assert_ptr_nonnull(fixture->items[i]);
		fixture->items[i]->number = i + 1;
	}
}

/** The chain's numbers as decimal digits, each link looked at from both ends. */
static unsigned int digits(const struct fixture *fixture)
{
	const struct item *item = chain_first(&fixture->kind, &fixture->chain), *last = NULL;
	unsigned int number = 0;

	for (; item; item = chain_next(&fixture->kind, item)) {
		if (last)
			ck_assert_uint_eq(item->node.previous, pool_number(last));
		number = 10 * number + (unsigned int)item->number;
		last = item;
	}
	item = chain_first(&fixture->kind, &fixture->chain);
	if (last)
		ck_assert_uint_eq(item->node.previous, pool_number(last));
	return number;
}

/** Puts the first count items into the chain. */
static void fill(struct fixture *fixture, int count)
{
	fixture->chain.first = 0;
	for (int i = 0; i < count; i++)
		chain_append(&fixture->kind, &fixture->chain, fixture->items[i]);
}

/** Removal of the first, the middle, the last one and the only one; what was removed can
 *  come back at the end. */
START_TEST(chain_removes)
{
	static const unsigned int without[] = { 234, 134, 124, 123 };
	struct fixture fixture;

	begin(&fixture);
	ck_assert_uint_eq(digits(&fixture), 0);
	for (int victim = 0; victim < 4; victim++) {
		fill(&fixture, 4);
		ck_assert_uint_eq(digits(&fixture), 1234);
		chain_remove(&fixture.kind, &fixture.chain, fixture.items[victim]);
		ck_assert_uint_eq(digits(&fixture), without[victim]);
		chain_append(&fixture.kind, &fixture.chain, fixture.items[victim]);
		ck_assert_uint_eq(digits(&fixture), 10 * without[victim] + (unsigned int)victim + 1);
	}
	for (int i = 0; i < 4; i++)
		chain_remove(&fixture.kind, &fixture.chain, fixture.items[i]);
	ck_assert_uint_eq(digits(&fixture), 0);
	ck_assert_uint_eq(fixture.chain.first, 0);
	pool_fini(&fixture.pool);
}
END_TEST

/** Tells whether one's number is larger in its tens: equal tens must keep their order. */
static bool tens_larger(const void *one, const void *other)
{
	const struct item *first = one, *second = other;

	return first->number / 10 > second->number / 10;
}

/** Sorting: every length up to some, in an order that is neither up nor down. */
START_TEST(chain_sorts)
{
	struct fixture fixture;

	begin(&fixture);
	for (int count = 0; count < ITEMS; count++) {
		const struct item *item;
		int previous = -1, seen = 0;

		for (int i = 0; i < count; i++)
			fixture.items[i]->number = i * 29 % 67 * 10 / 3;
		fill(&fixture, count);
		chain_sort(&fixture.kind, &fixture.chain, tens_larger);
		digits(&fixture);
		item = chain_first(&fixture.kind, &fixture.chain);
		for (; item; item = chain_next(&fixture.kind, item)) {
			ck_assert_int_ge(item->number / 10, previous / 10);
			previous = item->number;
			seen++;
		}
		ck_assert_int_eq(seen, count);
	}
	pool_fini(&fixture.pool);
}
END_TEST

/** What is equal keeps its order. */
START_TEST(chain_sorts_stably)
{
	static const int unsorted[] = { 21, 13, 20, 11, 1 }, wanted[] = { 1, 13, 11, 21, 20 };
	const struct item *item;
	struct fixture fixture;

	begin(&fixture);
	for (int i = 0; i < 5; i++)
		fixture.items[i]->number = unsorted[i];
	fill(&fixture, 5);
	chain_sort(&fixture.kind, &fixture.chain, tens_larger);
	item = chain_first(&fixture.kind, &fixture.chain);
	for (int i = 0; i < 5; i++, item = chain_next(&fixture.kind, item))
		ck_assert_int_eq(item->number, wanted[i]);
	ck_assert_ptr_null(item);
	pool_fini(&fixture.pool);
}
END_TEST

UNIT_MAIN("chain", chain_removes, chain_sorts, chain_sorts_stably)
