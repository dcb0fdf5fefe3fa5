/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/counting_flow.h"

#include <string.h>

/** Hashes an address. */
uint64_t counting_address_hash(
	const struct counting *counting, const struct address *address)
{
	return hash_keyed(&counting->key, address, sizeof(*address));
}

/** Hashes a key, which has no gaps. */
static uint64_t key_hash(const struct counting *counting, const struct fast_path_key *key)
{
	_Static_assert(sizeof(*key) == 2 * sizeof(struct address) + sizeof(uint16_t), "gaps");
	return hash_keyed(&counting->key, key, sizeof(*key));
}

/** Looks a client up. */
struct counting_client *counting_find(
	const struct counting *counting, const struct address *address)
{
	struct counting_client *client =
		table_first(&counting->clients, counting_address_hash(counting, address));

	while (client && !address_equal(&client->address, address))
		client = table_next(&counting->clients, client);
	return client;
}

/** By its number. */
struct counting_client *counting_client_of(
	const struct counting *counting, const struct counting_flow *flow)
{
	return pool_at(&counting->clients_pool, flow->client);
}

/** By its number. */
struct counting_flow *counting_first(
	const struct counting *counting, const struct counting_client *client)
{
	return pool_at(&counting->flows_pool, client->flows);
}

/** By its number. */
struct counting_flow *counting_next(
	const struct counting *counting, const struct counting_flow *flow)
{
	return pool_at(&counting->flows_pool, flow->next);
}

/** Looks a flow up. */
static struct counting_flow *find_flow(
	const struct counting *counting, const struct fast_path_key *key)
{
	struct counting_flow *flow =
		table_first(&counting->flows, key_hash(counting, key));

	while (flow && memcmp(&flow->key, key, sizeof(*key)) != 0)
		flow = table_next(&counting->flows, flow);
	return flow;
}

/** Makes a flow of a client; NULL: there is no room. */
static struct counting_flow *add_flow(struct counting *counting,
	struct counting_client *client, const struct fast_path_key *key)
{
	struct counting_flow *flow = NULL;

	if (client->flow_count < COUNTING_FLOWS_EACH && counting->flows.count < COUNTING_FLOWS)
		flow = pool_take(&counting->flows_pool);
	if (!flow) {
		client->unwatched++;
		return NULL;
	}
	flow->key = *key;
	flow->client = pool_number(client);
	flow->next = client->flows;
	client->flows = pool_number(flow);
	client->flow_count++;
	table_add(&counting->flows, flow, key_hash(counting, key));
	return flow;
}

/** The client of that address if it is counted now. */
static struct counting_client *watched_client(
	const struct counting *counting, const struct address *address)
{
	struct counting_client *client;

	if (!counting || !counting->active)
		return NULL;
	client = counting_find(counting, address);
	return client && !client->ended ? client : NULL;
}

/** Adds what an element has counted since it was last read. Less than that is another one. */
void counting_read(struct counting *counting, struct counting_flow *flow)
{
	struct fast_path_count now, *seen = &flow->seen;

	if (!counting->backend || counting_client_of(counting, flow)->ended)
		return;
	if (counting->backend->counted(counting->fast_path, &flow->key, &now))
		return;
	if (now.packets < seen->packets)
		*seen = (struct fast_path_count){ 0, 0 };
	flow->fast.packets += now.packets - seen->packets;
	flow->fast.bytes += now.bytes - seen->bytes;
	flow->all.packets += now.packets - seen->packets;
	flow->all.bytes += now.bytes - seen->bytes;
	*seen = now;
}

/** Has the element count. What the one before it has counted is taken first: it may still be
 *  there, since changes are made later. */
void counting_put(
	struct counting *counting, const struct fast_path_key *key, uint32_t mark)
{
	struct counting_client *client = watched_client(counting, &key->client);
	struct counting_flow *flow;

	if (!client || !counting->backend)
		return;
	flow = find_flow(counting, key);
	if (flow)
		counting_read(counting, flow);
	else
		flow = add_flow(counting, client, key);
	if (!flow)
		return;
	counting->backend->count(counting->fast_path, key, mark, true);
	if (counting->backend->in_tables)
		flow->seen = (struct fast_path_count){ 0, 0 };
	flow->mark = mark;
}

/** Takes what the element has counted. */
void counting_remove(struct counting *counting, const struct fast_path_key *key)
{
	struct counting_flow *flow =
		watched_client(counting, &key->client) ? find_flow(counting, key) : NULL;

	if (!flow)
		return;
	counting_read(counting, flow);
	flow->mark = 0;
}

/** Tells by what element a packet would be carried; false: by none. */
static bool key_of(const struct packet *packet, struct fast_path_key *ret_key)
{
	const struct packet_flow *flow = &packet->flow;

	*ret_key = (struct fast_path_key){ flow->client, flow->virtual, 0 };
	if (packet->kind == PACKET_ESP_IN_UDP)
		ret_key->client_port = flow->client_port;
	return packet->kind == PACKET_ESP_IN_UDP || packet->kind == PACKET_ESP ||
		packet->kind == PACKET_AH;
}

/** Counts a packet that the daemon has in its hands. */
void counting_see(
	struct counting *counting, const struct packet *packet, uint32_t wire_bytes)
{
	struct counting_client *client =
		watched_client(counting, &packet->flow.client);
	struct counting_flow *flow;
	struct fast_path_key key;

	if (!client || !key_of(packet, &key))
		return;
	flow = find_flow(counting, &key);
	if (!flow)
		flow = add_flow(counting, client, &key);
	if (!flow)
		return;
	flow->all.packets++;
	flow->all.bytes += wire_bytes;
}
