/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First messages: what is let through, and to whom. One of a handshake under way follows
 * it. Any other costs a server work and, as a rule, the table an entry, and whoever can send
 * packets can send them, with any source; so here the defences stand, one after the other.
 */
#include "core/decide_rules.h"
#include "core/scheduler.h"

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

/** Begins a handshake with the server that the client has, unless that has enough to do; a
 *  client with a session may renew it nevertheless. */
static void begin_known(const struct view *view, struct server *server)
{
	if (server_has_room(server) || is_established(view))
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

/** Stops a message that must not pass; tells whether it did. */
static bool stop(const struct view *view)
{
	if (is_established(view) || !pressure_drops(view->director, view->packet))
		return false;
	view_drop(view, REASON_DROP_PACKET);
	return true;
}

/** A first message. */
void decide_first(const struct view *view)
{
	const struct handshake *handshake = view_find_handshake(view);

	if (handshake) {
		view_forward(view, view_server_of(view, handshake), CHANGE_BEGIN,
			REASON_RETRANSMIT);
		return;
	}
	view->decision->first = FIRST_STOPPED;
	if (stop(view))
		return;
	view->decision->first = FIRST_PASSED;
	decide_new(view);
}
