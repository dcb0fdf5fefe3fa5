/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/defence.h"

#include "core/decide.h"
#include "core/director.h"

/** Handshakes that an address with a session may begin in a second past all defences. */
#define SPARED_PER_SECOND 5

/** A key of its own, so that what others learn of one says nothing of the other. */
static struct hash_key derive(const struct hash_key *key)
{
	static const char one[] = "defence, first word", other[] = "defence, second word";

	return (struct hash_key){ .words = {
		hash_keyed(key, one, sizeof(one)),
		hash_keyed(key, other, sizeof(other)),
	} };
}

/** Tells whether the service has a defence that depends on what has been before. */
static bool needs_memory(const struct config_service *service)
{
	return service->initial != INITIAL_TABLE || service->challenge != SWITCH_OFF ||
		service->greylist != SWITCH_OFF;
}

/** Makes it. */
int defence_init(struct defence *defence, const struct config *config,
	const struct hash_key *key)
{
	bool remembers = false;
	int error;

	*defence = (struct defence){ .key = derive(key) };
	rate_init(&defence->challenges, config->challenge_rate, config->challenge_rate);
	for (size_t i = 0; i < config->service_count; i++)
		remembers |= needs_memory(&config->services[i]);
	error = throttle_init(&defence->answers, config->answers_per_source, &defence->key);
	if (!error)
		error = throttle_init(&defence->spared, SPARED_PER_SECOND, &defence->key);
	if (!error && remembers)
		error = recent_init(&defence->recent, config->first_messages, &defence->key);
	if (error)
		defence_fini(defence);
	return error;
}

/** Frees what it has. */
void defence_fini(struct defence *defence)
{
	recent_fini(&defence->recent);
	throttle_fini(&defence->spared);
	throttle_fini(&defence->answers);
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

/** Notes a message that is held: its first copy's time stays as long as that matters. */
static void note_held(struct defence *defence, const struct packet *packet,
	const struct service *service)
{
	struct recent_message message =
		recent_find(&defence->recent, service, packet, defence->now_ms);

	if (!message.found || message.age_ms > service->config->greylist_window_ms)
		recent_note(&defence->recent, service, packet, 0, defence->now_ms);
}

/** Counts a first message. */
void defence_note(struct director *director, const struct packet *packet,
	const struct decision *decision)
{
	struct defence *defence = &director->defence;
	struct service *service = decision->service;

	if (decision->first == FIRST_NOT)
		return;
	flood_note(&service->flood, service->config->flood_rate, defence->now_ms);
	if (decision->first == FIRST_HELD)
		note_held(defence, packet, service);
	if (decision->first != FIRST_PASSED || decision->action != DECISION_FORWARD)
		return;
	rate_take(&decision->server->begun, defence->now_ms);
	if (decision->client && decision->client->established_count > 0)
		throttle_take(&defence->spared, &packet->flow.client, defence->now_ms);
	recent_note(&defence->recent, service, packet, decision->server->config->index + 1,
		defence->now_ms);
}

/** Takes from the source's part, then from what all have. */
bool defence_answers(struct director *director, struct rate *rate,
	const struct address *source)
{
	struct defence *defence = &director->defence;

	if (!throttle_has(&defence->answers, source, defence->now_ms) ||
		!rate_take(rate, defence->now_ms))
		return false;
	throttle_take(&defence->answers, source, defence->now_ms);
	return true;
}
