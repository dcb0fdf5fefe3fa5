/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/session.h"

#include <errno.h>
#include <string.h>

#include "core/handshake.h"
#include "core/session_parts.h"

/* A client with an entry and a handshake takes 184 bytes, and 16 for the tables. */
_Static_assert(sizeof(struct session_client) <= 64, "a client is small");
_Static_assert(sizeof(struct session_entry) <= 72, "an entry is small");
_Static_assert(CONFIG_SERVERS <= 256 && CONFIG_ADDRESSES <= 256, "places fit into a byte");

/** What is hashed of a flow, without padding. */
struct flow_key {
	uint8_t client[16];
	uint8_t virtual[16];
	uint16_t client_port;
	uint16_t virtual_port;
	uint32_t family;
};

/** Hash of a flow. */
static uint64_t hash_flow(const struct session_table *table, const struct packet_flow *flow)
{
	struct flow_key key = {
		.client_port = flow->client_port,
		.virtual_port = flow->virtual_port,
		.family = flow->client.family,
	};

	memcpy(key.client, flow->client.bytes, sizeof(key.client));
	memcpy(key.virtual, flow->virtual.bytes, sizeof(key.virtual));
	return hash_keyed(&table->key, &key, sizeof(key));
}

/** Tells whether the entry is of that flow. */
static bool is_of(const struct session_entry *entry, const struct packet_flow *flow)
{
	const struct session_client *client = entry->client;

	return entry->client_port == flow->client_port &&
		entry->virtual_port == flow->virtual_port &&
		address_equal(&client->address, &flow->client) &&
		address_equal(&client->service->config->addresses[entry->virtual],
			&flow->virtual);
}

/** Makes the hash tables. */
static int init_tables(struct session_table *table, size_t capacity)
{
	if (table_init(&table->flows, capacity, &table->entries_pool,
		    offsetof(struct session_entry, by_flow)))
		return -ENOMEM;
	if (table_init(&table->cookies, capacity, &table->handshakes_pool,
		    offsetof(struct handshake, by_cookie)))
		goto free_flows;
	if (table_init(&table->pairs, capacity, &table->handshakes_pool,
		    offsetof(struct handshake, by_pair)))
		goto free_cookies;
	if (table_init(&table->clients, capacity, &table->clients_pool,
		    offsetof(struct session_client, by_address)))
		goto free_pairs;
	return 0;

free_pairs:
	table_fini(&table->pairs);
free_cookies:
	table_fini(&table->cookies);
free_flows:
	table_fini(&table->flows);
	return -ENOMEM;
}

/** Makes an empty table. */
int session_init(struct session_table *table, const struct session_limits *limits,
	const struct hash_key *key, const struct session_events *events)
{
	*table = (struct session_table){
		.key = *key,
		.limits = *limits,
		.in_client = { &table->entries_pool,
			offsetof(struct session_entry, in_client) },
		.in_state = { &table->entries_pool,
			offsetof(struct session_entry, in_state) },
	};
	if (events)
		table->events = *events;
	pool_init(&table->clients_pool, sizeof(struct session_client));
	pool_init(&table->entries_pool, sizeof(struct session_entry));
	pool_init(&table->handshakes_pool, sizeof(struct handshake));
	pool_init(&table->offers_pool, sizeof(struct handshake_offers));
	return init_tables(table, limits->entries);
}

/** Removes what is left, then the table. */
void session_fini(struct session_table *table)
{
	for (size_t i = 0; table->flows.buckets && i < table->flows.bucket_count; i++) {
		struct session_entry *entry;

		while ((entry = table_bucket(&table->flows, i)))
			session_remove(table, entry);
	}
	table_fini(&table->clients);
	table_fini(&table->pairs);
	table_fini(&table->cookies);
	table_fini(&table->flows);
	pool_fini(&table->offers_pool);
	pool_fini(&table->handshakes_pool);
	pool_fini(&table->entries_pool);
	pool_fini(&table->clients_pool);
}

/** The flow of an entry. */
struct packet_flow session_flow(const struct session_entry *entry)
{
	const struct session_client *client = entry->client;

	return (struct packet_flow){
		.client = client->address,
		.virtual = client->service->config->addresses[entry->virtual],
		.client_port = entry->client_port,
		.virtual_port = entry->virtual_port,
	};
}

/** The server of an entry. */
struct server *session_server(const struct session_entry *entry)
{
	return &entry->client->service->servers[entry->server];
}

/** The client's first entry. */
struct session_entry *session_first(
	const struct session_table *table, const struct session_client *client)
{
	return chain_first(&table->in_client, &client->entries);
}

/** The next entry of the same client. */
struct session_entry *session_next(
	const struct session_table *table, const struct session_entry *entry)
{
	return chain_next(&table->in_client, entry);
}

/** The entry of this flow. */
struct session_entry *session_find_flow(const struct session_table *table,
	const struct packet_flow *flow)
{
	struct session_entry *entry = table_first(&table->flows, hash_flow(table, flow));

	while (entry && !is_of(entry, flow))
		entry = table_next(&table->flows, entry);
	return entry;
}

