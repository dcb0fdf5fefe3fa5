/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/clock.h"

#include <time.h>

/** The monotonic clock may begin with the machine's start; entries may be older. */
#define CLOCK_START_MS (UINT64_C(1) << 40)

/** Microseconds of a clock. */
static uint64_t read_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/** Milliseconds since some start. */
uint64_t clock_now_ms(void)
{
	return CLOCK_START_MS + read_us(CLOCK_MONOTONIC) / 1000;
}

/** Microseconds since some start. */
uint64_t clock_now_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

/** Milliseconds since 1970. */
uint64_t clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}
