/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket on the daemon's loop: connections, lines, deadlines, limits. What a
 * line means is rpc.h's. Nothing here waits: a client that is silent, slow or in great
 * number costs a connection of its own user, and no packet.
 */
#pragma once

#include <stdint.h>

#include "daemon/rpc.h"

struct control;
struct ev_loop;

struct control_settings {
	const char *path;
	const char *group;               /**< name; empty: root alone */
	const struct rpc_context *rpc;   /**< must outlive the control */
	uint64_t (*now_ms)(void);        /**< the clock that entries are stamped with */
	unsigned int idle_s;             /**< 0: IPB_IDLE_S */
};

/**
 * Opens the socket and begins to serve it. settings' strings are copied. Errors as
 * control_socket_open, and -ESRCH: no such group; control_error_text explains them.
 */
int control_new(struct ev_loop *loop, const struct control_settings *settings,
	struct control **ret_control);

/** Ends all connections and removes the socket. Accepts NULL. */
void control_free(struct control *control);

/** Connections that are open. */
size_t control_connections(const struct control *control);

/** What a negative errno of control_new means, with the remedy. */
const char *control_error_text(int error);
