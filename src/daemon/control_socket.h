/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket's file and who stands at its other end. No protocol.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#define CONTROL_NO_GROUP ((gid_t)-1)

/** A listening socket and the file that is its own. */
struct control_socket {
	int fd;
	dev_t device;
	ino_t inode;
};

/**
 * Listens at path, non-blocking, mode 0600, or 0660 for group. Makes the directory if
 * only that is missing. A socket that nobody answers on is replaced. -EADDRINUSE:
 * somebody answers; -EEXIST: path is no socket; -EPERM: the socket cannot be given to
 * group; any other errno of the file system.
 */
int control_socket_open(const char *path, gid_t group, struct control_socket *ret_socket);

/** Closes, and removes the file at path if it is still the one that was made. */
void control_socket_close(struct control_socket *listener, const char *path);

/** The group of that name; empty: CONTROL_NO_GROUP. -ESRCH: there is none. */
int control_group_find(const char *name, gid_t *ret_group);

/** Who connected, as the kernel noted it then; in_group: the peer is a member of group,
 *  by its own or a supplementary one. -errno. */
int control_peer(int fd, gid_t group, uid_t *ret_uid, bool *ret_in_group);
