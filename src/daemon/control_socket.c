/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes and removes the control socket's file, and asks the kernel for the peer. The file
 * of another daemon is never taken away: it is tried first.
 */
#include "daemon/control_socket.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

/** Fills a socket address. -ENAMETOOLONG. */
static int address_fill(const char *path, struct sockaddr_un *address)
{
	size_t length = strlen(path);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (length >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, length + 1);
	return 0;
}

/** Makes a non-blocking socket. -errno. */
static int socket_make(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd == -1 ? -errno : fd;
}

/** Makes the directory of path if it is missing. */
static int directory_make(const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	int rc = mkdir(dirname(copy), 0755) == -1 && errno != EEXIST ? -errno : 0;

	free(copy);
	return rc;
}

/** Removes a socket that nobody listens on; says so if somebody does. */
static int stale_remove(const char *path, const struct sockaddr_un *address)
{
	struct stat status;
	int rc = 0;

	if (lstat(path, &status) == -1)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	int fd = socket_make();

	if (fd < 0)
		return fd;
	/* Only a refusal means that nobody is there: a full queue is a busy daemon. */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno == EAGAIN)
		rc = -EADDRINUSE;
	else if (errno != ECONNREFUSED)
		rc = -errno;
	else if (unlink(path) == -1 && errno != ENOENT)
		rc = -errno;
	close(fd);
	return rc;
}

/** Gives the socket to group, if there is one. */
static int group_give(const char *path, gid_t group)
{
	if (group == CONTROL_NO_GROUP)
		return 0;
	if (chown(path, (uid_t)-1, group) == -1 || chmod(path, 0660) == -1)
		return -errno;
	return 0;
}

/** Binds so that nobody else can connect before the group has been set. */
static int bind_closed(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == -1
			 ? -errno
			 : 0;

	umask(before);
	return rc;
}

/** Listens at path. */
int control_socket_open(const char *path, gid_t group, struct control_socket *ret_socket)
{
	struct sockaddr_un address;
	struct stat status;
	int rc = address_fill(path, &address);

	if (rc == 0)
		rc = directory_make(path);
	if (rc == 0)
		rc = stale_remove(path, &address);
	if (rc < 0)
		return rc;
	int fd = socket_make();

	if (fd < 0)
		return fd;
	rc = bind_closed(fd, &address);
	if (rc < 0)
		goto close_socket;
	rc = group_give(path, group);
	if (rc < 0)
		goto remove_file;
	if (lstat(path, &status) == -1 || listen(fd, BACKLOG) == -1) {
		rc = -errno;
		goto remove_file;
	}
	*ret_socket = (struct control_socket){ fd, status.st_dev, status.st_ino };
	return 0;

remove_file:
	unlink(path);
close_socket:
	close(fd);
	return rc;
}

/** Closes, and removes the file if it is ours. */
void control_socket_close(struct control_socket *listener, const char *path)
{
	struct stat status;

	if (lstat(path, &status) == 0 && status.st_dev == listener->device &&
		status.st_ino == listener->inode)
		unlink(path);
	close(listener->fd);
	listener->fd = -1;
}

/** The group of that name. */
int control_group_find(const char *name, gid_t *ret_group)
{
	*ret_group = CONTROL_NO_GROUP;
	if (name[0] == '\0')
		return 0;
	const struct group *group = getgrnam(name);

	if (!group)
		return -ESRCH;
	*ret_group = group->gr_gid;
	return 0;
}

/** Tells whether the peer had group among its supplementary ones. */
static bool peer_has_group(int fd, gid_t group)
{
	socklen_t size_bytes = 0;
	bool found = false;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size_bytes) == 0 ||
		errno != ERANGE)
		return false;
	gid_t *groups = malloc(size_bytes);

	if (groups && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size_bytes) == 0)
		for (size_t i = 0; i < size_bytes / sizeof(*groups); i++)
			found = found || groups[i] == group;
	free(groups);
	return found;
}

/** Who connected. */
int control_peer(int fd, gid_t group, uid_t *ret_uid, bool *ret_in_group)
{
	struct ucred peer;
	socklen_t size_bytes = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size_bytes) == -1)
		return -errno;
	*ret_uid = peer.uid;
	*ret_in_group = group != CONTROL_NO_GROUP &&
		(peer.gid == group || peer_has_group(fd, group));
	return 0;
}
