/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First messages: what is let through, and to whom. One of a handshake under way follows
 * it. Any other costs a server work and, as a rule, the table an entry, and whoever can send
 * packets can send them, with any source; so here the defences stand, one after the other.
 */
#include "core/challenge.h"
#include "core/decide_rules.h"
#include "core/scheduler.h"

#define GREYLIST_LEAST_MS 200 /**< a copy is no retransmission before */

/** A new server for who has none. */
static struct server *pick(const struct view *view)
{
	const struct service *service = view->decision->service;

	view->decision->scheduled = true;
	return service->config->scheduler->pick(service, &view->packet->flow.client);
}

/** A server for who has none: that of the client's template, or a new one. */
struct server *decide_schedule(const struct view *view)
{
	const struct service *service = view->decision->service;
	const struct address *client = &view->packet->flow.client;
	struct server *server =
		template_server(&view->director->templates, service, client);

	if (server && server_reachable(server, client->family) && server_has_room(server))
		return server;
	return pick(view);
}

/** Tells whether a limit alone keeps the service's servers from the client. */
static bool is_limited(const struct view *view)
{
	const struct service *service = view->decision->service;
	uint8_t family = view->packet->flow.client.family;

	for (size_t i = 0; i < service->server_count; i++) {
		if (server_takes_new(&service->servers[i], family))
			return true;
	}
	return false;
}

/** Begins a handshake with the server that was chosen; NULL: there was none. */
static void begin(const struct view *view, struct server *server, enum reason reason)
{
	if (!server && is_limited(view))
		view_drop(view, REASON_LIMIT_SERVER);
	else
		view_forward(view, server, CHANGE_BEGIN, reason);
}

/** Tells whether the client has a session that is there already. */
static bool is_established(const struct view *view)
{
	const struct session_client *client = view->decision->client;

	return client && client->established_count > 0;
}

/** Tells whether the defences leave the message alone: its client has a session, and has not
 *  begun too many others in this second. Anybody can write the client's address. */
static bool is_spared(const struct view *view)
{
	const struct defence *defence = &view->director->defence;

	return is_established(view) &&
		throttle_has(&defence->spared, &view->packet->flow.client, defence->now_ms);
}

/** Begins a handshake with the server that the client has, unless that has enough to do; a
 *  client with a session may renew it nevertheless. */
static void begin_known(const struct view *view, struct server *server)
{
	if (server_has_room(server) || is_spared(view))
		view_forward(view, server, CHANGE_BEGIN, REASON_NEW_ENTRY);
	else
		view_drop(view, REASON_LIMIT_SERVER);
}

/** Where a first message of a handshake not known yet goes. A known flow keeps its server,
 *  a known client too, unless its sessions are scheduled one by one. */
static void decide_new(const struct view *view)
{
	const struct decision *decision = view->decision;
	bool is_plain = session_is_plain(decision->service, view->packet->flow.client_port);

	if (decision->entry)
		begin_known(view, session_server(decision->entry));
	else if (decision->client && is_plain && decision->client->plain_count)
		begin_known(view, session_client_server(decision->client));
	else if (decision->client)
		begin(view, is_plain ? decide_schedule(view) : pick(view),
			REASON_NEW_SESSION);
	else
		begin(view, decide_schedule(view), REASON_NEW_CLIENT);
}

/** Tells whether first messages come faster than is usual. */
static bool is_flood(const struct view *view)
{
	return flood_is_on(&view->decision->service->flood, view->director->defence.now_ms);
}

/** Tells whether a defence is up. */
static bool is_up(const struct view *view, enum config_switch position)
{
	switch (position) {
	case SWITCH_OFF:
		return false;
	case SWITCH_AUTO:
		return is_flood(view);
	case SWITCH_ON:
		return true;
	}
	return false;
}

