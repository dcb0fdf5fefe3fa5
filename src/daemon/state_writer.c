/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/state_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/turn.h"

/** What the thread has to do. */
enum task {
	TASK_NONE,
	TASK_WRITE,
	TASK_COMMIT,
	TASK_END,
};

struct state_writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum task task; /**< under the lock; the rest belongs to who has the task */
	int fd;      /**< -1: what was written is given up */
	int left_fd; /**< of what an earlier run has left, or -1 */
	int error;
	bool committed;
	uint8_t *buffer;
	size_t buffer_bytes;
	size_t used_bytes;
	char directory[PATH_MAX];
	char path[PATH_MAX];
	char temporary[PATH_MAX];
};

/** Notes the first error, from errno. */
static void fail(struct state_writer *writer)
{
	if (!writer->error)
		writer->error = errno ? -errno : -EIO;
}

/** Writes the buffer. */
static void write_buffer(struct state_writer *writer)
{
	size_t done_bytes = 0;

	while (!writer->error && done_bytes < writer->used_bytes) {
		ssize_t bytes = write(writer->fd, writer->buffer + done_bytes,
			writer->used_bytes - done_bytes);

		if (bytes > 0)
			done_bytes += (size_t)bytes;
		else if (bytes == 0 || errno != EINTR)
			fail(writer);
	}
}

/** Has the disk know of the new name. That it cannot is no reason to have it again. */
static void sync_directory(const struct state_writer *writer)
{
	int fd = open(writer->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/** Puts the file in its place, once the disk has it. */
static void commit(struct state_writer *writer)
{
	if (writer->error)
		return;
	if (fdatasync(writer->fd) || rename(writer->temporary, writer->path)) {
		fail(writer);
		return;
	}
	writer->committed = true;
	sync_directory(writer);
}

/** Gives the file up. Whoever closes it last waits until the disk has let go of it. */
static void give_up(struct state_writer *writer)
{
	unlink(writer->temporary);
	close(writer->fd);
	writer->fd = -1;
}

/** Lets go of what an earlier run has left. */
static void let_go(struct state_writer *writer)
{
	if (writer->left_fd >= 0)
		close(writer->left_fd);
	writer->left_fd = -1;
}

/** Waits for a task. */
static enum task next_task(struct state_writer *writer)
{
	enum task task;

	pthread_mutex_lock(&writer->lock);
	while (writer->task == TASK_NONE)
		pthread_cond_wait(&writer->changed, &writer->lock);
	task = writer->task;
	pthread_mutex_unlock(&writer->lock);
	return task;
}

/** Gives the thread a task, or tells that it is done. */
static void set_task(struct state_writer *writer, enum task task)
{
	pthread_mutex_lock(&writer->lock);
	writer->task = task;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
}

/** The thread. */
static void *serve(void *user)
{
	struct state_writer *writer = user;
	enum task task;

	let_go(writer);
	while ((task = next_task(writer)) != TASK_END) {
		if (task == TASK_WRITE)
			write_buffer(writer);
		else
			commit(writer);
		if (writer->error && writer->fd >= 0)
			give_up(writer);
		set_task(writer, TASK_NONE);
	}
	return NULL;
}

/** Starts the thread; signals are the loop's. */
static int start_thread(struct state_writer *writer)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&writer->thread, NULL, serve, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

/** Makes the names out of the path. */
static int set_names(struct state_writer *writer, const char *path)
{
	size_t length = strlen(path);
	const char *slash = strrchr(path, '/');

	if (!slash || length + sizeof(".new") > sizeof(writer->temporary))
		return -ENAMETOOLONG;
	memcpy(writer->path, path, length + 1);
	snprintf(writer->temporary, sizeof(writer->temporary), "%s.new", writer->path);
	memcpy(writer->directory, path, (size_t)(slash - path) + 1);
	return 0;
}

/** Opens the file that becomes the one. What an earlier run has left of it goes, which may be
 *  somebody else's, or a link; as long as it is held, it costs no time. */
static int open_temporary(struct state_writer *writer)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;

	writer->left_fd = open(writer->temporary, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	unlink(writer->temporary);
	writer->fd = open(writer->temporary, flags, 0600);
	if (writer->fd < 0 && errno == ENOENT && !mkdir(writer->directory, 0700))
		writer->fd = open(writer->temporary, flags, 0600);
	return writer->fd < 0 ? -errno : 0;
}

/** Begins a file. */
int state_writer_open(const char *path, struct state_writer **ret_writer)
{
	struct state_writer *writer = calloc(1, sizeof(*writer));
	int error;

	if (!writer)
		return -ENOMEM;
	writer->left_fd = -1;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->changed, NULL);
	error = set_names(writer, path);
	if (!error)
		error = open_temporary(writer);
	if (error)
		goto free_writer;
	error = start_thread(writer);
	if (error)
		goto close_file;
	*ret_writer = writer;
	return 0;

close_file:
	close(writer->fd);
	unlink(writer->temporary);
free_writer:
	let_go(writer);
	free(writer);
	return error;
}

/** Tells whether the thread has a task. */
bool state_writer_busy(struct state_writer *writer)
{
	bool busy;

	pthread_mutex_lock(&writer->lock);
	busy = writer->task != TASK_NONE;
	pthread_mutex_unlock(&writer->lock);
	return busy;
}

/** Waits for the thread. */
void state_writer_wait(struct state_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	while (writer->task != TASK_NONE)
		pthread_cond_wait(&writer->changed, &writer->lock);
	pthread_mutex_unlock(&writer->lock);
}

/** The buffer, made larger where it must be. */
uint8_t *state_writer_buffer(struct state_writer *writer, size_t size_bytes,
	size_t *ret_size_bytes)
{
	size_t wanted_bytes = size_bytes > TURN_STATE_BYTES ? size_bytes : TURN_STATE_BYTES;

	if (wanted_bytes > writer->buffer_bytes) {
		free(writer->buffer);
		writer->buffer = malloc(wanted_bytes);
		writer->buffer_bytes = writer->buffer ? wanted_bytes : 0;
	}
	*ret_size_bytes = writer->buffer_bytes;
	return writer->buffer;
}

/** Has the buffer written. */
void state_writer_write(struct state_writer *writer, size_t size_bytes)
{
	writer->used_bytes = size_bytes;
	set_task(writer, TASK_WRITE);
}

/** Has the file put in its place. */
void state_writer_commit(struct state_writer *writer)
{
	set_task(writer, TASK_COMMIT);
}

/** The first error. */
int state_writer_error(const struct state_writer *writer)
{
	return writer->error;
}

/** Ends the thread. */
void state_writer_close(struct state_writer *writer)
{
	if (!writer)
		return;
	state_writer_wait(writer);
	set_task(writer, TASK_END);
	pthread_join(writer->thread, NULL);
	if (!writer->committed && writer->fd >= 0)
		give_up(writer);
	else if (writer->fd >= 0)
		close(writer->fd);
	pthread_mutex_destroy(&writer->lock);
	pthread_cond_destroy(&writer->changed);
	free(writer->buffer);
	free(writer);
}
