/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the director's tables as records, in portions, while packets go on changing them
 * between portions. A client is written in one piece with all that it owns, once: clients
 * do not change their place in the table, and handshakes not their client. All ages are
 * of the moment when it began; what came later has age 0.
 */
#pragma once

#include "core/director.h"
#include "core/record.h"

enum snapshot_phase {
	SNAPSHOT_NAMES,
	SNAPSHOT_CLIENTS,
	SNAPSHOT_TEMPLATES,
	SNAPSHOT_END,
	SNAPSHOT_DONE,
};

struct snapshot {
	const struct director *director;
	struct record_writer writer;
	enum snapshot_phase phase;
	size_t bucket; /**< of the phase's table, the next to be written */
	uint64_t now_ms;
	uint64_t wall_ms;
	size_t entries; /**< written so far */
};

/** Begins. wall_ms is the wall clock at now_ms. */
void snapshot_begin(struct snapshot *snapshot, const struct director *director,
	uint64_t now_ms, uint64_t wall_ms);

/** How large a buffer the next portion needs at least. */
size_t snapshot_needs_bytes(const struct snapshot *snapshot);

/** Writes the next portion into buffer. Returns how many bytes, which may be 0 before all
 *  is written: the work of one portion is bounded too. */
size_t snapshot_portion(struct snapshot *snapshot, uint8_t *buffer, size_t size_bytes);

/** Tells whether all has been written. */
bool snapshot_done(const struct snapshot *snapshot);
