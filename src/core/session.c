/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/handshake.h"

/** What is hashed of an address with a service and a number, without padding. */
struct client_key {
	uint64_t service;
	uint64_t number;
	uint8_t address[16];
};

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

/** Hash of (service, CIP, number). */
uint64_t session_hash(const struct session_table *table, const struct service *service,
	const struct address *client, uint64_t number)
{
	struct client_key key = { .service = (uintptr_t)service, .number = number };

	memcpy(key.address, client->bytes, sizeof(key.address));
	return hash_keyed(&table->key, &key, sizeof(key));
}

/** Compares two flows. */
static bool flow_equal(const struct packet_flow *one, const struct packet_flow *other)
{
	return one->client_port == other->client_port &&
		one->virtual_port == other->virtual_port &&
		address_equal(&one->client, &other->client) &&
		address_equal(&one->virtual, &other->virtual);
}

/** Makes an empty table. */
int session_init(struct session_table *table, const struct session_limits *limits,
	const struct hash_key *key, const struct session_events *events)
{
	*table = (struct session_table){ .key = *key, .limits = *limits };
	if (events)
		table->events = *events;
	if (table_init(&table->flows, limits->entries))
		return -ENOMEM;
	if (table_init(&table->cookies, limits->entries))
		goto free_flows;
	if (table_init(&table->pairs, limits->entries))
		goto free_cookies;
	if (table_init(&table->clients, limits->entries))
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

/** Removes what is left, then the table. */
void session_fini(struct session_table *table)
{
	for (size_t i = 0; i < table->flows.bucket_count; i++) {
		struct table_node *node;

		while (table->flows.buckets && (node = table_bucket(&table->flows, i)))
			session_remove(table, table_owner(node, struct session_entry, by_flow));
	}
	table_fini(&table->clients);
	table_fini(&table->pairs);
	table_fini(&table->cookies);
	table_fini(&table->flows);
}

/** What the objects are, as often as they are there. */
uint64_t session_bytes(const struct session_table *table)
{
	return (uint64_t)table->entry_count * sizeof(struct session_entry) +
		(uint64_t)table->clients.count * sizeof(struct session_client) +
		(uint64_t)table->cookies.count * sizeof(struct handshake);
}

/** Whether one entry of a new client would be too much. */
bool session_is_out_of_bytes(const struct session_table *table)
{
	return table->limits.bytes &&
		session_bytes(table) + sizeof(struct session_entry) +
				sizeof(struct session_client) + sizeof(struct handshake) >
			table->limits.bytes;
}

/** The entry of this flow. */
struct session_entry *session_find_flow(const struct session_table *table,
	const struct packet_flow *flow)
{
	struct table_node *node = table_first(&table->flows, hash_flow(table, flow));

	for (; node; node = table_next(node)) {
		struct session_entry *entry = table_owner(node, struct session_entry, by_flow);

		if (flow_equal(&entry->flow, flow))
			return entry;
	}
	return NULL;
}

/** The client of (service, CIP). */
struct session_client *session_find_client(const struct session_table *table,
	const struct service *service, const struct address *client)
{
	struct table_node *node =
		table_first(&table->clients, session_hash(table, service, client, 0));

	for (; node; node = table_next(node)) {
		struct session_client *found =
			table_owner(node, struct session_client, by_address);

		if (found->service == service && address_equal(&found->address, client))
			return found;
	}
	return NULL;
}

/** Makes a client without entries; its first entry must follow, its last frees it. */
static struct session_client *client_new(struct session_table *table,
	struct service *service, struct server *server, const struct address *address)
{
	struct session_client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->address = *address;
	client->service = service;
	client->server = server;
	client->template =
		template_note(table->templates, service, address, server, table->now_ms);
	template_hold(client->template);
	list_init(&client->entries);
	table_add(&table->clients, &client->by_address,
		session_hash(table, service, address, 0));
	service->client_count++;
	server->clients++;
	return client;
}

/** Gives a client to another server. */
void session_client_move(struct session_client *client, struct server *server)
{
	client->server->clients--;
	client->server = server;
	server->clients++;
}

/** Tells whether no NAT has changed the flow's ports, or it does not matter. */
bool session_is_plain(const struct service *service, const struct packet_flow *flow)
{
	return service->config->affinity == AFFINITY_CLIENT ||
		flow->client_port == PACKET_PORT_ISAKMP ||
		flow->client_port == PACKET_PORT_NATT;
}

/** Tells whether the entry's flow is plain. */
static bool is_plain(const struct session_entry *entry)
{
	return session_is_plain(entry->client->service, &entry->flow);
}

/** Tells whether the client's ESP may go where this entry goes. */
static bool leads(const struct session_entry *entry)
{
	return entry->state == SESSION_ESTABLISHED && is_plain(entry);
}

/** Has the client's ESP go where an ESTABLISHED session of it is. A session that moved here
 *  may be of another server than what had been here before; the one stays that has one. */
static void client_follow(struct session_client *client)
{
	struct session_entry *latest = NULL;
	struct list *node, *following;

	if (!client->plain_established_count)
		return;
	list_each(node, following, &client->entries) {
		struct session_entry *entry = list_owner(node, struct session_entry, in_client);

		if (!leads(entry))
			continue;
		if (entry->server == client->server)
			return;
		latest = entry;
	}
	if (latest)
		session_client_move(client, latest->server);
}

/** Frees a client that has no entries. */
static void client_free(struct session_table *table, struct session_client *client)
{
	table_remove(&table->clients, &client->by_address);
	template_release(client->template, table->now_ms);
	client->service->client_count--;
	client->server->clients--;
	free(client);
}

/** Tells whether the limits allow one more entry of client (NULL: a new one). */
static int check_limits(const struct session_table *table, const struct session_client *client)
{
	if (client && client->entry_count >= table->limits.entries_per_client)
		return -EDQUOT;
	if (table->entry_count >= table->limits.entries)
		return -ENOSPC;
	return session_is_out_of_bytes(table) ? -ENOBUFS : 0;
}

/** Links a fresh entry everywhere an INITIAL entry is. */
static void entry_link(struct session_table *table, struct session_entry *entry)
{
	struct service *service = entry->client->service;

	table_add(&table->flows, &entry->by_flow, hash_flow(table, &entry->flow));
	list_append(&entry->client->entries, &entry->in_client);
	list_append(&service->initial, &entry->in_state);
	entry->client->entry_count++;
	entry->client->plain_count += is_plain(entry);
	entry->server->initial++;
	service->initial_count++;
	table->entry_count++;
}

/** Makes an INITIAL entry of a client that is there. */
static int entry_new(struct session_table *table, struct session_client *client,
	struct server *server, const struct packet_flow *flow, uint64_t now_ms,
	struct session_entry **ret_entry)
{
	struct session_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->flow = *flow;
	entry->client = client;
	entry->server = server;
	entry->created_ms = now_ms;
	entry->last_ms = now_ms;
	list_init(&entry->handshakes);
	entry_link(table, entry);
	*ret_entry = entry;
	return 0;
}

/** Makes an entry and, if need be, its client. The first plain entry says where the
 *  client's other traffic goes. */
int session_add(struct session_table *table, struct service *service, struct server *server,
	const struct packet_flow *flow, uint64_t now_ms, struct session_entry **ret_entry)
{
	struct session_client *client = session_find_client(table, service, &flow->client);
	int error = check_limits(table, client);

	table->now_ms = now_ms;
	if (error)
		return error;
	if (!client)
		client = client_new(table, service, server, &flow->client);
	if (!client)
		return -ENOMEM;
	error = entry_new(table, client, server, flow, now_ms, ret_entry);
	if (error && !client->entry_count)
		client_free(table, client);
	else if (!error && client->plain_count == 1 && is_plain(*ret_entry))
		session_client_move(client, server);
	return error;
}

/** INITIAL to ESTABLISHED. */
void session_establish(struct session_table *table, struct session_entry *entry,
	uint64_t now_ms)
{
	struct session_client *client = entry->client;

	entry->last_ms = now_ms;
	entry->proof_ms = now_ms;
	if (entry->state == SESSION_ESTABLISHED)
		return;
	entry->state = SESSION_ESTABLISHED;
	list_move_to_end(&client->service->established, &entry->in_state);
	client->service->initial_count--;
	client->service->established_count++;
	entry->server->initial--;
	entry->server->established++;
	entry->server->handshakes++;
	client->established_count++;
	client->plain_established_count += is_plain(entry);
	client_follow(client);
	if (table->events.established)
		table->events.established(table->events.user, entry);
}

/** Another server for an entry. Where it is the client's only plain one, for the client. */
void session_move(struct session_table *table, struct session_entry *entry,
	struct server *server)
{
	const struct server *from = entry->server;
	bool established = entry->state == SESSION_ESTABLISHED;

	if (from == server)
		return;
	*(established ? &entry->server->established : &entry->server->initial) -= 1;
	*(established ? &server->established : &server->initial) += 1;
	entry->server = server;
	if (is_plain(entry) && entry->client->plain_count == 1)
		session_client_move(entry->client, server);
	client_follow(entry->client);
	if (established && table->events.moved)
		table->events.moved(table->events.user, entry, from);
}

/** The list of its service and state where entry belongs. */
static struct list *state_list(const struct session_entry *entry)
{
	struct service *service = entry->client->service;

	if (entry->state == SESSION_INITIAL)
		return &service->initial;
	return entry->soft ? &service->soft : &service->established;
}

/** Takes an entry into the soft ones or back; both are ESTABLISHED. */
static void set_soft(struct session_entry *entry, bool soft)
{
	struct service *service = entry->client->service;

	if (entry->soft == soft)
		return;
	entry->soft = soft;
	service->soft_count += soft ? 1 : -1;
	service->established_count += soft ? -1 : 1;
	list_move_to_end(state_list(entry), &entry->in_state);
}

/** Restarts the timer. */
void session_touch(struct session_entry *entry, uint64_t now_ms)
{
	entry->last_ms = now_ms;
	set_soft(entry, false);
	list_move_to_end(state_list(entry), &entry->in_state);
}

/** Takes the entry out of the counts of its service, server and client. */
static void entry_uncount(struct session_entry *entry)
{
	struct session_client *client = entry->client;

	set_soft(entry, false);
	if (entry->state == SESSION_INITIAL) {
		client->service->initial_count--;
		entry->server->initial--;
	} else {
		client->service->established_count--;
		entry->server->established--;
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
	entry_uncount(entry);
	table_remove(&table->flows, &entry->by_flow);
	list_remove(&entry->in_client);
	list_remove(&entry->in_state);
	table->entry_count--;
	client_follow(client);
	if (table->events.removed)
		table->events.removed(table->events.user, entry);
	if (!client->entry_count)
		client_free(table, client);
	free(entry);
}

/** Removes the first entry of a state's list, if there is one. */
static bool remove_oldest(struct session_table *table, struct list *state)
{
	if (list_empty(state))
		return false;
	session_remove(table, list_owner(state->next, struct session_entry, in_state));
	return true;
}

/** Removes the client's INITIAL entry with the oldest packet, if it has one. */
static bool remove_oldest_initial(struct session_table *table, struct session_client *client)
{
	struct session_entry *oldest = NULL;
	struct list *node, *following;

	list_each(node, following, &client->entries) {
		struct session_entry *entry = list_owner(node, struct session_entry, in_client);

		if (entry->state == SESSION_INITIAL &&
			(!oldest || entry->last_ms < oldest->last_ms))
			oldest = entry;
	}
	if (oldest)
		session_remove(table, oldest);
	return oldest;
}

/** Makes room for one entry. */
bool session_make_room(struct session_table *table, struct service *service,
	struct session_client *client, bool proven)
{
	int full = check_limits(table, client);

	if (full == -EDQUOT)
		return proven && remove_oldest_initial(table, client);
	if (full)
		return remove_oldest(table, &service->soft) ||
			(proven && remove_oldest(table, &service->initial));
	return true;
}

/** The service's timeout for the entry's state. */
static uint64_t timeout_ms(const struct session_entry *entry)
{
	const struct config_service *config = entry->client->service->config;

	return entry->state == SESSION_INITIAL ? config->timeout_initial_ms :
						 config->timeout_established_ms;
}

/** When the entry's timer ends. */
uint64_t session_expires_ms(const struct session_entry *entry)
{
	return entry->last_ms + timeout_ms(entry);
}

/** The first entry of a state's list if its time has come, else NULL. */
static struct session_entry *first_expired(const struct list *state, uint64_t now_ms)
{
	struct session_entry *entry;

	if (list_empty(state))
		return NULL;
	entry = list_owner(state->next, struct session_entry, in_state);
	return session_expires_ms(entry) <= now_ms ? entry : NULL;
}

/** Handles one expired entry of service; false when there is none. */
static bool expire_one(struct session_table *table, struct service *service, uint64_t now_ms)
{
	struct session_entry *entry;

	if (service->soft_count > service->soft_quota)
		return remove_oldest(table, &service->soft);
	entry = first_expired(&service->initial, now_ms);
	if (!entry) {
		entry = first_expired(&service->established, now_ms);
		if (entry && service->soft_quota) {
			set_soft(entry, true);
			return true;
		}
	}
	if (entry)
		session_remove(table, entry);
	return entry;
}

/** Handles expired entries up to a number. */
size_t session_expire(struct session_table *table, struct service *service, uint64_t now_ms,
	size_t max_entries)
{
	size_t handled = 0;

	table->now_ms = now_ms;
	while (handled < max_entries && expire_one(table, service, now_ms))
		handled++;
	return handled;
}

/** The state's name. */
const char *session_state_name(const struct session_entry *entry)
{
	if (entry->state == SESSION_INITIAL)
		return "INITIAL";
	return entry->soft ? "SOFT" : "ESTABLISHED";
}
