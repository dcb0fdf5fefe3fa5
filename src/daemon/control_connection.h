/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections of the control socket that have been accepted: their lines and answers, their
 * turns, their deadlines, and how many there may be.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "daemon/rpc.h"

/** What all connections of one socket share. The first four are the owner's to set. */
struct control_connections {
	struct ev_loop *loop;
	const struct rpc_context *rpc;
	uint64_t (*now_ms)(void);
	double idle_s; /**< a connection without a request may be this long */
	struct list list;
	size_t count;
	size_t passed_over;    /**< those whose request waits for another turn */
	size_t answers;        /**< given in the turn that answered names */
	unsigned int answered; /**< the loop's number of that turn */
};

/** Serves fd, of that user, until the peer goes; the user's group may be one that reads. On
 *  failure fd stays the caller's. -EBUSY: there are too many; -ENOMEM. */
int control_connection_new(
	struct control_connections *all, int fd, uid_t uid, bool in_group);

/** Ends all. */
void control_connection_free_all(struct control_connections *all);
