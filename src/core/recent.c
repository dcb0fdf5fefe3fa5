/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/recent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8     /**< of a bucket: one line of a CPU's cache */
#define TICK_MS 100 /**< what ages are counted in */

/* A slot: tag of 32 bits, tick of 16, server of 16. 0 is empty. */

/** What is hashed, without padding. */
struct recent_key {
	uint64_t service;
	uint64_t icookie;
	uint8_t client[16];
};

/** Makes a slot. */
static uint64_t slot_of(uint32_t tag, uint16_t tick, uint32_t server)
{
	return (uint64_t)tag << 32 | (uint64_t)tick << 16 | (uint16_t)server;
}

/** The slot's server. */
static uint32_t slot_server(uint64_t slot)
{
	return (uint16_t)slot;
}

/** How old the slot is, in ticks; they wrap after 109 minutes. */
static uint16_t slot_age(uint64_t slot, uint16_t tick)
{
	return (uint16_t)(tick - (uint16_t)(slot >> 16));
}

/** Tells whether the slot is empty or too old to matter. */
static bool slot_is_free(uint64_t slot, uint16_t tick)
{
	return !slot || slot_age(slot, tick) > RECENT_MS / TICK_MS;
}

/** The tick of a moment. */
static uint16_t tick_of(uint64_t now_ms)
{
	return (uint16_t)(now_ms / TICK_MS);
}

/** Makes room. */
int recent_init(struct recent *recent, size_t messages, const struct hash_key *key)
{
	size_t buckets = (messages + SLOTS - 1) / SLOTS;

	*recent = (struct recent){ .bucket_count = buckets ? buckets : 1, .key = *key };
	recent->slots = calloc(recent->bucket_count, SLOTS * sizeof(*recent->slots));
	return recent->slots ? 0 : -ENOMEM;
}

/** Frees it. */
void recent_fini(struct recent *recent)
{
	free(recent->slots);
	recent->slots = NULL;
}

/** The packet's bucket; the tag is from other bits of the hash. */
static uint64_t *bucket_of(const struct recent *recent, const struct service *service,
	const struct packet *packet, uint32_t *ret_tag)
{
	struct recent_key key = { .service = (uintptr_t)service, .icookie = packet->icookie };
	uint64_t hash;

	memcpy(key.client, packet->flow.client.bytes, sizeof(key.client));
	hash = hash_keyed(&recent->key, &key, sizeof(key));
	*ret_tag = (uint32_t)hash;
	return recent->slots + (hash >> 32) % recent->bucket_count * SLOTS;
}

/** The slot of the bucket that has the tag, or NULL. */
static uint64_t *slot_with(uint64_t *bucket, uint32_t tag, uint16_t tick)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (!slot_is_free(bucket[i], tick) && bucket[i] >> 32 == tag)
			return &bucket[i];
	}
	return NULL;
}

/** The slot that gives way: a free one, then of those that were held the oldest, then of
 *  all. Messages that are held come in floods, and must not push out what has passed. */
static uint64_t *slot_weakest(uint64_t *bucket, uint16_t tick)
{
	uint64_t *weakest = &bucket[0];

	for (size_t i = 0; i < SLOTS; i++) {
		bool held = slot_server(bucket[i]) == 0;
		bool weakest_held = slot_server(*weakest) == 0;

		if (slot_is_free(bucket[i], tick))
			return &bucket[i];
		if (held > weakest_held ||
			(held == weakest_held &&
				slot_age(bucket[i], tick) > slot_age(*weakest, tick)))
			weakest = &bucket[i];
	}
	return weakest;
}

/** Looks for the message. */
struct recent_message recent_find(const struct recent *recent, const struct service *service,
	const struct packet *packet, uint64_t now_ms)
{
	struct recent_message message = { .found = false };
	uint16_t tick = tick_of(now_ms);
	const uint64_t *slot;
	uint64_t *bucket;
	uint32_t tag;

	if (!recent->slots)
		return message;
	bucket = bucket_of(recent, service, packet, &tag);
	slot = slot_with(bucket, tag, tick);
	if (slot)
		message = (struct recent_message){
			.found = true,
			.age_ms = slot_age(*slot, tick) * TICK_MS,
			.server = slot_server(*slot),
		};
	return message;
}

/** Notes the message. */
void recent_note(struct recent *recent, const struct service *service,
	const struct packet *packet, uint32_t server, uint64_t now_ms)
{
	uint16_t tick = tick_of(now_ms);
	uint64_t *bucket, *slot;
	uint32_t tag;

	if (!recent->slots)
		return;
	bucket = bucket_of(recent, service, packet, &tag);
	slot = slot_with(bucket, tag, tick);
	if (!slot)
		slot = slot_weakest(bucket, tick);
	*slot = slot_of(tag, tick, server);
}
