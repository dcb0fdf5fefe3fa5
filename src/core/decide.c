/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/decide.h"

#include <errno.h>
#include <netinet/in.h>

#include "core/scheduler.h"

/** Everything the rules of one packet look at. */
struct view {
	const struct director *director;
	const struct packet *packet;
	struct decision *decision;
};

/** Decides to drop. */
static void drop(const struct view *view, enum reason reason)
{
	view->decision->action = DECISION_DROP;
	view->decision->change = CHANGE_NONE;
	view->decision->reason = reason;
}

/** Decides to forward to server, unless it has no address of the packet's family. */
static void forward(const struct view *view, struct server *server,
	enum decision_change change, enum reason reason)
{
	if (!server || !server_reachable(server, view->packet->flow.client.family)) {
		drop(view, REASON_NO_SERVER);
		return;
	}
	view->decision->action = DECISION_FORWARD;
	view->decision->change = change;
	view->decision->reason = reason;
	view->decision->server = server;
}

/** Forwards to where the packet's entry goes. */
static void forward_entry(const struct view *view, enum decision_change change,
	enum reason reason)
{
	forward(view, view->decision->entry->client->server, change, reason);
}

/** Forwards to where the packet's client goes, without touching the tables. */
static void forward_client(const struct view *view, enum reason reason)
{
	forward(view, view->decision->client->server, CHANGE_NONE, reason);
}

/** Tells whether the packet's own entry is there and ESTABLISHED. */
static bool entry_established(const struct view *view)
{
	const struct session_entry *entry = view->decision->entry;

	return entry && entry->state == SESSION_ESTABLISHED;
}

/** Tells whether the packet's client has any ESTABLISHED entry. */
static bool client_established(const struct view *view)
{
	const struct session_client *client = view->decision->client;

	return client && client->established_count > 0;
}

/** The handshake that the packet's initiator cookie names, from whatever port. */
static const struct session_handshake *find_handshake(const struct view *view)
{
	const struct packet *packet = view->packet;

	return session_find_cookie(&view->director->sessions, view->decision->service,
		&packet->flow.client, packet->icookie);
}

/** The ESTABLISHED session that the packet's pair names, from whatever address. */
static const struct session_handshake *find_pair(const struct view *view)
{
	return session_find_pair(&view->director->sessions, view->decision->service,
		view->packet->icookie, view->packet->rcookie);
}

/** A known pair from another address: the initiator moved (RFC 4555) or its NAT did. The
 *  same server, and the new flow joins; but an address that has another server already
 *  keeps it, and only this packet goes where its session is. */
static void decide_moved(const struct view *view, const struct session_handshake *moved)
{
	const struct session_client *client = view->decision->client;
	struct server *server = moved->entry->client->server;

	forward(view, server, client && client->server != server ? CHANGE_NONE :
		CHANGE_ESTABLISH, REASON_MOVED);
}

/** A first message: a known client keeps its server, a new one is scheduled. */
static void decide_first(const struct view *view)
{
	struct decision *decision = view->decision;
	const struct scheduler *scheduler = decision->service->config->scheduler;

	if (find_handshake(view))
		forward(view, decision->client->server, CHANGE_BEGIN, REASON_RETRANSMIT);
	else if (decision->client)
		forward(view, decision->client->server, CHANGE_BEGIN, REASON_NEW_ENTRY);
	else
		forward(view, scheduler->pick(decision->service, &view->packet->flow.client),
			CHANGE_BEGIN, REASON_NEW_CLIENT);
}

/** ISAKMP without a responder cookie that may not begin anything: an IKEv1 Informational
 *  in the middle of a handshake, an unprotected IKEv2 notice. */
static void decide_without_rcookie(const struct view *view)
{
	if (view->decision->entry)
		forward_entry(view, CHANGE_TOUCH, REASON_KNOWN_ENTRY);
	else if (view->packet->icookie && find_handshake(view))
		forward_client(view, REASON_KNOWN_ENTRY);
	else
		drop(view, REASON_NOT_FIRST);
}

