/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two-state table by itself: limits, order of expiry, soft entries, making room,
 * moved handshakes, and that each change is announced exactly once on every path.
 */
#include "core/handshake.h"
#include "core/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/director.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define RECORDS 64

/** What was announced, in order. */
struct record {
	char what; /**< 'e' established, 'r' removed */
	uint16_t client_port;
};

/** A director with a record of its announcements. */
struct fixture {
	struct config *config;
	struct director *director;
	struct session_table *table;
	struct service *service;
	struct record records[RECORDS];
	size_t record_count;
};

/** Keeps an announcement. */
static void record(struct fixture *fixture, char what, const struct session_entry *entry)
{
	ck_assert_uint_lt(fixture->record_count, RECORDS);
	fixture->records[fixture->record_count++] =
		(struct record){ what, (uint16_t)entry->client_port };
}

/** Announced as established. */
static void on_established(void *user, struct session_entry *entry)
{
	ck_assert_int_eq(entry->state, SESSION_ESTABLISHED);
	record(user, 'e', entry);
}

/** Announced as removed: its client and server can still be read. */
static void on_removed(void *user, struct session_entry *entry)
{
	ck_assert_ptr_nonnull(session_client_server(entry->client)->config);
	record(user, 'r', entry);
}

/** Begins; change config first with the callback, which may be NULL. */
static void begin(struct fixture *fixture, uint32_t entries, uint32_t per_client,
	uint32_t soft_entries)
{
	static const struct hash_key key = { { 1, 2 } };
	struct session_events events = { .established = on_established,
		.removed = on_removed,
		.user = fixture };

	memset(fixture, 0, sizeof(*fixture));
	fixture->config = test_config(2);
	fixture->config->max_entries = entries;
	fixture->config->max_entries_per_client = per_client;
	fixture->config->services[0].soft_entries = soft_entries;
	fixture->config->services[0].timeout_initial_ms = 30;
	fixture->config->services[0].timeout_established_ms = 1000;
	ck_assert_int_eq(
		director_new(fixture->config, &key, &events, &fixture->director), 0);
	fixture->table = &fixture->director->sessions;
	fixture->service = &fixture->director->services[0];
}

/** Nothing may be broken; then all is freed. */
static void end(struct fixture *fixture)
{
	size_t left = fixture->table->entry_count;
	size_t before = fixture->record_count;

	ck_assert_ptr_null(invariants_broken(fixture->director, 0));
	director_free(fixture->director);
	ck_assert_uint_eq(fixture->record_count, before + left);
	config_free(fixture->config);
}

/** What was announced since the last call, as text: "e500 r4500 ". */
static const char *announced(struct fixture *fixture)
{
	static char text[RECORDS * 8];

	text[0] = '\0';
	for (size_t i = 0; i < fixture->record_count; i++)
		sprintf(text + strlen(text), "%c%u ", fixture->records[i].what,
			fixture->records[i].client_port);
	fixture->record_count = 0;
	return text;
}

/** A flow of the client 203.0.113.number. */
static struct packet_flow flow_of(unsigned int number, uint16_t port)
{
	uint8_t bytes[4] = { 203, 0, 113, (uint8_t)number };
	struct packet_flow flow;

	memset(&flow, 0, sizeof(flow));
	flow.client = address_v4(bytes);
	flow.virtual = test_address("192.0.2.1");
	flow.client_port = port;
	flow.virtual_port = 500;
	return flow;
}

/** An ISAKMP packet with these cookies. */
static struct packet cookies(uint64_t icookie, uint64_t rcookie)
{
	return (struct packet){
		.kind = PACKET_IKE, .icookie = icookie, .rcookie = rcookie, .version = 2
	};
}

/** Adds an entry to the first server; must be possible. */
static struct session_entry *add(
	struct fixture *fixture, unsigned int number, uint16_t port, uint64_t now_ms)
{
	struct packet_flow flow = flow_of(number, port);
	struct session_entry *entry = NULL;

	ck_assert_int_eq(session_add(fixture->table, fixture->service,
				 &fixture->service->servers[0], &flow, now_ms, &entry),
		0);
	ck_assert_ptr_nonnull(entry);
	return entry;
}

/** Tries to add an entry; gives the error. */
static int try_add(struct fixture *fixture, unsigned int number, uint16_t port)
{
	struct packet_flow flow = flow_of(number, port);
	struct session_entry *entry = NULL;

	return session_add(fixture->table, fixture->service,
		&fixture->service->servers[0], &flow, 0, &entry);
}

