/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much the loop does in one turn, at the most, before it looks again whether packets
 * wait. Everything that could take long is cut into portions, each with its share here, so
 * that a packet waits for their sum at worst, however large the table is: a portion is
 * counted and not timed, and is the same on every machine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/director.h"
#include "daemon/mirror.h"

enum {
	TURN_BATCHES = 4,         /**< of packets, NFQUEUE_BATCH in each */
	TURN_CHANGES = 200,       /**< entries that end, or that the fast path is told of anew */
	TURN_ENDS = 150,          /**< of these may end, so that the others go on as well */
	TURN_CHUNKS = 2,          /**< of memory that is given back: POOL_CHUNK_BYTES each */
	TURN_ELEMENTS = 32,       /**< that were there before the daemon */
	TURN_STATE_BYTES = 32768, /**< of the state file */
	TURN_ANSWERS = 1,         /**< to whom asks by the control socket */
	TURN_OBJECTS = 2048,      /**< that an answer looks at, shown or not */
	TURN_ITEMS = 200,         /**< that an answer shows */
};

/** Does a turn's share of what is not about packets: has entries expire, goes on telling the
 *  fast path, and gives memory back. Returns whether there is more of any. */
bool turn_tidy(struct director *director, struct mirror *mirror, uint64_t now_ms);
