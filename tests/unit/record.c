/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file's format and what is restored of it: what was saved comes back as it was,
 * and what is not whole is refused before anything of it is used.
 */
#include <stdlib.h>
#include <string.h>

#include "core/decide.h"
#include "core/handshake.h"
#include "core/restore.h"
#include "core/snapshot.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define NOW_MS UINT64_C(1000000000)
#define WALL_MS UINT64_C(1800000000000)
#define FILE_BYTES 65536

static const struct hash_key key = { { 1, 2 } };
static const struct hash_key other_key = { { 3, 4 } };

/** A file in memory. */
struct file {
	uint8_t data[FILE_BYTES];
	size_t size_bytes;
};

/** A director for config. */
static struct director *make_director(const struct config *config,
	const struct hash_key *with, const struct session_events *events)
{
	struct director *director = NULL;

	ck_assert_int_eq(director_new(config, with, events, &director), 0);
	return director;
}

/** An ISAKMP packet of 203.0.113.number. */
static struct packet isakmp(
	unsigned int number, uint16_t port, uint64_t icookie, uint64_t rcookie)
{
	uint8_t bytes[4] = { 203, 0, 113, (uint8_t)number };
	struct packet packet = { .kind = rcookie ? PACKET_IKE : PACKET_IKE_FIRST };

	packet.flow.client = address_v4(bytes);
	packet.flow.virtual = test_address("192.0.2.1");
	packet.flow.client_port = port;
	packet.flow.virtual_port = port == 500 ? 500 : 4500;
	packet.protocol = 17;
	packet.version = 2;
	packet.icookie = icookie;
	packet.rcookie = rcookie;
	return packet;
}

/** Passes one packet through the tables. */
static void pass(struct director *director, const struct packet *packet, uint64_t now_ms)
{
	struct decision decision;

	decide(director, packet, &decision);
	decide_commit(director, packet, now_ms, 100, &decision);
	ck_assert_int_eq(decision.action, DECISION_FORWARD);
}

/** A first message of client number, and its proof on port, at those moments. */
static void establish(struct director *director, unsigned int number, uint16_t port,
	uint64_t now_ms)
{
	struct packet first = isakmp(number, 500, number * 16, 0);
	struct packet second = isakmp(number, port, number * 16, number * 16 + 1);

	pass(director, &first, now_ms);
	pass(director, &second, now_ms + 10);
}

/** Saves all in portions that are as small as they may be. */
static void save(const struct director *director, uint64_t now_ms, struct file *file)
{
	struct snapshot snapshot;

	snapshot_begin(&snapshot, director, now_ms, WALL_MS);
	file->size_bytes = 0;
	while (!snapshot_done(&snapshot)) {
		size_t needs_bytes = snapshot_needs_bytes(&snapshot);
		size_t used_bytes;

		ck_assert_uint_le(file->size_bytes + needs_bytes, sizeof(file->data));
		used_bytes = snapshot_portion(
			&snapshot, file->data + file->size_bytes, needs_bytes);
		ck_assert_uint_le(used_bytes, needs_bytes);
		file->size_bytes += used_bytes;
	}
}

/** Restores a file that was saved away_ms ago. */
static bool restore_after(struct director *director, const struct file *file,
	uint64_t away_ms, struct restore_report *report)
{
	bool taken = restore(director, file->data, file->size_bytes, NOW_MS,
		WALL_MS + away_ms, report);

	ck_assert_ptr_null(invariants_broken(director, 0));
	ck_assert_int_eq(taken, report->refusal[0] == '\0');
	return taken;
}

/** Client number, which must be there. */
static struct session_client *director_client(
	const struct director *director, unsigned int number)
{
	struct packet packet = isakmp(number, 500, 1, 0);
	struct session_client *client = session_find_client(
		&director->sessions, &director->services[0], &packet.flow.client);

	ck_assert_ptr_nonnull(client);
	return client;
}

/** Three clients at three servers: one on port 500, one that has floated, one that has only
 *  begun, with as many offers and packets as there may be. */
