/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LVS's dropentry and droppacket: what is done when the table comes near its limits. Where
 * it stands is the fuller of entries and memory, in thousandths. From the high watermark
 * until the low one is reached there is pressure.
 *
 * Entries go in this order: soft ones beyond a quota that shrinks from the low watermark to
 * nothing at the high one; INITIAL ones, of the older those that are least answered; the
 * other soft ones. Live ESTABLISHED entries go with dropentry on alone, above the high
 * watermark, and only when nothing else is left.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct director;
struct packet;
struct session_entry;

struct pressure {
	bool is_on;
	uint32_t quota_level; /**< in thousandths, for which the soft quotas are */
	uint64_t times;     /**< it has begun */
	uint64_t entries;   /**< that were dropped for it */
};

/** Where the table stands, in thousandths of its limits. */
uint32_t pressure_level(const struct director *director);

/** Looks whether there is pressure, and sets the services' soft quotas. */
void pressure_look(struct director *director);

/** Drops up to max entries if it has to be, but not keep, which may be NULL. Returns how
 *  many. */
size_t pressure_relieve(struct director *director, const struct session_entry *keep,
	size_t max);

/** Tells whether droppacket hits this first message: one in so many, by a keyed hash of
 *  what the message is and of the second it is, so that nobody can know. */
bool pressure_drops(const struct director *director, const struct packet *packet);
