/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/restore.h"

#include <stdio.h>
#include <string.h>

#include "core/session.h"

/** How far the clock may have been put back since the file was saved. */
#define CLOCK_SLACK_MS 60000

/** A server that the file names, as the configuration has it now. */
struct known_server {
	struct service *service;
	struct server *server; /**< NULL: is no more */
};

struct restoration {
	struct director *director;
	struct restore_report *report;
	uint64_t now_ms;
	struct service *services[CONFIG_SERVICES]; /**< by their numbers in the file */
	struct known_server servers[CONFIG_SERVERS];
	struct address client; /**< of the entries that follow */
	struct known_server client_server;
	struct session_entry *entry; /**< of the handshakes that follow; NULL: left out */
};

/** When something was, that many ms before the file was saved; 0 for what was before the
 *  clock began. */
static uint64_t then_ms(const struct restoration *restoration, uint64_t age_ms)
{
	uint64_t away_ms = restoration->report->away_ms, now_ms = restoration->now_ms;

	return age_ms < now_ms && away_ms < now_ms - age_ms ? now_ms - away_ms - age_ms : 0;
}

/** Tells whether a time has run out. */
static bool is_over(const struct restoration *restoration, uint64_t begin_ms,
	uint64_t timeout_ms)
{
	return restoration->now_ms - begin_ms >= timeout_ms;
}

/** Finds a service by name; a service that is no more stays NULL. */
static void restore_service(struct restoration *restoration, const struct record *record)
{
	restoration->services[record->service] =
		director_service(restoration->director, record->name);
}

/** A server's number in a file that would be saved now; no number for NULL. */
static uint32_t number_of(const struct server *server)
{
	return server ? server->config->index : UINT32_MAX;
}

/** Finds a server by name. */
static void restore_server(struct restoration *restoration, const struct record *record)
{
	struct service *service = restoration->services[record->service];

	restoration->servers[record->server] = (struct known_server){
		.service = service,
		.server = service ? service_server(service, record->name) : NULL,
	};
	if (number_of(restoration->servers[record->server].server) != record->server)
		restoration->report->servers_changed = true;
}

/** Gives a server the weight that it had, unless the configuration has another one since:
 *  that is the later word. */
static void restore_weight(struct restoration *restoration, const struct record *record)
{
	struct server *server = restoration->servers[record->server].server;

	if (server && server->config->weight == record->config_weight)
		server->weight = record->live_weight;
}

/** Notes whose entries follow. */
static void restore_client(struct restoration *restoration, const struct record *record)
{
	restoration->client = record->address;
	restoration->client_server = restoration->servers[record->server];
	restoration->entry = NULL;
}

/** Tells whether the configuration still has where the entry was. */
static bool is_configured(const struct restoration *restoration,
	const struct known_server *known, const struct record *record)
{
	return known->server && restoration->client.family == record->address.family &&
		director_service_at(restoration->director, &record->address) ==
			known->service &&
		server_reachable(known->server, record->address.family);
}

/** Tells whether the entry has expired. ESTABLISHED ones do so at the end, like any other:
 *  who listens hears of it, or they become soft. */
static bool has_expired(const struct restoration *restoration,
	const struct session_saved *saved)
{
	return saved->state == SESSION_INITIAL &&
		is_over(restoration, saved->last_ms,
			saved->service->config->timeout_initial_ms);
}

/** Counts how it went with an entry. */
static void count_entry(struct restore_report *report, int error)
{
	*(error ? &report->no_room : &report->entries) += 1;
}

/** Restores an entry. */
static void restore_entry(struct restoration *restoration, const struct record *record)
{
	const struct known_server *known = &restoration->servers[record->server];
	struct session_saved saved = {
		.service = known->service,
		.server = known->server,
		.client_server = restoration->client_server.service == known->service ?
					 restoration->client_server.server :
					 NULL,
		.flow = { restoration->client, record->address, record->client_port,
			record->virtual_port },
		.state = record->established ? SESSION_ESTABLISHED : SESSION_INITIAL,
		.created_ms = then_ms(restoration, record->created_age_ms),
		.last_ms = then_ms(restoration, record->last_age_ms),
		.proof_ms = then_ms(restoration, record->proof_age_ms),
		.packets = record->packets,
		.mark = record->mark,
	};

	restoration->entry = NULL;
	if (!is_configured(restoration, known, record))
		restoration->report->unconfigured++;
	else if (has_expired(restoration, &saved))
		restoration->report->expired++;
	else
		count_entry(restoration->report,
			session_restore(&restoration->director->sessions, &saved,
				restoration->now_ms, &restoration->entry));
}