static void fill(struct director *director)
{
	struct packet again = isakmp(3, 500, 48, 0), reply = again;
	struct handshake *handshake;

	establish(director, 1, 500, NOW_MS - 60000);
	establish(director, 2, 4500, NOW_MS - 20000);
	pass(director, &again, NOW_MS - 5000);
	again.mark = 0x1234;
	pass(director, &again, NOW_MS - 4000);
	handshake = handshake_find(&director->sessions, &director->services[0],
		&again.flow.client, 48);
	ck_assert_ptr_nonnull(handshake);
	/* As after a move to a flow that another session had before. */
	handshake_find(&director->sessions, &director->services[0],
		&director_client(director, 1)->address, 16)
		->server = 1;
	for (reply.rcookie = 78; reply.rcookie >= 77; reply.rcookie--)
		handshake_offer(&director->sessions,
			handshake_entry(&director->sessions, handshake), &reply);
}

/** The entry like one in another director must be its equal. */
static void check_same(const struct director *restored, const struct director *saved,
	const struct session_entry *one, uint64_t away_ms)
{
	const struct session_table *sessions = &restored->sessions;
	struct packet_flow flow = session_flow(one);
	const struct session_entry *other = session_find_flow(sessions, &flow);
	const struct handshake *list[HANDSHAKES_PER_ENTRY];
	size_t count = handshake_list(&saved->sessions, one, list);

	ck_assert_ptr_nonnull(other);
	ck_assert_str_eq(session_server(other)->config->name,
		session_server(one)->config->name);
	ck_assert_str_eq(
		session_client_server(other->client)->config->name,
		session_client_server(one->client)->config->name);
	ck_assert_int_eq(other->state, one->state);
	ck_assert_int_eq(other->soft, one->soft);
	ck_assert_uint_eq(other->packets, one->packets);
	ck_assert_uint_eq(other->mark, one->mark);
	ck_assert_uint_eq(other->created_ms + away_ms, one->created_ms);
	ck_assert_uint_eq(other->last_ms + away_ms, one->last_ms);
	ck_assert_uint_eq(other->proof_ms, one->proof_ms ? one->proof_ms - away_ms : 0);
	ck_assert_uint_eq(other->handshake_count, one->handshake_count);
	for (size_t i = 0; i < count; i++) {
		const struct handshake *wanted = list[i];
		const struct handshake *found =
			handshake_own(sessions, other, wanted->icookie);
		struct handshake_offers offered;

		ck_assert_ptr_nonnull(found);
		ck_assert_uint_eq(found->rcookie, wanted->rcookie);
		ck_assert_str_eq(handshake_server(sessions, found)->config->name,
			handshake_server(&saved->sessions, wanted)->config->name);
		offered = handshake_offered(&saved->sessions, wanted);
		ck_assert_uint_eq(handshake_offered(sessions, found).rcookies[0],
			offered.rcookies[0]);
		ck_assert_uint_eq(handshake_offered(sessions, found).rcookies[1],
			offered.rcookies[1]);
		ck_assert_int_eq(found->version, wanted->version);
		ck_assert_int_eq(found->by_server, wanted->by_server);
	}
}

/** Every entry of a chain must be in the other director too. */
static void check_list(const struct director *restored, const struct director *saved,
	const struct chain *state, uint64_t away_ms)
{
	const struct session_entry *entry = session_oldest(&saved->sessions, state);

	for (; entry; entry = chain_next(&saved->sessions.in_state, entry))
		check_same(restored, saved, entry, away_ms);
}

