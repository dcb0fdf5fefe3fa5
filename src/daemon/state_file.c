/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/log.h"

#define PORTION_DELAY_S 0.001 /**< packets come first */

/** What helps when the file cannot be written. */
static const char *remedy(int error)
{
	switch (-error) {
	case ENOSPC:
	case EDQUOT:
		return "make room there";
	case EACCES:
	case EPERM:
	case EROFS:
		return "the daemon's user must be able to write to its directory";
	case ENOENT:
	case ENOTDIR:
		return "make its directory";
	}
	return "see state-file in ipsec-balancer.conf(5)";
}

/** Counts a file that could not be written; says so once until one can. */
static void note_error(struct state_file *state, int error)
{
	state->counters.errors++;
	if (!state->error_logged)
		log_error("state file %s cannot be written: %s; %s; a restart would not know "
			  "what has changed since the last one",
			state->config->state_file, strerror(-error), remedy(error));
	state->error_logged = true;
}

/** Counts a file that is in its place. */
static void note_saved(struct state_file *state)
{
	state->counters.saves++;
	state->saved_seal = state->snapshot.writer.seal.hash;
	state->counters.entries = state->snapshot.entries;
	state->counters.bytes = state->bytes;
	state->counters.duration_ms = clock_now_ms() - state->began_ms;
	if (state->error_logged)
		log_info("state file %s can be written again", state->config->state_file);
	state->error_logged = false;
	log_debug("state file: %llu entries, %llu bytes in %llu ms",
		(unsigned long long)state->counters.entries,
		(unsigned long long)state->counters.bytes,
		(unsigned long long)state->counters.duration_ms);
}

/** Begins a file. Negative errno. */
static int begin(struct state_file *state)
{
	int error = state_writer_open(state->config->state_file, &state->writer);

	if (error) {
		note_error(state, error);
		return error;
	}
	state->began_ms = clock_now_ms();
	state->saved_seal = 0;
	state->bytes = 0;
	state->committing = false;
	snapshot_begin(&state->snapshot, state->director, state->began_ms, clock_wall_ms());
	return 0;
}

/** Ends the file, in its place or not. */
static void end(struct state_file *state, int error)
{
	if (error)
		note_error(state, error);
	else
		note_saved(state);
	state_writer_close(state->writer);
	state->writer = NULL;
}

/** Has the next portion written. Returns -ENOMEM. */
static int write_portion(struct state_file *state)
{
	uint64_t began_us = clock_now_us();
	size_t size_bytes;
	uint8_t *buffer = state_writer_buffer(
		state->writer, snapshot_needs_bytes(&state->snapshot), &size_bytes);

	if (!buffer)
		return -ENOMEM;
	size_bytes = snapshot_portion(&state->snapshot, buffer, size_bytes);
	state->bytes += size_bytes;
	state_writer_write(state->writer, size_bytes);
	began_us = clock_now_us() - began_us;
	if (began_us > state->counters.longest_portion_us)
		state->counters.longest_portion_us = began_us;
	return 0;
}

/** Goes on with the file; the writer is not busy. */
static void go_on(struct state_file *state)
{
	int error = state_writer_error(state->writer);

	if (!error && !snapshot_done(&state->snapshot)) {
		error = write_portion(state);
		if (!error)
			return;
	}
	if (!error && !state->committing) {
		state->committing = true;
		state_writer_commit(state->writer);
		return;
	}
	end(state, error);
}

/** Sets the timer: for the next portion, or the next file if there is to be one. */
static void set_timer(struct state_file *state)
{
	double interval_s = (double)state->config->state_interval_ms / 1000;

	if (!state->ev)
		return;
	state->on_time.repeat = state->writer ? PORTION_DELAY_S : interval_s;
	ev_timer_again(state->ev, &state->on_time);
}

/** Time for a file or a portion. */
static void on_time(struct ev_loop *ev, ev_timer *watcher, int events)
{
	struct state_file *state = watcher->data;

	(void)ev;
	(void)events;
	if (!state->writer)
		begin(state);
	else if (!state_writer_busy(state->writer))
		go_on(state);
	set_timer(state);
}

