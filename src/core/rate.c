/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/rate.h"

#define MILLI 1000u

/** Starts a full bucket. */
void rate_init(struct rate *rate, uint32_t per_second, uint32_t burst)
{
	*rate = (struct rate){
		.per_second = per_second,
		.burst = per_second ? burst : 0,
		.milli_tokens = per_second ? (uint64_t)burst * MILLI : 0,
	};
}

/** Pours in what the time since the last call brought: per_second / 1000 a millisecond. */
void rate_refill(struct rate *rate, uint64_t now_ms)
{
	uint64_t full = (uint64_t)rate->burst * MILLI;
	uint64_t elapsed_ms = now_ms > rate->last_ms ? now_ms - rate->last_ms : 0;

	rate->last_ms += elapsed_ms;
	if (!rate->per_second)
		return;
	/* More than fills the bucket: also what would not fit the multiplication. */
	if (elapsed_ms > full / rate->per_second)
		rate->milli_tokens = full;
	else
		rate->milli_tokens += elapsed_ms * rate->per_second;
	if (rate->milli_tokens > full)
		rate->milli_tokens = full;
}

/** Tells whether there is a token. */
bool rate_has(const struct rate *rate)
{
	return rate->milli_tokens >= MILLI;
}

/** Takes one token. */
bool rate_take(struct rate *rate, uint64_t now_ms)
{
	rate_refill(rate, now_ms);
	if (!rate_has(rate))
		return false;
	rate->milli_tokens -= MILLI;
	return true;
}