/** Tells whether the message bears a cookie of ours: its sender has the address. */
static bool is_proven(const struct view *view)
{
	const struct defence *defence = &view->director->defence;

	return view->decision->service->config->challenge != SWITCH_OFF &&
		challenge_is_met(&defence->key, view->packet, defence->now_ms);
}

/** Answers the message with a cookie, if that is its service's way; tells whether it did. */
static bool challenge(const struct view *view)
{
	const struct config_service *config = view->decision->service->config;

	if (!is_up(view, config->challenge) || !challenge_fits(view->packet))
		return false;
	view->decision->action = DECISION_CHALLENGE;
	view->decision->reason = REASON_CHALLENGED;
	return true;
}

/** Holds a message back until its next copy comes; tells whether it did. Copies that come
 *  at once are the same packet twice, or a flood that sends all twice. */
static bool hold(const struct view *view, const struct recent_message *recent)
{
	const struct config_service *config = view->decision->service->config;

	if (!is_up(view, config->greylist) ||
		(recent->found && recent->age_ms >= GREYLIST_LEAST_MS &&
			recent->age_ms <= config->greylist_window_ms))
		return false;
	view->decision->first = FIRST_HELD;
	view_drop(view, REASON_GREYLISTED);
	return true;
}

/** Stops a message that must not pass; tells whether it did. */
static bool stop(const struct view *view, const struct recent_message *recent)
{
	if (challenge(view))
		return true;
	if (is_spared(view))
		return false;
	if (hold(view, recent))
		return true;
	if (!pressure_drops(view->director, view->packet))
		return false;
	view_drop(view, REASON_DROP_PACKET);
	return true;
}

/** Tells whether the message goes on without an entry. Of a known client there is state
 *  already, and it is bounded. */
static bool is_stateless(const struct view *view)
{
	enum config_initial initial = view->decision->service->config->initial;

	return !view->decision->client &&
		(initial == INITIAL_STATELESS ||
			(initial == INITIAL_AUTO && is_flood(view)));
}

/** The server that follows from the message alone. What is one client's stays together,
 *  unless the service spreads sessions. */
static struct server *place(const struct view *view)
{
	const struct service *service = view->decision->service;
	bool by_session = service->config->affinity == AFFINITY_SESSION;

	return scheduler_hash_pick(service, &view->packet->flow.client,
		by_session ? view->packet->icookie : 0);
}

/** Forwards without an entry: what comes next with both cookies makes one. */
static void decide_stateless(const struct view *view, struct server *server)
{
	if (!server)
		server = template_server(&view->director->templates, view->decision->service,
			&view->packet->flow.client);
	if (!server)
		server = place(view);
	if (!server && is_limited(view))
		view_drop(view, REASON_LIMIT_SERVER);
	else
		view_forward(view, server, CHANGE_NONE, REASON_STATELESS);
}

/** A first message of a handshake that no table knows. One that has passed before goes the
 *  same way again: an answer of another kind could reach the client twice. */
static void decide_unheard(const struct view *view)
{
	const struct defence *defence = &view->director->defence;
	struct recent_message recent = recent_find(&defence->recent, view->decision->service,
		view->packet, defence->now_ms);
	struct server *server =
		recent.server ? director_server_at(view->director, recent.server - 1) : NULL;
	bool proven = is_proven(view);

	view->decision->first = FIRST_STOPPED;
	if (!server && !proven && stop(view, &recent))
		return;
	view->decision->first = FIRST_PASSED;
	if (!proven && is_stateless(view))
		decide_stateless(view, server);
	else if (server && !view->decision->client)
		begin(view, server, REASON_NEW_CLIENT);
	else
		decide_new(view);
}

/** A first message: one of a handshake under way follows it. */
void decide_first(const struct view *view)
{
	const struct handshake *handshake = view_find_handshake(view);

	if (handshake)
		view_forward(view, view_server_of(view, handshake), CHANGE_BEGIN,
			REASON_RETRANSMIT);
	else
		decide_unheard(view);
}
