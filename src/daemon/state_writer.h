/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a file beside another thread's work: the loop fills a buffer, this thread puts it
 * on the disk, which may take as long as it likes. The file appears as a whole under its
 * name, once it is on the disk, or not at all. It knows nothing of what it writes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state_writer;

/** Begins a file that will be at path, readable for its owner alone; a missing directory is
 *  made. Negative errno. */
int state_writer_open(const char *path, struct state_writer **ret_writer);

/** Whether the writer is still at what it was given last. */
bool state_writer_busy(struct state_writer *writer);

/** Waits until it is not. */
void state_writer_wait(struct state_writer *writer);

/** The buffer to be filled, of at least size_bytes, of which *ret_size_bytes tells more. NULL
 *  without memory. Only while the writer is not busy. */
uint8_t *state_writer_buffer(struct state_writer *writer, size_t size_bytes,
	size_t *ret_size_bytes);

/** Has the first size_bytes of the buffer written. */
void state_writer_write(struct state_writer *writer, size_t size_bytes);

/** Has the file put in its place. */
void state_writer_commit(struct state_writer *writer);

/** The first thing that went wrong, as a negative errno, or 0. While it is not busy. */
int state_writer_error(const struct state_writer *writer);

/** Ends the thread and frees the writer; what was not committed is removed. Waits for what
 *  is under way. Accepts NULL. */
void state_writer_close(struct state_writer *writer);
