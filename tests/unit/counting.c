/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is counted, with a backend that is one element: the kernel's part and the daemon's add up
 * over moves and ends, others are left alone, and there is an end to all of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/explain_fixture.h"
#include "tests/unit/unit.h"

#define MARK_1 0x10000u
#define MARK_2 0x20000u

/** The backend's element. */
static struct {
	uint32_t mark;
	bool counts;
	struct fast_path_count count;
	unsigned int commits;
} element;

/** Has it count, from zero on. */
static void count(struct fast_path *fast_path, const struct fast_path_key *key, uint32_t mark,
	bool on)
{
	(void)fast_path;
	ck_assert_uint_eq(key->virtual.family, key->client.family);
	element.mark = mark;
	element.counts = on;
	element.count = (struct fast_path_count){ 0, 0 };
}

/** What it has. */
static int counted(struct fast_path *fast_path, const struct fast_path_key *key,
	struct fast_path_count *ret_count)
{
	(void)fast_path;
	(void)key;
	*ret_count = element.count;
	return element.counts ? 0 : -ENOENT;
}

/** All is done at once. */
static int commit(struct fast_path *fast_path)
{
	(void)fast_path;
	element.commits++;
	return 0;
}

static const struct fast_path_backend in_tables = {
	.name = "test", .in_tables = true, .count = count, .counted = counted, .commit = commit
};

/** Begins, with a client and a key of ESP in UDP. */
static struct fast_path_key begin(struct explain_fixture *fixture)
{
	struct fast_path_key key = { .client_port = 61000 };

	memset(&element, 0, sizeof(element));
	explain_begin(fixture, METHOD_DIRECT);
	counting_use(&fixture->counting, &in_tables, NULL);
	ck_assert_int_eq(address_parse("203.0.113.7", &key.client), 0);
	ck_assert_int_eq(address_parse("192.0.2.1", &key.virtual), 0);
	return key;
}

/** The element has carried packets of 100 bytes. */
static void carry(uint64_t packets)
{
	element.count.packets += packets;
	element.count.bytes += 100 * packets;
}

/** The daemon has forwarded one of that key. */
static void forward(struct explain_fixture *fixture, const struct fast_path_key *key,
	enum packet_kind kind)
{
	struct packet packet = { .kind = kind, .flow = { .client = key->client,
		.virtual = key->virtual, .client_port = key->client_port } };

	counting_see(&fixture->counting, &packet, 60);
}

/** The only flow, up to date, has these numbers. */
static void expect(struct explain_fixture *fixture, const struct fast_path_key *key,
	uint64_t packets, uint64_t bytes, uint64_t fast_packets)
{
	const struct counting_client *client =
		counting_find(&fixture->counting, &key->client);
	struct counting_flow *flow = counting_first(&fixture->counting, client);

	ck_assert_uint_eq(client->flow_count, 1);
	counting_read(&fixture->counting, flow);
	ck_assert_uint_eq(flow->all.packets, packets);
	ck_assert_uint_eq(flow->all.bytes, bytes);
	ck_assert_uint_eq(flow->fast.packets, fast_packets);
}

