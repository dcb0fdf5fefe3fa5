/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a decision into the tables and counts the packet.
 */
#include <errno.h>

#include "core/challenge.h"
#include "core/decide.h"
#include "core/handshake.h"
#include "core/scheduler.h"

/** Entries that may be dropped for each one that is made: more than one, so that pressure
 *  ends, and few, so that no packet waits. */
#define RELIEF_ENTRIES 2

/** SPIs and templates that may go for an entry with client and handshake. */
#define GIVE_WAY 8

/** What a failed change of the tables is called. */
static enum reason reason_of_error(int error)
{
	if (error == -ENOSPC)
		return REASON_LIMIT_ENTRIES;
	if (error == -ENOBUFS)
		return REASON_LIMIT_MEMORY;
	return error == -EDQUOT ? REASON_LIMIT_CLIENT : REASON_NO_MEMORY;
}

/** Where memory is used up, has what the service only remembers give way to an entry: SPIs, then
 *  templates that no client holds. So much goes for one entry that it has room, and no packet
 *  waits. */
static void make_room(struct director *director, struct service *service)
{
	int left = GIVE_WAY;

	while (left-- > 0 && session_is_out_of_bytes(&director->sessions) &&
		(spi_give_way(&director->spis, service) ||
			template_give_way(&director->templates, service)))
		;
}

/** The packet's entry, made if it is not there. */
static int get_entry(struct director *director, const struct packet *packet, uint64_t now_ms,
	struct decision *decision)
{
	bool proven = decision->change == CHANGE_ESTABLISH;
	bool begins = decision->change == CHANGE_BEGIN && decision->first == FIRST_PASSED;

	make_room(director, decision->service);
	if (decision->entry)
		return begins && session_is_out_of_bytes(&director->sessions) ? -ENOBUFS : 0;
	session_make_room(&director->sessions, decision->service, decision->client, proven);
	return session_add(&director->sessions, decision->service, decision->server,
		&packet->flow, now_ms, &decision->entry);
}

/** Notes the packet's cookies in the decision's entry. */
static int note_cookies(struct director *director, const struct packet *packet,
	const struct decision *decision)
{
	struct session_table *sessions = &director->sessions;

	switch (decision->change) {
	case CHANGE_BEGIN:
	case CHANGE_ESTABLISH:
		return handshake_note(sessions, decision->entry, packet);
	case CHANGE_OFFER:
		return handshake_offer(sessions, decision->entry, packet);
	case CHANGE_NONE:
	case CHANGE_JOIN:
	case CHANGE_TAKE_OVER:
	case CHANGE_TOUCH:
	case CHANGE_LEARN:
	case CHANGE_LEARN_SPI:
	case CHANGE_TEMPLATE:
		break;
	}
	return 0;
}

/** Carries out a change that needs an entry. */
static int commit_entry(struct director *director, const struct packet *packet,
	uint64_t now_ms, struct decision *decision)
{
	struct session_table *sessions = &director->sessions;
	bool is_new = !decision->entry;
	int error = get_entry(director, packet, now_ms, decision);
	struct server *before;

	if (error)
		return error;
	before = session_server(decision->entry);
	if (packet->direction == PACKET_TO_SERVER)
		decision->entry->mark = packet->mark;
	if (decision->change == CHANGE_ESTABLISH)
		session_move(sessions, decision->entry, decision->server);
	error = note_cookies(director, packet, decision);
	if (error && is_new)
		session_remove(sessions, decision->entry);
	else if (error)
		session_move(sessions, decision->entry, before);
	if (error)
		return error;
	if (decision->change == CHANGE_ESTABLISH)
		session_establish(sessions, decision->entry, now_ms);
	if (decision->change != CHANGE_OFFER)
		session_touch(sessions, decision->entry, now_ms);
	return 0;
}

/** Carries out CHANGE_LEARN. That a pair could not be noted for want of memory costs
 *  nothing now: the entry itself still forwards. */
static void commit_learn(struct director *director, const struct packet *packet,
	uint64_t now_ms, struct session_entry *entry)
{
	if (packet->icookie && packet->rcookie) {
		handshake_note(&director->sessions, entry, packet);
		entry->proof_ms = now_ms;
	}
	session_touch(&director->sessions, entry, now_ms);
}

