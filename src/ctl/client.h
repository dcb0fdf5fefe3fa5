/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tool's end of the control socket: one call at a time, with a deadline.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct client {
	int fd;
	json_int_t last_id;
	char *in; /**< owned: what has come beyond the last answer */
	size_t in_bytes;
	size_t in_room;
};

/** The daemon's refusal. */
struct client_refusal {
	int code;
	char message[256];
};

/** Connects. -errno. */
int client_open(struct client *client, const char *path);

/** Closes; harmless after a failed client_open. */
void client_close(struct client *client);

/**
 * Calls method with params, which are consumed. 0: *ret_result belongs to the caller.
 * 1: the daemon refused. Negative: no answer (-ETIMEDOUT, -ECONNRESET, -EPROTO, ...).
 */
int client_call(struct client *client, const char *method, json_t *params,
	json_t **ret_result, struct client_refusal *refusal);
