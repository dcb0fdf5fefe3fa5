/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table against a plain array that says what is to be in it, against keys in a row as an
 * attacker or a provider has them, and with a reader beside that looks without a lock.
 */
#include "base/cuckoo.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define KEYS 7000
#define ROUNDS 300000

/** A table with memory of its own. */
struct fixture {
	struct cuckoo table;
	struct cuckoo_secret secret;
	uint32_t moves;
	uint64_t random;
};

/** Marsaglia's xorshift: the same numbers in each run. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/** Makes a table with room for so many. */
static void begin(struct fixture *fixture, bool wide, uint32_t pages, uint64_t limit)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->random = 88172645463325252u;
	for (size_t i = 0; i < 10; i++)
		fixture->secret.words[i] = next_random(&fixture->random) | 1;
	fixture->table = (struct cuckoo){
		.memory = calloc(pages, CUCKOO_PAGE_BYTES),
		.page_count = pages,
		.wide = wide,
		.secret = &fixture->secret,
		.moves = &fixture->moves,
		.limit = limit,
	};
	ck_assert_ptr_nonnull(fixture->table.memory);
	cuckoo_init(&fixture->table);
	ck_assert_uint_eq(fixture->table.count, 0);
}

/** Frees it. */
static void end(struct fixture *fixture)
{
	free(fixture->table.memory);
}

/** The key of a number: addresses in a row, of which each second has ports, too. */
static struct cuckoo_key key_of(uint32_t number)
{
	struct cuckoo_key key = { .port = (uint16_t)(number & 1 ? number : 0) };

	key.address[0] = 0xc0000201u | (uint64_t)__builtin_bswap32(0x0a000000 + number) << 32;
	key.address[3] = number >> 4;
	return key;
}

/** A value that belongs to a key, of 15 bits. */
static uint32_t value_of(uint32_t number)
{
	return number * 2654435761u >> 17;
}

/** Counts what a walk shows, and sums the values up. */
static int count_shown(
	const struct cuckoo_key *key, uint32_t value, uint32_t readers, void *user)
{
	uint64_t *sums = user;

	ck_assert_uint_eq(readers, 0);
	ck_assert_uint_ne(key->address[0], 0);
	sums[0]++;
	sums[1] += value;
	return 0;
}

/** Walks over all pages. */
static void walk(const struct cuckoo *table, uint64_t sums[static 2])
{
	const struct cuckoo_page *pages = (const struct cuckoo_page *)table->memory;

	for (uint32_t i = 0; i < table->page_count; i++)
		ck_assert_int_eq(cuckoo_walk(&pages[i], table->wide, count_shown, sums), 0);
}

/** Expects exactly what the array says; zero is nothing, else the value and one. */
static void expect(const struct cuckoo *table, const uint32_t *model)
{
	uint64_t sums[2] = { 0, 0 }, wanted[2] = { 0, 0 };

	for (uint32_t i = 0; i < KEYS; i++) {
		struct cuckoo_key key = key_of(i);
		const uint32_t *tail = cuckoo_find(table, &key);

		ck_assert_int_eq(!tail, !model[i]);
		if (!tail)
			continue;
		ck_assert_uint_eq(cuckoo_value(*tail), model[i] - 1);
		wanted[0]++;
		wanted[1] += model[i] - 1;
	}
	walk(table, sums);
	ck_assert_uint_eq(sums[0], wanted[0]);
	ck_assert_uint_eq(sums[1], wanted[1]);
	ck_assert_uint_eq(table->count, wanted[0]);
}

/** Does one thing at random to both. */
static void do_something(struct fixture *fixture, uint32_t *model)
{
	uint64_t dice = next_random(&fixture->random);
	uint32_t number = (uint32_t)(dice % KEYS), value = (uint32_t)(dice >> 40) & 0x7fff;
	struct cuckoo_key key = key_of(number);

	if (dice >> 32 & 3) {
		int error = cuckoo_put(&fixture->table, &key, value);

		if (error == -ENOSPC) {
			ck_assert_uint_eq(model[number], 0);
			return;
		}
		ck_assert_int_eq(error, !model[number]);
		model[number] = value + 1;
	} else {
		ck_assert_int_eq(cuckoo_remove(&fixture->table, &key), model[number] != 0);
		model[number] = 0;
	}
}

/** Up to where moving is all that helps, and sometimes nothing does. */
START_TEST(as_the_array_says)
{
	static uint32_t model[KEYS];
	struct fixture fixture;

	memset(model, 0, sizeof(model));
	begin(&fixture, _i, _i ? 4 : 1, KEYS);
	for (int i = 0; i < ROUNDS; i++)
		do_something(&fixture, model);
	expect(&fixture.table, model);
	ck_assert_uint_gt(fixture.moves, 0);
	/* Who comes later counts the same. */
	cuckoo_init(&fixture.table);
	expect(&fixture.table, model);
	end(&fixture);
}
END_TEST

