/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the loop's turns take, and whose doing the longest was. turn.h bounds what one does,
 * so a turn that took long and shows little of the daemon's own time says that the processor
 * was somebody else's, or that the kernel kept the daemon waiting.
 */
#pragma once

#include <ev.h>
#include <stdint.h>

/** A turn that took longer, by the clock, is a long one. */
#define PACE_LONG_US 5000

/** What one turn took. */
struct pace_turn {
	uint64_t took_us;      /**< by the clock */
	uint64_t processor_us; /**< of it, the daemon's thread; as exact as a scheduler's tick */
	uint64_t switches;     /**< the processor was given to somebody else */
	uint64_t waits;        /**< the thread waited for something in the kernel */
	uint64_t faults;       /**< pages that were touched first */
};

struct pace {
	ev_prepare on_end;
	ev_check on_begin;
	uint64_t began_us;      /**< 0: not yet */
	struct pace_turn began; /**< what the thread had taken by then */
	uint64_t turns;
	uint64_t long_turns;
	struct pace_turn longest; /**< of these, by the clock */
};

/** Looks at all turns of a loop from now on. Costs one question to the kernel a turn, and two
 *  more at the end of one that is longer than all before. */
void pace_watch(struct pace *pace, struct ev_loop *ev);

/** Notes when a turn begins. */
void pace_begin(struct pace *pace);

/** Notes that it ends, if it has begun. */
void pace_end(struct pace *pace);
