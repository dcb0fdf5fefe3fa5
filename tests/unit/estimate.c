/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/estimate.h"

#include "tests/unit/unit.h"

/** A steady counter is found, and a change of pace in some looks. */
START_TEST(estimate_follows)
{
	struct estimate estimate = { 0 };
	uint64_t count = 0, now_ms = 1000;

	estimate_look(&estimate, count, now_ms);
	ck_assert(estimate.per_second == 0);
	for (int i = 0; i < 40; i++)
		estimate_look(&estimate, count += 100, now_ms += 1000);
	ck_assert(estimate.per_second > 99.9 && estimate.per_second <= 100);
	for (int i = 0; i < 4; i++)
		estimate_look(&estimate, count, now_ms += 1000);
	ck_assert(estimate.per_second > 31 && estimate.per_second < 32);
}
END_TEST

/** The span may be of any length; too short a one is not looked at. */
START_TEST(estimate_spans)
{
	struct estimate estimate = { 0 };

	estimate_look(&estimate, 0, 1000);
	estimate_look(&estimate, 1000000, 1001);
	ck_assert(estimate.per_second == 0);
	estimate_look(&estimate, 400, 3000);
	ck_assert(estimate.per_second == 50);
}
END_TEST

/** A counter that begins anew is no negative rate. */
START_TEST(estimate_restarts)
{
	struct estimate estimate = { 0 };

	estimate_look(&estimate, 1000, 1000);
	estimate_look(&estimate, 2000, 2000);
	ck_assert(estimate.per_second == 250);
	estimate_look(&estimate, 5, 3000);
	ck_assert(estimate.per_second == 250);
	estimate_look(&estimate, 1005, 4000);
	ck_assert(estimate.per_second == 437.5);
}
END_TEST

UNIT_MAIN("estimate", estimate_follows, estimate_spans, estimate_restarts)
