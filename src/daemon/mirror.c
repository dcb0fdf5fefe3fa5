/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/mirror.h"

#include <errno.h>

#include "daemon/log.h"
#include "kernel/conntrack.h"

#define REFILL_BUCKETS 20000 /**< looked at between packets */

/** Logs one change of an entry. */
static void log_entry(const char *what, const struct session_entry *entry)
{
	char client[ADDRESS_TEXT_BYTES], virtual[ADDRESS_TEXT_BYTES];
	struct packet_flow flow;

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	flow = session_flow(entry);
	log_debug("%s %s: %s -> %s, server %s", entry->client->service->config->name, what,
		address_format_port(&flow.client, flow.client_port, client),
		address_format_port(&flow.virtual, flow.virtual_port, virtual),
		session_server(entry)->config->name);
}

/** Tells whether the kernel may decide about the service's ESP: not where an SPI can say
 *  otherwise than the address, or has to be seen. */
static bool is_carried(const struct config_service *service)
{
	for (size_t i = 0; i < service->server_count; i++) {
		if (service->servers[i].spi_last)
			return false;
	}
	return !service->learn_spi;
}

/** Gives an element of the fast path another mark; 0: none. What there is no need to put is
 *  only noted by who asks. */
static void change(struct mirror *mirror, const struct fast_path_key *key, uint32_t from,
	uint32_t to)
{
	if (from) {
		counting_remove(mirror->counting, key);
		mirror->backend->remove(mirror->fast_path, key);
	}
	if (to && !mirror->assumes)
		mirror->backend->put(mirror->fast_path, key, to);
	if (to)
		counting_put(mirror->counting, key, to);
}

/** The mark for what the entry's client sends to server: our bits, and the others as its
 *  ISAKMP came with them, since the kernel sets a mark as a whole. */
static uint32_t mark_for(const struct mirror *mirror, const struct session_entry *entry,
	const struct server *server)
{
	return (entry->mark & ~mirror->config->mark_mask) |
		config_server_mark(mirror->config, server->config);
}

/** Has the fast path know what it should of a client's ESP and AH: its server while it has
 *  an ESTABLISHED entry, for each virtual address of the service. */
static void show_client(struct mirror *mirror, const struct session_entry *entry)
{
	struct session_client *client = entry->client;
	const struct config_service *service = client->service->config;
	uint32_t wanted = client->plain_established_count ?
		mark_for(mirror, entry, session_client_server(client)) :
		0;

	if (wanted == client->fast_mark)
		return;
	for (size_t i = 0; i < service->address_count; i++) {
		struct fast_path_key key = { .client = client->address,
			.virtual = service->addresses[i] };

		if (service->addresses[i].family == client->address.family)
			change(mirror, &key, client->fast_mark, wanted);
	}
	client->fast_mark = wanted;
}

/** The same of an entry's ESP in UDP. */
static void show_flow(struct mirror *mirror, struct session_entry *entry, bool is_there)
{
	bool carried = is_there && entry->state == SESSION_ESTABLISHED &&
		entry->virtual_port == PACKET_PORT_NATT;
	uint32_t wanted = carried ? mark_for(mirror, entry, session_server(entry)) : 0;
	struct packet_flow flow;
	struct fast_path_key key;

	if (wanted == entry->fast_mark)
		return;
	flow = session_flow(entry);
	key = (struct fast_path_key){ flow.client, flow.virtual, flow.client_port };
	change(mirror, &key, entry->fast_mark, wanted);
	entry->fast_mark = wanted;
}

/** Has the fast path know what it should of an entry, which may be about to go. */
static void show(struct mirror *mirror, struct session_entry *entry, bool is_there)
{
	if (!mirror->backend || !is_carried(entry->client->service->config))
		return;
	show_client(mirror, entry);
	show_flow(mirror, entry, is_there);
}

/** Tells whether conntrack has to do with the entry. */
static bool is_tracked(const struct mirror *mirror, const struct session_entry *entry)
{
	return mirror->conntrack && session_server(entry)->config->method == METHOD_NAT;
}

/** What conntrack has of the flow may lead to another server: one that the client had
 *  before and that has not stopped sending. */
