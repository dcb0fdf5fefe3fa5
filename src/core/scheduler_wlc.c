/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wlc, weighted least clients: the server with the fewest clients for its weight. Every
 * client counts one, established or not: half of a gateway's work is the handshake, and a
 * flood of first messages spreads over all servers instead of tilting the choice. Where
 * sessions of one client are scheduled by themselves, it is entries that count.
 */
#include "core/scheduler.h"

#include <stdbool.h>

#include "core/service.h"

/** Compares clients per weight without dividing; of equals the heavier is better. */
static bool is_better(const struct service *service, const struct server *one,
	const struct server *other)
{
	uint64_t load = service_load(service, one) * other->weight;
	uint64_t other_load = service_load(service, other) * one->weight;

	return load < other_load || (load == other_load && one->weight > other->weight);
}

/** The least loaded server that can take the client. */
static struct server *pick(const struct service *service, const struct address *client)
{
	struct server *best = NULL;

	for (size_t i = 0; i < service->server_count; i++) {
		struct server *server = &service->servers[i];

		if (server_is_open(server, client->family) &&
			(!best || is_better(service, server, best)))
			best = server;
	}
	return best;
}

const struct scheduler scheduler_wlc = { .name = "wlc", .pick = pick };
