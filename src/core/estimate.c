/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/estimate.h"

#define SHARE 0.25       /**< of the newest span in the estimate */
#define SPAN_MIN_MS 500  /**< shorter ones would only be noise */

/** Takes a look; a counter that went back began anew. */
void estimate_look(struct estimate *estimate, uint64_t count, uint64_t now_ms)
{
	uint64_t span_ms = now_ms - estimate->last_ms;
	double now_per_second;

	if (estimate->last_ms && span_ms < SPAN_MIN_MS)
		return;
	if (estimate->last_ms && count >= estimate->last_count) {
		now_per_second = (double)(count - estimate->last_count) * 1000 /
			(double)span_ms;
		estimate->per_second +=
			(now_per_second - estimate->per_second) * SHARE;
	}
	estimate->last_count = count;
	estimate->last_ms = now_ms;
}
