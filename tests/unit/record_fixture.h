/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State files in memory, for the tests of what is in them and of what is restored of them.
 * What cannot be done ends the test.
 */
#pragma once

#include "core/director.h"
#include "core/restore.h"

#define NOW_MS UINT64_C(1000000000)
#define WALL_MS UINT64_C(1800000000000) /**< the clock's time when a file is saved */
#define FILE_BYTES 65536

/** A file in memory. */
struct fixture_file {
	uint8_t data[FILE_BYTES];
	size_t size_bytes;
};

/** Of the run that saves, and of another one. */
extern const struct hash_key fixture_key, fixture_other_key;

/** A director for config. */
struct director *fixture_director(const struct config *config, const struct hash_key *with,
	const struct session_events *events);

/** An ISAKMP packet of 203.0.113.number. */
struct packet fixture_isakmp(
	unsigned int number, uint16_t port, uint64_t icookie, uint64_t rcookie);

/** Passes one packet through the tables. */
void fixture_pass(struct director *director, const struct packet *packet, uint64_t now_ms);

/** A first message of client number, and its proof on port, at those moments. */
void fixture_establish(struct director *director, unsigned int number, uint16_t port,
	uint64_t now_ms);

/** Three clients at three servers: one on port 500, one that has floated, one that has only
 *  begun, with as many offers and packets as there may be. */
void fixture_fill(struct director *director);

/** Saves all in portions that are as small as they may be. */
void fixture_save(
	const struct director *director, uint64_t now_ms, struct fixture_file *file);

/** Restores a file that was saved away_ms ago. */
bool fixture_restore(struct director *director, const struct fixture_file *file,
	uint64_t away_ms, struct restore_report *report);
