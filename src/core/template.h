/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistence templates, IP/CIP to server, as LVS has them: where a client, or a network of
 * clients, goes with all its traffic. One lives as long as clients of it have entries,
 * and for the service's persistence after the last of them, or after the last packet of
 * its other traffic.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/table.h"
#include "core/memory.h"

struct server;
struct service;

struct template {
	struct table_node by_network;
	struct list in_service; /**< in the order of use, unless held */
	struct service *service;
	struct server *server;
	struct address network;
	uint32_t holders;
	uint64_t last_ms;
};

struct template_table {
	struct pool pool; /**< of struct template */
	struct table templates;
	struct hash_key key;
	uint32_t limit;
	const struct memory *memory; /**< borrowed, bounds them as well; NULL: no limit */
};

/** Makes an empty table for up to limit templates. -ENOMEM. */
int template_init(struct template_table *table, uint32_t limit, const struct hash_key *key);

/** Frees the table, which must be empty. Accepts one that was never made. */
void template_fini(struct template_table *table);

/** The server of the client's template, or NULL. */
struct server *template_server(const struct template_table *table,
	const struct service *service, const struct address *client);

/** Notes server as that of the client's template, whose time begins anew. Returns the
 *  template, which the table owns; NULL without memory or room, and where the service has
 *  no persistence: then the client has none. Where the table is full, the service's
 *  template that was not used for longest gives way. */
struct template *template_note(struct template_table *table, struct service *service,
	const struct address *client, struct server *server, uint64_t now_ms);

/** Keeps a template from expiring, for one client more. Accepts NULL. */
void template_hold(struct template *template);

/** Ends that for one client; its time begins now. Accepts NULL. */
void template_release(struct template *template, uint64_t now_ms);

/** Removes up to max expired templates of service; returns how many. */
size_t template_expire(struct template_table *table, struct service *service,
	uint64_t now_ms, size_t max);

/** When the next template of service expires, UINT64_MAX if none will. */
uint64_t template_next_expiry_ms(const struct service *service);

/** Removes the template of service that nobody holds and that was not used for longest; false:
 *  there is none. */
bool template_give_way(struct template_table *table, struct service *service);

/** Removes all templates of service, which no client may hold any more. */
void template_clear(struct template_table *table, struct service *service);

/** Brings the service's templates into the order of use again, after template_note with
 *  times that were not in order. */
void template_sort(struct service *service);
