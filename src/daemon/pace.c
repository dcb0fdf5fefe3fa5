/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/pace.h"

#include <sys/resource.h>
#include <time.h>

#include "daemon/clock.h"

/** Microseconds. */
static uint64_t us_of(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;
}

/** What the thread has taken until now. */
static struct pace_turn taken(void)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_THREAD, &usage);
	return (struct pace_turn){
		.processor_us = us_of(&usage.ru_utime) + us_of(&usage.ru_stime),
		.switches = (uint64_t)usage.ru_nivcsw,
		.waits = (uint64_t)usage.ru_nvcsw,
		.faults = (uint64_t)(usage.ru_minflt + usage.ru_majflt),
	};
}

/** A turn begins. */
void pace_begin(struct pace *pace)
{
	pace->began = taken();
	pace->began_us = clock_now_us();
}

/** Notes a long turn. Asking for the thread's clock has the kernel bring it up to date. */
static void note_long(struct pace *pace, uint64_t took_us)
{
	const struct pace_turn *began = &pace->began;
	struct timespec unused;
	struct pace_turn now;

	pace->long_turns++;
	if (took_us <= pace->longest.took_us)
		return;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &unused);
	now = taken();
	pace->longest = (struct pace_turn){
		.took_us = took_us,
		.processor_us = now.processor_us - began->processor_us,
		.switches = now.switches - began->switches,
		.waits = now.waits - began->waits,
		.faults = now.faults - began->faults,
	};
}

/** A turn ends. */
void pace_end(struct pace *pace)
{
	uint64_t took_us;

	if (!pace->began_us)
		return;
	took_us = clock_now_us() - pace->began_us;
	pace->turns++;
	if (took_us > PACE_LONG_US)
		note_long(pace, took_us);
}

/** The loop has waited. */
static void begins(struct ev_loop *ev, ev_check *watcher, int events)
{
	(void)ev;
	(void)events;
	pace_begin(watcher->data);
}

/** The loop is about to wait. */
static void ends(struct ev_loop *ev, ev_prepare *watcher, int events)
{
	(void)ev;
	(void)events;
	pace_end(watcher->data);
}

/** Comes before all others that the loop calls in a turn, and after them. */
void pace_watch(struct pace *pace, struct ev_loop *ev)
{
	*pace = (struct pace){ .turns = 0 };
	ev_check_init(&pace->on_begin, begins);
	ev_set_priority(&pace->on_begin, EV_MAXPRI);
	pace->on_begin.data = pace;
	ev_check_start(ev, &pace->on_begin);
	ev_prepare_init(&pace->on_end, ends);
	ev_set_priority(&pace->on_end, EV_MINPRI);
	pace->on_end.data = pace;
	ev_prepare_start(ev, &pace->on_end);
}