/** Adds an ESTABLISHED entry. */
static struct session_entry *add_established(
	struct fixture *fixture, unsigned int number, uint16_t port, uint64_t now_ms)
{
	struct session_entry *entry = add(fixture, number, port, now_ms);

	session_establish(fixture->table, entry, now_ms);
	return entry;
}

/** The entry of a flow is there. */
static bool there(const struct fixture *fixture, unsigned int number, uint16_t port)
{
	struct packet_flow flow = flow_of(number, port);

	return session_find_flow(fixture->table, &flow) != NULL;
}

/** An entry with all its parts, found by each of its keys and by no neighbour's. */
START_TEST(session_add_and_find)
{
	struct fixture fixture;
	struct packet_flow flow = flow_of(7, 500);
	struct packet packet = cookies(11, 0);
	struct session_entry *entry;

	begin(&fixture, 10, 10, 0);
	entry = add(&fixture, 7, 500, 5);
	ck_assert_int_eq(entry->state, SESSION_INITIAL);
	ck_assert_str_eq(session_state_name(entry), "INITIAL");
	ck_assert_uint_eq(entry->created_ms, 5);
	ck_assert_uint_eq(session_expires_ms(entry), 35);
	ck_assert_int_eq(handshake_note(fixture.table, entry, &packet), 0);
	ck_assert_ptr_eq(session_find_flow(fixture.table, &flow), entry);
	ck_assert_ptr_eq(
		session_find_client(fixture.table, fixture.service, &flow.client),
		entry->client);
	ck_assert_ptr_eq(
		handshake_entry(fixture.table,
			handshake_find(
				fixture.table, fixture.service, &flow.client, 11)),
		entry);
	ck_assert_ptr_null(
		handshake_find(fixture.table, fixture.service, &flow.client, 12));
	flow.virtual_port = 4500;
	ck_assert_ptr_null(session_find_flow(fixture.table, &flow));
	flow = flow_of(8, 500);
	ck_assert_ptr_null(session_find_flow(fixture.table, &flow));
	ck_assert_ptr_null(
		session_find_client(fixture.table, fixture.service, &flow.client));
	ck_assert_ptr_null(
		handshake_find(fixture.table, fixture.service, &flow.client, 11));
	ck_assert_str_eq(announced(&fixture), "");
	end(&fixture);
}
END_TEST

/** Both limits to the entry; a refusal changes nothing. */
START_TEST(session_limits_hold)
{
	struct fixture fixture;

	begin(&fixture, 4, 2, 0);
	add(&fixture, 1, 1, 0);
	add(&fixture, 1, 2, 0);
	ck_assert_int_eq(try_add(&fixture, 1, 3), -EDQUOT);
	add(&fixture, 2, 1, 0);
	add(&fixture, 3, 1, 0);
	ck_assert_int_eq(try_add(&fixture, 4, 1), -ENOSPC);
	ck_assert_int_eq(try_add(&fixture, 2, 2), -ENOSPC);
	ck_assert_uint_eq(fixture.table->entry_count, 4);
	ck_assert_uint_eq(fixture.service->client_count, 3);
	ck_assert_str_eq(announced(&fixture), "");
	session_remove(
		fixture.table, session_find_flow(fixture.table,
				       &(struct packet_flow[]){ flow_of(1, 1) }[0]));
	ck_assert_str_eq(announced(&fixture), "r1 ");
	add(&fixture, 4, 1, 0);
	end(&fixture);
}
END_TEST

/** Established once, announced once, although the table is full. */
START_TEST(session_establish_once)
{
	struct fixture fixture;
	struct session_entry *entry;

	begin(&fixture, 1, 1, 0);
	entry = add(&fixture, 1, 500, 0);
	ck_assert_int_eq(try_add(&fixture, 2, 500), -ENOSPC);
	session_establish(fixture.table, entry, 10);
	session_establish(fixture.table, entry, 20);
	ck_assert_str_eq(announced(&fixture), "e500 ");
	ck_assert_uint_eq(session_expires_ms(entry), 1020);
	ck_assert_str_eq(session_state_name(entry), "ESTABLISHED");
	ck_assert_uint_eq(fixture.service->servers[0].established, 1);
	ck_assert_uint_eq(fixture.service->servers[0].initial, 0);
	end(&fixture);
}
END_TEST