/** The kernel's part and the daemon's add up while the element moves, is lost, and ends. */
START_TEST(both_parts_add_up)
{
	struct explain_fixture fixture;
	struct fast_path_key key = begin(&fixture);
	struct counting *counting = &fixture.counting;

	counting_put(counting, &key, MARK_1);
	ck_assert(!element.counts);
	ck_assert_int_eq(
		counting_begin(counting, fixture.director, &key.client, 1000, 60000), 0);
	forward(&fixture, &key, PACKET_ESP_IN_UDP);
	forward(&fixture, &key, PACKET_KEEPALIVE);
	expect(&fixture, &key, 1, 60, 0);
	counting_put(counting, &key, MARK_1);
	ck_assert(element.counts);
	carry(5);
	expect(&fixture, &key, 6, 560, 5);
	carry(2);
	counting_remove(counting, &key);
	counting_put(counting, &key, MARK_2);
	ck_assert_uint_eq(element.mark, MARK_2);
	expect(&fixture, &key, 8, 760, 7);
	carry(9);
	expect(&fixture, &key, 17, 1660, 16);
	element.count = (struct fast_path_count){ 1, 100 }; /* another one, of which we hear not */
	expect(&fixture, &key, 18, 1760, 17);
	carry(1);
	ck_assert_int_eq(counting_end(counting, &key.client, 5000), 0);
	ck_assert(!element.counts);
	ck_assert_uint_eq(element.mark, MARK_2);
	forward(&fixture, &key, PACKET_ESP_IN_UDP);
	expect(&fixture, &key, 19, 1860, 18);
	ck_assert_int_eq(counting_end(counting, &key.client, 5000), -ENOENT);
	explain_end(&fixture);
}
END_TEST

/** Others are not counted; ESP and AH of a client are one flow. */
START_TEST(others_are_left_alone)
{
	struct explain_fixture fixture;
	struct fast_path_key key = begin(&fixture), other = key;
	struct counting *counting = &fixture.counting;

	key.client_port = 0;
	other.client.bytes[3] = 8;
	ck_assert_int_eq(
		counting_begin(counting, fixture.director, &key.client, 1000, 60000), 0);
	counting_put(counting, &other, MARK_1);
	forward(&fixture, &other, PACKET_ESP_IN_UDP);
	ck_assert(!element.counts);
	ck_assert_ptr_null(counting_find(counting, &other.client));
	forward(&fixture, &key, PACKET_ESP);
	forward(&fixture, &key, PACKET_AH);
	expect(&fixture, &key, 2, 120, 0);
	ck_assert_uint_eq(counting->flows.count, 1);
	explain_end(&fixture);
}
END_TEST

/** It ends by itself, can be read for an hour, and begins anew from zero. */
START_TEST(it_ends_by_itself)
{
	struct explain_fixture fixture;
	struct fast_path_key key = begin(&fixture);
	struct counting *counting = &fixture.counting;

	ck_assert_int_eq(
		counting_begin(counting, fixture.director, &key.client, 1000, 60000), 0);
	counting_put(counting, &key, MARK_1);
	carry(3);
	counting_look(counting, 60999);
	ck_assert(element.counts);
	counting_look(counting, 61000);
	ck_assert(!element.counts);
	ck_assert_uint_eq(counting->active, 0);
	expect(&fixture, &key, 3, 300, 3);
	counting_look(counting, 61000 + COUNTING_KEPT_MS - 1);
	ck_assert_ptr_nonnull(counting_find(counting, &key.client));
	counting_begin(counting, fixture.director, &key.client, 70000, 1000);
	counting_begin(counting, fixture.director, &key.client, 70000, 1000);
	ck_assert_uint_eq(counting->active, 1);
	ck_assert_uint_eq(counting->flows.count, 0);
	counting_look(counting, 71000);
	counting_look(counting, 71000 + COUNTING_KEPT_MS);
	ck_assert_ptr_null(counting_find(counting, &key.client));
	explain_end(&fixture);
}
END_TEST

