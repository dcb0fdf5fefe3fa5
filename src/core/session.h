/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two-state ISAKMP table. Three kinds of objects:
 *
 *   client ──owns──► entries ──own──► handshakes
 *   (service, CIP)   UDP/CIP:CPORT→VIP:VPORT   one initiator cookie and what is known of it
 *
 * An entry is INITIAL until one of its handshakes showed both cookies. A client has one
 * server; ESP and AH are slaves of its ESTABLISHED entries. Entries leave by timeout only,
 * or to make room as session_make_room says. The table is pure: time is an argument, and
 * what changes is announced through struct session_events, from this file alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/table.h"
#include "core/packet.h"
#include "core/service.h"

/** Handshakes one entry may carry; the oldest unproven one gives way. */
#define SESSION_HANDSHAKES 8

enum session_state {
	SESSION_INITIAL,
	SESSION_ESTABLISHED,
};

struct session_client {
	struct table_node by_address;
	struct address address;
	struct service *service;
	struct server *server;
	struct list entries;
	uint32_t entry_count;
	uint32_t established_count; /**< more than 0: ESP and AH are forwarded */
};

struct session_entry {
	struct table_node by_flow;
	struct list in_client;
	struct list in_state; /**< service->initial, established or soft */
	struct packet_flow flow;
	struct session_client *client;
	struct list handshakes;
	uint32_t handshake_count;
	enum session_state state;
	bool soft;
	uint64_t created_ms;
	uint64_t last_ms; /**< last ISAKMP or keepalive */
	uint64_t packets;
};

struct session_handshake {
	struct table_node by_cookie;
	struct table_node by_pair; /**< once rcookie is known */
	struct list in_entry;
	struct session_entry *entry;
	uint64_t icookie;
	uint64_t rcookie; /**< 0 until a packet showed it */
	uint8_t version;
};

/** Announced changes. Every path through the table calls these and nothing else does. */
struct session_events {
	void (*established)(void *user, const struct session_entry *entry);
	void (*removed)(void *user, const struct session_entry *entry);
	void *user;
};

struct session_limits {
	uint32_t entries;
	uint32_t entries_per_client;
};

struct session_table {
	struct table flows;
	struct table cookies;
	struct table pairs;
	struct table clients;
	struct hash_key key;
	struct session_limits limits;
	struct session_events events;
	size_t entry_count;
};

/** Makes an empty table, wide enough for limits. -ENOMEM. */
int session_init(struct session_table *table, const struct session_limits *limits,
	const struct hash_key *key, const struct session_events *events);

/** Frees every entry (announced as removed) of services, and the table. */
void session_fini(struct session_table *table);

/** The entry of exactly this flow, or NULL. */
struct session_entry *session_find_flow(const struct session_table *table,
	const struct packet_flow *flow);

/** The handshake of (service, CIP, icookie), whatever port it came from, or NULL. */
struct session_handshake *session_find_cookie(const struct session_table *table,
	const struct service *service, const struct address *client, uint64_t icookie);

/** A handshake of an ESTABLISHED entry of service with exactly this pair, whatever address it
 *  came from, or NULL: an initiator that moves keeps its SPIs (RFC 4555 3.5). */
struct session_handshake *session_find_pair(const struct session_table *table,
	const struct service *service, uint64_t icookie, uint64_t rcookie);

/** The client of (service, CIP), or NULL. */
struct session_client *session_find_client(const struct session_table *table,
	const struct service *service, const struct address *client);

/**
 * Makes an INITIAL entry for flow, and its client with server when client is NULL.
 * -ENOSPC: table full, -EDQUOT: client full, -ENOMEM; then nothing has changed.
 */
int session_add(struct session_table *table, struct service *service, struct server *server,
	const struct packet_flow *flow, uint64_t now_ms, struct session_entry **ret_entry);

/**
 * Notes a handshake in entry. One with the same icookie is moved here from the client's
 * other entry and learns rcookie if it is not 0. -ENOMEM.
 */
int session_note_handshake(struct session_table *table, struct session_entry *entry,
	const struct packet *packet);

/** Makes entry ESTABLISHED if it is not, and announces it. */
void session_establish(struct session_table *table, struct session_entry *entry,
	uint64_t now_ms);

/** Restarts the entry's timer; a soft entry becomes a live one again. */
void session_touch(struct session_entry *entry, uint64_t now_ms);

/**
 * Makes room for one more entry of service: where the table is full the oldest soft entry
 * goes. For an entry that is proven by both cookies an unproven one gives way as well: the
 * oldest INITIAL entry of client if that is at its limit, the oldest of service if the
 * table is full. client may be NULL, and may be freed with its last entry. Returns false
 * if nothing could go.
 */
bool session_make_room(struct session_table *table, struct service *service,
	struct session_client *client, bool proven);

/** Removes entry, announces it, and frees its client if it was the last. */
void session_remove(struct session_table *table, struct session_entry *entry);

/** Handles up to max_entries expired entries of service: removes them or makes them soft.
 *  Returns how many; equal to max_entries means that there may be more. */
size_t session_expire(struct session_table *table, struct service *service, uint64_t now_ms,
	size_t max_entries);

/** When the entry expires; for a soft one, when it did. */
uint64_t session_expires_ms(const struct session_entry *entry);

/** The state's name: "INITIAL", "ESTABLISHED", or "SOFT" for a soft entry. */
const char *session_state_name(const struct session_entry *entry);
