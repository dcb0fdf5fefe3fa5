/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a server sends to a client. It tells which responder cookie is the right one, it
 * confirms that a client has moved, and it may begin a handshake itself.
 */
#include "core/decide_rules.h"

/** Decides to pass the reply, and what it changes. */
static void pass(const struct view *view, enum decision_change change, enum reason reason)
{
	view->decision->action = DECISION_PASS;
	view->decision->change = change;
	view->decision->reason = reason;
}

/** Notes the cookie of a handshake that is under way. */
static void reply_to_known(const struct view *view, const struct handshake *handshake)
{
	const struct session_table *sessions = &view->director->sessions;
	uint64_t rcookie = view->packet->rcookie;
	bool is_news = rcookie && rcookie != handshake->rcookie &&
		rcookie != handshake_offered(sessions, handshake).rcookies[0];

	view->decision->entry = handshake_entry(sessions, handshake);
	if (is_news)
		pass(view, CHANGE_OFFER, REASON_REPLY_COOKIE);
	else
		pass(view, CHANGE_NONE, REASON_REPLY);
}

/** The server that answers a first message of which the tables have nothing, or NULL. */
static struct server *seen_sender(const struct view *view)
{
	struct server *server = view_remembered(view);

	return server && server->config->replies_seen ? server : NULL;
}

/**
 * A handshake that no client has begun: the server's own, or one from before a restart.
 * It is put where the answer will come from; whoever shows this cookie has had it from
 * the server. Another server than the flow's may say what it likes. Of a server that is not
 * known it is an answer to a first message that passed without an entry, or nothing.
 */
static void reply_begins(const struct view *view)
{
	struct decision *decision = view->decision;
	struct server *sender = director_sender(view->director, view->packet);

	if (!decision->entry && !sender)
		sender = seen_sender(view);
	if (decision->entry && (!sender || sender == session_server(decision->entry))) {
		decision->server = session_server(decision->entry);
		pass(view, CHANGE_OFFER, REASON_REPLY_BEGINS);
	} else if (!decision->entry && sender) {
		decision->server = sender;
		pass(view, CHANGE_OFFER, REASON_REPLY_BEGINS);
	} else {
		pass(view, CHANGE_NONE, REASON_REPLY_UNKNOWN);
	}
}

/** The server answers at an address where a known session was not until now: that is where
 *  its client is. */
static void reply_confirms(const struct view *view, const struct handshake *moved)
{
	view->decision->server = view_server_of(view, moved);
	pass(view, CHANGE_ESTABLISH, REASON_REPLY_CONFIRMS);
}

/** A reply with both cookies, or the first message of the server. */
static void reply_with_cookies(const struct view *view)
{
	const struct handshake *handshake = view_find_handshake(view);
	const struct handshake *pair = view_find_pair(view);

	const struct session_entry *entry = view->decision->entry;

	if (pair && entry && handshake_entry(&view->director->sessions, pair) != entry)
		reply_confirms(view, pair);
	else if (handshake)
		reply_to_known(view, handshake);
	else
		reply_begins(view);
}

/** Any reply. One without a responder cookie that begins nothing asks for another try. */
void decide_reply(const struct view *view)
{
	const struct packet *packet = view->packet;

	if (packet->kind == PACKET_IKE_FIRST || (packet->kind == PACKET_IKE && packet->rcookie))
		reply_with_cookies(view);
	else
		pass(view, CHANGE_NONE, view->decision->client ? REASON_REPLY :
								 REASON_REPLY_UNKNOWN);
}
