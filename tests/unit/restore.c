/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is restored of a state file: all as it was saved, as far as it is still configured,
 * has not expired, and finds room.
 */
#include <string.h>

#include "core/decide.h"
#include "core/handshake.h"
#include "tests/lib/test_config.h"
#include "tests/unit/record_fixture.h"
#include "tests/unit/unit.h"

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
START_TEST(restore_comes_back)
{
	struct config *config = test_config(3);
	struct director *before = fixture_director(config, &fixture_key, NULL);
	struct director *after = fixture_director(config, &fixture_other_key, NULL);
	struct restore_report report;
	struct fixture_file file;

	fixture_fill(before);
	ck_assert_uint_eq(before->sessions.entry_count, 4);
	fixture_save(before, NOW_MS, &file);
	ck_assert(fixture_restore(after, &file, 7000, &report));
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
START_TEST(restore_weights)
{
	struct config *config = test_config(4), *changed = test_config(4);
	struct director *before = fixture_director(config, &fixture_key, NULL), *after;
	struct server *servers = before->services[0].servers;
	struct restore_report report;
	struct fixture_file file;

	servers[0].weight = 7;
	servers[1].weight = 0;
	servers[2].weight = 65535;
	fixture_save(before, NOW_MS, &file);
	strcpy(changed->services[0].servers[0].name, "gw2");
	strcpy(changed->services[0].servers[1].name, "gw1");
	changed->services[0].servers[2].weight = 3;
	after = fixture_director(changed, &fixture_key, NULL);
	ck_assert(fixture_restore(after, &file, 0, &report));
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
START_TEST(restore_goes_on)
{
	struct config *config = test_config(3);
	struct director *before = fixture_director(config, &fixture_key, NULL);
	struct director *after = fixture_director(config, &fixture_other_key, NULL);
	struct packet pair = fixture_isakmp(2, 4500, 32, 33);
	struct packet moved = fixture_isakmp(9, 40000, 32, 33);
	struct packet proof = fixture_isakmp(3, 4500, 48, 49);
	struct packet esp = fixture_isakmp(1, 0, 0, 0);
	struct restore_report report;
	struct decision decision;
	struct fixture_file file;

	fixture_fill(before);
	fixture_save(before, NOW_MS, &file);
	ck_assert(fixture_restore(after, &file, 1000, &report));
	decide(after, &pair, &decision);
	ck_assert_int_eq(decision.reason, REASON_KNOWN_ENTRY);
	ck_assert_str_eq(decision.server->config->name, "gw2");
	decide(after, &moved, &decision);
	ck_assert_int_eq(decision.action, DECISION_FORWARD);
	ck_assert_str_eq(decision.server->config->name, "gw2");
	fixture_pass(after, &proof, NOW_MS + 1);
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

/** Servers, services and addresses that are no more take their entries with them; one that
 *  has another number is found by its name. */
START_TEST(restore_other_configuration)
{
	struct config *config = test_config(3), *changed = test_config(3);
	struct director *before = fixture_director(config, &fixture_key, NULL), *after;
	struct packet packet = fixture_isakmp(1, 500, 16, 17);
	struct restore_report report;
	struct fixture_file file;

	fixture_fill(before);
	fixture_save(before, NOW_MS, &file);
	strcpy(changed->services[0].servers[0].name, "gw9");
	strcpy(changed->services[0].servers[2].name, "gw1");
	after = fixture_director(changed, &fixture_key, NULL);
	ck_assert(fixture_restore(after, &file, 0, &report));
	ck_assert(report.servers_changed);
	ck_assert_uint_eq(report.entries, 3);
	ck_assert_uint_eq(report.unconfigured, 1);
	ck_assert_ptr_eq(
		session_server(session_find_flow(&after->sessions, &packet.flow)),
		&after->services[0].servers[2]);
	director_free(after);
	strcpy(changed->services[0].name, "other");
	after = fixture_director(changed, &fixture_key, NULL);
	ck_assert(fixture_restore(after, &file, 0, &report));
	ck_assert_uint_eq(report.unconfigured, 4);
	ck_assert_uint_eq(report.entries + report.handshakes, 0);
	director_free(after);
	strcpy(changed->services[0].name, "vpn");
	changed->services[0].addresses[0] = test_address("192.0.2.9");
	after = fixture_director(changed, &fixture_key, NULL);
	ck_assert(fixture_restore(after, &file, 0, &report));
	ck_assert_uint_eq(report.unconfigured, 4);
	director_free(after);
	director_free(before);
	config_free(changed);
	config_free(config);
}
END_TEST

/** What has expired meanwhile is left out, or soft where that may be; soft entries come
 *  back soft, no more than there may be, the latest of them. */
START_TEST(restore_expired)
{
	struct config *config = test_config(3);
	uint64_t timeout_ms = config->services[0].timeout_established_ms;
	struct director *before, *after;
	struct restore_report report;
	struct fixture_file file;

	config->services[0].soft_entries = 2;
	before = fixture_director(config, &fixture_key, NULL);
	after = fixture_director(config, &fixture_key, NULL);
	fixture_fill(before);
	fixture_establish(before, 4, 500, NOW_MS + timeout_ms - 30000);
	director_expire(before, NOW_MS + timeout_ms - 20500, 100);
	ck_assert_uint_eq(before->services[0].soft_count, 1);
	fixture_save(before, NOW_MS + timeout_ms - 20500, &file);
	ck_assert(fixture_restore(after, &file, 1000, &report));
	ck_assert_uint_eq(report.entries, 3);
	ck_assert_uint_eq(after->services[0].soft_count, 2);
	director_free(after);
	config->services[0].soft_entries = 0;
	after = fixture_director(config, &fixture_key, NULL);
	ck_assert(fixture_restore(after, &file, 1000, &report));
	ck_assert_uint_eq(report.entries, 1);
	ck_assert_uint_eq(report.expired, 2);
	director_free(after);
	director_free(before);
	config_free(config);
}
END_TEST

/** A table that is full only of what has expired meanwhile is not under pressure: a handshake that
 *  has just begun comes back, and so do soft entries. */
static void full_of_expired(uint32_t soft_entries)
{
	struct config *config = test_config(3);
	uint64_t began_ms = NOW_MS - config->services[0].timeout_established_ms + 5000;
	struct packet fresh = fixture_isakmp(10, 500, 160, 0);
	struct director *before, *after;
	struct restore_report report;
	struct fixture_file file;

	config->services[0].soft_entries = soft_entries;
	config->drop_entry = SWITCH_AUTO;
	config->drop_entry_low = 75;
	config->drop_entry_high = 90;
	config->max_entries = 100;
	before = fixture_director(config, &fixture_key, NULL);
	for (unsigned int number = 1; number <= 9; number++)
		fixture_establish(before, number, 500, began_ms);
	fixture_pass(before, &fresh, NOW_MS - 1000);
	fixture_save(before, NOW_MS, &file);
	config->max_entries = 10;
	after = fixture_director(config, &fixture_key, NULL);
	ck_assert(fixture_restore(after, &file, 10000, &report));
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

START_TEST(restore_full_of_expired)
{
	full_of_expired(0);
	full_of_expired(2);
}
END_TEST

/** Smaller limits hold. */
START_TEST(restore_no_room)
{
	struct config *config = test_config(2);
	struct director *before = fixture_director(config, &fixture_key, NULL), *after;
	struct restore_report report;
	struct fixture_file file;

	for (unsigned int i = 1; i <= 20; i++)
		fixture_establish(before, i, 4500, NOW_MS - 20000 + 100 * (i * 7 % 20));
	fixture_save(before, NOW_MS, &file);
	config->max_entries = 13;
	config->drop_entry = SWITCH_OFF;
	after = fixture_director(config, &fixture_key, NULL);
	ck_assert(fixture_restore(after, &file, 0, &report));
	ck_assert_uint_eq(report.entries, 13);
	ck_assert_uint_eq(report.no_room, 27);
	director_free(after);
	config->max_entries = 1000;
	config->max_entries_per_client = 1;
	after = fixture_director(config, &fixture_key, NULL);
	ck_assert(fixture_restore(after, &file, 0, &report));
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
START_TEST(restore_announced)
{
	struct config *config = test_config(3);
	unsigned int heard = 0;
	struct session_events events = { .established = note_established, .user = &heard };
	struct director *before = fixture_director(config, &fixture_key, NULL);
	struct director *after = fixture_director(config, &fixture_key, &events);
	struct restore_report report;
	struct fixture_file file;

	fixture_fill(before);
	fixture_save(before, NOW_MS, &file);
	ck_assert(fixture_restore(after, &file, 0, &report));
	ck_assert_uint_eq(heard, 2);
	director_free(before);
	director_free(after);
	config_free(config);
}
END_TEST

/** Templates come back with their servers: held ones, and others in order of their use. */
START_TEST(restore_templates)
{
	struct config *config = test_config(3);
	struct director *before, *after;
	struct restore_report report;
	struct address third = test_address("198.51.100.3");
	struct address fourth = test_address("198.51.100.4");
	struct packet packet = fixture_isakmp(2, 500, 1, 0);
	struct fixture_file file;

	config->services[0].persistence_ms = 30000;
	config->services[0].persistence_prefix_v4 = 32;
	before = fixture_director(config, &fixture_key, NULL);
	after = fixture_director(config, &fixture_other_key, NULL);
	template_note(&before->templates, &before->services[0], &third,
		&before->services[0].servers[2], NOW_MS - 25000);
	template_note(&before->templates, &before->services[0], &fourth,
		&before->services[0].servers[1], NOW_MS - 10000);
	fixture_establish(before, 2, 500, NOW_MS - 1000);
	template_note(&before->templates, &before->services[0], &packet.flow.client,
		&before->services[0].servers[2], NOW_MS - 500);
	fixture_save(before, NOW_MS, &file);
	ck_assert(fixture_restore(after, &file, 10000, &report));
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

UNIT_MAIN("restore", restore_comes_back, restore_weights, restore_goes_on,
	restore_other_configuration, restore_expired, restore_full_of_expired,
	restore_no_room, restore_announced, restore_templates)
