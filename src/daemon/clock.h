/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that reads the clock.
 */
#pragma once

#include <stdint.h>

/** Milliseconds that only go forward (CLOCK_MONOTONIC). */
uint64_t clock_now_ms(void);

/** Microseconds of the same clock, to tell how long something took. */
uint64_t clock_now_us(void);

/** Milliseconds since 1970, which anybody may set: for what outlives a restart alone. */
uint64_t clock_wall_ms(void);