/** Entries go in the order of their last packets, at their time and not before. */
START_TEST(session_expiry_order)
{
	struct fixture fixture;
	struct session_entry *first;

	begin(&fixture, 10, 10, 0);
	first = add(&fixture, 1, 1, 0);
	add(&fixture, 1, 2, 5);
	add(&fixture, 2, 3, 6);
	session_touch(fixture.table, first, 7);
	ck_assert_uint_eq(director_next_expiry_ms(fixture.director), 35);
	ck_assert_uint_eq(session_expire(fixture.table, fixture.service, 34, 10), 0);
	ck_assert_uint_eq(session_expire(fixture.table, fixture.service, 35, 10), 1);
	ck_assert_str_eq(announced(&fixture), "r2 ");
	ck_assert_uint_eq(session_expire(fixture.table, fixture.service, 1000, 1), 1);
	ck_assert_str_eq(announced(&fixture), "r3 ");
	ck_assert_uint_eq(session_expire(fixture.table, fixture.service, 1000, 1), 1);
	ck_assert_str_eq(announced(&fixture), "r1 ");
	ck_assert_uint_eq(session_expire(fixture.table, fixture.service, 1000, 1), 0);
	ck_assert_uint_eq(director_next_expiry_ms(fixture.director), UINT64_MAX);
	end(&fixture);
}
END_TEST

/** Past the timeout: soft while the quota lasts, oldest first out, announced then only.
 */
START_TEST(session_soft_quota)
{
	struct fixture fixture;

	begin(&fixture, 10, 10, 2);
	for (uint16_t port = 1; port <= 4; port++)
		add_established(&fixture, port, port, port);
	ck_assert_str_eq(announced(&fixture), "e1 e2 e3 e4 ");
	while (session_expire(fixture.table, fixture.service, 1002, 10) == 10)
		continue;
	ck_assert_uint_eq(fixture.service->soft_count, 2);
	ck_assert_uint_eq(fixture.service->established_count, 2);
	ck_assert_str_eq(announced(&fixture), "");
	ck_assert(there(&fixture, 1, 1));
	while (session_expire(fixture.table, fixture.service, 5000, 1) == 1)
		continue;
	ck_assert_uint_eq(fixture.service->soft_count, 2);
	ck_assert_str_eq(announced(&fixture), "r1 r2 ");
	end(&fixture);
}
END_TEST

/** A packet makes a soft entry live again, with its whole time, announced by nothing. */
START_TEST(session_soft_revival)
{
	struct fixture fixture;
	struct session_entry *entry;

	begin(&fixture, 10, 10, 5);
	entry = add_established(&fixture, 1, 1, 0);
	announced(&fixture);
	session_expire(fixture.table, fixture.service, 1000, 10);
	ck_assert_str_eq(session_state_name(entry), "SOFT");
	ck_assert_uint_eq(session_expires_ms(entry), 1000);
	ck_assert_uint_eq(fixture.service->servers[0].established, 1);
	session_touch(fixture.table, entry, 1500);
	ck_assert_str_eq(session_state_name(entry), "ESTABLISHED");
	ck_assert_uint_eq(session_expires_ms(entry), 2500);
	ck_assert_str_eq(announced(&fixture), "");
	ck_assert_uint_eq(session_expire(fixture.table, fixture.service, 2499, 10), 0);
	session_expire(fixture.table, fixture.service, 2500, 10);
	ck_assert(entry->soft);
	session_remove(fixture.table, entry);
	ck_assert_str_eq(announced(&fixture), "r1 ");
	end(&fixture);
}
END_TEST

/** INITIAL entries never become soft. */
START_TEST(session_soft_not_initial)
{
	struct fixture fixture;

	begin(&fixture, 10, 10, 5);
	add(&fixture, 1, 1, 0);
	ck_assert_uint_eq(session_expire(fixture.table, fixture.service, 30, 10), 1);
	ck_assert_uint_eq(fixture.table->entry_count, 0);
	end(&fixture);
}
END_TEST

