/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules for what comes from clients, one function a question. A rule sets the
 * decision and nothing else.
 */
#include <netinet/in.h>

#include "core/decide_rules.h"
#include "core/label.h"
#include "core/scheduler.h"

/** Tells whether the packet's pair is one that its own entry has proven: nearly every
 *  packet, so no hash is computed for it. */
static bool is_own_pair(const struct view *view)
{
	const struct session_entry *entry = view->decision->entry;
	const struct handshake *own = handshake_own(
		&view->director->sessions, entry, view->packet->icookie);

	return own && own->rcookie == view->packet->rcookie && own->server == entry->server;
}

/**
 * A known pair from where it was not until now: the initiator moved (RFC 4555) or its NAT
 * did. The same server, and the new flow joins the old one. Where replies are seen the
 * server's answer has to confirm it first.
 */
static void decide_moved(const struct view *view, const struct handshake *moved)
{
	const struct session_entry *entry = view->decision->entry;
	struct server *server = view_server_of(view, moved);
	bool own_server = !entry || session_server(entry) == server;

	if (view_entry_established(view) && own_server)
		view_forward(view, server, CHANGE_LEARN, REASON_MOVED);
	else if (!server->config->replies_seen)
		view_forward(view, server,
			view_entry_established(view) ? CHANGE_TAKE_OVER : CHANGE_ESTABLISH,
			REASON_MOVED);
	else
		view_forward(view, server, own_server ? CHANGE_JOIN : CHANGE_NONE,
			REASON_MOVE_UNCONFIRMED);
}

/** ISAKMP without a responder cookie that may not begin anything: an IKEv1 Informational
 *  in the middle of a handshake, an unprotected IKEv2 notice. */
static void decide_without_rcookie(const struct view *view)
{
	const struct handshake *handshake;

	if (view->decision->entry)
		view_forward_entry(view, CHANGE_TOUCH, REASON_KNOWN_ENTRY);
	else if (view->packet->icookie && (handshake = view_find_handshake(view)))
		view_forward(view, view_server_of(view, handshake), CHANGE_NONE,
			REASON_KNOWN_ENTRY);
	else
		view_drop(view, REASON_NOT_FIRST);
}

/** Both cookies of a handshake that is no ESTABLISHED session's: this proves it, unless the
 *  server is known to have sent another cookie, or would have put its label into it. On an
 *  ESTABLISHED entry of the same server cookies are not compared. */
static void decide_proof(const struct view *view, const struct handshake *handshake)
{
	struct server *server = view_server_of(view, handshake);
	bool is_right = server->config->replies_seen ?
		handshake_accepts(
			&view->director->sessions, handshake, view->packet->rcookie) :
		handshake->by_server || label_allows(server, view->packet->rcookie);
	bool established = view_entry_established(view);

	if (established && session_server(view->decision->entry) == server)
		view_forward(view, server, is_right ? CHANGE_LEARN : CHANGE_TOUCH,
			REASON_KNOWN_ENTRY);
	else if (!is_right)
		view_drop(view, REASON_WRONG_COOKIE);
	else
		view_forward(view, server,
			established && !server->config->replies_seen ? CHANGE_TAKE_OVER :
								       CHANGE_ESTABLISH,
			REASON_ESTABLISH);
}

/** Cookies that nothing is known of, on an ESTABLISHED entry: those of a rekeyed SA, and
 *  where the server's replies are not seen this is how they are learned. */
static void decide_rekeyed(const struct view *view)
{
	bool seen = session_server(view->decision->entry)->config->replies_seen;

	view_forward_entry(view, seen ? CHANGE_TOUCH : CHANGE_LEARN, REASON_KNOWN_ENTRY);
}

/** Cookies of which nothing is known at all: a server by hash, if the service wants that.
 *  The next packet, or the server's answer, makes the entry ESTABLISHED. */
