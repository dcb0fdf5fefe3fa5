/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/snapshot.h"

#include <string.h>

enum {
	BUCKETS_A_PORTION = 8192, /**< most of an empty table's buckets are empty */
};

/** Begins. */
void snapshot_begin(struct snapshot *snapshot, const struct director *director,
	uint64_t now_ms, uint64_t wall_ms)
{
	*snapshot = (struct snapshot){
		.director = director,
		.now_ms = now_ms,
		.wall_ms = wall_ms,
	};
}

/** How long ago a moment was; none is after the beginning. */
static uint64_t age_ms(const struct snapshot *snapshot, uint64_t then_ms)
{
	return then_ms < snapshot->now_ms ? snapshot->now_ms - then_ms : 0;
}

/** A server's number in the file. */
static uint16_t number_of(const struct server *server)
{
	return (uint16_t)server->config->index;
}

/** Writes the weight of a server that was given another one while running. */
static void put_weight(struct snapshot *snapshot, const struct server *server)
{
	struct record record = {
		.kind = RECORD_WEIGHT,
		.server = number_of(server),
		.config_weight = server->config->weight,
		.live_weight = server->weight,
	};

	if (server->weight != server->config->weight)
		record_put(&snapshot->writer, &record);
}

/** Writes who the services and servers are, in the order of the servers' indexes. */
static void put_names(struct snapshot *snapshot)
{
	const struct director *director = snapshot->director;

	for (size_t i = 0; i < director->service_count; i++) {
		struct record record = { .kind = RECORD_SERVICE };

		strcpy(record.name, director->services[i].config->name);
		record_put(&snapshot->writer, &record);
	}
	for (size_t i = 0; i < director->service_count; i++) {
		const struct service *service = &director->services[i];

		for (size_t j = 0; j < service->server_count; j++) {
			struct record record = { .kind = RECORD_SERVER };

			record.service = (uint8_t)i;
			strcpy(record.name, service->servers[j].config->name);
			record_put(&snapshot->writer, &record);
		}
	}
	for (size_t i = 0; i < director->service_count; i++) {
		const struct service *service = &director->services[i];

		for (size_t j = 0; j < service->server_count; j++)
			put_weight(snapshot, &service->servers[j]);
	}
}

/** Writes the handshakes of an entry, the one used last being the last. */
static void put_handshakes(struct snapshot *snapshot, const struct session_entry *entry)
{
	const struct session_table *sessions = &snapshot->director->sessions;
	const struct handshake *list[HANDSHAKES_PER_ENTRY];
	size_t count = handshake_list(sessions, entry, list);

	for (size_t i = 0; i < count; i++) {
		const struct handshake *handshake = list[i];
		struct handshake_offers offered = handshake_offered(sessions, handshake);
		struct record record = {
			.kind = RECORD_HANDSHAKE,
			.server = number_of(handshake_server(sessions, handshake)),
			.icookie = handshake->icookie,
			.rcookie = handshake->rcookie,
			.version = handshake->version,
			.by_server = handshake->by_server,
		};

		memcpy(record.offered, offered.rcookies, sizeof(record.offered));
		record_put(&snapshot->writer, &record);
	}
}

/** Writes an entry with its handshakes. */
static void put_entry(struct snapshot *snapshot, const struct session_entry *entry)
{
	struct packet_flow flow = session_flow(entry);
	struct record record = {
		.kind = RECORD_ENTRY,
		.server = number_of(session_server(entry)),
		.address = flow.virtual,
		.client_port = flow.client_port,
		.virtual_port = flow.virtual_port,
		.established = entry->state == SESSION_ESTABLISHED,
		.created_age_ms = age_ms(snapshot, entry->created_ms),
		.last_age_ms = age_ms(snapshot, entry->last_ms),
		.proof_age_ms = age_ms(snapshot, entry->proof_ms),
		.packets = entry->packets,
		.mark = entry->mark,
	};

	record_put(&snapshot->writer, &record);
	put_handshakes(snapshot, entry);
	snapshot->entries++;
}

/** Writes a client with its entries. */
static void put_client(struct snapshot *snapshot, const struct session_client *client)
{
	struct record record = {
		.kind = RECORD_CLIENT,
		.server = number_of(session_client_server(client)),
		.address = client->address,
	};
	const struct session_table *sessions = &snapshot->director->sessions;
	const struct session_entry *entry = session_first(sessions, client);

	record_put(&snapshot->writer, &record);
	for (; entry; entry = session_next(sessions, entry))
		put_entry(snapshot, entry);
}

