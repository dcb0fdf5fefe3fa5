/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control protocol without a socket: requests into rpc_answer over a real director.
 */
#include "daemon/rpc.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/handshake.h"
#include "core/reason.h"
#include "core/scheduler.h"
#include "ipsec-balancer/control.h"
#include "tests/unit/unit.h"

#define CLIENTS 50
#define ENTRIES (2 * CLIENTS)

static const struct rpc_rights all = { .read = true, .write = true };

/** A director of two services, and what answers from it. */
struct fixture {
	struct config config;
	struct config_service services[2];
	struct config_server servers[3];
	struct director *director;
	struct rpc_context context;
	json_t *answer;
};

/** An address from text that is right. */
static struct address address_of(const char *text)
{
	struct address address;

	ck_assert_int_eq(address_parse(text, &address), 0);
	return address;
}

/** Fills a service of the fixture. */
static void service_fill(struct fixture *fixture, size_t index, const char *name,
	const char *virtual, size_t server_count)
{
	struct config_service *service = &fixture->services[index];

	strcpy(service->name, name);
	service->addresses[0] = address_of(virtual);
	service->address_count = 1;
	service->scheduler = &scheduler_wlc;
	service->timeout_initial_ms = 30000;
	service->timeout_established_ms = 18000000;
	service->soft_entries = 5;
	service->servers = &fixture->servers[index == 0 ? 0 : 2];
	service->server_count = server_count;
}

/** Makes the director. */
static void fixture_open(struct fixture *fixture)
{
	static const char *const names[] = { "gw1", "gw2", "gw1" };
	static const char *const addresses[] = { "10.2.0.11", "10.2.0.12", "10.2.0.11" };
	struct hash_key key = { { 1, 2 } };

	memset(fixture, 0, sizeof(*fixture));
	config_defaults(&fixture->config);
	fixture->config.max_entries = 256;
	fixture->config.services = fixture->services;
	fixture->config.service_count = 2;
	fixture->config.server_count = 3;
	for (uint32_t i = 0; i < 3; i++) {
		strcpy(fixture->servers[i].name, names[i]);
		fixture->servers[i].address_v4 = address_of(addresses[i]);
		fixture->servers[i].weight = i + 1;
		fixture->servers[i].index = i;
	}
	service_fill(fixture, 0, "vpn", "192.0.2.1", 2);
	service_fill(fixture, 1, "six", "2001:db8::1", 1);
	ck_assert_int_eq(
		director_new(&fixture->config, &key, NULL, &fixture->director), 0);
	fixture->context.director = fixture->director;
	fixture->context.config = &fixture->config;
	fixture->context.started_ms = 1000;
}

/** Frees the director and the last answer. */
static void fixture_close(struct fixture *fixture)
{
	json_decref(fixture->answer);
	director_free(fixture->director);
}

/** Adds an entry; with an rcookie it is established. */
static struct session_entry *entry_add(struct fixture *fixture, size_t service_index,
	size_t server_index, const char *client, uint16_t port, uint64_t icookie,
	uint64_t rcookie)
{
	struct director *director = fixture->director;
	struct service *service = &director->services[service_index];
	struct packet packet = {
		.kind = PACKET_IKE, .icookie = icookie, .rcookie = rcookie};
	struct session_entry *entry;

	packet.flow.client = address_of(client);
	packet.flow.virtual = service->config->addresses[0];
	packet.flow.client_port = port;
	packet.flow.virtual_port = 500;
	ck_assert_int_eq(
		session_add(&director->sessions, service, &service->servers[server_index],
			&packet.flow, 0, &entry),
		0);
	ck_assert_int_eq(handshake_note(&director->sessions, entry, &packet), 0);
	if (rcookie)
		session_establish(&director->sessions, entry, 0);
	return entry;
}

/** Sends a whole line and parses the answer, which the fixture owns. */
static json_t *ask_line(struct fixture *fixture, const struct rpc_rights *rights,
	const char *line, uint64_t now_ms)
{
	char *text = rpc_answer(&fixture->context, rights, line, strlen(line), now_ms);

	json_decref(fixture->answer);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_null(strchr(text, '\n'));
	fixture->answer = json_loads(text, 0, NULL);
	free(text);
	ck_assert_str_eq(
		json_string_value(json_object_get(fixture->answer, "jsonrpc")), "2.0");
	return fixture->answer;
}