/** A full table: soft entries first, then for the proven the oldest INITIAL. */
START_TEST(session_room_in_table)
{
	struct fixture fixture;

	begin(&fixture, 3, 3, 5);
	ck_assert(session_make_room(fixture.table, fixture.service, NULL, false));
	add_established(&fixture, 1, 1, 0);
	session_expire(fixture.table, fixture.service, 1000, 10);
	add(&fixture, 2, 2, 1000);
	add(&fixture, 3, 3, 1001);
	announced(&fixture);
	ck_assert(session_make_room(fixture.table, fixture.service, NULL, false));
	ck_assert_str_eq(announced(&fixture), "r1 ");
	add(&fixture, 4, 4, 1002);
	ck_assert(!session_make_room(fixture.table, fixture.service, NULL, false));
	ck_assert_str_eq(announced(&fixture), "");
	ck_assert(session_make_room(fixture.table, fixture.service, NULL, true));
	ck_assert_str_eq(announced(&fixture), "r2 ");
	add_established(&fixture, 5, 5, 1003);
	end(&fixture);
}
END_TEST

/** A full client: its own oldest INITIAL for the proven; never an ESTABLISHED one. */
START_TEST(session_room_in_client)
{
	struct fixture fixture;
	struct session_entry *entry;

	begin(&fixture, 10, 3, 0);
	add(&fixture, 9, 9, 0);
	entry = add_established(&fixture, 1, 1, 1);
	add(&fixture, 1, 2, 2);
	session_touch(fixture.table, add(&fixture, 1, 3, 3), 4);
	announced(&fixture);
	ck_assert(
		!session_make_room(fixture.table, fixture.service, entry->client, false));
	ck_assert(session_make_room(fixture.table, fixture.service, entry->client, true));
	ck_assert_str_eq(announced(&fixture), "r2 ");
	session_establish(fixture.table, add(&fixture, 1, 4, 5), 5);
	ck_assert(session_make_room(fixture.table, fixture.service, entry->client, true));
	ck_assert_str_eq(announced(&fixture), "e4 r3 ");
	add_established(&fixture, 1, 5, 6);
	announced(&fixture);
	ck_assert(
		!session_make_room(fixture.table, fixture.service, entry->client, true));
	ck_assert_str_eq(announced(&fixture), "");
	ck_assert(there(&fixture, 9, 9));
	end(&fixture);
}
END_TEST

/** The bound of handshakes: the oldest unproven goes, a proven one only if all are. */
START_TEST(session_handshake_bound)
{
	struct fixture fixture;
	struct session_entry *entry;
	struct packet packet = cookies(1000, 1);
	struct address client = flow_of(1, 1).client;

	begin(&fixture, 10, 10, 0);
	entry = add(&fixture, 1, 1, 0);
	ck_assert_int_eq(handshake_note(fixture.table, entry, &packet), 0);
	for (uint64_t i = 1; i <= 100; i++) {
		packet = cookies(i, 0);
		ck_assert_int_eq(
			handshake_note(fixture.table, entry, &packet), 0);
		ck_assert_uint_le(entry->handshake_count, HANDSHAKES_PER_ENTRY);
	}
	ck_assert_ptr_nonnull(
		handshake_find(fixture.table, fixture.service, &client, 1000));
	ck_assert_ptr_null(handshake_find(
		fixture.table, fixture.service, &client, 100 - HANDSHAKES_PER_ENTRY + 1));
	ck_assert_ptr_nonnull(handshake_find(
		fixture.table, fixture.service, &client, 100 - HANDSHAKES_PER_ENTRY + 2));
	for (uint64_t i = 1; i <= 20; i++) {
		packet = cookies(2000 + i, 7);
		ck_assert_int_eq(
			handshake_note(fixture.table, entry, &packet), 0);
	}
	ck_assert_uint_eq(entry->handshake_count, HANDSHAKES_PER_ENTRY);
	ck_assert_ptr_null(
		handshake_find(fixture.table, fixture.service, &client, 1000));
	end(&fixture);
}
END_TEST

/** The same icookie on another entry of the client moves there when it is proven, learns
 *  rcookie once, and stays when it is only a late first message. */
