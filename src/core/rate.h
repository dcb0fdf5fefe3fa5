/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A token bucket on a clock that the caller brings.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rate {
	uint32_t per_second;
	uint32_t burst;
	uint64_t milli_tokens; /**< thousandths of a token */
	uint64_t last_ms;
};

/** Starts a full bucket; per_second 0 allows nothing. */
void rate_init(struct rate *rate, uint32_t per_second, uint32_t burst);

/** Takes one token if there is one. */
bool rate_take(struct rate *rate, uint64_t now_ms);

/** Pours in what the time since the last call brought. */
void rate_refill(struct rate *rate, uint64_t now_ms);

/** Tells whether there is a token, as of the last refill. */
bool rate_has(const struct rate *rate);