/** Nine tenths of the slots, though all keys are neighbours. */
START_TEST(nine_tenths)
{
	struct fixture fixture;
	uint32_t slots = _i ? 1536 : 4096, pages = 8;

	begin(&fixture, _i, pages, UINT64_MAX);
	for (uint32_t i = 0; i < slots * pages / 10 * 9; i++) {
		struct cuckoo_key key = key_of(i);

		ck_assert_int_eq(cuckoo_put(&fixture.table, &key, value_of(i)), 1);
	}
	for (uint32_t i = 0; i < slots * pages / 10 * 9; i++) {
		struct cuckoo_key key = key_of(i);
		const uint32_t *tail = cuckoo_find(&fixture.table, &key);

		ck_assert_ptr_nonnull(tail);
		ck_assert_uint_eq(cuckoo_value(*tail), value_of(i));
	}
	end(&fixture);
}
END_TEST

/** As many as were asked for have room, and not one more. */
START_TEST(the_limit)
{
	uint32_t limit = 100000;
	struct cuckoo_key first = key_of(0), one_more = key_of(limit);
	struct fixture fixture;

	begin(&fixture, _i, cuckoo_pages(limit, _i), limit);
	for (uint32_t i = 0; i < limit; i++) {
		struct cuckoo_key key = key_of(i);

		ck_assert_int_eq(cuckoo_put(&fixture.table, &key, 1), 1);
	}
	ck_assert_int_eq(cuckoo_put(&fixture.table, &one_more, 1), -ENOSPC);
	ck_assert_int_eq(cuckoo_put(&fixture.table, &first, 2), 0);
	ck_assert(cuckoo_remove(&fixture.table, &first));
	ck_assert_int_eq(cuckoo_put(&fixture.table, &one_more, 1), 1);
	end(&fixture);
}
END_TEST

/** A page that is full says so, and loses nothing. */
START_TEST(a_full_page)
{
	struct fixture fixture;
	uint32_t slots = _i ? 1536 : 4096, there = 0;

	begin(&fixture, _i, 1, UINT64_MAX);
	for (uint32_t i = 0; i < 2 * slots; i++) {
		struct cuckoo_key key = key_of(i);
		int error = cuckoo_put(&fixture.table, &key, 7);

		ck_assert(error == 1 || error == -ENOSPC);
	}
	for (uint32_t i = 0; i < 2 * slots; i++) {
		struct cuckoo_key key = key_of(i);

		there += cuckoo_find(&fixture.table, &key) != NULL;
	}
	ck_assert_uint_eq(there, fixture.table.count);
	ck_assert_uint_gt(there, slots / 100 * 95);
	end(&fixture);
}
END_TEST

/** What the BPF program does: one slot. */
static uint32_t look(const uint64_t *slot, bool wide, const struct cuckoo_key *key)
{
	size_t words = wide ? 4 : 1;
	uint32_t tail = 0;

	for (size_t i = 0; i < words; i++)
		if (__atomic_load_n(&slot[i], __ATOMIC_ACQUIRE) != key->address[i])
			return 0;
	tail = __atomic_load_n((const uint32_t *)(slot + words), __ATOMIC_ACQUIRE);
	for (size_t i = 0; i < words; i++)
		if (__atomic_load_n(&slot[i], __ATOMIC_ACQUIRE) != key->address[i])
			return 0;
	return (tail & CUCKOO_TAIL_KEY) == (CUCKOO_USED | key->port) ? tail : 0;
}

/** Both buckets. */
static uint32_t look_at_both(const struct cuckoo *table, const struct cuckoo_key *key)
{
	uint64_t sum = table->wide ? cuckoo_sum4(key->address, key->port, table->secret)
				   : cuckoo_sum1(key->address[0], key->port, table->secret);
	uint64_t hash = cuckoo_finish(sum, table->secret);
	uint32_t bucket_bytes = table->wide ? 128 : 64;
	const uint8_t *page = table->memory +
		(size_t)cuckoo_page_of(hash, table->page_count) * CUCKOO_PAGE_BYTES;
	uint32_t places[2] = { cuckoo_first_of(hash, bucket_bytes),
		cuckoo_second_of(hash, bucket_bytes) };

	for (uint32_t i = 0; i < 2; i++) {
		for (uint32_t j = 0; j < (table->wide ? 3 : 4); j++) {
			uint32_t tail = look((const uint64_t *)(const void *)
				(page + places[i] + j * (table->wide ? 40 : 16)),
				table->wide, key);

			if (tail)
				return tail;
		}
	}
	return 0;
}

/** As often as something was moved meanwhile. */
static uint32_t look_without_lock(const struct cuckoo *table, const struct cuckoo_key *key)
{
	uint32_t tail = look_at_both(table, key);

	while (!tail) {
		uint32_t moves = __atomic_load_n(table->moves, __ATOMIC_ACQUIRE);

		tail = look_at_both(table, key);
		if (moves == __atomic_load_n(table->moves, __ATOMIC_ACQUIRE))
			break;
	}
	return tail;
}

