/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/defence.h"

#include "core/decide.h"
#include "core/director.h"

/** Handshakes that an address with a session may begin in a second past all defences. */
#define SPARED_PER_SECOND 5

/** A message that comes again after so long is what initiators do; strongSwan's wait 4 s at
 *  first, Libreswan's half a second, then twice as long each time. */
#define REPEATED_MS 400

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

/** Makes the shares of challenges. */
static int init_shares(struct defence *defence, uint32_t per_second)
{
	int error = throttle_init(&defence->challenged, per_second, &defence->key);

	return error ? error : throttle_init(&defence->repeated, per_second, &defence->key);
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
		error = init_shares(defence, config->answers_per_source);
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
	throttle_fini(&defence->repeated);
	throttle_fini(&defence->challenged);
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

/** Takes from the source's share, then from what all have. */
static bool take(const struct defence *defence, struct throttle *share, struct rate *rate,
	const struct address *source)
{
	if (!throttle_has(share, source, defence->now_ms) ||
		!rate_take(rate, defence->now_ms))
		return false;
	throttle_take(share, source, defence->now_ms);
	return true;
}

/** ICMP has a share of its own: what it lacks keeps nobody out. */
bool defence_answers(struct director *director, const struct address *source)
{
	struct defence *defence = &director->defence;

	return take(defence, &defence->answers, &director->unreachable, source);
}

/** Tells whether the message comes again after long enough; never has it passed. */
static bool is_repeated(const struct defence *defence, const struct service *service,
	const struct packet *packet)
{
	struct recent_message message =
		recent_find(&defence->recent, service, packet, defence->now_ms);

	return message.found && message.age_ms >= REPEATED_MS;
}

/** Looks at both. */
bool defence_may_challenge(const struct defence *defence, const struct service *service,
	const struct packet *packet)
{
	const struct address *source = &packet->flow.client;

	return throttle_has(&defence->challenged, source, defence->now_ms) ||
		(is_repeated(defence, service, packet) &&
			throttle_has(&defence->repeated, source, defence->now_ms));
}

/** Takes of the first share that has something left. */
bool defence_challenges(struct director *director, const struct service *service,
	const struct packet *packet)
{
	struct defence *defence = &director->defence;
	const struct address *source = &packet->flow.client;
	struct throttle *share = &defence->challenged;

	if (!defence_may_challenge(defence, service, packet)) {
		note_held(defence, packet, service);
		return false;
	}
	if (!throttle_has(share, source, defence->now_ms))
		share = &defence->repeated;
	return take(defence, share, &defence->challenges, source);
}