/** Calls a method with params as JSON text; the result must be there. */
static json_t *ask(struct fixture *fixture, const char *method, const char *params)
{
	char line[512];

	snprintf(line, sizeof(line),
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":%s}", method,
		params);
	json_t *answer = ask_line(fixture, &all, line, 10000);
	json_t *result = json_object_get(answer, "result");

	ck_assert_msg(result != NULL, "%s %s: %s", method, params,
		json_string_value(
			json_object_get(json_object_get(answer, "error"), "message")));
	ck_assert_int_eq(json_integer_value(json_object_get(answer, "id")), 7);
	return result;
}

/** Checks what one object has under name, as compact JSON. */
static void expect(const json_t *object, const char *name, const char *json)
{
	char *text =
		json_dumps(json_object_get(object, name), JSON_COMPACT | JSON_ENCODE_ANY);

	ck_assert_msg(text && strcmp(text, json) == 0, "%s: %s, expected %s", name,
		text ? text : "nothing", json);
	free(text);
}

struct refusal {
	const char *line;
	int code;
};

#define CALL(method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":" params "}"

static const struct refusal refusals[] = {
	{"", IPB_ERROR_PARSE},
	{"hello", IPB_ERROR_PARSE},
	{"{\"jsonrpc\":\"2.0\"", IPB_ERROR_PARSE},
	{"{\"a\":1,\"a\":2}", IPB_ERROR_PARSE},
	{"\xff\xfe", IPB_ERROR_PARSE},
	{"[]", IPB_ERROR_REQUEST},
	{"{}", IPB_ERROR_REQUEST},
	{"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"show.stats\"}", IPB_ERROR_REQUEST},
	{"{\"jsonrpc\":\"2.0\",\"id\":1}", IPB_ERROR_REQUEST},
	{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", IPB_ERROR_REQUEST},
	{"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"show.stats\"}", IPB_ERROR_REQUEST},
	{CALL("show.nothing", "{}"), IPB_ERROR_METHOD},
	{CALL("show.stats", "[1]"), IPB_ERROR_PARAMS},
	{CALL("show.stats", "{\"service\":\"vpn\"}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"colour\":\"red\"}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"service\":5}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"service\":\"none\"}"), IPB_ERROR_NOT_FOUND},
	{CALL("show.entries", "{\"server\":\"gw9\"}"), IPB_ERROR_NOT_FOUND},
	{CALL("show.entries", "{\"service\":\"six\",\"server\":\"gw2\"}"),
		IPB_ERROR_NOT_FOUND},
	{CALL("show.entries", "{\"state\":\"dead\"}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"client\":\"x\"}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"client\":\"10.0.0.1/33\"}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"client\":\"10.0.0.1/\"}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"client\":\"10.0.0.1/8x\"}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"limit\":0}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"limit\":1001}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"limit\":\"9\"}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"cursor\":-1}"), IPB_ERROR_PARAMS},
	{CALL("show.entries", "{\"cursor\":257}"), IPB_ERROR_PARAMS},
	{CALL("show.clients", "{\"state\":\"soft\"}"), IPB_ERROR_PARAMS},
	{CALL("show.services", "{\"service\":\"none\"}"), IPB_ERROR_NOT_FOUND},
	{CALL("show.servers", "{\"server\":\"none\"}"), IPB_ERROR_NOT_FOUND},
	{CALL("server.set", "{\"service\":\"vpn\",\"server\":\"gw1\"}"),
		IPB_ERROR_PARAMS},
	{CALL("server.set", "{\"service\":\"vpn\",\"server\":\"gw1\",\"weight\":65536}"),
		IPB_ERROR_PARAMS},
	{CALL("server.set", "{\"service\":\"vpn\",\"server\":\"gw1\",\"weight\":-1}"),
		IPB_ERROR_PARAMS},
	{CALL("server.set", "{\"service\":\"vpn\",\"server\":\"gw9\",\"weight\":1}"),
		IPB_ERROR_NOT_FOUND},
	{CALL("server.set", "{\"server\":\"gw1\",\"weight\":1}"), IPB_ERROR_PARAMS},
	{CALL("limit.set", "{\"limit\":\"esp-total\"}"), IPB_ERROR_PARAMS},
	{CALL("limit.set", "{\"rate\":1}"), IPB_ERROR_PARAMS},
	{CALL("limit.set", "{\"limit\":\"esp-total\",\"rate\":1000001}"), IPB_ERROR_PARAMS},
	{CALL("limit.set", "{\"limit\":\"esp\",\"rate\":1}"), IPB_ERROR_NOT_FOUND},
	{CALL("limit.set", "{\"limit\":\"esp-total\",\"rate\":1}"), IPB_ERROR_FAILED},
};

/** Whatever is wrong with a request has its code, and changes nothing. */
START_TEST(requests_are_refused)
{
	struct fixture fixture;

	fixture_open(&fixture);
	json_t *answer = ask_line(&fixture, &all, refusals[_i].line, 0);
	json_t *error = json_object_get(answer, "error");

	ck_assert_ptr_null(json_object_get(answer, "result"));
	ck_assert_int_eq(
		json_integer_value(json_object_get(error, "code")), refusals[_i].code);
	ck_assert_ptr_nonnull(json_string_value(json_object_get(error, "message")));
	ck_assert_uint_eq(fixture.director->services[0].servers[0].weight, 1);
	fixture_close(&fixture);
}
END_TEST

/** An entry says all that is known of it. */
START_TEST(entry_is_shown)
{
	struct fixture fixture;

	fixture_open(&fixture);
	struct session_entry *entry = entry_add(&fixture, 0, 1, "203.0.113.7", 4501,
		0x9f3c000000000001, 0x1b77000000000002);

	entry->packets = 12;
	json_t *result = ask(&fixture, IPB_SHOW_ENTRIES, "{}");
	json_t *item = json_array_get(json_object_get(result, "items"), 0);

	ck_assert_uint_eq(json_array_size(json_object_get(result, "items")), 1);
	expect(result, "cursor", "null");
	expect(item, "proto", "\"UDP\"");
	expect(item, "state", "\"ESTABLISHED\"");
	expect(item, "expires_s", "17990");
	expect(item, "client", "\"203.0.113.7:4501\"");
	expect(item, "virtual", "\"192.0.2.1:500\"");
	expect(item, "server", "\"gw2\"");
	expect(item, "service", "\"vpn\"");
	expect(item, "method", "\"direct\"");
	expect(item, "cookies", "[\"9f3c000000000001:1b77000000000002\"]");
	expect(item, "packets", "12");
	fixture_close(&fixture);
}
END_TEST

/** A soft entry says how long it is past its time. */
START_TEST(soft_entry_is_past)
{
	struct fixture fixture;

	fixture_open(&fixture);
	entry_add(&fixture, 0, 0, "203.0.113.7", 500, 1, 2);
	fixture.services[0].timeout_established_ms = 4000;
	director_expire(fixture.director, 10000, 100);
	json_t *result = ask(&fixture, IPB_SHOW_ENTRIES, "{\"state\":\"soft\"}");
	json_t *item = json_array_get(json_object_get(result, "items"), 0);

	expect(item, "state", "\"SOFT\"");
	expect(item, "expires_s", "-6");
	fixture_close(&fixture);
}
END_TEST

/** Fills the table: each client with one INITIAL and one ESTABLISHED entry. */
static void fill(struct fixture *fixture)
{
	char client[32];

	for (uint16_t i = 0; i < CLIENTS; i++) {
		snprintf(client, sizeof(client), "10.%d.0.%d", i % 2, i + 1);
		entry_add(fixture, 0, i % 2, client, 500, 1000u + i, 0);
	}
	for (uint16_t i = 0; i < CLIENTS; i++) {
		snprintf(client, sizeof(client), "10.%d.0.%d", i % 2, i + 1);
		entry_add(fixture, 0, i % 2, client, 4500, 2000u + i, 3000u + i);
	}
}

/** Walks all pages and returns how many items there were; each may come once only. */
static size_t walk(struct fixture *fixture, const char *method, const char *filter,
	unsigned int limit)
{
	json_t *seen = json_object();
	json_int_t cursor = 0;
	size_t count = 0;
	bool more = true;
	char params[256];

	for (unsigned int pages = 0; more; pages++) {
		ck_assert_uint_le(pages, 1000);
		snprintf(params, sizeof(params), "{%s\"limit\":%u,\"cursor\":%lld}",
			filter, limit, (long long)cursor);
		json_t *result = ask(fixture, method, params);
		json_t *next = json_object_get(result, "cursor");
		json_t *item;
		size_t i;

		json_array_foreach(json_object_get(result, "items"), i, item)
		{
			char *key = json_dumps(item, 0);

			ck_assert_ptr_null(json_object_get(seen, key));
			json_object_set_new(seen, key, json_true());
			free(key);
			count++;
		}
		more = json_is_integer(next);
		cursor = json_integer_value(next);
	}
	json_decref(seen);
	return count;
}

/** Pages of any size bring everything once. */
START_TEST(pages_bring_everything)
{
	static const unsigned int limits[] = { 1, 2, 7, 100, 1000 };
	struct fixture fixture;

	fixture_open(&fixture);
	fill(&fixture);
	ck_assert_uint_eq(walk(&fixture, IPB_SHOW_ENTRIES, "", limits[_i]), ENTRIES);
	ck_assert_uint_eq(walk(&fixture, IPB_SHOW_CLIENTS, "", limits[_i]), CLIENTS);
	fixture_close(&fixture);
}
END_TEST

/** Filters let through what they name, alone and together. */
START_TEST(filters_choose)
{
	static const struct {
		const char *filter;
		size_t entries;
	} cases[] = {
		{ "\"service\":\"vpn\",", ENTRIES },
		{ "\"service\":\"six\",", 0 },
		{ "\"server\":\"gw1\",", ENTRIES / 2 },
		{ "\"state\":\"initial\",", ENTRIES / 2 },
		{ "\"state\":\"established\",", ENTRIES / 2 },
		{ "\"state\":\"soft\",", 0 },
		{ "\"client\":\"10.1.0.0/16\",", ENTRIES / 2 },
		{ "\"client\":\"10.0.0.0/15\",", ENTRIES },
		{ "\"client\":\"0.0.0.0/0\",", ENTRIES },
		{ "\"client\":\"10.0.0.1\",", 2 },
		{ "\"client\":\"10.0.0.1/32\",", 2 },
		{ "\"client\":\"2001:db8::/32\",", 0 },
		{ "\"client\":\"10.0.0.0/16\",\"server\":\"gw1\",\"state\":\"initial\",",
			ENTRIES / 4 },
		{ "\"client\":\"10.1.0.0/16\",\"server\":\"gw1\",", 0 },
	};
	struct fixture fixture;

	fixture_open(&fixture);
	fill(&fixture);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(walk(&fixture, IPB_SHOW_ENTRIES, cases[i].filter, 10),
			cases[i].entries);
	fixture_close(&fixture);
}
END_TEST

/** Services and servers say what they are and what hangs on them. */
START_TEST(services_and_servers_are_shown)
{
	struct fixture fixture;

	fixture_open(&fixture);
	fill(&fixture);
	json_t *list = ask(&fixture, IPB_SHOW_SERVICES, "{}");
	json_t *item = json_array_get(list, 0);

	ck_assert_uint_eq(json_array_size(list), 2);
	expect(item, "service", "\"vpn\"");
	expect(item, "addresses", "[\"192.0.2.1\"]");
	expect(item, "method", "\"direct\"");
	expect(item, "scheduler", "\"wlc\"");
	expect(item, "clients", "50");
	expect(item, "entries", "{\"initial\":50,\"established\":50,\"soft\":0}");
	expect(item, "soft_quota", "5");
	ck_assert_uint_eq(
		json_object_size(json_object_get(item, "counters")), REASON_COUNT);
	list = ask(&fixture, IPB_SHOW_SERVICES, "{\"service\":\"six\"}");
	ck_assert_uint_eq(json_array_size(list), 1);

	list = ask(&fixture, IPB_SHOW_SERVERS, "{}");
	ck_assert_uint_eq(json_array_size(list), 3);
	item = json_array_get(list, 1);
	expect(item, "server", "\"gw2\"");
	expect(item, "addresses", "[\"10.2.0.12\"]");
	expect(item, "weight", "2");
	expect(item, "mark", "131072");
	expect(item, "table", "9001");
	expect(item, "clients", "25");
	expect(item, "entries_initial", "25");
	expect(item, "entries_established", "25");
	list = ask(&fixture, IPB_SHOW_SERVERS, "{\"server\":\"gw1\"}");
	ck_assert_uint_eq(json_array_size(list), 2);
	list = ask(
		&fixture, IPB_SHOW_SERVERS, "{\"server\":\"gw1\",\"service\":\"six\"}");
	ck_assert_uint_eq(json_array_size(list), 1);
	fixture_close(&fixture);
}
END_TEST

/** What the daemon adds to show.stats. */
static json_t *more_stats(void *user)
{
	return json_pack("{s{sI} sI}", "queue", "packets", *(json_int_t *)user, "entries",
		(json_int_t)99);
}

/** Every reason is a counter with its meaning; the daemon's members join, and hide none.
 */
START_TEST(stats_are_shown)
{
	struct fixture fixture;
	json_int_t packets = 17;

	fixture_open(&fixture);
	fixture.context.more_stats = more_stats;
	fixture.context.more_stats_user = &packets;
	fixture.director->services[1].counters[REASON_SPI_ZERO] = 3;
	fixture.director->counters[REASON_SPI_ZERO] = 4;
	json_t *result = ask(&fixture, IPB_SHOW_STATS, "{}");
	json_t *reasons = json_object_get(result, "reasons");

	ck_assert_uint_eq(json_array_size(reasons), REASON_COUNT);
	expect(json_array_get(reasons, REASON_SPI_ZERO), "name", "\"spi-zero\"");
	expect(json_array_get(reasons, REASON_SPI_ZERO), "packets", "7");
	expect(json_array_get(reasons, REASON_SPI_ZERO), "text", "\"SPI 0\"");
	expect(result, "uptime_s", "9");
	expect(result, "entries", "0");
	expect(result, "max_entries", "256");
	expect(result, "queue", "{\"packets\":17}");
	fixture_close(&fixture);
}
END_TEST

/** Where the defences stand: thresholds, states, what they have done. */
START_TEST(defences_are_shown)
{
	struct fixture fixture;
	char width[24];

	fixture_open(&fixture);
	fixture.config.drop_entry = SWITCH_AUTO;
	fixture.config.drop_entry_low = 50;
	fixture.config.drop_entry_high = 80;
	fixture.config.max_memory_bytes = 1000000;
	fixture.config.services[0].challenge = SWITCH_AUTO;
	fixture.config.services[0].flood_rate = 77;
	fixture.director->defence.pressure =
		(struct pressure){ .is_on = true, .times = 2, .entries = 7 };
	fixture.director->services[0].flood.times = 3;
	fixture.director->services[0].flood.until_ms = UINT64_MAX;
	json_t *defence = json_object_get(ask(&fixture, IPB_SHOW_STATS, "{}"), "defence");

	snprintf(width, sizeof(width), "%llu",
		(unsigned long long)director_width_bytes(&fixture.config));
	expect(defence, "memory_bytes", width);
	expect(defence, "max_memory_bytes", "1000000");
	expect(defence, "level_per_cent", "0");
	expect(defence, "pressure", "true");
	expect(defence, "pressures", "2");
	expect(defence, "dropentry", "\"auto\"");
	expect(defence, "dropentry_low_per_cent", "50");
	expect(defence, "dropentry_high_per_cent", "80");
	expect(defence, "dropped_entries", "7");
	expect(defence, "droppacket", "\"off\"");
	expect(defence, "services_in_flood", "1");
	expect(json_array_get(ask(&fixture, IPB_SHOW_SERVICES, "{}"), 0), "defence",
		"{\"initial\":\"table\",\"challenge\":\"auto\",\"greylist\":\"off\","
		"\"flood_rate\":77,\"flood\":true,\"floods\":3}");
	fixture_close(&fixture);
}
END_TEST

/** The ruleset and the version come as they are. */
START_TEST(ruleset_and_version_are_shown)
{
	struct fixture fixture;

	fixture_open(&fixture);
	json_t *result = ask(&fixture, IPB_SHOW_RULESET, "{}");

	ck_assert_ptr_nonnull(strstr(
		json_string_value(json_object_get(result, "ruleset")), "192.0.2.1"));
	result = ask(&fixture, IPB_SHOW_VERSION, "{}");
	expect(result, "protocol", "1");
	ck_assert_uint_gt(
		strlen(json_string_value(json_object_get(result, "version"))), 0);
	fixture_close(&fixture);
}
END_TEST

/** A weight is set in the service that was named, and nowhere else. */
START_TEST(weight_is_set)
{
	struct fixture fixture;

	fixture_open(&fixture);
	json_t *result = ask(&fixture, IPB_SERVER_SET,
		"{\"service\":\"six\",\"server\":\"gw1\",\"weight\":0}");

	expect(result, "previous", "3");
	expect(result, "weight", "0");
	ck_assert_uint_eq(fixture.director->services[1].servers[0].weight, 0);
	ck_assert_uint_eq(fixture.director->services[0].servers[0].weight, 1);
	fixture_close(&fixture);
}
END_TEST

/** Without the right to write nothing is changed; without any, nothing is told. */
START_TEST(rights_are_kept)
{
	static const char set[] = CALL("server.set",
		"{\"service\":\"vpn\",\"server\":\"gw1\",\"weight\":9}");
	static const struct rpc_rights reader = { .read = true };
	static const struct rpc_rights none = { 0 };
	struct fixture fixture;

	fixture_open(&fixture);
	json_t *error = json_object_get(ask_line(&fixture, &reader, set, 0), "error");

	expect(error, "code", "-32002");
	ck_assert_uint_eq(fixture.director->services[0].servers[0].weight, 1);
	ck_assert_ptr_nonnull(json_object_get(
		ask_line(&fixture, &reader, CALL("show.stats", "{}"), 2000), "result"));
	error = json_object_get(
		ask_line(&fixture, &none, CALL("show.stats", "{}"), 0), "error");
	expect(error, "code", "-32002");
	fixture_close(&fixture);
}
END_TEST

/** A notification is done and not answered. */
START_TEST(notifications_are_silent)
{
	static const char line[] =
		"{\"jsonrpc\":\"2.0\",\"method\":\"server.set\",\"params\":"
		"{\"service\":\"vpn\",\"server\":\"gw1\",\"weight\":9}}";
	struct fixture fixture;

	fixture_open(&fixture);
	ck_assert_ptr_null(rpc_answer(&fixture.context, &all, line, strlen(line), 0));
	ck_assert_uint_eq(fixture.director->services[0].servers[0].weight, 9);
	fixture_close(&fixture);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("rpc");
	TCase *cases = tcase_create("rpc");

	tcase_add_loop_test(cases, requests_are_refused, 0,
		(int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(cases, entry_is_shown);
	tcase_add_test(cases, soft_entry_is_past);
	tcase_add_loop_test(cases, pages_bring_everything, 0, 5);
	tcase_add_test(cases, filters_choose);
	tcase_add_test(cases, services_and_servers_are_shown);
	tcase_add_test(cases, stats_are_shown);
	tcase_add_test(cases, defences_are_shown);
	tcase_add_test(cases, ruleset_and_version_are_shown);
	tcase_add_test(cases, weight_is_set);
	tcase_add_test(cases, rights_are_kept);
	tcase_add_test(cases, notifications_are_silent);
	suite_add_tcase(suite, cases);
	return unit_run_suite(suite);
}