static void decide_sloppy(const struct view *view)
{
	const struct decision *decision = view->decision;
	struct server *server = decision->entry ?
		session_server(decision->entry) :
		scheduler_hash.pick(decision->service, &view->packet->flow.client);
	bool seen = server && server->config->replies_seen;

	if (decision->service->config->sloppy)
		view_forward(view, server, seen ? CHANGE_JOIN : CHANGE_BEGIN, REASON_SLOPPY);
	else
		view_drop(view, REASON_UNKNOWN_COOKIES);
}

/** Cookies that no table knows. A label names the server, and makes no entry: anybody can
 *  write one. From another flow of an established client they may be a rekeyed SA's behind
 *  a new NAT port: its server gets them, but they establish nothing. */
static void decide_unknown(const struct view *view)
{
	const struct service *service = view->decision->service;
	const struct session_entry *entry =
		view_entry_established(view) ? view->decision->entry : NULL;
	struct server *labelled =
		label_of_cookies(service, view->packet->icookie, view->packet->rcookie);

	if (labelled && !(entry && session_server(entry) == labelled))
		view_forward(view, labelled, CHANGE_NONE, REASON_LABEL);
	else if (entry)
		decide_rekeyed(view);
	else if (view_client_established(view) && session_is_plain(service, view->packet->flow.client_port))
		view_forward_client(view, REASON_KNOWN_CLIENT);
	else
		decide_sloppy(view);
}

/** Both cookies of a handshake whose first message passed lately, and of which no table knows:
 *  this answers it, so now there is a session. */
static void decide_remembered(const struct view *view, struct server *server)
{
	bool established = view_entry_established(view);

	if (established && session_server(view->decision->entry) == server)
		view_forward(view, server, CHANGE_LEARN, REASON_KNOWN_ENTRY);
	else
		view_forward(view, server, established ? CHANGE_TAKE_OVER : CHANGE_ESTABLISH,
			REASON_ESTABLISH);
}

/** The server to which such a message went, if the packet can prove it: not where the
 *  server's own answer has to, nor against its label. */
static struct server *find_remembered(const struct view *view)
{
	struct server *server = view_remembered(view);

	return server && !server->config->replies_seen &&
			label_allows(server, view->packet->rcookie) ?
		server :
		NULL;
}

/** ISAKMP with both cookies: by the pair, by (CIP, icookie), by the flow, by the client. */
static void decide_both_cookies(const struct view *view)
{
	const struct handshake *found;
	struct server *server;

	if (view_entry_established(view) && is_own_pair(view))
		view_forward_entry(view, CHANGE_LEARN, REASON_KNOWN_ENTRY);
	else if ((found = view_find_pair(view)))
		decide_moved(view, found);
	else if ((found = view_find_handshake(view)))
		decide_proof(view, found);
	else if ((server = find_remembered(view)))
		decide_remembered(view, server);
	else
		decide_unknown(view);
}

/** Any ISAKMP that is no first message. */
static void decide_ike(const struct view *view)
{
	if (view->packet->rcookie)
		decide_both_cookies(view);
	else
		decide_without_rcookie(view);
}

/** A NAT keepalive refreshes what is there and proves nothing (RFC 3948 4). */
static void decide_keepalive(const struct view *view)
{
	if (view->decision->entry)
		view_forward_entry(view, CHANGE_TOUCH, REASON_KEEPALIVE);
	else
		view_drop(view, REASON_UNKNOWN_KEEPALIVE);
}

/** A later fragment has no ports: it follows the client. One of UDP may belong to the
 *  very message that is to establish the entry. */
static void decide_fragment(const struct view *view)
{
	bool is_udp = view->packet->protocol == IPPROTO_UDP;

	if (view_client_established(view) || (is_udp && view->decision->client))
		view_forward_client(view, REASON_FRAGMENT_RELATED);
	else
		view_drop(view, REASON_UNKNOWN_FRAGMENT);
}

