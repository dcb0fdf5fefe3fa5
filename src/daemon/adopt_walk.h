/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists what the fast path has in a thread of its own: the kernel may take minutes for it.
 * The elements come through a buffer of fixed size; what they mean is the loop's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/fast_path.h"

/** Elements that wait to be taken; then the thread waits. */
#define ADOPT_WALK_ELEMENTS 16384

/** Elements that the thread passes on together. It may lose the processor at any time, and who
 *  takes elements waits for its lock then: so it has that seldom. */
#define ADOPT_WALK_PIECE 128

struct adopt_element {
	struct fast_path_key key;
	uint32_t mark;
};

struct adopt_walk;

/** Starts the thread; backend and fast_path must outlive it. Negative errno. */
int adopt_walk_begin(const struct fast_path_backend *backend, struct fast_path *fast_path,
	struct adopt_walk **ret_walk);

/** Waits for the end of the list, not longer than that and not beyond what the buffer
 *  holds. Tells whether all elements are in the buffer. */
bool adopt_walk_wait(struct adopt_walk *walk, unsigned int wait_ms);

/** Has wake called by the thread, at once and whenever there may be something to take. */
void adopt_walk_wake(struct adopt_walk *walk, void (*wake)(void *user), void *user);

/** Takes up to max elements. Returns how many; *ret_end tells that no more will come. */
size_t adopt_walk_take(struct adopt_walk *walk, struct adopt_element *elements, size_t max,
	bool *ret_end);

/** What the list failed with, after its end; or 0. */
int adopt_walk_error(const struct adopt_walk *walk);

/** Ends the thread, which is done or gives up soon. Accepts NULL. */
void adopt_walk_end(struct adopt_walk *walk);