/**
 * ISAKMP with both cookies. An ESTABLISHED entry is not compared with: cookies change by
 * rekeying. Otherwise the initiator cookie must be known of this client, from any port.
 * The pair may be that of a session at another address.
 * Unknown cookies of an established client may be a rekeyed SA behind a new NAT port:
 * its server gets them, but they establish nothing.
 */
static void decide_both_cookies(const struct view *view)
{
	const struct session_handshake *moved;

	if (entry_established(view))
		forward_entry(view, CHANGE_TOUCH, REASON_KNOWN_ENTRY);
	else if (find_handshake(view))
		forward(view, view->decision->client->server, CHANGE_ESTABLISH,
			REASON_ESTABLISH);
	else if ((moved = find_pair(view)))
		decide_moved(view, moved);
	else if (client_established(view))
		forward_client(view, REASON_KNOWN_CLIENT);
	else
		drop(view, REASON_UNKNOWN_COOKIES);
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
		forward_entry(view, CHANGE_TOUCH, REASON_KEEPALIVE);
	else
		drop(view, REASON_UNKNOWN_KEEPALIVE);
}

/** ESP behind UDP belongs to exactly one flow. No ICMP: it would only tell a scanner. */
static void decide_encapsulated(const struct view *view, enum reason known,
	enum reason unknown)
{
	if (entry_established(view))
		forward_entry(view, CHANGE_NONE, known);
	else
		drop(view, unknown);
}

/** ESP and AH are slaves of the client's ESTABLISHED entries. */
static void decide_slave(const struct view *view)
{
	if (client_established(view)) {
		forward_client(view, REASON_SLAVE);
		return;
	}
	drop(view, REASON_ORPHAN);
	view->decision->action = DECISION_UNREACHABLE;
}

/** A later fragment has no ports: it follows the client. One of UDP may belong to the
 *  very message that is to establish the entry. */
static void decide_fragment(const struct view *view)
{
	bool is_udp = view->packet->protocol == IPPROTO_UDP;

	if (client_established(view) || (is_udp && view->decision->client))
		forward_client(view, REASON_FRAGMENT_RELATED);
	else
		drop(view, REASON_UNKNOWN_FRAGMENT);
}

/** News about what a server sent to the client, its path MTU above all. */
static void decide_icmp_error(const struct view *view)
{
	if (view->decision->client)
		forward_client(view, REASON_ICMP_RELATED);
	else
		drop(view, REASON_UNKNOWN_ICMP);
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
		decide_encapsulated(view, REASON_ESP_IN_UDP, REASON_UNKNOWN_ESP_IN_UDP);
		break;
	case PACKET_DRAFT_ESP:
		decide_encapsulated(view, REASON_DRAFT_ESP, REASON_UNKNOWN_DRAFT_ESP);
		break;
	case PACKET_ESP:
	case PACKET_AH:
		decide_slave(view);
		break;
	case PACKET_FRAGMENT:
		decide_fragment(view);
		break;
	case PACKET_ICMP_ERROR:
		decide_icmp_error(view);
		break;
	case PACKET_MALFORMED:
	case PACKET_OTHER:
		break;
	}
}

/** Looks up what the tables know of the packet; a known flow names its client. */
static void look_up(const struct view *view)
{
	const struct session_table *sessions = &view->director->sessions;
	const struct packet_flow *flow = &view->packet->flow;
	struct decision *decision = view->decision;

	if (flow->client_port)
		decision->entry = session_find_flow(sessions, flow);
	decision->client = decision->entry ?
		decision->entry->client :
		session_find_client(sessions, decision->service, &flow->client);
}

/** Says what should be done. */
void decide(const struct director *director, const struct packet *packet,
	struct decision *ret_decision)
{
	struct view view = { director, packet, ret_decision };

