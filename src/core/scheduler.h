/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a service chooses a server for a client that it does not know. A scheduler is a
 * row of functions; to add one, write scheduler_NAME.c and name it in scheduler.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

struct server;
struct service;

struct scheduler {
	const char *name; /**< as in the configuration */
	/** The server for a new client, NULL when none can take it. Changes nothing. */
	struct server *(*pick)(const struct service *service, const struct address *client);
	/** Told when the client really went to server. May be NULL. */
	void (*picked)(struct service *service, struct server *server);
};

extern const struct scheduler scheduler_rr;
extern const struct scheduler scheduler_wrr;
extern const struct scheduler scheduler_wlc;
extern const struct scheduler scheduler_hash;

/** The server that follows from the client's address and a number, the servers' names and
 *  weights alone; with number 0 as scheduler hash has it. NULL: none can take it. */
struct server *scheduler_hash_pick(const struct service *service, const struct address *client,
	uint64_t number);

/** The scheduler of that name, or NULL. */
const struct scheduler *scheduler_find(const char *name);

/** The i-th scheduler, NULL behind the last. */
const struct scheduler *scheduler_at(size_t index);