/** All comes back, the timers 7 seconds on. */
START_TEST(record_comes_back)
{
	struct config *config = test_config(3);
	struct director *before = make_director(config, &key, NULL);
	struct director *after = make_director(config, &other_key, NULL);
	struct restore_report report;
	struct file file;

	fill(before);
	ck_assert_uint_eq(before->sessions.entry_count, 4);
	save(before, NOW_MS, &file);
	ck_assert(restore_after(after, &file, 7000, &report));
	ck_assert_uint_eq(report.away_ms, 7000);
	ck_assert(!report.servers_changed);
	ck_assert_uint_eq(report.entries, 4);
	ck_assert_uint_eq(report.handshakes, before->sessions.cookies.count);
	ck_assert_uint_eq(after->sessions.pairs.count, 2);
	ck_assert_uint_eq(report.expired + report.unconfigured + report.no_room, 0);
	check_list(after, before, &before->services[0].initial, 7000);
	check_list(after, before, &before->services[0].established, 7000);
	ck_assert_uint_eq(after->services[0].client_count, 3);
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** A weight that was set while running comes back, 0 too, with its server wherever that stands
 *  now; one that the configuration has changed since does not. */
START_TEST(record_weights)
{
	struct config *config = test_config(4), *changed = test_config(4);
	struct director *before = make_director(config, &key, NULL), *after;
	struct server *servers = before->services[0].servers;
	struct restore_report report;
	struct file file;

	servers[0].weight = 7;
	servers[1].weight = 0;
	servers[2].weight = 65535;
	save(before, NOW_MS, &file);
	strcpy(changed->services[0].servers[0].name, "gw2");
	strcpy(changed->services[0].servers[1].name, "gw1");
	changed->services[0].servers[2].weight = 3;
	after = make_director(changed, &key, NULL);
	ck_assert(restore_after(after, &file, 0, &report));
	ck_assert_uint_eq(after->services[0].servers[0].weight, 0);
	ck_assert_uint_eq(after->services[0].servers[1].weight, 7);
	ck_assert_uint_eq(after->services[0].servers[2].weight, 3);
	ck_assert_uint_eq(after->services[0].servers[3].weight, 1);
	director_free(before);
	director_free(after);
	config_free(config);
	config_free(changed);
}
END_TEST

/** A restored session is one: rekeying, a move to another port, ESP. */
START_TEST(record_goes_on)
{
	struct config *config = test_config(3);
	struct director *before = make_director(config, &key, NULL);
	struct director *after = make_director(config, &other_key, NULL);
	struct packet pair = isakmp(2, 4500, 32, 33), moved = isakmp(9, 40000, 32, 33);
	struct packet proof = isakmp(3, 4500, 48, 49), esp = isakmp(1, 0, 0, 0);
	struct restore_report report;
	struct decision decision;
	struct file file;

	fill(before);
	save(before, NOW_MS, &file);
	ck_assert(restore_after(after, &file, 1000, &report));
	decide(after, &pair, &decision);
	ck_assert_int_eq(decision.reason, REASON_KNOWN_ENTRY);
	ck_assert_str_eq(decision.server->config->name, "gw2");
	decide(after, &moved, &decision);
	ck_assert_int_eq(decision.action, DECISION_FORWARD);
	ck_assert_str_eq(decision.server->config->name, "gw2");
	pass(after, &proof, NOW_MS + 1);
	ck_assert_uint_eq(after->services[0].counters[REASON_ESTABLISH], 1);
	esp.kind = PACKET_ESP;
	esp.protocol = 50;
	esp.spi = 1234;
	decide(after, &esp, &decision);
	ck_assert_int_eq(decision.action, DECISION_FORWARD);
	ck_assert_str_eq(decision.server->config->name, "gw1");
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** Torn behind whatever byte: refused, nothing restored. */
START_TEST(record_torn)
{
	struct config *config = test_config(3);
	struct director *before = make_director(config, &key, NULL);
	struct director *after = make_director(config, &key, NULL);
	struct restore_report report;
	struct file whole, torn;

	fill(before);
	save(before, NOW_MS, &whole);
	for (size_t size_bytes = 0; size_bytes < whole.size_bytes; size_bytes++) {
		torn = whole;
		torn.size_bytes = size_bytes;
		ck_assert(!restore_after(after, &torn, 0, &report));
		ck_assert_ptr_nonnull(strstr(report.refusal, "torn"));
		ck_assert(!report.is_foreign);
		ck_assert_uint_eq(after->sessions.entry_count, 0);
	}
	whole.data[whole.size_bytes++] = 0;
	ck_assert(!restore_after(after, &whole, 0, &report));
	ck_assert_str_eq(report.refusal, "there is more behind its end");
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** Any one bit changed: refused, nothing restored. */
START_TEST(record_changed)
{
	struct config *config = test_config(3);
	struct director *before = make_director(config, &key, NULL);
	struct director *after = make_director(config, &key, NULL);
	struct restore_report report;
	struct file file;

	fill(before);
	save(before, NOW_MS, &file);
	for (size_t bit = 0; bit < file.size_bytes * 8; bit++) {
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(!restore_after(after, &file, 0, &report), "bit %zu", bit);
		ck_assert_int_eq(report.is_foreign, bit < 64);
		ck_assert_uint_eq(after->sessions.entry_count, 0);
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert(restore_after(after, &file, 0, &report));
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** Somebody else's file, another version, zeros, another time: each with its own reason. */
START_TEST(record_refused)
{
	struct config *config = test_config(1);
	struct director *director = make_director(config, &key, NULL);
	struct restore_report report;
	struct file file;

	save(director, NOW_MS, &file);
	ck_assert(!restore_after(director, &file, config->services[0].timeout_established_ms,
		&report));
	ck_assert_str_eq(report.refusal, "it is 18000 seconds old, all in it has expired");
	ck_assert(!restore(director, file.data, file.size_bytes, NOW_MS, WALL_MS - 60001,
		&report));
	ck_assert_str_eq(report.refusal, "it was saved in the future, as the clock has it");
	ck_assert(restore(director, file.data, file.size_bytes, NOW_MS, WALL_MS - 60000,
		&report));
	file.data[11] = 9;
	ck_assert(!restore_after(director, &file, 0, &report));
	ck_assert_str_eq(report.refusal, "it has version 9 of the format, expected 1");
	strcpy((char *)file.data, "#!/bin/sh\nexit 0\n");
	ck_assert(!restore_after(director, &file, 0, &report));
	ck_assert_str_eq(report.refusal, "it is no state file of ours");
	ck_assert(report.is_foreign);
	memset(file.data, 0, file.size_bytes);
	ck_assert(!restore_after(director, &file, 0, &report));
	ck_assert_str_eq(report.refusal, "it is torn: its beginning is missing");
	director_free(director);
	config_free(config);
}
END_TEST

/** Servers, services and addresses that are no more take their entries with them; one that
 *  has another number is found by its name. */
START_TEST(record_other_configuration)
{
	struct config *config = test_config(3), *changed = test_config(3);
	struct director *before = make_director(config, &key, NULL), *after;
	struct packet packet = isakmp(1, 500, 16, 17);
	struct restore_report report;
	struct file file;

	fill(before);
	save(before, NOW_MS, &file);
	strcpy(changed->services[0].servers[0].name, "gw9");
	strcpy(changed->services[0].servers[2].name, "gw1");
	after = make_director(changed, &key, NULL);
	ck_assert(restore_after(after, &file, 0, &report));
	ck_assert(report.servers_changed);
	ck_assert_uint_eq(report.entries, 3);
	ck_assert_uint_eq(report.unconfigured, 1);
	ck_assert_ptr_eq(
		session_server(session_find_flow(&after->sessions, &packet.flow)),
		&after->services[0].servers[2]);
	director_free(after);
	strcpy(changed->services[0].name, "other");
	after = make_director(changed, &key, NULL);
	ck_assert(restore_after(after, &file, 0, &report));
	ck_assert_uint_eq(report.unconfigured, 4);
	ck_assert_uint_eq(report.entries + report.handshakes, 0);
	director_free(after);
	strcpy(changed->services[0].name, "vpn");
	changed->services[0].addresses[0] = test_address("192.0.2.9");
	after = make_director(changed, &key, NULL);
	ck_assert(restore_after(after, &file, 0, &report));
	ck_assert_uint_eq(report.unconfigured, 4);
	director_free(after);
	director_free(before);
	config_free(changed);
	config_free(config);
}
END_TEST

/** What has expired meanwhile is left out, or soft where that may be; soft entries come
 *  back soft, no more than there may be, the latest of them. */
START_TEST(record_expired)
{
	struct config *config = test_config(3);
	uint64_t timeout_ms = config->services[0].timeout_established_ms;
	struct director *before, *after;
	struct restore_report report;
	struct file file;

	config->services[0].soft_entries = 2;
	before = make_director(config, &key, NULL);
	after = make_director(config, &key, NULL);
	fill(before);
	establish(before, 4, 500, NOW_MS + timeout_ms - 30000);
	director_expire(before, NOW_MS + timeout_ms - 20500, 100);
	ck_assert_uint_eq(before->services[0].soft_count, 1);
	save(before, NOW_MS + timeout_ms - 20500, &file);
	ck_assert(restore_after(after, &file, 1000, &report));
	ck_assert_uint_eq(report.entries, 3);
	ck_assert_uint_eq(after->services[0].soft_count, 2);
	director_free(after);
	config->services[0].soft_entries = 0;
	after = make_director(config, &key, NULL);
	ck_assert(restore_after(after, &file, 1000, &report));
	ck_assert_uint_eq(report.entries, 1);
	ck_assert_uint_eq(report.expired, 2);
	director_free(after);
	director_free(before);
	config_free(config);
}
END_TEST

/** A table that is full only of what has expired meanwhile is not under pressure: a handshake that
 *  has just begun comes back, and so do soft entries. */
static void restore_full_of_expired(uint32_t soft_entries)
{
	struct config *config = test_config(3);
	uint64_t began_ms = NOW_MS - config->services[0].timeout_established_ms + 5000;
	struct packet fresh = isakmp(10, 500, 160, 0);
	struct director *before, *after;
	struct restore_report report;
	struct file file;

	config->services[0].soft_entries = soft_entries;
	config->drop_entry = SWITCH_AUTO;
	config->drop_entry_low = 75;
	config->drop_entry_high = 90;
	config->max_entries = 100;
	before = make_director(config, &key, NULL);
	for (unsigned int number = 1; number <= 9; number++)
		establish(before, number, 500, began_ms);
	pass(before, &fresh, NOW_MS - 1000);
	save(before, NOW_MS, &file);
	config->max_entries = 10;
	after = make_director(config, &key, NULL);
	ck_assert(restore_after(after, &file, 10000, &report));
	ck_assert_uint_eq(report.expired, 9 - soft_entries);
	ck_assert_uint_eq(after->services[0].initial_count, 1);
	ck_assert_uint_eq(after->services[0].soft_count, soft_entries);
	director_expire(after, NOW_MS, 100);
	ck_assert_uint_eq(after->services[0].initial_count, 1);
	ck_assert_uint_eq(after->services[0].soft_count, soft_entries);
	ck_assert_uint_eq(after->defence.pressure.times, 0);
	director_free(after);
	director_free(before);
	config_free(config);
}

START_TEST(record_full_of_expired)
{
	restore_full_of_expired(0);
	restore_full_of_expired(2);
}
END_TEST

/** Smaller limits hold. */
START_TEST(record_no_room)
{
	struct config *config = test_config(2);
	struct director *before = make_director(config, &key, NULL), *after;
	struct restore_report report;
	struct file file;

	for (unsigned int i = 1; i <= 20; i++)
		establish(before, i, 4500, NOW_MS - 20000 + 100 * (i * 7 % 20));
	save(before, NOW_MS, &file);
	config->max_entries = 13;
	config->drop_entry = SWITCH_OFF;
	after = make_director(config, &key, NULL);
	ck_assert(restore_after(after, &file, 0, &report));
	ck_assert_uint_eq(report.entries, 13);
	ck_assert_uint_eq(report.no_room, 27);
	director_free(after);
	config->max_entries = 1000;
	config->max_entries_per_client = 1;
	after = make_director(config, &key, NULL);
	ck_assert(restore_after(after, &file, 0, &report));
	ck_assert_uint_eq(report.entries, 20);
	ck_assert_uint_eq(report.no_room, 20);
	director_free(after);
	director_free(before);
	config_free(config);
}
END_TEST

/** Counts. */
static void note_established(void *user, struct session_entry *entry)
{
	ck_assert_int_eq(entry->state, SESSION_ESTABLISHED);
	++*(unsigned int *)user;
}

/** Who listens to the table hears of what was established before. */
START_TEST(record_announced)
{
	struct config *config = test_config(3);
	unsigned int heard = 0;
	struct session_events events = { .established = note_established, .user = &heard };
	struct director *before = make_director(config, &key, NULL);
	struct director *after = make_director(config, &key, &events);
	struct restore_report report;
	struct file file;

	fill(before);
	save(before, NOW_MS, &file);
	ck_assert(restore_after(after, &file, 0, &report));
	ck_assert_uint_eq(heard, 2);
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** Templates come back with their servers: held ones, and others in order of their use. */
START_TEST(record_templates)
{
	struct config *config = test_config(3);
	struct director *before, *after;
	struct restore_report report;
	struct address third = test_address("198.51.100.3");
	struct address fourth = test_address("198.51.100.4");
	struct packet packet = isakmp(2, 500, 1, 0);
	struct file file;

	config->services[0].persistence_ms = 30000;
	config->services[0].persistence_prefix_v4 = 32;
	before = make_director(config, &key, NULL);
	after = make_director(config, &other_key, NULL);
	template_note(&before->templates, &before->services[0], &third,
		&before->services[0].servers[2], NOW_MS - 25000);
	template_note(&before->templates, &before->services[0], &fourth,
		&before->services[0].servers[1], NOW_MS - 10000);
	establish(before, 2, 500, NOW_MS - 1000);
	template_note(&before->templates, &before->services[0], &packet.flow.client,
		&before->services[0].servers[2], NOW_MS - 500);
	save(before, NOW_MS, &file);
	ck_assert(restore_after(after, &file, 10000, &report));
	ck_assert_uint_eq(report.templates, 2);
	ck_assert_uint_eq(report.expired, 1);
	ck_assert_ptr_null(template_server(&after->templates, &after->services[0], &third));
	ck_assert_ptr_eq(template_server(&after->templates, &after->services[0], &fourth),
		&after->services[0].servers[1]);
	ck_assert_ptr_eq(template_server(&after->templates, &after->services[0],
				 &packet.flow.client),
		&after->services[0].servers[2]);
	ck_assert_uint_eq(template_next_expiry_ms(&after->services[0]),
		NOW_MS - 10000 - 10000 + 30000);
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** The tables change between portions: what was there all the time is in the file once. */
START_TEST(record_changes_meanwhile)
{
	struct config *config = test_config(2);
	struct director *before = make_director(config, &key, NULL);
	struct director *after = make_director(config, &key, NULL);
	struct snapshot snapshot;
	struct restore_report report;
	struct file file = { .size_bytes = 0 };
	size_t portions = 0;

	for (unsigned int i = 1; i <= 100; i++)
		establish(before, i, 500, NOW_MS - 1000);
	snapshot_begin(&snapshot, before, NOW_MS, WALL_MS);
	for (unsigned int i = 1; !snapshot_done(&snapshot); i++, portions++) {
		size_t used_bytes = snapshot_portion(&snapshot,
			file.data + file.size_bytes, snapshot_needs_bytes(&snapshot));

		file.size_bytes += used_bytes;
		if (i <= 100)
			establish(before, 101 + i % 100, 4500, NOW_MS + i);
	}
	ck_assert_uint_gt(portions, 100);
	ck_assert(restore_after(after, &file, 0, &report));
	for (unsigned int i = 1; i <= 100; i++) {
		struct packet packet = isakmp(i, 500, 1, 0);

		ck_assert_ptr_nonnull(session_find_flow(&after->sessions, &packet.flow));
	}
	ck_assert_uint_eq(report.no_room, 0);
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

UNIT_MAIN("record", record_comes_back, record_weights, record_goes_on, record_torn, record_changed,
	record_refused, record_other_configuration, record_expired,
	record_full_of_expired, record_no_room, record_announced, record_templates, record_changes_meanwhile)
