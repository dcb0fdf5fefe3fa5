/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrr, weighted round robin, spread evenly: at each turn every server that could be taken
 * earns its weight as credit, the richest is taken and pays the sum of all weights. With
 * weights 2 and 1 the turns are a b a, a b a, and never a a b in a row of six.
 */
#include "core/scheduler.h"

#include <stdbool.h>

#include "core/service.h"

/** The richest after earning; the first of equals. */
static struct server *pick(const struct service *service, const struct address *client)
{
	struct server *best = NULL;

	for (size_t i = 0; i < service->server_count; i++) {
		struct server *server = &service->servers[i];

		if (!server_is_open(server, client->family))
			continue;
		if (!best || server->credit + server->weight > best->credit + best->weight)
			best = server;
	}
	return best;
}

/** Shares a family with the server that was taken, so it took part in the turn. */
static bool took_part(const struct server *server, const struct server *taken)
{
	return (server_is_open(server, AF_INET) && server_reachable(taken, AF_INET)) ||
		(server_is_open(server, AF_INET6) && server_reachable(taken, AF_INET6));
}

/** All earn, the one that was taken pays. */
static void picked(struct service *service, struct server *server)
{
	for (size_t i = 0; i < service->server_count; i++) {
		struct server *other = &service->servers[i];

		if (!took_part(other, server))
			continue;
		other->credit += other->weight;
		server->credit -= other->weight;
	}
}

const struct scheduler scheduler_wrr = { .name = "wrr", .pick = pick, .picked = picked };
