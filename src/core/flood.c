/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/flood.h"

#define SECOND_MS 1000

/** Counts one. A flood goes on at half the rate at which it began. */
void flood_note(struct flood *flood, uint32_t rate, uint64_t now_ms)
{
	bool was_on = flood_is_on(flood, now_ms);

	if (now_ms - flood->window_ms >= SECOND_MS) {
		flood->window_ms = now_ms;
		flood->count = 0;
	}
	flood->count++;
	if (flood->count < (was_on ? rate / 2 + 1 : rate))
		return;
	flood->until_ms = now_ms + FLOOD_CALM_MS;
	flood->times += !was_on;
}

/** Whether its time is not over. */
bool flood_is_on(const struct flood *flood, uint64_t now_ms)
{
	return now_ms < flood->until_ms;
}
