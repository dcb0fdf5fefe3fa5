/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sentences of explain: what the packet is to us, what the tables know of it, and what
 * the decision depends on besides. The decision itself is decide's; nothing is decided
 * here, and nothing is changed.
 */
#include "daemon/rpc_explain.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/scheduler.h"

#define RIVALS 8 /**< servers named beside the one that was chosen */

/** Adds a sentence. */
void rpc_say(struct rpc_steps *steps, const char *format, ...)
{
	char text[320];
	va_list arguments;

	if (!steps->list)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (json_array_append_new(steps->list, json_string(text)) == 0)
		return;
	json_decref(steps->list);
	steps->list = NULL;
}

/** A server's load, as the scheduler sees it. */
static void say_load(
	struct rpc_steps *steps, const char *words, const struct server *server)
{
	const struct service *service = steps->decision->service;
	bool by_entry = service->config->affinity == AFFINITY_SESSION;

	rpc_say(steps, "%s%s, which has %llu %s and weight %u", words, server->config->name,
		(unsigned long long)service_load(service, server),
		by_entry ? "entries" : "clients", server->weight);
}

/** The server that was chosen, and some that were not. */
static void say_choice(struct rpc_steps *steps)
{
	const struct service *service = steps->decision->service;
	char words[CONFIG_NAME_BYTES + 32];
	size_t named = 0;

	snprintf(words, sizeof(words), "scheduler %s chooses ",
		service->config->scheduler->name);
	say_load(steps, words, steps->decision->server);
	for (size_t i = 0; i < service->server_count && named < RIVALS; i++) {
		const struct server *server = &service->servers[i];

		if (server == steps->decision->server)
			continue;
		say_load(steps, "and not ", server);
		named++;
	}
}

/** Why nobody takes the packet. */
static void say_no_server(struct rpc_steps *steps)
{
	const struct service *service = steps->decision->service;
	uint8_t family = steps->packet->flow.client.family;

	for (size_t i = 0; i < service->server_count; i++)
		if (server_takes_new(&service->servers[i], family)) {
			rpc_say(steps, "the server it belongs to has no %s address",
				family == AF_INET6 ? "IPv6" : "IPv4");
			return;
		}
	rpc_say(steps, "no server of service %s has a weight above 0 and an %s address",
		service->config->name, family == AF_INET6 ? "IPv6" : "IPv4");
}

/** Tells whether the change makes an entry where there is none. */
static bool makes_entry(enum decision_change change)
{
	return change == CHANGE_BEGIN || change == CHANGE_JOIN ||
		change == CHANGE_ESTABLISH || change == CHANGE_OFFER;
}

/** Whether there is room for the entry that the packet would make. */
static void say_room(struct rpc_steps *steps)
{
	const struct session_table *sessions = &steps->director->sessions;
	const struct session_client *client = steps->decision->client;

	if (client && client->entry_count >= sessions->limits.entries_per_client)
		rpc_say(steps,
			"the client has max-entries-per-client: an entry must give way, or "
			"this is dropped as limit-client");
	if (session_is_out_of_bytes(sessions))
		rpc_say(steps,
			"the table has max-memory: an entry must give way, or this is "
			"dropped as limit-memory");
	if (sessions->entry_count >= sessions->limits.entries)
		rpc_say(steps,
			"the table has max-entries: an entry must give way, or this is "
			"dropped as limit-entries");
}

/** Whether the flow would be taken from the sessions that have it. */
static void say_take_over(struct rpc_steps *steps)
{
	uint64_t silent_ms = steps->now_ms - steps->decision->entry->proof_ms;

	rpc_say(steps,
		"the flow has sessions at %s that showed cookies %llu s ago: it would %s "
		"taken over",
		session_server(steps->decision->entry)->config->name,
		(unsigned long long)(silent_ms / 1000),
		silent_ms < SESSION_TAKE_OVER_MS ? "not be" : "be");
}

/** What the tables and limits would say to the decision. */
static void say_commit(struct rpc_steps *steps)
{
	const struct defence *defence = &steps->director->defence;
	const struct decision *decision = steps->decision;

	if (decision->scheduled && decision->server)
		say_choice(steps);
	if (decision->reason == REASON_SLOPPY && !decision->entry)
		rpc_say(steps,
			"the service is sloppy: hash of the client's address chooses %s",
			decision->server->config->name);
	if (decision->reason == REASON_NO_SERVER)
		say_no_server(steps);
	if (decision->change == CHANGE_TAKE_OVER)
		say_take_over(steps);
	else if ((!decision->entry && makes_entry(decision->change)) ||
		decision->first == FIRST_PASSED)
		say_room(steps);
	if (decision->action == DECISION_UNREACHABLE)
		rpc_explain_answer(steps, &steps->director->unreachable,
			throttle_has(&defence->answers, &steps->packet->flow.client,
				steps->now_ms),
			REASON_ORPHAN_LIMITED);
	if (decision->action == DECISION_CHALLENGE)
		rpc_explain_answer(steps, &defence->challenges,
			defence_may_challenge(
				defence, decision->service, steps->packet),
			REASON_CHALLENGE_LIMITED);
}

/** Where a server's packet comes from, and whether such packets come here. */
static void say_reply(struct rpc_steps *steps)
{
	const struct service *service = steps->decision->service;
	const struct server *sender = director_sender(steps->director, steps->packet);
	bool is_seen = false;

	if (sender)
		rpc_say(steps, "it comes from server %s, of method %s",
			sender->config->name, config_method_name(sender->config->method));
	for (size_t i = 0; i < service->server_count; i++)
		is_seen = is_seen || service->servers[i].config->replies_seen;
	if (!is_seen)
		rpc_say(steps,
			"no server of service %s has its replies seen: such a packet does "
			"not come here",
			service->config->name);
}

/** A packet of a service. */
static void say_service(struct rpc_steps *steps)
{
	char text[ADDRESS_TEXT_BYTES];

	rpc_say(steps,
		steps->packet->kind == PACKET_OTHER ?
			"what goes to %s like this is other traffic of service %s" :
			"%s is an address of service %s",
		address_format(&steps->packet->flow.virtual, text),
		steps->decision->service->config->name);
	if (steps->packet->direction == PACKET_TO_CLIENT)
		say_reply(steps);
	rpc_explain_known(steps);
	rpc_explain_first(steps);
	say_commit(steps);
}

/** Makes the sentences. */
json_t *rpc_explain_steps(const struct director *director, const struct packet *packet,
	const struct decision *decision, uint64_t now_ms)
{
	struct rpc_steps steps = { json_array(), director, packet, decision, now_ms };
	char text[ADDRESS_TEXT_BYTES];

	if (packet->kind == PACKET_MALFORMED)
		rpc_say(&steps, "the packet is malformed: %s", reason_text(packet->reason));
	else if (packet->kind == PACKET_OTHER && !decision->service)
		rpc_say(&steps, "it is neither IPsec nor other traffic of a service");
	else if (!decision->service)
		rpc_say(&steps, "no service has the address %s",
			address_format(&packet->flow.virtual, text));
	else
		say_service(&steps);
	return steps.list;
}
