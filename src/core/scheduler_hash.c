/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash: the server follows from the client's address and the servers' names and weights
 * alone (rendezvous hashing, Thaler and Ravishankar 1998, weighted by logarithm). Two
 * directors, or one before and after a restart, choose the same without any table, and
 * when a server goes only its own clients get another.
 */
#include "core/scheduler.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "core/service.h"

/** What is hashed of a client and a server, without padding. */
struct rendezvous {
	uint8_t client[16];
	uint64_t family; /**< and what else tells one from another */
	char server[CONFIG_NAME_BYTES];
};

/** How far a client is from a server: the more weight, the nearer. No secret key: others
 *  have to come to the same answer. */
static double distance(const struct server *server, const struct address *client,
	uint64_t number)
{
	static const struct hash_key public_key;
	struct rendezvous key = { .family = client->family ^ number };
	double fraction;

	memcpy(key.client, client->bytes, sizeof(key.client));
	memcpy(key.server, server->config->name, sizeof(key.server));
	fraction = ((double)(hash_keyed(&public_key, &key, sizeof(key)) >> 11) + 1) / 0x1p53;
	return -log(fraction) / server->weight;
}

/** The nearest server that can take the client. */
struct server *scheduler_hash_pick(const struct service *service, const struct address *client,
	uint64_t number)
{
	struct server *best = NULL;
	double nearest = 0;

	for (size_t i = 0; i < service->server_count; i++) {
		struct server *server = &service->servers[i];
		double far;

		if (!server_is_open(server, client->family))
			continue;
		far = distance(server, client, number);
		if (!best || far < nearest) {
			best = server;
			nearest = far;
		}
	}
	return best;
}

/** The nearest one for the client as a whole. */
static struct server *pick(const struct service *service, const struct address *client)
{
	return scheduler_hash_pick(service, client, 0);
}

const struct scheduler scheduler_hash = { .name = "hash", .pick = pick };