/** Keys that stay; those above come and go. */
#define STAYING 500

struct reader {
	const struct cuckoo *table;
	bool end;
	uint64_t lost;     /**< one that stays was not found */
	uint64_t mistaken; /**< another one's value */
	uint64_t found;
};

/** Reads until it is told to end. */
static void *read_on(void *user)
{
	struct reader *reader = user;
	uint32_t keys = reader->table->wide ? 1500 : 4000;

	for (uint32_t i = 0; !__atomic_load_n(&reader->end, __ATOMIC_RELAXED); i++) {
		uint32_t number = i & 1 ? i % STAYING : i % keys;
		struct cuckoo_key key = key_of(number);
		uint32_t tail = look_without_lock(reader->table, &key);

		reader->lost += number < STAYING && !tail;
		reader->mistaken += tail && cuckoo_value(tail) != value_of(number);
		__atomic_store_n(&reader->found, reader->found + (tail != 0), __ATOMIC_RELAXED);
	}
	return NULL;
}

/** Whoever is there all the while is found at any moment, with its own value. */
START_TEST(with_a_reader)
{
	struct fixture fixture;
	struct reader reader = { .table = &fixture.table };
	uint32_t keys = _i ? 1500 : 4000;
	pthread_t thread;

	begin(&fixture, _i, 1, UINT64_MAX);
	for (uint32_t i = 0; i < STAYING; i++) {
		struct cuckoo_key key = key_of(i);

		ck_assert_int_eq(cuckoo_put(&fixture.table, &key, value_of(i)), 1);
	}
	ck_assert_int_eq(pthread_create(&thread, NULL, read_on, &reader), 0);
	while (!__atomic_load_n(&reader.found, __ATOMIC_RELAXED))
		sched_yield();
	for (int i = 0; i < 3 * ROUNDS; i++) {
		uint64_t dice = next_random(&fixture.random);
		uint32_t number = STAYING + (uint32_t)(dice % (keys - STAYING));
		struct cuckoo_key key = key_of(number);

		if (dice >> 32 & 15)
			cuckoo_put(&fixture.table, &key, value_of(number));
		else
			cuckoo_remove(&fixture.table, &key);
	}
	__atomic_store_n(&reader.end, true, __ATOMIC_RELAXED);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_gt(fixture.moves, 1000);
	ck_assert_uint_eq(reader.lost, 0);
	ck_assert_uint_eq(reader.mistaken, 0);
	end(&fixture);
}
END_TEST

/** An emptied slot is nobody's, and zero is a key like others. */
START_TEST(nobody)
{
	struct fixture fixture;
	struct cuckoo_key key = { .port = 0 };

	begin(&fixture, _i, 1, 10);
	ck_assert_ptr_null(cuckoo_find(&fixture.table, &key));
	ck_assert(!cuckoo_remove(&fixture.table, &key));
	ck_assert_int_eq(cuckoo_put(&fixture.table, &key, 0), 1);
	ck_assert_ptr_nonnull(cuckoo_find(&fixture.table, &key));
	ck_assert(cuckoo_remove(&fixture.table, &key));
	ck_assert_ptr_null(cuckoo_find(&fixture.table, &key));
	ck_assert_uint_eq(fixture.table.count, 0);
	end(&fixture);
}
END_TEST

/** Ends a walk. */
static int refuse(const struct cuckoo_key *key, uint32_t value, uint32_t readers, void *user)
{
	(void)key;
	(void)value;
	(void)readers;
	(void)user;
	return -ECANCELED;
}

START_TEST(a_walk_that_is_ended)
{
	struct fixture fixture;
	struct cuckoo_key key = key_of(1);
	const struct cuckoo_page *page;

	begin(&fixture, _i, 1, 10);
	page = (const struct cuckoo_page *)fixture.table.memory;
	ck_assert_int_eq(cuckoo_walk(page, _i, refuse, NULL), 0);
	ck_assert_int_eq(cuckoo_put(&fixture.table, &key, 5), 1);
	ck_assert_int_eq(cuckoo_walk(page, _i, refuse, NULL), -ECANCELED);
	end(&fixture);
}
END_TEST

/** Runs the tests, for narrow keys and for wide ones. */
int main(void)
{
	Suite *suite = suite_create("cuckoo");
	SRunner *runner = srunner_create(suite);
	TCase *tests = tcase_create("cuckoo");
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, as_the_array_says, 0, 2);
	tcase_add_loop_test(tests, nine_tenths, 0, 2);
	tcase_add_loop_test(tests, the_limit, 0, 2);
	tcase_add_loop_test(tests, a_full_page, 0, 2);
	tcase_add_loop_test(tests, with_a_reader, 0, 2);
	tcase_add_loop_test(tests, nobody, 0, 2);
	tcase_add_loop_test(tests, a_walk_that_is_ended, 0, 2);
	suite_add_tcase(suite, tests);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
