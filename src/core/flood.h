/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether first messages come faster than a service says is usual. Once they do, it stays
 * so until they have been well below that for a while: who toggles answers the copies of
 * one message in two ways, and the handshake is lost (RFC 7296 2.6).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FLOOD_CALM_MS 30000 /**< below half the rate for so long ends it */

struct flood {
	uint64_t window_ms; /**< when the second that is counted began */
	uint64_t until_ms;  /**< the flood lasts until then at least */
	uint64_t times;     /**< it has begun */
	uint32_t count;     /**< in this second */
};

/** Counts one first message; from rate a second on it is a flood. */
void flood_note(struct flood *flood, uint32_t rate, uint64_t now_ms);

/** Tells whether there is one. */
bool flood_is_on(const struct flood *flood, uint64_t now_ms);
