/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/defence.h"

#include "core/decide.h"
#include "core/director.h"

/** A key of its own, so that what others learn of one says nothing of the other. */
static struct hash_key derive(const struct hash_key *key)
{
	static const char one[] = "defence, first word", other[] = "defence, second word";

	return (struct hash_key){ .words = {
		hash_keyed(key, one, sizeof(one)),
		hash_keyed(key, other, sizeof(other)),
	} };
}

/** Makes it. */
int defence_init(struct defence *defence, const struct config *config,
	const struct hash_key *key)
{
	(void)config;
	defence->key = derive(key);
	return 0;
}

/** Frees what it has. */
void defence_fini(struct defence *defence)
{
	(void)defence;
}

/** Fills the servers' buckets. */
static void refill(struct service *service, uint64_t now_ms)
{
	for (size_t i = 0; i < service->server_count; i++)
		rate_refill(&service->servers[i].begun, now_ms);
}

/** Tells the time. */
void defence_advance(struct director *director, uint64_t now_ms)
{
	director->defence.now_ms = now_ms;
	for (size_t i = 0; i < director->service_count; i++)
		refill(&director->services[i], now_ms);
	pressure_look(director);
}

/** Counts a first message. */
void defence_note(struct director *director, const struct packet *packet,
	const struct decision *decision)
{
	uint64_t now_ms = director->defence.now_ms;

	(void)packet;
	if (decision->first == FIRST_NOT)
		return;
	flood_note(&decision->service->flood, decision->service->config->flood_rate, now_ms);
	if (decision->first == FIRST_PASSED && decision->action == DECISION_FORWARD)
		rate_take(&decision->server->begun, now_ms);
}
