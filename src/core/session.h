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

#include "base/chain.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"
#include "core/memory.h"
#include "core/packet.h"
#include "core/service.h"
#include "core/template.h"

/** How long an ESTABLISHED entry must have shown no cookies before a session of another
 *  server may have its flow: longer than most clients' liveness checks are apart. */
#define SESSION_TAKE_OVER_MS 150000

enum session_state {
	SESSION_INITIAL,
	SESSION_ESTABLISHED,
};

/** Objects are small, for there may be millions: they name each other by their numbers in the
 *  pools of struct session_table, servers and virtual addresses by their places in the
 *  service. Times are in ms, 42 bits of them last for 139 years. */
struct session_client {
	struct table_node by_address;
	struct service *service;
	struct address address;
	uint8_t server;            /**< place; where its ESP, AH and new sessions go */
	uint16_t entry_count;      /**< as many as limits.entries_per_client allows */
	uint16_t established_count;
	uint16_t plain_count;             /**< entries that session_is_plain */
	uint16_t plain_established_count; /**< more than 0: ESP and AH are forwarded */
	uint32_t fast_mark;        /**< the listener's: what the fast path has; 0: nothing */
	struct chain entries;
	uint32_t template; /**< number of the one that is held; 0: none */
};

struct session_entry {
	struct table_node by_flow;
	struct chain_node in_client;
	struct chain_node in_state; /**< service->initial, established or soft */
	struct session_client *client;
	uint64_t created_ms : 42;
	uint64_t client_port : 16;
	uint64_t handshake_count : 4;
	uint64_t state : 1; /**< enum session_state */
	uint64_t soft : 1;
	uint64_t last_ms : 42; /**< last ISAKMP or keepalive */
	uint64_t virtual_port : 16;
	uint64_t proof_ms : 42; /**< last ISAKMP with both cookies that was for server */
	uint64_t server : 8;    /**< place */
	uint64_t virtual : 8;   /**< place of its address in the service's */
	uint32_t handshakes; /**< number of the one used last; 0: none */
	uint32_t mark;       /**< firewall mark that its ISAKMP came with */
	uint32_t fast_mark;  /**< as the client's */
	uint32_t packets;    /**< begins anew at 2 to the power of 32 */
};

/** Announced changes. Every path through the table calls these and nothing else does. */
struct session_events {
	void (*established)(void *user, struct session_entry *entry);
	/** An ESTABLISHED entry has another server than from. */
	void (*moved)(void *user, struct session_entry *entry,
		const struct server *from);
	void (*removed)(void *user, struct session_entry *entry);
	void *user;
};

struct session_limits {
	uint32_t entries;
	uint32_t entries_per_client;
};

#define SESSION_TABLES 4 /**< hash tables, each as wide as limits.entries requires */

struct session_table {
	struct pool clients_pool; /**< struct session_client, and so on */
	struct pool entries_pool;
	struct pool handshakes_pool;
	struct pool offers_pool;
	struct chain_kind in_client; /**< how chains of a client's entries are linked */
	struct chain_kind in_state;
	struct table flows;
	struct table cookies;
	struct table pairs;
	struct table clients;
	struct template_table *templates; /**< borrowed; needed where there is persistence */
	const struct memory *memory;      /**< borrowed; NULL: no limit */
	struct hash_key key;
	struct session_limits limits;
	struct session_events events;
	size_t entry_count;
	uint64_t now_ms; /**< the latest moment that the table was told of */
};

/** Makes an empty table, wide enough for limits, which stays where it is. -ENOMEM. */
int session_init(struct session_table *table, const struct session_limits *limits,
	const struct hash_key *key, const struct session_events *events);

/** Frees every entry (announced as removed) of services, and the table. */
void session_fini(struct session_table *table);

/** Has memory count the table's objects, and bound them. */
void session_count(struct session_table *table, struct memory *memory);

/** Tells whether the limit on memory leaves no room. */
bool session_is_out_of_bytes(const struct session_table *table);

/** The entry of exactly this flow, or NULL. */
struct session_entry *session_find_flow(const struct session_table *table,
	const struct packet_flow *flow);

/** Hash of (service, CIP, number): of a client with number 0, of a handshake with its
 *  initiator cookie. */
uint64_t session_hash(const struct session_table *table, const struct service *service,
	const struct address *client, uint64_t number);

/** The flow of an entry. */
struct packet_flow session_flow(const struct session_entry *entry);

/** The server of an entry. */
struct server *session_server(const struct session_entry *entry);

/** Where a client's ESP, AH and new sessions go. */
struct server *session_client_server(const struct session_client *client);

/** The client's first entry, or NULL. */
struct session_entry *session_first(
	const struct session_table *table, const struct session_client *client);

/** The next entry of the same client, or NULL. */
struct session_entry *session_next(
	const struct session_table *table, const struct session_entry *entry);

/** The entry that has had its last packet first, of service->initial, established or soft;
 *  NULL: there is none. */
struct session_entry *session_oldest(
	const struct session_table *table, const struct chain *state);

/** The client of (service, CIP), or NULL. */
struct session_client *session_find_client(const struct session_table *table,
	const struct service *service, const struct address *client);

/**
 * Makes an INITIAL entry for flow at server, and its client if there is none.
 * -ENOSPC: table full, -ENOBUFS: its memory, -EDQUOT: client full, -EADDRNOTAVAIL: the
 * flow's virtual address is not the service's, -ENOMEM; then nothing has changed.
 */
int session_add(struct session_table *table, struct service *service, struct server *server,
	const struct packet_flow *flow, uint64_t now_ms, struct session_entry **ret_entry);

/**
 * Tells whether a flow from that port has its client's server: always with affinity client. With
 * affinity session those do whose ports no NAT has changed, and the client's ESP and AH
 * with them; every other one has a server of its own.
 */
bool session_is_plain(const struct service *service, uint16_t client_port);

/** Gives a client to another server, but none of its entries. */
void session_client_move(struct session_client *client, struct server *server);

/** Gives an entry to another server, and announces it if it is ESTABLISHED. */
void session_move(struct session_table *table, struct session_entry *entry,
	struct server *server);

/** Makes entry ESTABLISHED if it is not, and announces it. */
void session_establish(struct session_table *table, struct session_entry *entry,
	uint64_t now_ms);

/** Restarts the entry's timer; a soft entry becomes a live one again. */
void session_touch(
	struct session_table *table, struct session_entry *entry, uint64_t now_ms);

/**
 * Makes room for one more entry of service: where the table is full the oldest soft entry
 * goes. For an entry that is proven by both cookies an unproven one gives way as well: the
 * oldest INITIAL entry of client if that is at its limit, the oldest of service if the
 * table is full. client may be NULL, and may be freed with its last entry. Returns false
 * if nothing could go.
 */
bool session_make_room(struct session_table *table, struct service *service,
	struct session_client *client, bool proven);

/** An entry as an earlier run knew it. */
struct session_saved {
	struct service *service;
	struct server *server;
	struct server *client_server; /**< of its client; NULL: the first entry's */
	struct packet_flow flow;
	enum session_state state;
	uint64_t created_ms;
	uint64_t last_ms;
	uint64_t proof_ms;
	uint64_t packets;
	uint32_t mark;
};

/**
 * Makes an entry as it was, and announces it if it was ESTABLISHED. session_sort must follow
 * before packets do. -EEXIST: the flow has one; else as session_add.
 */
int session_restore(struct session_table *table, const struct session_saved *saved,
	uint64_t now_ms, struct session_entry **ret_entry);

/** Brings the service's entries into the order of their last packets. */
void session_sort(const struct session_table *table, struct service *service);

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
