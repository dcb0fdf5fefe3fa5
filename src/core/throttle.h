/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * So many answers a second to one source, an IPv4 address or an IPv6 /64, in memory that
 * never grows: sources are counted in slots by a keyed hash. Two may share a slot, which
 * makes each get fewer answers, never more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/hash.h"

struct throttle {
	uint32_t *slots;
	uint32_t per_second; /**< 0: as many as wanted */
	struct hash_key key;
};

/** Makes it. -ENOMEM. */
int throttle_init(struct throttle *throttle, uint32_t per_second, const struct hash_key *key);

/** Frees it. Accepts one that was never made. */
void throttle_fini(struct throttle *throttle);

/** Tells whether the source may have one more answer in this second. */
bool throttle_has(const struct throttle *throttle, const struct address *source,
	uint64_t now_ms);

/** Counts one answer to it. */
void throttle_take(struct throttle *throttle, const struct address *source, uint64_t now_ms);
