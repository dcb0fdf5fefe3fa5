/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into the daemon by LD_PRELOAD: notes how long its loop works between two waits,
 * by the clock and by the processor's time, which does not mind what else the machine
 * does. SIGUSR2 moves the daemon's clock on by a day, so that everything expires at once,
 * and begins a new period. At the end it prints each period's longest turn to stderr.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

#define DAY_S 86400
#define PERIODS 2 /**< before the signal, and after it */

/** Of one period, in nanoseconds. */
struct longest {
	uint64_t wall;
	uint64_t processor;
	uint64_t turns;
};

static struct longest longest[PERIODS];
static uint64_t woke_wall, woke_processor;
static volatile sig_atomic_t period;
static int (*real_wait)(int, struct epoll_event *, int, int);
static int (*real_clock)(clockid_t, struct timespec *);

/** Reads a clock that nobody moves. */
static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	real_clock(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/** The signal. */
static void move_on(int number)
{
	(void)number;
	period = 1;
}

/** Finds what is stood in for. */
static __attribute__((constructor)) void find(void)
{
	struct sigaction action = { .sa_handler = move_on };

	*(void **)&real_wait = dlsym(RTLD_NEXT, "epoll_wait");
	*(void **)&real_clock = dlsym(RTLD_NEXT, "clock_gettime");
	sigaction(SIGUSR2, &action, NULL);
}

/** Says what was noted. */
static __attribute__((destructor)) void report(void)
{
	size_t i;

	for (i = 0; i < PERIODS; i++)
		if (longest[i].turns)
			fprintf(stderr, "stall %zu turns %.0f longest-us %.0f processor-us %.0f\n",
				i, (double)longest[i].turns, (double)longest[i].wall / 1e3,
				(double)longest[i].processor / 1e3);
}

/** Notes the turn that ends. */
static void note(struct longest *of)
{
	uint64_t wall = read_ns(CLOCK_MONOTONIC) - woke_wall;
	uint64_t processor = read_ns(CLOCK_THREAD_CPUTIME_ID) - woke_processor;

	of->turns++;
	if (wall > of->wall)
		of->wall = wall;
	if (processor > of->processor)
		of->processor = processor;
}

/** Stands in for the C library's. */
int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
	int count;

	if (woke_wall)
		note(&longest[period]);
	count = real_wait(fd, events, max, timeout_ms);
	woke_wall = read_ns(CLOCK_MONOTONIC);
	woke_processor = read_ns(CLOCK_THREAD_CPUTIME_ID);
	return count;
}

/** Stands in for the C library's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int status = real_clock(clock, now);

	if (period && clock == CLOCK_MONOTONIC)
		now->tv_sec += DAY_S;
	return status;
}
