/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handshakes of an entry: one initiator cookie (IKEv2: SPIi) and what is known of its
 * responder cookie. A pair is proven when a packet of the initiator showed it and, where
 * the server's replies are seen, the server had sent that responder cookie before.
 * Several of them live in one entry: re-authentication, rekeying by either side, clients
 * behind one address and port.
 */
#pragma once

#include "core/session.h"

/** Handshakes one entry may carry; one without a proven pair gives way first, then the
 *  one not used for longest. */
#define HANDSHAKES_PER_ENTRY 8

/** Responder cookies of the server that are remembered until one is proven: an answer
 *  that asks for another try may bear one too (RFC 7296 2.6), and copies come late. */
#define HANDSHAKE_OFFERS 2

struct handshake_offers {
	uint64_t rcookies[HANDSHAKE_OFFERS]; /**< by the server, the latest first */
};

/** As small as struct session_entry, and by the same means. */
struct handshake {
	struct table_node by_cookie;
	struct table_node by_pair; /**< once rcookie is known */
	uint64_t icookie;
	uint64_t rcookie; /**< 0 until proven */
	uint32_t entry;   /**< number */
	uint32_t next;    /**< number of the entry's one that was used before; 0: none */
	uint32_t offers;  /**< number; 0: the server was not seen to send any */
	uint8_t server;   /**< place; that it is with, whoever has the entry's flow by now */
	uint8_t version;
	bool by_server; /**< it began this one: who knows icookie got it from there */
};

/** The entry that handshake is in. */
struct session_entry *handshake_entry(
	const struct session_table *table, const struct handshake *handshake);

/** The server that handshake is with. */
struct server *handshake_server(
	const struct session_table *table, const struct handshake *handshake);

/** What the server has offered. */
struct handshake_offers handshake_offered(
	const struct session_table *table, const struct handshake *handshake);

/** The entry's handshakes, the one used last being the last. Returns how many. */
size_t handshake_list(const struct session_table *table, const struct session_entry *entry,
	const struct handshake *ret_list[static HANDSHAKES_PER_ENTRY]);

/** The handshake of (service, CIP, icookie), whatever port it came from, or NULL. */
struct handshake *handshake_find(const struct session_table *table,
	const struct service *service, const struct address *client, uint64_t icookie);

/** A handshake of an ESTABLISHED entry of service with exactly this pair, whatever address it
 *  came from, or NULL: an initiator that moves keeps its SPIs (RFC 4555 3.5). */
struct handshake *handshake_find_pair(const struct session_table *table,
	const struct service *service, uint64_t icookie, uint64_t rcookie);

/** The entry's own handshake of that initiator cookie, or NULL. No hash, no table. */
struct handshake *handshake_own(const struct session_table *table,
	const struct session_entry *entry, uint64_t icookie);

/** Tells whether the server sent rcookie for it, or began it. */
bool handshake_accepts(const struct session_table *table,
	const struct handshake *handshake, uint64_t rcookie);

/**
 * Notes the initiator's packet in entry. A handshake with the same icookie is moved here
 * from the client's other entry, and its pair is proven, if rcookie is not 0. -ENOMEM.
 */
int handshake_note(struct session_table *table, struct session_entry *entry,
	const struct packet *packet);

/** Notes the server's packet: what it offers, or begins. A handshake that is new is put
 *  into entry, one of the client's stays where it is. -ENOMEM. */
int handshake_offer(struct session_table *table, struct session_entry *entry,
	const struct packet *packet);

/** A handshake as an earlier run knew it. */
struct handshake_saved {
	struct server *server;
	uint64_t icookie;
	uint64_t rcookie;
	struct handshake_offers offered;
	uint8_t version;
	bool by_server;
};

/**
 * Puts a handshake of an earlier run behind those of entry. -EEXIST: the client has one of
 * that initiator cookie, -ENOSPC: the entry has as many as it may, -ENOMEM.
 */
int handshake_restore(struct session_table *table, struct session_entry *entry,
	const struct handshake_saved *saved);

/** Frees all handshakes of entry. */
void handshake_free_all(struct session_table *table, struct session_entry *entry);
