/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clients of the session table: where each one's ESP, AH and new sessions go.
 */
#include <string.h>

#include "core/session_parts.h"

/** What is hashed of an address with a service and a number, without padding. */
struct client_key {
	uint64_t service;
	uint64_t number;
	uint8_t address[16];
};

/** Hash of (service, CIP, number). */
uint64_t session_hash(const struct session_table *table, const struct service *service,
	const struct address *client, uint64_t number)
{
	struct client_key key = { .service = (uintptr_t)service, .number = number };

	memcpy(key.address, client->bytes, sizeof(key.address));
	return hash_keyed(&table->key, &key, sizeof(key));
}

/** The client of (service, CIP). */
struct session_client *session_find_client(const struct session_table *table,
	const struct service *service, const struct address *client)
{
	struct session_client *found =
		table_first(&table->clients, session_hash(table, service, client, 0));

	while (found &&
		(found->service != service || !address_equal(&found->address, client)))
		found = table_next(&table->clients, found);
	return found;
}

/** Where a client's ESP goes. */
struct server *session_client_server(const struct session_client *client)
{
	return &client->service->servers[client->server];
}

/** Makes a client without entries; its first entry must follow, its last frees it. */
struct session_client *session_client_new(struct session_table *table,
	struct service *service, struct server *server, const struct address *address)
{
	struct session_client *client = pool_take(&table->clients_pool);
	struct template *template;

	if (!client)
		return NULL;
	client->address = *address;
	client->service = service;
	client->server = service_place(service, server);
	template = template_note(table->templates, service, address, server, table->now_ms);
	template_hold(template);
	client->template = template ? pool_number(template) : 0;
	table_add(&table->clients, client, session_hash(table, service, address, 0));
	service->client_count++;
	server->clients++;
	return client;
}

/** Gives a client to another server. */
void session_client_move(struct session_client *client, struct server *server)
{
	session_client_server(client)->clients--;
	client->server = service_place(client->service, server);
	server->clients++;
}

/** Tells whether no NAT has changed the flow's ports, or it does not matter. */
bool session_is_plain(const struct service *service, uint16_t client_port)
{
	return service->config->affinity == AFFINITY_CLIENT ||
		client_port == PACKET_PORT_ISAKMP || client_port == PACKET_PORT_NATT;
}

/** Tells whether the client's ESP may go where this entry goes. */
static bool leads(const struct session_entry *entry)
{
	return entry->state == SESSION_ESTABLISHED &&
		session_is_plain(entry->client->service, entry->client_port);
}

/** Has the client's ESP go where an ESTABLISHED session of it is. A session that moved here
 *  may be of another server than what had been here before; the one stays that has one. */
void session_client_follow(const struct session_table *table, struct session_client *client)
{
	struct session_entry *entry = NULL, *latest = NULL;

	if (!client->plain_established_count)
		return;
	for (entry = session_first(table, client); entry; entry = session_next(table, entry)) {
		if (!leads(entry))
			continue;
		if (entry->server == client->server)
			return;
		latest = entry;
	}
	if (latest)
		session_client_move(client, session_server(latest));
}

/** Frees a client that has no entries. */
void session_client_free(struct session_table *table, struct session_client *client)
{
	table_remove(&table->clients, client);
	if (client->template)
		template_release(pool_at(&table->templates->pool, client->template),
			table->now_ms);
	client->service->client_count--;
	session_client_server(client)->clients--;
	pool_give(&table->clients_pool, client);
}
