/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a counter grows, smoothed over some seconds as IPVS does it: each look takes a
 * quarter of the difference to what was between this one and the last.
 */
#pragma once

#include <stdint.h>

struct estimate {
	uint64_t last_count;
	uint64_t last_ms; /**< 0: never looked */
	double per_second;
};

/** Takes a look at count; more often than every half second changes nothing. */
void estimate_look(struct estimate *estimate, uint64_t count, uint64_t now_ms);
