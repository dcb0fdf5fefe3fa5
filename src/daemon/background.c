/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/** The parent: ends well once a byte comes, else with the child's own status. */
static void wait_for_child(pid_t child, int fd)
{
	char byte;
	int status;

	if (read(fd, &byte, 1) == 1)
		_exit(EXIT_SUCCESS);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EXIT_FAILURE);
}

/** Forks into a new session. */
int background_fork(void)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -errno;
	child = fork();
	if (child == -1) {
		int error = -errno;

		close(ends[0]);
		close(ends[1]);
		return error;
	}
	if (child > 0) {
		close(ends[1]);
		wait_for_child(child, ends[0]);
	}
	close(ends[0]);
	setsid();
	if (chdir("/") == -1)
		return -errno;
	return ends[1];
}

/** Tells the parent and lets go of the terminal's input. */
void background_ready(int ready_fd)
{
	int null;

	if (ready_fd == -1)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	if (write(ready_fd, "", 1) == -1 && errno != EPIPE)
		_exit(EXIT_FAILURE);
	close(ready_fd);
}
