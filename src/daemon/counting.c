/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that are counted: from when to when, and what is forgotten for others. Their numbers
 * are counting_flow.c's.
 */
#include "daemon/counting.h"

#include <errno.h>

#define LOOK_FLOWS 256 /**< dealt with in one look, or one client more */

/** Makes the tables. */
int counting_init(struct counting *counting, const struct hash_key *key)
{
	int error;

	*counting = (struct counting){ .key = *key };
	pool_init(&counting->clients_pool, sizeof(struct counting_client));
	pool_init(&counting->flows_pool, sizeof(struct counting_flow));
	error = table_init(&counting->clients, COUNTING_CLIENTS, &counting->clients_pool,
		offsetof(struct counting_client, by_address));
	if (!error)
		error = table_init(&counting->flows, COUNTING_FLOWS, &counting->flows_pool,
			offsetof(struct counting_flow, by_key));
	if (error)
		counting_fini(counting);
	return error;
}

/** Frees them. */
void counting_fini(struct counting *counting)
{
	table_fini(&counting->clients);
	table_fini(&counting->flows);
	pool_fini(&counting->clients_pool);
	pool_fini(&counting->flows_pool);
	counting->active = 0;
}

/** Takes the backend down. */
void counting_use(struct counting *counting, const struct fast_path_backend *backend,
	struct fast_path *fast_path)
{
	counting->backend = backend;
	counting->fast_path = fast_path;
}

/** Has the elements count that the fast path has of a client of one service. */
static void put_known(struct counting *counting, const struct session_table *sessions,
	const struct session_client *client)
{
	const struct config_service *service = client->service->config;
	const struct session_entry *entry = session_first(sessions, client);

	for (size_t i = 0; i < service->address_count; i++) {
		struct fast_path_key key = { client->address, service->addresses[i], 0 };

		if (client->fast_mark && key.virtual.family == key.client.family)
			counting_put(counting, &key, client->fast_mark);
	}
	for (; entry; entry = session_next(sessions, entry)) {
		struct packet_flow flow = session_flow(entry);
		struct fast_path_key key = { flow.client, flow.virtual, flow.client_port };

		if (entry->fast_mark)
			counting_put(counting, &key, entry->fast_mark);
	}
}

/** Stops a client's flows; returns how many there were. */
static size_t stop(struct counting *counting, struct counting_client *client, uint64_t now_ms)
{
	struct counting_flow *flow = counting_first(counting, client);

	for (; flow; flow = counting_next(counting, flow)) {
		counting_read(counting, flow);
		if (counting->backend)
			counting->backend->count(
				counting->fast_path, &flow->key, flow->mark, false);
		flow->mark = 0;
	}
	client->ended = true;
	client->until_ms = now_ms;
	counting->active--;
	return client->flow_count;
}

/** Forgets a client that has ended. */
static void forget(struct counting *counting, struct counting_client *client)
{
	struct counting_flow *flow = counting_first(counting, client);

	while (flow) {
		struct counting_flow *next = counting_next(counting, flow);

		table_remove(&counting->flows, flow);
		pool_give(&counting->flows_pool, flow);
		flow = next;
	}
	table_remove(&counting->clients, client);
	pool_give(&counting->clients_pool, client);
}

/** The client that has ended first, or NULL. */
static struct counting_client *first_ended(const struct counting *counting)
{
	struct counting_client *first = NULL;

	for (size_t i = 0; i < counting->clients.bucket_count; i++) {
		struct counting_client *client = table_bucket(&counting->clients, i);

		for (; client; client = table_behind(&counting->clients, client)) {
			if (client->ended && (!first || client->until_ms < first->until_ms))
				first = client;
		}
	}
	return first;
}

/** Finds room for one more client. */
static bool make_room(struct counting *counting)
{
	struct counting_client *ended;

	if (counting->clients.count < COUNTING_CLIENTS)
		return true;
	ended = first_ended(counting);
	if (ended)
		forget(counting, ended);
	return ended;
}

/** Makes a client; NULL without memory. */
static struct counting_client *add_client(
	struct counting *counting, const struct address *address)
{
	struct counting_client *client = pool_take(&counting->clients_pool);

	if (!client)
		return NULL;
	client->address = *address;
	table_add(&counting->clients, client, counting_address_hash(counting, address));
	counting->active++;
	return client;
}

/** Forgets what is there of an address. The fast path is to have done so, too, before the same
 *  elements count anew. */
static void forget_address(
	struct counting *counting, const struct address *address, uint64_t now_ms)
{
	struct counting_client *client = counting_find(counting, address);

	if (!client)
		return;
	if (!client->ended) {
		stop(counting, client, now_ms);
		if (counting->backend)
			counting->backend->commit(counting->fast_path);
	}
	forget(counting, client);
}

/** Begins anew. */
int counting_begin(struct counting *counting, const struct director *director,
	const struct address *address, uint64_t now_ms, uint64_t duration_ms)
{
	struct counting_client *client;

	forget_address(counting, address, now_ms);
	if (!make_room(counting))
		return -ENOSPC;
	client = add_client(counting, address);
	if (!client)
		return -ENOMEM;
	client->since_ms = now_ms;
	client->until_ms = now_ms + duration_ms;
	for (size_t i = 0; i < director->service_count; i++) {
		const struct session_client *known = session_find_client(
			&director->sessions, &director->services[i], address);

		if (known)
			put_known(counting, &director->sessions, known);
	}
	return 0;
}

/** Ends one. */
int counting_end(struct counting *counting, const struct address *address, uint64_t now_ms)
{
	struct counting_client *client = counting_find(counting, address);

	if (!client || client->ended)
		return -ENOENT;
	stop(counting, client, now_ms);
	return 0;
}

/** Ends all. */
void counting_end_all(struct counting *counting, uint64_t now_ms)
{
	for (size_t i = 0; i < counting->clients.bucket_count; i++) {
		struct counting_client *client = table_bucket(&counting->clients, i);

		for (; client; client = table_behind(&counting->clients, client)) {
			if (!client->ended)
				stop(counting, client, now_ms);
		}
	}
}

/** Ends what is over, as far as there is time for it; returns how many flows it took. */
static size_t look_at(
	struct counting *counting, struct counting_client *client, uint64_t now_ms, bool may_end)
{
	if (client->ended && now_ms - client->until_ms >= COUNTING_KEPT_MS)
		forget(counting, client);
	else if (!client->ended && client->until_ms <= now_ms && may_end)
		return stop(counting, client, now_ms) + 1;
	return 0;
}

/** Looks at all, if there are any. */
void counting_look(struct counting *counting, uint64_t now_ms)
{
	size_t flows = 0;

	for (size_t i = 0; counting->clients.count && i < counting->clients.bucket_count; i++) {
		struct counting_client *client = table_bucket(&counting->clients, i), *next;

		for (; client; client = next) {
			next = table_behind(&counting->clients, client);
			flows += look_at(counting, client, now_ms, flows < LOOK_FLOWS);
		}
	}
	pool_trim(&counting->flows_pool, 1);
}
