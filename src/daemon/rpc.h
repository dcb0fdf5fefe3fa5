/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON-RPC 2.0 over the director: a request line in, an answer line out. It knows neither
 * sockets nor clocks; control.h does the talking.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/director.h"
#include "daemon/counting.h"

/** What the methods answer from. */
struct rpc_context {
	struct director *director;
	const struct config *config;
	struct counting *counting; /**< who is counted */
	uint64_t started_ms;
	/** More members for show.stats: a new object, or NULL. May be NULL. */
	json_t *(*more_stats)(void *user);
	void *more_stats_user;
	/** How long ago the kernel carried something for a client. Negative errno when it did
	 *  not, or that is not known. May be NULL. */
	int (*carried)(void *user, const struct session_client *client, uint64_t *ret_ago_ms);
	void *carried_user;
	/** For state.save: begins to write the state file. -ENOENT: there is none. NULL: no
	 *  more than that. */
	int (*save)(void *user);
	void *save_user;
	/** For limit.set: puts another rate in force, by the limit's number. -EOPNOTSUPP: the
	 *  nft table is not ours. Negative errno: all is as before. NULL: no more than that. */
	int (*set_limit)(size_t index, uint32_t per_second, void *user);
	void *set_limit_user;
};

/** What the peer may do. */
struct rpc_rights {
	bool read;
	bool write;
};

/**
 * Answers one request of size_bytes at line (no newline). Returns the answer without its
 * newline, for the caller to free, or NULL where none is due: the request was a
 * notification, or there is no memory even for an error.
 */
char *rpc_answer(const struct rpc_context *context, const struct rpc_rights *rights,
	const char *line, size_t size_bytes, uint64_t now_ms);

/** An error answer to a request that could not even be read (id null). For the caller to
 *  free; NULL without memory. */
char *rpc_error(int code, const char *message);

/** The i-th method's name, NULL behind the last. */
const char *rpc_method_at(size_t index);
