/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/view.h"

/** Decides to drop. */
void view_drop(const struct view *view, enum reason reason)
{
	view->decision->action = DECISION_DROP;
	view->decision->change = CHANGE_NONE;
	view->decision->reason = reason;
}

/** Decides to forward to server, unless it has no address of the packet's family. */
void view_forward(const struct view *view, struct server *server,
	enum decision_change change, enum reason reason)
{
	if (!server || !server_reachable(server, view->packet->flow.client.family)) {
		view_drop(view, REASON_NO_SERVER);
		return;
	}
	view->decision->action = DECISION_FORWARD;
	view->decision->change = change;
	view->decision->reason = reason;
	view->decision->server = server;
}

/** Forwards to where the packet's entry goes. */
void view_forward_entry(const struct view *view, enum decision_change change,
	enum reason reason)
{
	view_forward(view, session_server(view->decision->entry), change, reason);
}

/** Forwards to where the packet's client goes, without touching the tables. */
void view_forward_client(const struct view *view, enum reason reason)
{
	view_forward(view, session_client_server(view->decision->client), CHANGE_NONE, reason);
}

/** Tells whether the packet's own entry is there and ESTABLISHED. */
bool view_entry_established(const struct view *view)
{
	const struct session_entry *entry = view->decision->entry;

	return entry && entry->state == SESSION_ESTABLISHED;
}

/** Tells whether the packet's client has an ESTABLISHED entry that its other traffic
 *  follows. */
bool view_client_established(const struct view *view)
{
	const struct session_client *client = view->decision->client;

	return client && client->plain_established_count > 0;
}

/** The server that a handshake is with. */
struct server *view_server_of(const struct view *view, const struct handshake *handshake)
{
	return handshake_server(&view->director->sessions, handshake);
}

/** The handshake that the packet's initiator cookie names. */
const struct handshake *view_find_handshake(const struct view *view)
{
	const struct packet *packet = view->packet;

	return handshake_find(&view->director->sessions, view->decision->service,
		&packet->flow.client, packet->icookie);
}

/** The ESTABLISHED session that the packet's pair names. */
const struct handshake *view_find_pair(const struct view *view)
{
	return handshake_find_pair(&view->director->sessions, view->decision->service,
		view->packet->icookie, view->packet->rcookie);
}

/** The server that the handshake's first message went to. */
struct server *view_remembered(const struct view *view)
{
	const struct defence *defence = &view->director->defence;
	struct recent_message message = recent_find(&defence->recent, view->decision->service,
		view->packet, defence->now_ms);

	return message.server ? director_server_at(view->director, message.server - 1) : NULL;
}