/** Restores a handshake, if its entry was and the configuration has its server. */
static void restore_handshake(struct restoration *restoration, const struct record *record)
{
	const struct known_server *known = &restoration->servers[record->server];
	const struct session_entry *entry = restoration->entry;
	struct handshake_saved saved = {
		.server = known->server,
		.icookie = record->icookie,
		.rcookie = record->rcookie,
		.version = record->version,
		.by_server = record->by_server,
	};

	memcpy(saved.offered.rcookies, record->offered, sizeof(record->offered));
	if (entry && known->server && known->service == entry->client->service)
		handshake_restore(
			&restoration->director->sessions, restoration->entry, &saved);
}

/** Restores a template. Where its clients have come first it is there, perhaps with the
 *  server of the last of them. */
static void restore_template(struct restoration *restoration, const struct record *record)
{
	const struct known_server *known = &restoration->servers[record->server];
	struct restore_report *report = restoration->report;
	uint64_t last_ms = then_ms(restoration, record->last_age_ms);

	if (!known->server || !known->service->config->persistence_ms)
		report->unconfigured++;
	else if (is_over(restoration, last_ms, known->service->config->persistence_ms))
		report->expired++;
	else if (template_note(&restoration->director->templates, known->service,
			 &record->address, known->server, last_ms))
		report->templates++;
	else
		report->no_room++;
}

/** Restores one record. */
static void restore_record(struct restoration *restoration, const struct record *record)
{
	switch (record->kind) {
	case RECORD_SERVICE:
		restore_service(restoration, record);
		break;
	case RECORD_SERVER:
		restore_server(restoration, record);
		break;
	case RECORD_CLIENT:
		restore_client(restoration, record);
		break;
	case RECORD_ENTRY:
		restore_entry(restoration, record);
		break;
	case RECORD_HANDSHAKE:
		restore_handshake(restoration, record);
		break;
	case RECORD_TEMPLATE:
		restore_template(restoration, record);
		break;
	case RECORD_WEIGHT:
		restore_weight(restoration, record);
		break;
	case RECORD_END:
		break;
	}
}

/** Brings into order what came in that of the file. Then those become soft whose time is
 *  over, whatever they were before, for a timeout may have changed. Nothing has to make room:
 *  how full the table is shows only when they are gone. */
static void settle(struct restoration *restoration)
{
	struct director *director = restoration->director;
	size_t restored;

	for (size_t i = 0; i < director->service_count; i++) {
		session_sort(&director->sessions, &director->services[i]);
		template_sort(&director->services[i]);
	}
	restored = director->sessions.entry_count;
	director_time_out(director, restoration->now_ms, SIZE_MAX);
	restoration->report->entries = director->sessions.entry_count;
	restoration->report->handshakes = director->sessions.handshakes_pool.count;
	restoration->report->expired += restored - director->sessions.entry_count;
}

/** The longest time for which anything is kept. */
static uint64_t longest_ms(const struct config *config)
{
	uint64_t longest = 0;

	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];
		const uint64_t times_ms[] = { service->timeout_initial_ms,
			service->timeout_established_ms, service->persistence_ms };

		for (size_t j = 0; j < sizeof(times_ms) / sizeof(times_ms[0]); j++)
			longest = times_ms[j] > longest ? times_ms[j] : longest;
	}
	return longest;
}

/** Tells whether the file is of a time that is of use; else says why not. */
static bool check_time(struct restore_report *report, const struct config *config,
	uint64_t saved_ms, uint64_t wall_ms)
{
	report->away_ms = wall_ms > saved_ms ? wall_ms - saved_ms : 0;
	if (saved_ms > wall_ms && saved_ms - wall_ms > CLOCK_SLACK_MS)
		snprintf(report->refusal, sizeof(report->refusal),
			"it was saved in the future, as the clock has it");
	else if (report->away_ms >= longest_ms(config))
		snprintf(report->refusal, sizeof(report->refusal),
			"it is %llu seconds old, all in it has expired",
			(unsigned long long)report->away_ms / 1000);
	return !report->refusal[0];
}

/** Restores a file. */
bool restore(struct director *director, const uint8_t *data, size_t size_bytes,
	uint64_t now_ms, uint64_t wall_ms, struct restore_report *ret_report)
{
	struct restoration restoration = {
		.director = director,
		.report = ret_report,
		.now_ms = now_ms,
	};
	struct record_reader reader;
	struct record record;

	*ret_report = (struct restore_report){ 0 };
	if (!record_verify(&reader, data, size_bytes)) {
		memcpy(ret_report->refusal, reader.refusal, sizeof(reader.refusal));
		ret_report->is_foreign = reader.is_foreign;
		return false;
	}
	if (!check_time(ret_report, director->config, reader.saved_wall_ms, wall_ms))
		return false;
	record_open(&reader, data, size_bytes);
	while (record_next(&reader, &record))
		restore_record(&restoration, &record);
	if (reader.servers != director->config->server_count)
		ret_report->servers_changed = true;
	ret_report->seal = reader.seal.hash;
	settle(&restoration);
	return true;
}
