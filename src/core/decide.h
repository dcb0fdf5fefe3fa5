/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to a packet, in two steps. decide looks at the tables and says what should
 * be; it changes nothing, so the same call can explain a packet. decide_commit then writes
 * the decision into the tables. Neither touches the kernel: the daemon's apply does.
 */
#pragma once

#include <stdint.h>

#include "core/director.h"
#include "core/packet.h"
#include "core/session.h"

enum decision_action {
	DECISION_FORWARD,     /**< mark for server and accept */
	DECISION_DROP,
	DECISION_UNREACHABLE, /**< drop, and answer ICMP protocol unreachable */
	DECISION_CHALLENGE,   /**< drop, and answer with a cookie */
	DECISION_PASS,        /**< accept unmarked: none of our business */
};

enum decision_change {
	CHANGE_NONE,
	CHANGE_BEGIN,     /**< INITIAL entry if there is none, handshake noted, timer */
	CHANGE_JOIN,      /**< INITIAL entry if there is none, timer */
	CHANGE_ESTABLISH, /**< entry if there is none, at server, handshake noted, ESTABLISHED,
			   *   timer */
	CHANGE_TAKE_OVER, /**< the same if the entry's own sessions have long been silent */
	CHANGE_TOUCH,     /**< timer */
	CHANGE_LEARN,     /**< timer, and the pair is noted */
	CHANGE_TEMPLATE,  /**< the client's template, at server */
	CHANGE_LEARN_SPI, /**< the SPI is bound to server */
	CHANGE_OFFER,     /**< entry if there is none, the server's cookie noted */
};

/** What became of a first message of a handshake that is not known. */
enum decision_first {
	FIRST_NOT,     /**< it is none */
	FIRST_STOPPED,
	FIRST_HELD, /**< its next copy may pass */
	FIRST_PASSED,
};

struct decision {
	enum decision_action action;
	enum decision_change change;
	enum reason reason;
	struct service *service;       /**< NULL when the VIP is none of ours */
	struct server *server;         /**< forwarded to, or of the entry to be made */
	bool scheduled;                /**< the scheduler chose it */
	enum decision_first first;
	struct session_client *client; /**< as found, may be NULL */
	struct session_entry *entry;   /**< as found, may be NULL */
};

/** Says what should be done with packet. Changes nothing. */
void decide(const struct director *director, const struct packet *packet,
	struct decision *ret_decision);

/**
 * Carries the decision into the tables. Where that is not possible (limit, memory) the
 * decision becomes a drop with the reason. Counts the packet of size_bytes. now_ms must
 * not go backwards from call to call.
 */
void decide_commit(struct director *director, const struct packet *packet, uint64_t now_ms,
	uint64_t size_bytes, struct decision *decision);

/** The action's name, for people and scripts. */
const char *decision_action_name(enum decision_action action);