/** News about what a server sent to the client, its path MTU above all. */
static void decide_icmp_error(const struct view *view)
{
	if (view->decision->entry)
		view_forward_entry(view, CHANGE_NONE, REASON_ICMP_RELATED);
	else if (view->decision->client)
		view_forward_client(view, REASON_ICMP_RELATED);
	else
		view_drop(view, REASON_UNKNOWN_ICMP);
}

/** Other traffic that is to go where its client goes. */
static void decide_also(const struct view *view)
{
	const struct session_client *client = view->decision->client;

	view_forward(view, client ? session_client_server(client) : decide_schedule(view),
		CHANGE_TEMPLATE, REASON_ALSO);
}

/** The rules for a packet of a service, by its kind. */
static void decide_kind(const struct view *view)
{
	switch (view->packet->kind) {
	case PACKET_IKE_FIRST:
		decide_first(view);
		break;
	case PACKET_IKE:
		decide_ike(view);
		break;
	case PACKET_KEEPALIVE:
		decide_keepalive(view);
		break;
	case PACKET_ESP_IN_UDP:
		decide_esp_in_udp(view);
		break;
	case PACKET_DRAFT_ESP:
		decide_draft_esp(view);
		break;
	case PACKET_ESP:
		decide_esp(view);
		break;
	case PACKET_AH:
		decide_ah(view);
		break;
	case PACKET_FRAGMENT:
		decide_fragment(view);
		break;
	case PACKET_ICMP_ERROR:
		decide_icmp_error(view);
		break;
	case PACKET_OTHER:
		decide_also(view);
		break;
	case PACKET_MALFORMED:
		break;
	}
}

/** Looks up what the tables know of the packet; a known flow names its client. */
static void look_up(const struct view *view)
{
	const struct session_table *sessions = &view->director->sessions;
	const struct packet_flow *flow = &view->packet->flow;
	struct decision *decision = view->decision;

	if (flow->client_port && view->packet->kind != PACKET_OTHER)
		decision->entry = session_find_flow(sessions, flow);
	decision->client = decision->entry ?
		decision->entry->client :
		session_find_client(sessions, decision->service, &flow->client);
}

/** A packet of a service. */
static void decide_service(const struct view *view)
{
	look_up(view);
	if (view->packet->direction == PACKET_TO_CLIENT)
		decide_reply(view);
	else
		decide_kind(view);
}

/** What is malformed or of no service: from a server it is not ours to drop. */
static void decide_refuse(const struct view *view, enum reason reason)
{
	if (view->packet->direction == PACKET_TO_SERVER)
		view_drop(view, reason);
	else
		view->decision->reason = reason;
}

/** The service that the packet is for, or NULL. */
static struct service *find_service(const struct director *director,
	const struct packet *packet)
{
	if (packet->kind == PACKET_OTHER && packet->direction == PACKET_TO_CLIENT)
		return NULL;
	if (packet->kind == PACKET_OTHER)
		return director_service_also(director, packet);
	return director_service_at(director, &packet->flow.virtual);
}

/** Says what should be done. */
void decide(const struct director *director, const struct packet *packet,
	struct decision *ret_decision)
{
	struct view view = { director, packet, ret_decision };

	*ret_decision = (struct decision){ .action = DECISION_PASS, .reason = REASON_NOT_OURS };
	ret_decision->service = find_service(director, packet);
	if (packet->kind == PACKET_MALFORMED)
		decide_refuse(&view, packet->reason);
	else if (ret_decision->service)
		decide_service(&view);
	else if (packet->kind != PACKET_OTHER)
		decide_refuse(&view, REASON_NO_SERVICE);
}

/** The action's name. */
const char *decision_action_name(enum decision_action action)
{
	switch (action) {
	case DECISION_FORWARD:
		return "forward";
	case DECISION_DROP:
		return "drop";
	case DECISION_UNREACHABLE:
		return "unreachable";
	case DECISION_CHALLENGE:
		return "challenge";
	case DECISION_PASS:
		return "pass";
	}
	return "?";
}
