/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long turns take, by a clock and a usage of the test's own: the linker puts the functions
 * below in front of clock_gettime and getrusage.
 */
#include "daemon/pace.h"

#include <sys/resource.h>
#include <time.h>

#include "tests/unit/unit.h"

/** What the clock shows, and what the thread has taken. */
static uint64_t now_us;
static struct rusage usage;
static size_t usage_asked;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_getrusage(int who, struct rusage *ret_usage);

/** Shows the time. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ .tv_sec = (time_t)(now_us / 1000000),
		.tv_nsec = (long)(now_us % 1000000) * 1000 };
	return 0;
}

/** Shows the usage. */
int __wrap_getrusage(int who, struct rusage *ret_usage)
{
	ck_assert_int_eq(who, RUSAGE_THREAD);
	usage_asked++;
	*ret_usage = usage;
	return 0;
}

/** A turn with so much of everything, and some that passes before it. */
static void turn(struct pace *pace, uint64_t took_us, long much)
{
	now_us += 1000000;
	usage.ru_nvcsw += 1000;
	usage.ru_utime.tv_sec++;
	pace_begin(pace);
	now_us += took_us;
	usage.ru_utime.tv_usec += much;
	usage.ru_stime.tv_usec += much;
	usage.ru_nivcsw += much + 1;
	usage.ru_nvcsw += much + 2;
	usage.ru_minflt += much + 3;
	usage.ru_majflt += 1;
	pace_end(pace);
}

/** Long turns are counted, and the longest is told about; others cost one question. */
START_TEST(pace_tells_the_longest)
{
	struct pace pace = { .turns = 0 };

	now_us = 1;
	pace_end(&pace);
	ck_assert_uint_eq(pace.turns, 0);
	for (int i = 0; i < 100; i++)
		turn(&pace, PACE_LONG_US, 1);
	ck_assert_uint_eq(pace.turns, 100);
	ck_assert_uint_eq(pace.long_turns, 0);
	ck_assert_uint_eq(usage_asked, 100);
	turn(&pace, PACE_LONG_US + 1, 10);
	turn(&pace, 9 * PACE_LONG_US, 20);
	turn(&pace, 2 * PACE_LONG_US, 30);
	ck_assert_uint_eq(pace.turns, 103);
	ck_assert_uint_eq(pace.long_turns, 3);
	ck_assert_uint_eq(pace.longest.took_us, 9 * PACE_LONG_US);
	ck_assert_uint_eq(pace.longest.processor_us, 40);
	ck_assert_uint_eq(pace.longest.switches, 21);
	ck_assert_uint_eq(pace.longest.waits, 22);
	ck_assert_uint_eq(pace.longest.faults, 24);
}
END_TEST

/** Whom a loop calls in a turn. */
static void work(struct ev_loop *ev, ev_timer *watcher, int events)
{
	(void)ev;
	(void)watcher;
	(void)events;
	now_us += PACE_LONG_US;
	usage.ru_nivcsw++;
}

/** Whom it calls last. */
static void last(struct ev_loop *ev, ev_prepare *watcher, int events)
{
	(void)ev;
	(void)watcher;
	(void)events;
	now_us += PACE_LONG_US / 2;
	usage.ru_nivcsw++;
}

/** A turn is from the end of one wait to the next, with whoever was there before. */
START_TEST(pace_watches_a_loop)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	struct pace pace;
	ev_prepare prepare;
	ev_timer timer;

	now_us = 1;
	ev_prepare_init(&prepare, last);
	ev_prepare_start(ev, &prepare);
	ev_timer_init(&timer, work, 0.0, 0.0);
	ev_timer_start(ev, &timer);
	pace_watch(&pace, ev);
	ev_run(ev, EVRUN_NOWAIT);
	ck_assert_uint_eq(pace.turns, 0);
	ev_run(ev, EVRUN_NOWAIT);
	ck_assert_uint_eq(pace.turns, 1);
	ck_assert_uint_eq(pace.long_turns, 1);
	ck_assert_uint_eq(pace.longest.took_us, PACE_LONG_US + PACE_LONG_US / 2);
	ck_assert_uint_eq(pace.longest.switches, 2);
	ev_loop_destroy(ev);
}
END_TEST

UNIT_MAIN("pace", pace_tells_the_longest, pace_watches_a_loop)