/** So many clients and flows, and no more; what has ended makes room. */
START_TEST(there_is_a_limit)
{
	struct explain_fixture fixture;
	struct fast_path_key key = begin(&fixture);
	struct counting *counting = &fixture.counting;

	for (unsigned int i = 0; i < COUNTING_CLIENTS; i++) {
		key.client.bytes[2] = (uint8_t)(i >> 8);
		key.client.bytes[3] = (uint8_t)i;
		ck_assert_int_eq(counting_begin(counting, fixture.director, &key.client,
					 1000 + i, 60000),
			0);
	}
	for (unsigned int port = 1; port <= COUNTING_FLOWS_EACH + 1; port++) {
		key.client_port = (uint16_t)port;
		counting_put(counting, &key, MARK_1);
	}
	ck_assert_uint_eq(counting->flows.count, COUNTING_FLOWS_EACH);
	ck_assert_uint_eq(counting_find(counting, &key.client)->unwatched, 1);
	key.client.bytes[0]++;
	ck_assert_int_eq(
		counting_begin(counting, fixture.director, &key.client, 5000, 60000), -ENOSPC);
	key.client.bytes[0]--;
	ck_assert_int_eq(counting_end(counting, &key.client, 5000), 0);
	key.client.bytes[0]++;
	ck_assert_int_eq(
		counting_begin(counting, fixture.director, &key.client, 5000, 60000), 0);
	ck_assert_uint_eq(counting->clients.count, COUNTING_CLIENTS);
	ck_assert_uint_eq(counting->flows.count, 0);
	counting_end_all(counting, 6000);
	ck_assert_uint_eq(counting->active, 0);
	explain_end(&fixture);
}
END_TEST

/** The methods: begun, shown with flows and without, ended, refused. */
START_TEST(the_methods)
{
	struct explain_fixture fixture;
	struct fast_path_key key = begin(&fixture);
	const json_t *result, *item;

	explain_ask(&fixture, &explain_writer, IPB_COUNT_BEGIN,
		json_pack("{ss si}", "client", "203.0.113.7", "seconds", 30));
	explain_ask(&fixture, &explain_writer, IPB_COUNT_BEGIN,
		json_pack("{ss}", "client", "2001:db8::7"));
	counting_put(&fixture.counting, &key, MARK_1);
	carry(4);
	fixture.now_ms += 2500;
	result = json_object_get(explain_ask(&fixture, &explain_reader, IPB_SHOW_COUNTS,
				   json_pack("{ss}", "client", "203.0.113.7")),
		"items");
	ck_assert_uint_eq(json_array_size(result), 1);
	item = json_array_get(result, 0);
	explain_expect_text(item, "client", "203.0.113.7:61000");
	explain_expect_text(item, "virtual", "192.0.2.1:4500");
	ck_assert_int_eq(json_integer_value(json_object_get(item, "packets")), 4);
	ck_assert_int_eq(json_integer_value(json_object_get(item, "fast_bytes")), 400);
	ck_assert_int_eq(json_integer_value(json_object_get(item, "since_s")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(item, "left_s")), 28);
	result = json_object_get(explain_ask(&fixture, &explain_reader, IPB_SHOW_COUNTS,
				   json_pack("{ss}", "client", "2001:db8::7")),
		"items");
	explain_expect_text(json_array_get(result, 0), "virtual", NULL);
	result = explain_ask(&fixture, &explain_writer, IPB_COUNT_END,
		json_pack("{ss}", "client", "203.0.113.7"));
	ck_assert_int_eq(json_integer_value(json_object_get(result, "packets")), 4);
	ck_assert_int_eq(json_integer_value(json_object_get(result, "bytes")), 400);
	explain_refused(&fixture, IPB_COUNT_END, json_pack("{ss}", "client", "203.0.113.7"),
		IPB_ERROR_NOT_FOUND, "not counted");
	explain_refused(&fixture, IPB_COUNT_BEGIN, json_pack("{ss}", "client", "x"),
		IPB_ERROR_PARAMS, "expected an address");
	explain_refused(
		&fixture, IPB_COUNT_BEGIN, json_object(), IPB_ERROR_PARAMS, "client");
	explain_refused(&fixture, IPB_COUNT_BEGIN,
		json_pack("{ss si}", "client", "203.0.113.7", "seconds", 0),
		IPB_ERROR_PARAMS, "seconds");
	explain_end(&fixture);
}
END_TEST

UNIT_MAIN("counting", both_parts_add_up, others_are_left_alone, it_ends_by_itself,
	there_is_a_limit, the_methods)