/** Writes a template. The time of one that is held has not begun. */
static void put_template(struct snapshot *snapshot, const struct template *template)
{
	struct record record = {
		.kind = RECORD_TEMPLATE,
		.server = number_of(template->server),
		.address = template->network,
		.last_age_ms =
			template->holders ? 0 : age_ms(snapshot, template->last_ms),
	};

	record_put(&snapshot->writer, &record);
}

/** The table that is walked in this phase. */
static const struct table *walked(const struct snapshot *snapshot)
{
	return snapshot->phase == SNAPSHOT_CLIENTS ? &snapshot->director->sessions.clients :
						     &snapshot->director->templates.templates;
}

/** How many records the next client takes. */
static size_t client_records(
	const struct session_table *sessions, const struct session_client *client)
{
	const struct session_entry *entry = session_first(sessions, client);
	size_t count = 1 + client->entry_count;

	for (; entry; entry = session_next(sessions, entry))
		count += entry->handshake_count;
	return count;
}

/** How many records the next bucket takes. */
static size_t bucket_records(const struct snapshot *snapshot)
{
	const struct table *table = walked(snapshot);
	const void *object;
	size_t count = 0;

	if (snapshot->bucket >= table->bucket_count)
		return 0;
	object = table_bucket(table, snapshot->bucket);
	for (; object; object = table_behind(table, object))
		count += snapshot->phase == SNAPSHOT_TEMPLATES ?
				 1 :
				 client_records(&snapshot->director->sessions, object);
	return count;
}

/** Writes the next bucket. */
static void put_bucket(struct snapshot *snapshot)
{
	const struct table *table = walked(snapshot);
	const void *object = table_bucket(table, snapshot->bucket++);

	for (; object; object = table_behind(table, object)) {
		if (snapshot->phase == SNAPSHOT_CLIENTS)
			put_client(snapshot, object);
		else
			put_template(snapshot, object);
	}
}

/** Writes up to max buckets while they fit. */
static void put_buckets(struct snapshot *snapshot, size_t max)
{
	const struct record_writer *writer = &snapshot->writer;
	size_t done = 0;

	while (done < max && snapshot->bucket < walked(snapshot)->bucket_count &&
		bucket_records(snapshot) * RECORD_BYTES <=
			writer->size_bytes - writer->used_bytes) {
		put_bucket(snapshot);
		done++;
	}
}

/** Goes on to the next phase if the table has been walked. */
static void end_phase(struct snapshot *snapshot)
{
	if (snapshot->bucket < walked(snapshot)->bucket_count)
		return;
	snapshot->phase++;
	snapshot->bucket = 0;
}

/** How large the next portion's buffer must be. */
size_t snapshot_needs_bytes(const struct snapshot *snapshot)
{
	const struct director *director = snapshot->director;

	switch (snapshot->phase) {
	case SNAPSHOT_NAMES:
		return RECORD_HEADER_BYTES +
			RECORD_BYTES * (director->service_count +
					       2 * director->config->server_count);
	case SNAPSHOT_CLIENTS:
	case SNAPSHOT_TEMPLATES:
		return RECORD_BYTES * bucket_records(snapshot);
	case SNAPSHOT_END:
		return RECORD_BYTES;
	case SNAPSHOT_DONE:
		break;
	}
	return 0;
}

/** Writes the next portion: of one phase. */
size_t snapshot_portion(struct snapshot *snapshot, uint8_t *buffer, size_t size_bytes)
{
	record_portion(&snapshot->writer, buffer, size_bytes);
	switch (snapshot->phase) {
	case SNAPSHOT_NAMES:
		record_header(&snapshot->writer, snapshot->wall_ms);
		put_names(snapshot);
		snapshot->phase++;
		break;
	case SNAPSHOT_CLIENTS:
	case SNAPSHOT_TEMPLATES:
		put_buckets(snapshot, BUCKETS_A_PORTION);
		end_phase(snapshot);
		break;
	case SNAPSHOT_END:
		record_put(&snapshot->writer, &(struct record){ .kind = RECORD_END });
		snapshot->phase++;
		break;
	case SNAPSHOT_DONE:
		break;
	}
	return snapshot->writer.used_bytes;
}

/** All has been written. */
bool snapshot_done(const struct snapshot *snapshot)
{
	return snapshot->phase == SNAPSHOT_DONE;
}
