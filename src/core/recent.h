/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First messages of the last minute, in memory that never grows: a keyed hash of (service,
 * CIP, icookie) leads to a bucket of eight slots, and the slot with the least to lose gives
 * way. It serves three defences: a greylist lets a message pass that it has held before; a
 * message that passed without an entry is known when the answer to it comes; and what has
 * passed once is never challenged. A slot may be overwritten, or, once in four thousand
 * million, be somebody else's: nothing but a handshake's speed may depend on it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "core/packet.h"

struct service;

#define RECENT_MS 60000 /**< not found when it is older */

struct recent {
	uint64_t *slots; /**< NULL: nothing is remembered */
	size_t bucket_count;
	struct hash_key key;
};

/** What is known of a message. */
struct recent_message {
	bool found;
	uint32_t age_ms; /**< in tenths of a second */
	uint32_t server; /**< where it was forwarded to: its index plus 1; 0: it was held */
};

/** Makes room for that many messages. -ENOMEM. */
int recent_init(struct recent *recent, size_t messages, const struct hash_key *key);

/** Frees it. Accepts one that was never made. */
void recent_fini(struct recent *recent);

/** Looks for the message that began the packet's handshake. */
struct recent_message recent_find(const struct recent *recent, const struct service *service,
	const struct packet *packet, uint64_t now_ms);

/** Notes the packet's message; server as in struct recent_message. */
void recent_note(struct recent *recent, const struct service *service,
	const struct packet *packet, uint32_t server, uint64_t now_ms);