void mirror_begins(struct mirror *mirror, const struct session_entry *entry)
{
	struct packet_flow flow = session_flow(entry);

	if (!is_tracked(mirror, entry))
		return;
	conntrack_forget_udp(mirror->conntrack, &flow);
	conntrack_forget_esp(mirror->conntrack, &flow);
}

/** Conntrack would have the packet translated to the flow's own server. */
void mirror_strays(struct mirror *mirror, const struct packet_flow *flow,
	const struct server *server)
{
	if (mirror->conntrack && server->config->method == METHOD_NAT)
		conntrack_forget_udp(mirror->conntrack, flow);
}

/** Passes changes on. Conntrack comes last: it would begin a connection anew by the mark that
 *  the fast path still sets. */
void mirror_flush(struct mirror *mirror)
{
	if (mirror->backend && mirror->backend->commit(mirror->fast_path) == -ENOENT)
		mirror->lost = true;
	if (mirror->conntrack)
		conntrack_flush(mirror->conntrack);
}

/** Begins at the first bucket. */
void mirror_refill(struct mirror *mirror, bool all)
{
	if (mirror->backend)
		mirror->backend->doubt(mirror->fast_path, true);
	mirror->refill_all = all;
	mirror->refill_next = mirror->backend ? 0 : SIZE_MAX;
	mirror->lost = false;
}

/** Tells the fast path of the entries in one bucket. */
static size_t refill_bucket(struct mirror *mirror, const struct table *flows, size_t bucket)
{
	struct session_entry *entry = table_bucket(flows, bucket);
	size_t count = 0;

	for (; entry; entry = table_behind(flows, entry)) {
		if (mirror->refill_all)
			entry->client->fast_mark = entry->fast_mark = 0;
		show(mirror, entry, true);
		count++;
	}
	return count;
}

/** Goes on; a client with several entries is told several times, which does no harm. */
bool mirror_refill_some(struct mirror *mirror, struct director *director, size_t max)
{
	const struct table *flows = &director->sessions.flows;
	size_t told = 0, looked_at = 0;

	while (mirror->refill_next < flows->bucket_count && told < max &&
		looked_at++ < REFILL_BUCKETS)
		told += refill_bucket(mirror, flows, mirror->refill_next++);
	if (mirror->refill_next < SIZE_MAX && mirror->refill_next >= flows->bucket_count) {
		mirror->refill_next = SIZE_MAX;
		mirror->backend->doubt(mirror->fast_path, false);
	}
	return mirror->refill_next != SIZE_MAX;
}

/** Forgets. */
void mirror_forget(struct director *director)
{
	const struct table *flows = &director->sessions.flows;

	for (size_t i = 0; i < flows->bucket_count; i++) {
		struct session_entry *entry = table_bucket(flows, i);

		for (; entry; entry = table_behind(flows, entry))
			entry->client->fast_mark = entry->fast_mark = 0;
	}
}

/** All has been told. */
bool mirror_is_settled(const struct mirror *mirror)
{
	return mirror->refill_next == SIZE_MAX && !mirror->lost;
}

/** An entry became ESTABLISHED: from now on its client's ESP is forwarded. */
static void established(void *user, struct session_entry *entry)
{
	struct mirror *mirror = user;
	struct packet_flow flow = session_flow(entry);

	mirror->established++;
	show(mirror, entry, true);
	if (is_tracked(mirror, entry))
		conntrack_forget_esp(mirror->conntrack, &flow);
	log_entry("established", entry);
}

/** An entry has another server. */
static void moved(void *user, struct session_entry *entry, const struct server *from)
{
	struct mirror *mirror = user;

	(void)from;
	mirror->moved++;
	show(mirror, entry, true);
	log_entry("moved", entry);
}

/** An entry has gone. */
static void removed(void *user, struct session_entry *entry)
{
	struct mirror *mirror = user;
	struct packet_flow flow = session_flow(entry);

	mirror->removed++;
	show(mirror, entry, false);
	if (is_tracked(mirror, entry)) {
		conntrack_forget_udp(mirror->conntrack, &flow);
		if (!entry->client->established_count)
			conntrack_forget_esp(mirror->conntrack, &flow);
	}
	log_entry("removed", entry);
}

/** The events for the table. */
struct session_events mirror_events(struct mirror *mirror)
{
	return (struct session_events){
		.established = established,
		.moved = moved,
		.removed = removed,
		.user = mirror,
	};
}
