/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes over what the fast path still carries from an earlier run and the table does not
 * know: clients are not cut because the daemon was away. What the kernel lists quickly is
 * taken over at once; the rest comes by and by, between packets.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/adopt_walk.h"
#include "daemon/mirror.h"

struct adopt {
	struct mirror *mirror;
	struct director *director;
	/** Marks mean the servers that they did when the elements were made; else those that no
	 *  entry stands behind are removed. */
	bool marks_are_known;
	struct adopt_walk *walk; /**< NULL: none is under way */
	bool was_cut; /**< a walk has ended too early */
	bool is_late; /**< the table has gone on since the walk began */
	struct ev_loop *ev; /**< NULL: not followed */
	ev_async on_elements;
	size_t kept;
	size_t removed; /**< that belong to no service or server, or found no room */
	uint64_t again_ms; /**< when it is done once more; 0: no more */
};

/** Begins, before there is a loop. mirror has assumed that the kernel knows what was restored,
 *  and is told to make that true. What comes of it is logged. */
void adopt_begin(struct adopt *adopt, uint64_t now_ms);

/** Goes on in the loop, which must outlive it. */
void adopt_follow(struct adopt *adopt, struct ev_loop *ev);

/** Looks whether it is to be done once more: the kernel's list of a map that is just growing
 *  can miss some of it. */
void adopt_look(struct adopt *adopt, uint64_t now_ms);

/** Tells whether there is nothing that the table may not know. */
bool adopt_is_done(const struct adopt *adopt);

/** Ends it, done or not. */
void adopt_end(struct adopt *adopt);