	*ret_decision = (struct decision){ .action = DECISION_PASS, .reason = REASON_NOT_OURS };
	if (packet->kind == PACKET_OTHER)
		return;
	ret_decision->service = director_service_at(director, &packet->flow.virtual);
	if (packet->kind == PACKET_MALFORMED) {
		drop(&view, packet->reason);
	} else if (!ret_decision->service) {
		drop(&view, REASON_NO_SERVICE);
	} else {
		look_up(&view);
		decide_kind(&view);
	}
}

/** What a failed change of the tables is called. */
static enum reason reason_of_error(int error)
{
	if (error == -ENOSPC)
		return REASON_LIMIT_ENTRIES;
	return error == -EDQUOT ? REASON_LIMIT_CLIENT : REASON_NO_MEMORY;
}

/** The packet's entry, made if it is not there. */
static int get_entry(struct director *director, const struct packet *packet, uint64_t now_ms,
	struct decision *decision)
{
	bool proven = decision->change == CHANGE_ESTABLISH;

	if (decision->entry)
		return 0;
	session_make_room(&director->sessions, decision->service, decision->client, proven);
	return session_add(&director->sessions, decision->service, decision->server,
		&packet->flow, now_ms, &decision->entry);
}

/** Carries out CHANGE_BEGIN and CHANGE_ESTABLISH. */
static int commit_handshake(struct director *director, const struct packet *packet,
	uint64_t now_ms, struct decision *decision)
{
	bool is_new = !decision->entry;
	int error = get_entry(director, packet, now_ms, decision);

	if (error)
		return error;
	error = session_note_handshake(&director->sessions, decision->entry, packet);
	if (error && is_new)
		session_remove(&director->sessions, decision->entry);
	if (error)
		return error;
	if (decision->change == CHANGE_ESTABLISH)
		session_establish(&director->sessions, decision->entry, now_ms);
	session_touch(decision->entry, now_ms);
	return 0;
}

/** Carries out CHANGE_TOUCH. That a pair could not be noted for want of memory costs
 *  nothing now: the entry itself still forwards. */
static void commit_touch(struct director *director, const struct packet *packet,
	uint64_t now_ms, struct session_entry *entry)
{
	if (packet->icookie && packet->rcookie)
		session_note_handshake(&director->sessions, entry, packet);
	session_touch(entry, now_ms);
}

/** Writes the change into the tables. */
static void commit_change(struct director *director, const struct packet *packet,
	uint64_t now_ms, struct decision *decision)
{
	const struct scheduler *scheduler = decision->service->config->scheduler;
	int error;

	if (decision->change == CHANGE_TOUCH) {
		commit_touch(director, packet, now_ms, decision->entry);
		return;
	}
	error = commit_handshake(director, packet, now_ms, decision);
	if (error) {
		decision->action = DECISION_DROP;
		decision->reason = reason_of_error(error);
		decision->server = NULL;
		decision->entry = NULL;
	} else if (decision->reason == REASON_NEW_CLIENT && scheduler->picked) {
		scheduler->picked(decision->service, decision->server);
	}
	decision->client = decision->entry ? decision->entry->client : NULL;
}

/** Counts the packet where it belongs. */
static void count(struct director *director, uint64_t size_bytes,
	const struct decision *decision)
{
	if (decision->service)
		decision->service->counters[decision->reason]++;
	else
		director->counters[decision->reason]++;
	if (decision->entry)
		decision->entry->packets++;
	if (decision->action != DECISION_FORWARD)
		return;
	decision->server->packets++;
	decision->server->bytes += size_bytes;
}

/** Carries the decision into the tables. */
void decide_commit(struct director *director, const struct packet *packet, uint64_t now_ms,
	uint64_t size_bytes, struct decision *decision)
{
	if (decision->change != CHANGE_NONE)
		commit_change(director, packet, now_ms, decision);
	if (decision->action == DECISION_UNREACHABLE &&
		!rate_take(&director->unreachable, now_ms)) {
		decision->action = DECISION_DROP;
		decision->reason = REASON_ORPHAN_LIMITED;
	}
	count(director, size_bytes, decision);
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
	case DECISION_PASS:
		return "pass";
	}
	return "?";
}