START_TEST(session_handshake_moves)
{
	struct fixture fixture;
	struct session_entry *one;
	struct session_entry *other;
	struct handshake *handshake;
	struct packet packet = cookies(11, 0);

	begin(&fixture, 10, 10, 0);
	one = add(&fixture, 1, 500, 0);
	other = add(&fixture, 1, 4500, 0);
	ck_assert_int_eq(handshake_note(fixture.table, one, &packet), 0);
	handshake = handshake_find(
		fixture.table, fixture.service, &one->client->address, 11);
	ck_assert_ptr_eq(handshake_entry(fixture.table, handshake), one);
	packet = cookies(11, 22);
	ck_assert_int_eq(handshake_note(fixture.table, other, &packet), 0);
	ck_assert_ptr_eq(handshake_entry(fixture.table, handshake), other);
	ck_assert_uint_eq(handshake->rcookie, 22);
	ck_assert_uint_eq(one->handshake_count, 0);
	ck_assert_uint_eq(other->handshake_count, 1);
	packet = cookies(11, 0);
	ck_assert_int_eq(handshake_note(fixture.table, one, &packet), 0);
	ck_assert_ptr_eq(handshake_entry(fixture.table, handshake), other);
	ck_assert_uint_eq(handshake->rcookie, 22);
	ck_assert_uint_eq(fixture.table->cookies.count, 1);
	session_remove(fixture.table, one);
	session_remove(fixture.table, other);
	ck_assert_uint_eq(fixture.table->cookies.count, 0);
	end(&fixture);
}
END_TEST

/** A move into an entry that has all it may carry keeps the moved one. */
START_TEST(session_handshake_moves_into_full)
{
	struct fixture fixture;
	struct session_entry *one;
	struct session_entry *other;
	struct packet packet = cookies(11, 0);

	begin(&fixture, 10, 10, 0);
	one = add(&fixture, 1, 500, 0);
	other = add(&fixture, 1, 4500, 0);
	ck_assert_int_eq(handshake_note(fixture.table, one, &packet), 0);
	for (uint64_t i = 100; i < 100 + HANDSHAKES_PER_ENTRY; i++) {
		packet = cookies(i, 0);
		ck_assert_int_eq(
			handshake_note(fixture.table, other, &packet), 0);
	}
	packet = cookies(11, 22);
	ck_assert_int_eq(handshake_note(fixture.table, other, &packet), 0);
	ck_assert_uint_eq(other->handshake_count, HANDSHAKES_PER_ENTRY);
	ck_assert_ptr_eq(
		handshake_entry(fixture.table,
			handshake_find(fixture.table, fixture.service,
				&one->client->address, 11)),
		other);
	end(&fixture);
}
END_TEST

/** A pair is found whatever the address, but only while its entry is ESTABLISHED. */
START_TEST(session_pairs)
{
	struct fixture fixture;
	struct session_entry *entry;
	struct packet packet = cookies(11, 22);

	begin(&fixture, 10, 10, 0);
	entry = add(&fixture, 1, 500, 0);
	ck_assert_int_eq(handshake_note(fixture.table, entry, &packet), 0);
	ck_assert_ptr_null(handshake_find_pair(fixture.table, fixture.service, 11, 22));
	session_establish(fixture.table, entry, 0);
	ck_assert_ptr_eq(
		handshake_entry(fixture.table,
			handshake_find_pair(fixture.table, fixture.service, 11, 22)),
		entry);
	ck_assert_ptr_null(handshake_find_pair(fixture.table, fixture.service, 22, 11));
	ck_assert_ptr_null(handshake_find_pair(fixture.table, fixture.service, 11, 0));
	session_remove(fixture.table, entry);
	ck_assert_ptr_null(handshake_find_pair(fixture.table, fixture.service, 11, 22));
	end(&fixture);
}
END_TEST

/** A client lives as long as its last entry. */
START_TEST(session_client_lifetime)
{
	struct fixture fixture;
	struct session_entry *one;
	struct session_entry *other;

	begin(&fixture, 10, 10, 0);
	one = add_established(&fixture, 1, 1, 0);
	other = add(&fixture, 1, 2, 0);
	ck_assert_ptr_eq(one->client, other->client);
	ck_assert_uint_eq(one->client->established_count, 1);
	ck_assert_uint_eq(fixture.service->servers[0].clients, 1);
	session_remove(fixture.table, one);
	ck_assert_uint_eq(other->client->established_count, 0);
	ck_assert_uint_eq(fixture.service->client_count, 1);
	session_remove(fixture.table, other);
	ck_assert_uint_eq(fixture.service->client_count, 0);
	ck_assert_uint_eq(fixture.service->servers[0].clients, 0);
	ck_assert_str_eq(announced(&fixture), "e1 r1 r2 ");
	end(&fixture);
}
END_TEST

UNIT_MAIN("session", session_add_and_find, session_limits_hold, session_establish_once,
	session_expiry_order, session_soft_quota, session_soft_revival,
	session_soft_not_initial, session_room_in_table, session_room_in_client,
	session_handshake_bound, session_handshake_moves,
	session_handshake_moves_into_full, session_pairs, session_client_lifetime)
