/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single clients whose ESP, AH and ESP in UDP is counted while somebody wants to know. Counts
 * are of this run: nothing of them is saved. Reads no clock and logs nothing.
 */
#pragma once

#include "core/director.h"
#include "daemon/counting_flow.h"

#define COUNTING_KEPT_MS 3600000 /**< how long what has ended can be read */

/** Begins with nobody counted. key is random, from the caller. -ENOMEM. */
int counting_init(struct counting *counting, const struct hash_key *key);

/** Frees; the fast path is not told. Accepts what is zeroed. */
void counting_fini(struct counting *counting);

/** Names the fast path; NULL: there is none any more. */
void counting_use(struct counting *counting, const struct fast_path_backend *backend,
	struct fast_path *fast_path);

/** Begins to count a client for so long, from zero on if it is counted already. -ENOSPC: there
 *  are as many as there can be; -ENOMEM. */
int counting_begin(struct counting *counting, const struct director *director,
	const struct address *address, uint64_t now_ms, uint64_t duration_ms);

/** Ends it; what was counted can still be read. -ENOENT: that address is not counted now. */
int counting_end(struct counting *counting, const struct address *address, uint64_t now_ms);

/** Ends all, so that nothing of it is left in the kernel. */
void counting_end_all(struct counting *counting, uint64_t now_ms);

/** Ends some of those whose time is over, and forgets what ended long ago. To be asked once a
 *  second. */
void counting_look(struct counting *counting, uint64_t now_ms);
