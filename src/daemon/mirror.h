/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hears what the session table announces. Everything outside the table that has to know
 * of established, moved and removed entries is told from here: the log; the fast path,
 * which carries in the kernel what is established; and the kernel's conntrack, which must
 * not hold a client at a server that the table does not name.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/director.h"
#include "daemon/counting.h"
#include "kernel/fast_path.h"

struct conntrack;

struct mirror {
	uint64_t established;        /**< entries announced as established */
	uint64_t moved;              /**< entries announced as moved */
	uint64_t removed;            /**< entries announced as removed */
	struct conntrack *conntrack; /**< not owned; NULL: no server is nat */
	const struct config *config;
	const struct fast_path_backend *backend; /**< NULL: no fast path */
	struct fast_path *fast_path;             /**< not owned */
	struct counting *counting; /**< not owned; may be NULL */
	bool lost;          /**< the backend says that what it belongs to is gone */
	size_t refill_next; /**< bucket of entries to be told next; SIZE_MAX: all are */
	bool refill_all;    /**< also of what it was told before */
	bool assumes; /**< what is to be put is there already, from an earlier run */
};

/** The events to give to director_new(); mirror must outlive the director. */
struct session_events mirror_events(struct mirror *mirror);

/** An entry is new, or has another server than before. */
void mirror_begins(struct mirror *mirror, const struct session_entry *entry);

/** A packet goes to another server than the entry of its flow: where a session has moved to
 *  what was somebody else's flow, its server must get the packet before it can answer. */
void mirror_strays(struct mirror *mirror, const struct packet_flow *flow,
	const struct server *server);

/** Passes on to the kernel what has come together; before packets go on that it is about. */
void mirror_flush(struct mirror *mirror);

/** Begins to tell the fast path of what it should know and was not told; all: of everything,
 *  since it has lost what it had. */
void mirror_refill(struct mirror *mirror, bool all);

/** Forgets all that the fast path was told, without telling it. */
void mirror_forget(struct director *director);

/** Tells whether the fast path was told all that it should know. */
bool mirror_is_settled(const struct mirror *mirror);

/** Goes on with that for a portion of the table: max entries, and those that share a bucket
 *  with the last. Returns whether there is more. */
bool mirror_refill_some(struct mirror *mirror, struct director *director, size_t max);
