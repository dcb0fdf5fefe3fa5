/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See invariants.h. Walks the lists and looks every object up again by its own key.
 */
#include "core/handshake.h"
#include "tests/lib/invariants.h"

/** What was seen on the walk over one service, or over all. */
struct census {
	size_t entries;
	size_t clients;
	size_t handshakes;
	size_t pairs;
	size_t established;
	const char *broken; /**< the first broken rule */
};

/** Notes rule as broken unless holds; the first one stays. */
static void require(struct census *census, bool holds, const char *rule)
{
	if (!holds && census->broken == NULL)
		census->broken = rule;
}

/** The pair of a handshake, once both cookies are known. */
static void check_pair(struct census *census, const struct session_table *table,
	const struct session_entry *entry, const struct handshake *one)
{
	census->pairs += one->rcookie != 0;
	if (one->rcookie == 0 || entry->state != SESSION_ESTABLISHED)
		return;
	require(census,
		handshake_find_pair(table, entry->client->service, one->icookie,
			one->rcookie) != NULL,
		"an ESTABLISHED entry's pair is found");
}

/** The handshakes of one entry. */
static void check_handshakes(struct census *census, const struct session_table *table,
	const struct session_entry *entry)
{
	const struct handshake *one = pool_at(&table->handshakes_pool, entry->handshakes);
	size_t count = 0;

	for (; one; one = pool_at(&table->handshakes_pool, one->next)) {
		count++;
		require(census, handshake_entry(table, one) == entry,
			"a handshake points to its entry");
		require(census,
			handshake_find(table, entry->client->service,
				&entry->client->address, one->icookie) == one,
			"a handshake is found by its cookie");
		check_pair(census, table, entry, one);
	}
	require(census, count == entry->handshake_count,
		"handshake_count is the list's length");
	require(census, count <= HANDSHAKES_PER_ENTRY,
		"handshakes of an entry are bounded");
	census->handshakes += count;
}

/** One client, when its first entry is met. */
static void check_client(struct census *census, const struct session_table *table,
	const struct session_client *client)
{
	const struct session_entry *entry = session_first(table, client);
	size_t established = 0;
	size_t plain = 0;
	size_t plain_established = 0;
	size_t count = 0;

	for (; entry; entry = session_next(table, entry)) {
		count++;
		established += entry->state == SESSION_ESTABLISHED;
		if (session_is_plain(client->service, entry->client_port)) {
			plain++;
			plain_established += entry->state == SESSION_ESTABLISHED;
		}
		require(census, entry->server < client->service->server_count,
			"an entry has a server");
		require(census, entry->client == client, "an entry points to its client");
	}
	require(census, count == client->entry_count, "entry_count is the list's length");
	require(census, count <= table->limits.entries_per_client,
		"limit per client holds");
	require(census, established == client->established_count,
		"established_count counts ESTABLISHED entries");
	require(census,
		plain == client->plain_count &&
			plain_established == client->plain_established_count,
		"a client's plain entries are counted");
	require(census,
		session_find_client(table, client->service, &client->address) == client,
		"a client is found by its address");
	require(census, client->server < client->service->server_count,
		"a client has a server");
	census->clients++;
}

/** One entry of a list whose entries all have that state. */
static void check_entry(struct census *census, const struct session_table *table,
	const struct service *service, const struct session_entry *entry)
{
	struct packet_flow flow = session_flow(entry);

	census->entries++;
	census->established += entry->state == SESSION_ESTABLISHED;
	require(census, entry->client->service == service,
		"an entry is in its service's list");
	require(census, session_find_flow(table, &flow) == entry,
		"an entry is found by its flow");
	check_handshakes(census, table, entry);
	if (session_first(table, entry->client) == entry)
		check_client(census, table, entry->client);
}

/** One list of a service: state, softness, order of last packets, length. */
static void check_list(struct census *census, const struct session_table *table,
	const struct service *service, const struct chain *chain, enum session_state state,
	bool soft, size_t expected_count)
{
	const struct session_entry *entry = session_oldest(table, chain);
	uint64_t last_ms = 0;
	size_t count = 0;

	for (; entry; entry = chain_next(&table->in_state, entry)) {
		count++;
		require(census, entry->state == state,
			"an entry is in the list of its state");
		require(census, entry->soft == soft, "a soft entry is in the soft list");
		require(census, entry->last_ms >= last_ms,
			"a list is in order of last packets");
		last_ms = entry->last_ms;
		check_entry(census, table, service, entry);
	}
	require(census, count == expected_count,
		"a service's count is its list's length");
}

/** The servers' counts against what was seen in their service. */
static void check_servers(
	struct census *census, const struct service *service, const struct census *seen)
{
	size_t clients = 0;
	size_t initial = 0;
	size_t established = 0;

	for (size_t i = 0; i < service->server_count; i++) {
		clients += service->servers[i].clients;
		initial += service->servers[i].initial;
		established += service->servers[i].established;
	}
	require(census, clients == seen->clients,
		"servers' clients add up to the service's");
	require(census, initial == service->initial_count, "servers' INITIAL add up");
	require(census, established == seen->established, "servers' ESTABLISHED add up");
	require(census, service->client_count == seen->clients,
		"client_count counts clients");
	require(census, service->soft_count <= service->config->soft_entries,
		"soft quota holds");
}

/** One service with its lists. */
static void check_service(struct census *census, const struct session_table *table,
	const struct service *service)
{
	struct census seen = { .broken = census->broken };

	check_list(&seen, table, service, &service->initial, SESSION_INITIAL, false,
		service->initial_count);
	check_list(&seen, table, service, &service->established, SESSION_ESTABLISHED,
		false, service->established_count);
	check_list(&seen, table, service, &service->soft, SESSION_ESTABLISHED, true,
		service->soft_count);
	check_servers(&seen, service, &seen);
	census->entries += seen.entries;
	census->clients += seen.clients;
	census->handshakes += seen.handshakes;
	census->pairs += seen.pairs;
	census->broken = seen.broken;
}

/** Adds up every counter. */
uint64_t invariants_counted(const struct director *director)
{
	uint64_t sum = 0;

	for (int reason = 0; reason < REASON_COUNT; reason++)
		sum += director_count(director, (enum reason)reason);
	return sum;
}

/** Checks everything. */
const char *invariants_broken(const struct director *director, uint64_t packets)
{
	const struct session_table *table = &director->sessions;
	struct census all = { .broken = NULL };

	for (size_t i = 0; i < director->service_count; i++)
		check_service(&all, table, &director->services[i]);
	require(&all, all.entries == table->entry_count, "entry_count counts entries");
	require(&all, all.entries == table->flows.count,
		"every entry is in the flow table");
	require(&all, all.clients == table->clients.count,
		"every client is in its table");
	require(&all,
		table->entries_pool.count == all.entries &&
			table->clients_pool.count == all.clients &&
			table->handshakes_pool.count == all.handshakes,
		"nothing is in memory but what is in the tables");
	require(&all, all.handshakes == table->cookies.count,
		"every cookie is in its table");
	require(&all, all.pairs == table->pairs.count, "every pair is in its table");
	require(&all, all.entries <= table->limits.entries, "limit on entries holds");
	require(&all, invariants_counted(director) == packets,
		"counters add up to packets");
	return all.broken;
}
