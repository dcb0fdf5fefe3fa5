/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of first messages, and how many answers a source may have, in memory
 * that does not grow.
 */
#include "core/recent.h"

#include <string.h>

#include "core/throttle.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

static const struct hash_key key = { { 3, 4 } };

/** A message by its number. */
static struct packet message(uint64_t icookie)
{
	return (struct packet){
		.flow.client = test_address("203.0.113.7"),
		.icookie = icookie,
	};
}

/** What was noted is found as it was, until it is too old. */
START_TEST(recent_keeps)
{
	struct recent recent;
	struct packet one = message(1), other = message(2);
	struct recent_message found;

	ck_assert_int_eq(recent_init(&recent, 1024, &key), 0);
	ck_assert(!recent_find(&recent, NULL, &one, 5000).found);
	recent_note(&recent, NULL, &one, 0, 5000);
	recent_note(&recent, NULL, &other, 300, 6000);
	found = recent_find(&recent, NULL, &one, 7000);
	ck_assert(found.found);
	ck_assert_uint_eq(found.age_ms, 2000);
	ck_assert_uint_eq(found.server, 0);
	ck_assert_uint_eq(recent_find(&recent, NULL, &other, 7000).server, 300);
	recent_note(&recent, NULL, &one, 2, 8000);
	ck_assert_uint_eq(recent_find(&recent, NULL, &one, 8000).server, 2);
	ck_assert(recent_find(&recent, NULL, &one, 8000 + RECENT_MS).found);
	ck_assert(!recent_find(&recent, NULL, &one, 8100 + RECENT_MS).found);
	recent_fini(&recent);
}
END_TEST

/** Another service's, another client's, another cookie's message is another one. */
START_TEST(recent_tells_apart)
{
	struct recent recent;
	struct packet one = message(1), other = message(1);
	const struct service *service = (const struct service *)&recent;

	ck_assert_int_eq(recent_init(&recent, 1024, &key), 0);
	recent_note(&recent, NULL, &one, 1, 0);
	ck_assert(!recent_find(&recent, service, &one, 0).found);
	other.flow.client = test_address("203.0.113.8");
	ck_assert(!recent_find(&recent, NULL, &other, 0).found);
	recent_fini(&recent);
}
END_TEST

/** Under a flood of what is held, what has passed stays, and so does most of what came
 *  last. */
START_TEST(recent_is_bounded)
{
	struct recent recent;
	unsigned int kept = 0, late = 0;

	ck_assert_int_eq(recent_init(&recent, 4096, &key), 0);
	for (uint64_t i = 0; i < 200; i++) {
		struct packet one = message(i);

		recent_note(&recent, NULL, &one, 1, 1000);
	}
	for (uint64_t i = 1000; i < 101000; i++) {
		struct packet one = message(i);

		recent_note(&recent, NULL, &one, 0, 1000 + i / 10);
	}
	for (uint64_t i = 0; i < 200; i++) {
		struct packet one = message(i), last = message(100800 + i);

		kept += recent_find(&recent, NULL, &one, 11100).server == 1;
		late += recent_find(&recent, NULL, &last, 11100).found;
	}
	ck_assert_uint_eq(kept, 200);
	ck_assert_uint_ge(late, 190);
	recent_fini(&recent);
}
END_TEST

/** So many in each second; a /64 is one source. */
START_TEST(throttle_counts)
{
	struct throttle throttle;
	struct address one = test_address("2001:db8::1"), same = test_address("2001:db8::2");
	struct address other = test_address("2001:db8:0:1::1");

	ck_assert_int_eq(throttle_init(&throttle, 2, &key), 0);
	for (uint64_t second = 0; second < 3; second++) {
		uint64_t now_ms = second * 1000 + 999;

		ck_assert(throttle_has(&throttle, &one, now_ms));
		throttle_take(&throttle, &one, now_ms);
		ck_assert(throttle_has(&throttle, &same, now_ms));
		throttle_take(&throttle, &same, now_ms);
		ck_assert(!throttle_has(&throttle, &one, now_ms));
		ck_assert(throttle_has(&throttle, &other, now_ms));
	}
	throttle_fini(&throttle);
	ck_assert_int_eq(throttle_init(&throttle, 0, &key), 0);
	throttle_take(&throttle, &one, 0);
	ck_assert(throttle_has(&throttle, &one, 0));
	throttle_fini(&throttle);
}
END_TEST

UNIT_MAIN("recent", recent_keeps, recent_tells_apart, recent_is_bounded, throttle_counts)