/** What a decision becomes whose change the tables could not take. What a server sends
 *  goes its way nevertheless. */
static void commit_failed(int error, struct decision *decision)
{
	if (decision->action == DECISION_FORWARD)
		decision->action = DECISION_DROP;
	decision->reason = reason_of_error(error);
	decision->server = NULL;
	decision->entry = NULL;
}

/** Tells the scheduler when a client went where it said. */
static void commit_picked(const struct decision *decision)
{
	const struct scheduler *scheduler = decision->service->config->scheduler;

	if (decision->scheduled && scheduler->picked)
		scheduler->picked(decision->service, decision->server);
}

/** Carries out a change that may need a new entry. */
static void commit_change_entry(struct director *director, const struct packet *packet,
	uint64_t now_ms, struct decision *decision)
{
	int error = commit_entry(director, packet, now_ms, decision);

	if (error)
		commit_failed(error, decision);
	else
		commit_picked(decision);
	pressure_relieve(director, decision->entry, RELIEF_ENTRIES);
	decision->client = decision->entry ? decision->entry->client : NULL;
}

/** Takes over an ESTABLISHED entry of another server, if it has shown no cookies of its own
 *  for long enough: a NAT has given its port to somebody else. Cookies can be forged, so
 *  a client that is there keeps what is its own; the packet is forwarded all the same, and
 *  a new session's pair is kept with its server's, so that what comes next goes there too. */
static void commit_take_over(struct director *director, const struct packet *packet,
	uint64_t now_ms, struct decision *decision)
{
	if (now_ms - decision->entry->proof_ms >= SESSION_TAKE_OVER_MS) {
		decision->change = CHANGE_ESTABLISH;
		commit_change_entry(director, packet, now_ms, decision);
	} else if (decision->reason == REASON_ESTABLISH) {
		handshake_note(&director->sessions, decision->entry, packet);
	}
}

/** Writes the change into the tables. */
static void commit_change(struct director *director, const struct packet *packet,
	uint64_t now_ms, struct decision *decision)
{
	switch (decision->change) {
	case CHANGE_NONE:
		break;
	case CHANGE_BEGIN:
	case CHANGE_JOIN:
	case CHANGE_ESTABLISH:
	case CHANGE_OFFER:
		commit_change_entry(director, packet, now_ms, decision);
		break;
	case CHANGE_TAKE_OVER:
		commit_take_over(director, packet, now_ms, decision);
		break;
	case CHANGE_TOUCH:
		session_touch(&director->sessions, decision->entry, now_ms);
		break;
	case CHANGE_LEARN:
		commit_learn(director, packet, now_ms, decision->entry);
		break;
	case CHANGE_TEMPLATE:
		commit_picked(decision);
		template_note(&director->templates, decision->service,
			&packet->flow.client, decision->server, now_ms);
		break;
	case CHANGE_LEARN_SPI:
		spi_note(&director->spis, decision->service, decision->server, packet->spi,
			now_ms);
		break;
	}
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

/** Takes leave to answer; without it the packet is just dropped. A challenge must be shorter
 *  than what it answers: whose address that bears gets no more than was sent. */
static void commit_answer(struct director *director, const struct packet *packet,
	uint64_t size_bytes, struct decision *decision)
{
	if (decision->action == DECISION_UNREACHABLE &&
		!defence_answers(director, &packet->flow.client)) {
		decision->action = DECISION_DROP;
		decision->reason = REASON_ORPHAN_LIMITED;
	} else if (decision->action == DECISION_CHALLENGE &&
		(size_bytes < challenge_size_bytes(packet) ||
			!defence_challenges(director, decision->service, packet))) {
		decision->action = DECISION_DROP;
		decision->reason = REASON_CHALLENGE_LIMITED;
	}
}

/** Carries the decision into the tables. */
void decide_commit(struct director *director, const struct packet *packet, uint64_t now_ms,
	uint64_t size_bytes, struct decision *decision)
{
	director->sessions.now_ms = now_ms;
	director->defence.now_ms = now_ms;
	commit_change(director, packet, now_ms, decision);
	commit_answer(director, packet, size_bytes, decision);
	defence_note(director, packet, decision);
	count(director, size_bytes, decision);
}