/** Has it written from time to time. */
void state_file_watch(struct state_file *state, struct ev_loop *ev)
{
	if (state->is_off)
		return;
	state->ev = ev;
	ev_timer_init(&state->on_time, on_time, 0.0, 0.0);
	state->on_time.data = state;
	set_timer(state);
}

/** Begins to write it. */
int state_file_save(struct state_file *state)
{
	int error = 0;

	if (state->is_off)
		return -ENOENT;
	if (!state->writer)
		error = begin(state);
	set_timer(state);
	return error == -ENOENT ? -ENOTDIR : error;
}

/** Ends without writing. */
void state_file_stop(struct state_file *state)
{
	if (state->ev)
		ev_timer_stop(state->ev, &state->on_time);
	state->ev = NULL;
	state_writer_close(state->writer);
	state->writer = NULL;
}

/** Writes it once more. One that was under way is of before. */
void state_file_finish(struct state_file *state)
{
	state_file_stop(state);
	if (state->is_off)
		return;
	begin(state);
	while (state->writer) {
		state_writer_wait(state->writer);
		go_on(state);
	}
}

/** Reads size_bytes. Negative errno. */
static int read_all(int fd, uint8_t *data, size_t size_bytes)
{
	size_t done_bytes = 0;

	while (done_bytes < size_bytes) {
		ssize_t bytes = read(fd, data + done_bytes, size_bytes - done_bytes);

		if (bytes == 0)
			return -EIO;
		if (bytes > 0)
			done_bytes += (size_t)bytes;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/** Reads a file into new memory, one byte more than it has. Negative errno. */
static int read_file(const char *path, uint8_t **ret_data, size_t *ret_size_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int error = 0;

	*ret_data = NULL;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		error = -errno;
	else if (!S_ISREG(status.st_mode))
		error = -EISDIR;
	else if (!(*ret_data = malloc((size_t)status.st_size + 1)))
		error = -ENOMEM;
	else
		error = read_all(fd, *ret_data, (size_t)status.st_size);
	if (!error)
		*ret_size_bytes = (size_t)status.st_size;
	else
		free(*ret_data);
	close(fd);
	return error;
}

/** Says what came of a file that was read. */
static void log_restored(struct state_file *state, uint64_t took_ms)
{
	const struct restore_report *report = &state->restored;
	const char *path = state->config->state_file;

	if (report->is_foreign)
		log_error("state file %s refused: %s; it stays as it is and nothing will be "
			  "saved; name another state-file, or move it away",
			path, report->refusal);
	else if (report->refusal[0])
		log_warning("state file %s refused: %s; starting without", path,
			report->refusal);
	else
		log_info("state file %s: %zu entries and %zu templates of %llu s ago restored "
			 "in %llu ms; left out: %zu expired, %zu no longer configured, %zu for "
			 "want of room",
			path, report->entries, report->templates,
			(unsigned long long)report->away_ms / 1000,
			(unsigned long long)took_ms, report->expired, report->unconfigured,
			report->no_room);
}

/** Restores what is in the file. */
static void load(struct state_file *state)
{
	uint64_t now_ms = clock_now_ms();
	uint8_t *data;
	size_t size_bytes = 0;
	int error = read_file(state->config->state_file, &data, &size_bytes);

	if (error == -ENOENT)
		return;
	if (error) {
		state->is_off = error == -EISDIR;
		log_error("state file %s cannot be read: %s; starting without%s",
			state->config->state_file,
			state->is_off ? "it is no regular file" : strerror(-error),
			state->is_off ? ", and nothing will be saved" : "");
		return;
	}
	restore(state->director, data, size_bytes, now_ms, clock_wall_ms(),
		&state->restored);
	free(data);
	state->is_off = state->restored.is_foreign;
	log_restored(state, clock_now_ms() - now_ms);
}

/** Reads the file. */
void state_file_load(struct state_file *state, const struct config *config,
	struct director *director)
{
	*state = (struct state_file){ .config = config, .director = director };
	state->is_off = !config->state_file[0];
	if (!state->is_off)
		load(state);
}
