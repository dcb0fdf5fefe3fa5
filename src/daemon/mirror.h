/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hears what the session table announces. Everything outside the table that has to know
 * of established and removed entries is told from here: the log, and the kernel's
 * conntrack, which must not hold a client at a server that the table does not name.
 */
#pragma once

#include <stdint.h>

#include "core/session.h"

struct conntrack;

struct mirror {
	uint64_t established;        /**< entries announced as established */
	uint64_t removed;            /**< entries announced as removed */
	struct conntrack *conntrack; /**< not owned; NULL: no server is nat */
};

/** The events to give to director_new(); mirror must outlive the director. */
struct session_events mirror_events(struct mirror *mirror);

/** An entry is new, or has another server than before. */
void mirror_begins(struct mirror *mirror, const struct session_entry *entry);

/** Passes on to the kernel what has come together; before packets go on that it is about. */
void mirror_flush(struct mirror *mirror);
