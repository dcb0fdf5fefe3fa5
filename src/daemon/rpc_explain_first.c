/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sentences of explain about first messages and the defences that they meet.
 */
#include "daemon/rpc_explain.h"

#include <string.h>

#include "core/challenge.h"
#include "core/decide.h"

/** Whether the service sees a flood, where something depends on that. */
static void say_flood(struct rpc_steps *steps)
{
	const struct service *service = steps->decision->service;
	const struct config_service *config = service->config;

	if (config->challenge != SWITCH_AUTO && config->greylist != SWITCH_AUTO &&
		config->initial != INITIAL_AUTO)
		return;
	if (flood_is_on(&service->flood, steps->now_ms))
		rpc_say(steps, "first messages come as a flood, for %llu s more at least",
			(unsigned long long)(service->flood.until_ms - steps->now_ms) / 1000);
	else
		rpc_say(steps, "first messages do not come as a flood");
}

/** What is remembered of the message without an entry. */
static void say_remembered(struct rpc_steps *steps)
{
	const struct recent_message message = recent_find(&steps->director->defence.recent,
		steps->decision->service, steps->packet, steps->now_ms);

	if (message.server)
		rpc_say(steps, "its first message was forwarded to server %s %u s ago",
			director_server_at(steps->director, message.server - 1)->config->name,
			message.age_ms / 1000);
	else if (message.found)
		rpc_say(steps, "its first message was held %u s ago",
			message.age_ms / 1000);
}

/** What a message is known to have shown. */
static void say_cookie(struct rpc_steps *steps)
{
	const struct defence *defence = &steps->director->defence;

	if (steps->decision->service->config->challenge == SWITCH_OFF)
		return;
	if (challenge_is_met(&defence->key, steps->packet, defence->now_ms))
		rpc_say(steps, "it bears the cookie that it was given");
	else if (steps->packet->cookie_bytes)
		rpc_say(steps, "it bears a cookie that it was not given, or long ago");
}

/** Whether the answer would be within the limits; a copy of the rate is asked. */
void rpc_explain_answer(struct rpc_steps *steps, const struct rate *rate, bool has_share,
	enum reason limited)
{
	struct rate copy = *rate;

	if (!rate_take(&copy, steps->now_ms) || !has_share)
		rpc_say(steps,
			"the rate of such answers, or answers-per-source, is used up now: not "
			"answered, and counted as %s",
			reason_name(limited));
}

/** What would become of the message if it came again with the cookie that it is given. */
static void say_answered(struct rpc_steps *steps)
{
	const struct defence *defence = &steps->director->defence;
	struct packet packet = *steps->packet;
	struct decision decision;
	uint8_t answer[CHALLENGE_BYTES];
	size_t size_bytes = challenge_build(&defence->key, &packet, defence->now_ms, answer);

	packet.cookie_bytes = PACKET_COOKIE_BYTES;
	memcpy(packet.cookie, answer + size_bytes - PACKET_COOKIE_BYTES, PACKET_COOKIE_BYTES);
	decide(steps->director, &packet, &decision);
	rpc_say(steps, "with its cookie it would be: %s %s, %s",
		decision_action_name(decision.action),
		decision.server ? decision.server->config->name : "nowhere",
		reason_name(decision.reason));
	rpc_say(steps, "a message shorter than the answer gets none, and is counted as %s",
		reason_name(REASON_CHALLENGE_LIMITED));
}

/** What a first message meets, and what stays of one. */
void rpc_explain_first(struct rpc_steps *steps)
{
	const struct packet *packet = steps->packet;

	if (packet->kind != PACKET_IKE_FIRST && packet->kind != PACKET_IKE)
		return;
	say_remembered(steps);
	if (steps->decision->first == FIRST_NOT)
		return;
	say_flood(steps);
	say_cookie(steps);
	if (steps->decision->reason == REASON_LIMIT_SERVER)
		rpc_say(steps, "each server that could take it is at new-rate or half-open");
	if (steps->decision->action == DECISION_CHALLENGE)
		say_answered(steps);
}