/** The place of a virtual address in its service; negative errno. */
static int place_of(const struct service *service, const struct address *virtual)
{
	for (size_t i = 0; i < service->config->address_count; i++) {
		if (address_equal(&service->config->addresses[i], virtual))
			return (int)i;
	}
	return -EADDRNOTAVAIL;
}

/** Tells whether the entry's flow is plain. */
static bool is_plain(const struct session_entry *entry)
{
	return session_is_plain(entry->client->service, entry->client_port);
}

/** Links a fresh entry everywhere an INITIAL entry is. */
static void entry_link(struct session_table *table, struct session_entry *entry,
	const struct packet_flow *flow)
{
	struct session_client *client = entry->client;
	struct service *service = client->service;

	table_add(&table->flows, entry, hash_flow(table, flow));
	chain_append(&table->in_client, &client->entries, entry);
	chain_append(&table->in_state, &service->initial, entry);
	client->entry_count++;
	client->plain_count += is_plain(entry);
	session_server(entry)->initial++;
	service->initial_count++;
	table->entry_count++;
}

/** Makes an INITIAL entry of a client that is there. */
static int entry_new(struct session_table *table, struct session_client *client,
	const struct server *server, const struct packet_flow *flow, uint64_t now_ms,
	struct session_entry **ret_entry)
{
	int place = place_of(client->service, &flow->virtual);
	struct session_entry *entry;

	if (place < 0)
		return place;
	entry = pool_take(&table->entries_pool);
	if (!entry)
		return -ENOMEM;
	entry->client = client;
	entry->client_port = flow->client_port;
	entry->virtual_port = flow->virtual_port;
	entry->virtual = (uint8_t)place;
	entry->server = service_place(client->service, server);
	entry->created_ms = now_ms;
	entry->last_ms = now_ms;
	entry_link(table, entry, flow);
	*ret_entry = entry;
	return 0;
}

/** Makes an entry and, if need be, its client. The first plain entry says where the
 *  client's other traffic goes. */
int session_add(struct session_table *table, struct service *service, struct server *server,
	const struct packet_flow *flow, uint64_t now_ms, struct session_entry **ret_entry)
{
	struct session_client *client = session_find_client(table, service, &flow->client);
	int error = session_check_limits(table, client);

	table->now_ms = now_ms;
	if (error)
		return error;
	if (!client)
		client = session_client_new(table, service, server, &flow->client);
	if (!client)
		return -ENOMEM;
	error = entry_new(table, client, server, flow, now_ms, ret_entry);
	if (error && !client->entry_count)
		session_client_free(table, client);
	else if (!error && client->plain_count == 1 && is_plain(*ret_entry))
		session_client_move(client, server);
	return error;
}

/** INITIAL to ESTABLISHED. */
void session_establish(struct session_table *table, struct session_entry *entry,
	uint64_t now_ms)
{
	struct session_client *client = entry->client;
	struct server *server = session_server(entry);

	entry->last_ms = now_ms;
	entry->proof_ms = now_ms;
	if (entry->state == SESSION_ESTABLISHED)
		return;
	chain_remove(&table->in_state, &client->service->initial, entry);
	entry->state = SESSION_ESTABLISHED;
	chain_append(&table->in_state, &client->service->established, entry);
	client->service->initial_count--;
	client->service->established_count++;
	server->initial--;
	server->established++;
	server->handshakes++;
	client->established_count++;
	client->plain_established_count += is_plain(entry);
	session_client_follow(table, client);
	if (table->events.established)
		table->events.established(table->events.user, entry);
}

/** Another server for an entry. Where it is the client's only plain one, for the client. */
void session_move(struct session_table *table, struct session_entry *entry,
	struct server *server)
{
	struct server *from = session_server(entry);
	bool established = entry->state == SESSION_ESTABLISHED;

	if (from == server)
		return;
	*(established ? &from->established : &from->initial) -= 1;
	*(established ? &server->established : &server->initial) += 1;
	entry->server = service_place(entry->client->service, server);
	if (is_plain(entry) && entry->client->plain_count == 1)
		session_client_move(entry->client, server);
	session_client_follow(table, entry->client);
	if (established && table->events.moved)
		table->events.moved(table->events.user, entry, from);
}

/** Takes the entry out of the counts of its service, server and client. */
static void entry_uncount(struct session_entry *entry)
{
	struct session_client *client = entry->client;
	struct server *server = session_server(entry);

	if (entry->state == SESSION_INITIAL) {
		client->service->initial_count--;
		server->initial--;
	} else {
		client->service->established_count--;
		server->established--;
		client->established_count--;
		client->plain_established_count -= is_plain(entry);
	}
	client->entry_count--;
	client->plain_count -= is_plain(entry);
}

/** Removes an entry; announced last, when the table no longer has it. */
void session_remove(struct session_table *table, struct session_entry *entry)
{
	struct session_client *client = entry->client;

	handshake_free_all(table, entry);
	session_set_soft(table, entry, false);
	entry_uncount(entry);
	table_remove(&table->flows, entry);
	chain_remove(&table->in_client, &client->entries, entry);
	chain_remove(&table->in_state, session_state_chain(entry), entry);
	table->entry_count--;
	session_client_follow(table, client);
	if (table->events.removed)
		table->events.removed(table->events.user, entry);
	if (!client->entry_count)
		session_client_free(table, client);
	pool_give(&table->entries_pool, entry);
}
