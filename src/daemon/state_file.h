/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that outlives the daemon: read before packets are, written at the end and from
 * time to time, in portions of a fraction of a millisecond between packets. What can go
 * wrong with it is logged and stops nothing.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/director.h"
#include "core/restore.h"
#include "core/snapshot.h"
#include "daemon/state_writer.h"

struct state_file_counters {
	uint64_t saves;             /**< files that were put in place */
	uint64_t errors;            /**< those that were not */
	uint64_t entries;           /**< in the last one */
	uint64_t bytes;             /**< of the last one */
	uint64_t duration_ms;       /**< of the last one, from its beginning to its place */
	uint64_t longest_portion_us; /**< of all */
};

struct state_file {
	const struct config *config;
	struct director *director;
	struct ev_loop *ev;       /**< NULL until state_file_watch */
	ev_timer on_time;         /**< the next file, or the next portion */
	struct snapshot snapshot;
	struct state_writer *writer; /**< NULL: no file is being written */
	uint64_t began_ms;
	uint64_t saved_seal; /**< of the last file, once it is in its place; 0: of none */
	uint64_t bytes;
	bool committing;
	bool error_logged;
	bool is_off; /**< by configuration, or because the file is somebody else's */
	struct state_file_counters counters;
	struct restore_report restored;
};

/** Reads the file that the configuration names into director, and logs what came of it.
 *  Both must outlive state_file. */
void state_file_load(struct state_file *state, const struct config *config,
	struct director *director);

/** Has it written every state-interval from now on. */
void state_file_watch(struct state_file *state, struct ev_loop *ev);

/** Begins to write it now, unless that is under way. -ENOENT: nothing is saved; other errors
 *  are logged as well. */
int state_file_save(struct state_file *state);

/** Writes it once more, all at once, and ends. */
void state_file_finish(struct state_file *state);

/** Ends without writing. */
void state_file_stop(struct state_file *state);
