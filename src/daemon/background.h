/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Goes into the background without losing the exit status: the parent waits until the
 * child says that it serves, or has ended, and ends with that.
 */
#pragma once

/** Forks. In the child returns the descriptor for background_ready; the parent does not
 *  return but ends as the child starts or fails. Negative errno when it cannot fork. */
int background_fork(void);

/** Tells the parent that the start is done and closes ready_fd. Does nothing for -1. */
void background_ready(int ready_fd);
