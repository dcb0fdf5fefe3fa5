/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers first messages of ISAKMP on the servers' device, for a director that wants to
 * have seen the responder's cookie.
 */
#pragma once

/** Opens a responder on the device of the namespace whose file is at path. Returns a file
 *  descriptor, or negative errno. */
int responder_open(const char *path, const char *device);

/** Answers count first messages that have arrived or soon will; returns how many it did. */
unsigned int responder_answer(int fd, unsigned int count);
