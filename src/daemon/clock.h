/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that reads the clock.
 */
#pragma once

#include <stdint.h>

/** Milliseconds that only go forward (CLOCK_MONOTONIC). */
uint64_t clock_now_ms(void);
