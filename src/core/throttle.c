/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/throttle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 65536
#define COUNT_MAX UINT16_MAX
#define NETWORK_BYTES 8 /**< of an IPv6 address */

/* A slot: the second in its upper half, how many in the lower one. */

/** Makes it. */
int throttle_init(struct throttle *throttle, uint32_t per_second, const struct hash_key *key)
{
	*throttle = (struct throttle){ .per_second = per_second, .key = *key };
	if (!per_second)
		return 0;
	throttle->slots = calloc(SLOTS, sizeof(*throttle->slots));
	return throttle->slots ? 0 : -ENOMEM;
}

/** Frees it. */
void throttle_fini(struct throttle *throttle)
{
	free(throttle->slots);
	throttle->slots = NULL;
}

/** The source's slot. */
static uint32_t *slot_of(const struct throttle *throttle, const struct address *source)
{
	size_t bytes = source->family == AF_INET6 ? NETWORK_BYTES : address_size_bytes(source);

	return &throttle->slots[hash_keyed(&throttle->key, source->bytes, bytes) % SLOTS];
}

/** How many a slot has counted in this second. */
static uint32_t counted(uint32_t slot, uint64_t now_ms)
{
	return slot >> 16 == (uint16_t)(now_ms / 1000) ? slot & COUNT_MAX : 0;
}

/** Tells whether there may be one more. */
bool throttle_has(const struct throttle *throttle, const struct address *source,
	uint64_t now_ms)
{
	return !throttle->slots ||
		counted(*slot_of(throttle, source), now_ms) < throttle->per_second;
}

/** Counts one. */
void throttle_take(struct throttle *throttle, const struct address *source, uint64_t now_ms)
{
	uint32_t *slot, count;

	if (!throttle->slots)
		return;
	slot = slot_of(throttle, source);
	count = counted(*slot, now_ms);
	*slot = (uint32_t)(uint16_t)(now_ms / 1000) << 16 |
		(count < COUNT_MAX ? count + 1 : count);
}
