/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/rate.h"

#include "tests/unit/unit.h"

/** Takes until nothing is left; gives how many there were. */
static unsigned int take_all(struct rate *rate, uint64_t now_ms)
{
	unsigned int count = 0;

	while (rate_take(rate, now_ms))
		count++;
	return count;
}

/** Full at the start, whatever the clock says then. */
START_TEST(rate_begins_full)
{
	struct rate rate;

	rate_init(&rate, 10, 20);
	ck_assert_uint_eq(take_all(&rate, 0), 20);
	rate_init(&rate, 10, 20);
	ck_assert_uint_eq(take_all(&rate, UINT64_C(1) << 50), 20);
}
END_TEST

/** Refills at its rate to the millisecond and never beyond the burst. */
START_TEST(rate_refills)
{
	struct rate rate;

	rate_init(&rate, 10, 5);
	ck_assert_uint_eq(take_all(&rate, 1000), 5);
	ck_assert(!rate_take(&rate, 1099));
	ck_assert(rate_take(&rate, 1100));
	ck_assert(!rate_take(&rate, 1199));
	ck_assert(rate_take(&rate, 1200));
	ck_assert_uint_eq(take_all(&rate, 1500), 3);
	ck_assert_uint_eq(take_all(&rate, 1000000), 5);
}
END_TEST

/** Asking often loses no part of a token. */
START_TEST(rate_keeps_fractions)
{
	struct rate rate;
	unsigned int taken = 0;

	rate_init(&rate, 3, 1);
	take_all(&rate, 0);
	for (uint64_t now_ms = 1; now_ms <= 10000; now_ms++)
		taken += take_all(&rate, now_ms);
	ck_assert_uint_ge(taken, 29);
	ck_assert_uint_le(taken, 30);
}
END_TEST

/** Nothing at all with rate 0 or burst 0. */
START_TEST(rate_zero)
{
	struct rate rate;

	rate_init(&rate, 0, 20);
	ck_assert_uint_eq(take_all(&rate, 0), 0);
	ck_assert_uint_eq(take_all(&rate, 100000), 0);
	rate_init(&rate, 10, 0);
	ck_assert_uint_eq(take_all(&rate, 100000), 0);
}
END_TEST

/** The largest values overflow nothing; a clock that stands still refills nothing. */
START_TEST(rate_extremes)
{
	struct rate rate;

	rate_init(&rate, UINT32_MAX, 3);
	ck_assert_uint_eq(take_all(&rate, 5), 3);
	ck_assert_uint_eq(take_all(&rate, 5), 0);
	ck_assert_uint_eq(take_all(&rate, UINT64_MAX), 3);
	rate_init(&rate, 1, UINT32_MAX);
	ck_assert(rate_take(&rate, UINT64_MAX));
	rate_init(&rate, 10, 1);
	ck_assert(rate_take(&rate, 1000));
	ck_assert(!rate_take(&rate, 500));
	ck_assert(!rate_take(&rate, 1000));
	ck_assert(rate_take(&rate, 1100));
}
END_TEST

UNIT_MAIN("rate", rate_begins_full, rate_refills, rate_keeps_fractions, rate_zero,
	rate_extremes)
