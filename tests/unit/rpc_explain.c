/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain and entry.delete over a real director: what is explained is what happens then,
 * explaining changes nothing, and deleting takes what was named.
 */
#include "daemon/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/classify.h"
#include "core/decide.h"
#include "core/handshake.h"
#include "core/scheduler.h"
#include "ipsec-balancer/control.h"
#include "tests/lib/invariants.h"
#include "tests/lib/packet_text.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct hash_key key = { { 5, 6 } };
static const struct rpc_rights reader = { .read = true };
static const struct rpc_rights writer = { .read = true, .write = true };

/** A director, and what answers from it. */
struct fixture {
	struct config *config;
	struct director *director;
	struct rpc_context context;
	uint64_t packets;
	uint64_t now_ms;
	json_t *answer;
};

/** Begins with a service of three servers and the given method. */
static void begin(struct fixture *fixture, enum config_method method)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->config = test_config(3);
	for (size_t i = 0; i < 3; i++) {
		fixture->config->services[0].servers[i].method = method;
		fixture->config->services[0].servers[i].replies_seen =
			method == METHOD_NAT;
	}
	ck_assert_int_eq(director_new(fixture->config, &key, NULL, &fixture->director), 0);
	fixture->context.director = fixture->director;
	fixture->context.config = fixture->config;
	fixture->now_ms = 10000;
}

/** Frees all. */
static void end(struct fixture *fixture)
{
	ck_assert_ptr_null(invariants_broken(fixture->director, fixture->packets));
	json_decref(fixture->answer);
	director_free(fixture->director);
	config_free(fixture->config);
}

/** Calls method with params, which it consumes; the answer belongs to the fixture. */
static json_t *call(struct fixture *fixture, const struct rpc_rights *rights,
	const char *method, json_t *params)
{
	json_t *request = json_pack("{ss si ss so}", "jsonrpc", "2.0", "id", 1, "method",
		method, "params", params);
	char *line = json_dumps(request, 0);
	char *text = rpc_answer(
		&fixture->context, rights, line, strlen(line), fixture->now_ms);

	ck_assert_ptr_nonnull(text);
	json_decref(fixture->answer);
	fixture->answer = json_loads(text, 0, NULL);
	json_decref(request);
	free(line);
	free(text);
	return fixture->answer;
}

/** Calls method; there must be a result. */
static json_t *ask(struct fixture *fixture, const struct rpc_rights *rights,
	const char *method, json_t *params)
{
	json_t *answer = call(fixture, rights, method, params);
	json_t *result = json_object_get(answer, "result");

	ck_assert_msg(result != NULL, "%s",
		json_string_value(
			json_object_get(json_object_get(answer, "error"), "message")));
	return result;
}

/** Calls method; it must be refused with code and words in the message. */
static void refused(struct fixture *fixture, const char *method, json_t *params, int code,
	const char *words)
{
	const json_t *error =
		json_object_get(call(fixture, &writer, method, params), "error");
	const char *message = json_string_value(json_object_get(error, "message"));

	ck_assert_int_eq(json_integer_value(json_object_get(error, "code")), code);
	ck_assert_msg(message && strstr(message, words), "%s: expected %s", message, words);
}

/** The bytes of a packet in words. */
static void bytes_of(const char *text, struct packet_bytes *ret_bytes)
{
	char error[PACKET_TEXT_ERROR_BYTES] = "";

	ck_assert_msg(packet_text_build(text, ret_bytes, error) == 0, "%s: %s", text, error);
}

/** The bytes as digits. */
static json_t *digits_of(const struct packet_bytes *bytes)
{
	char digits[2 * IPB_EXPLAIN_BYTES + 1] = "";

	ck_assert_uint_le(bytes->size_bytes, IPB_EXPLAIN_BYTES);
	for (size_t i = 0; i < bytes->size_bytes; i++)
		sprintf(digits + 2 * i, "%02x", bytes->data[i]);
	return json_string(digits);
}

/** Explains a packet in words, as one who may only read; direction may be NULL. */
static json_t *explain(struct fixture *fixture, const char *text, const char *direction)
{
	struct packet_bytes bytes;

	bytes_of(text, &bytes);
	json_t *params = json_pack("{so sI}", "packet", digits_of(&bytes), "wire_bytes",
		(json_int_t)bytes.wire_bytes);

	if (direction)
		json_object_set_new(params, "direction", json_string(direction));
	return ask(fixture, &reader, IPB_EXPLAIN, params);
}

/** Lets a packet in words pass. */
static struct decision pass(
	struct fixture *fixture, const char *text, enum packet_direction direction)
{
	struct packet_bytes bytes;
	struct packet packet;
	struct decision decision;

	bytes_of(text, &bytes);
	classify(bytes.data, bytes.size_bytes, bytes.wire_bytes, direction, &packet);
	if (direction == PACKET_TO_CLIENT)
		director_name_sender(fixture->director, &packet);
	decide(fixture->director, &packet, &decision);
	decide_commit(fixture->director, &packet, fixture->now_ms, 100, &decision);
	fixture->packets++;
	return decision;
}

/** Checks a member that is text, or null for NULL. */
static void expect_text(const json_t *object, const char *name, const char *expected)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	ck_assert_ptr_nonnull(value);
	ck_assert_msg(expected ? text && strcmp(text, expected) == 0 : json_is_null(value),
		"%s: %s, expected %s", name, text ? text : "none",
		expected ? expected : "none");
}

/** Checks that one of the sentences has these words. */
static void expect_step(const json_t *object, const char *words)
{
	const json_t *steps = json_object_get(object, "steps");
	char *all = json_dumps(steps, JSON_INDENT(1));
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		if (strstr(json_string_value(step), words)) {
			free(all);
			return;
		}
	}
	ck_abort_msg("no step says %s: %s", words, all);
}

/** What a packet is followed by, and what explains it. */
struct row {
	const char *text;
	bool is_reply;
	const char *step; /**< words that must be in a sentence */
};

/* One client's life, strangers, and nonsense, in this order. */
static const struct row rows[] = {
	{ "198.51.100.9 > 192.0.2.1 esp spi=c0ffee01", false, "client 198.51.100.9: not known" },
	{ "198.51.100.9 > 192.0.2.1 ah spi=c0ffee01", false, "not known" },
	{ "203.0.113.7:4500 > 192.0.2.1:4500 keepalive", false, "no entry" },
	{ "203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=22", false,
		"pair 0000000000000011:0000000000000022: of no ESTABLISHED entry" },
	{ "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11", false,
		"scheduler rr chooses gw1, which has 0 clients and weight 1" },
	{ "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11", false,
		"flow 203.0.113.7:500 > 192.0.2.1:500: INITIAL entry at gw1, 30 s left" },
	{ "203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", false, "entries 1, ESTABLISHED 0" },
	{ "203.0.113.7:4500 > 192.0.2.1:4500 v2 auth icookie=11 rcookie=22", false,
		"initiator cookie 0000000000000011: handshake of flow 203.0.113.7:500 > "
		"192.0.2.1:500, at gw1" },
	{ "203.0.113.7:4500 > 192.0.2.1:4500 v2 auth icookie=11 rcookie=22", false,
		"pair 0000000000000011:0000000000000022: known from flow "
		"203.0.113.7:4500 > 192.0.2.1:4500, at gw1" },
	{ "203.0.113.7:4500 > 192.0.2.1:4500 esp-in-udp spi=c0ffee01", false,
		"ESTABLISHED entry at gw1, 18000 s left" },
	{ "203.0.113.7:4500 > 192.0.2.1:4500 keepalive", false, "ESTABLISHED entry" },
	{ "203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", false, "entries 2, ESTABLISHED 1" },
	{ "203.0.113.7 > 192.0.2.1 ah spi=c0ffee01", false, "server gw1" },
	{ "203.0.113.7:61000 > 192.0.2.1:4500 v2 info icookie=11 rcookie=22", false,
		"known from flow 203.0.113.7:4500" },
	{ "203.0.113.7:62000 > 192.0.2.1:4500 v2 info icookie=33 rcookie=44", false,
		"initiator cookie 0000000000000033: of no handshake of this client" },
	{ "203.0.113.8:500 > 192.0.2.1:500 v1 aggressive icookie=51", false,
		"and not gw1, which has 1 clients and weight 1" },
	{ "203.0.113.8:4500 > 192.0.2.1:4500 v1 quick icookie=11 rcookie=22", false,
		"at gw1" },
	{ "203.0.113.7 > 192.0.2.1 fragment proto=17 offset=1480", false, "client" },
	{ "203.0.113.99:500 > 192.0.2.1:500 icmp-error quoting "
	  "192.0.2.1:500 > 203.0.113.7:500 v2 init icookie=11", false, "INITIAL entry" },
	{ "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11 version=0x50", false,
		"malformed: major version neither 1 nor 2" },
	{ "203.0.113.7:500 > 192.0.2.9:500 v2 init icookie=11", false,
		"no service has the address 192.0.2.9" },
	{ "203.0.113.7:53 > 192.0.2.1:53 udp payload=00", false, "neither IPsec" },
	{ "[2001:db8::7]:500 > [2001:db8::1]:500 v2 init icookie=11", false,
		"flow [2001:db8::7]:500 > [2001:db8::1]:500: no entry" },
	{ "192.0.2.1:500 > 203.0.113.8:500 v1 aggressive icookie=51 rcookie=52", true,
		"its responder cookie is not known yet" },
};

/** What is explained is what happens then, to every packet of a long story; and the
 *  explanation tells what it is. */
START_TEST(explanation_comes_true)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *told = json_incref(explain(&fixture, rows[i].text, NULL));
		struct decision decision = pass(&fixture, rows[i].text,
			rows[i].is_reply ? PACKET_TO_CLIENT : PACKET_TO_SERVER);

		expect_text(told, "action", decision_action_name(decision.action));
		expect_text(told, "reason", reason_name(decision.reason));
		expect_text(told, "text", reason_text(decision.reason));
		expect_text(told, "service",
			decision.service ? decision.service->config->name : NULL);
		if (decision.action == DECISION_FORWARD)
			expect_text(told, "server", decision.server->config->name);
		expect_text(json_object_get(told, "packet"), "direction",
			rows[i].is_reply ? "reply" : "request");
		expect_step(told, rows[i].step);
		json_decref(told);
	}
	end(&fixture);
}
END_TEST

/** Counters, tables and the rate stay as they are, whatever is explained. */
START_TEST(explaining_changes_nothing)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	fixture.director->unreachable.milli_tokens = 1000;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct director before = *fixture.director;
		struct service service = fixture.director->services[0];
		struct server servers[3];

		memcpy(servers, service.servers, sizeof(servers));
		for (int times = 0; times < 3; times++)
			explain(&fixture, rows[i].text, NULL);
		ask(&fixture, &reader, IPB_EXPLAIN,
			json_pack("{ss}", "client", "203.0.113.7"));
		ck_assert_mem_eq(&before, fixture.director, sizeof(before));
		ck_assert_mem_eq(&service, &fixture.director->services[0], sizeof(service));
		ck_assert_mem_eq(
			servers, fixture.director->services[0].servers, sizeof(servers));
		ck_assert_uint_eq(invariants_counted(fixture.director), fixture.packets);
		pass(&fixture, rows[i].text,
			rows[i].is_reply ? PACKET_TO_CLIENT : PACKET_TO_SERVER);
	}
	end(&fixture);
}
END_TEST

/** Everything that is told of a forwarded packet. */
START_TEST(forwarded_packet_is_told)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = explain(&fixture,
		"203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=22", NULL);
	char *packet = json_dumps(json_object_get(told, "packet"), JSON_COMPACT);

	ck_assert_str_eq(packet,
		"{\"kind\":\"ike\",\"direction\":\"request\","
		"\"client\":\"203.0.113.7:500\",\"virtual\":\"192.0.2.1:500\","
		"\"protocol\":17,\"isakmp\":{\"icookie\":\"0000000000000011\","
		"\"rcookie\":\"0000000000000022\",\"version\":2,\"exchange\":35,"
		"\"message_id\":1},\"spi\":null}");
	free(packet);
	expect_text(told, "reason", "established");
	expect_text(told, "server", "gw1");
	expect_text(told, "method", "direct");
	expect_text(told, "next_hop", "10.2.0.11");
	expect_text(told, "change", "establish");
	expect_text(
		told, "change_text", "the entry becomes ESTABLISHED, the pair is noted");
	ck_assert_int_eq(json_integer_value(json_object_get(told, "mark")),
		config_server_mark(fixture.config, &fixture.config->services[0].servers[0]));
	ck_assert_int_eq(json_integer_value(json_object_get(told, "table")),
		fixture.config->table_base);
	expect_text(json_object_get(told, "entry"), "state", "INITIAL");
	told = explain(&fixture, "203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", NULL);
	expect_text(json_object_get(told, "packet"), "spi", "c0ffee01");
	expect_text(told, "server", NULL);
	expect_text(told, "next_hop", NULL);
	ck_assert(json_is_null(json_object_get(told, "mark")));
	ck_assert(json_is_null(json_object_get(told, "entry")));
	end(&fixture);
}
END_TEST

/** Replies of a translated server are known by its address, and say what they change. */
START_TEST(replies_are_told)
{
	struct fixture fixture;

	begin(&fixture, METHOD_NAT);
	pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = explain(&fixture,
		"10.2.0.11:500 > 203.0.113.7:500 v2 init flags=0x20 icookie=11 rcookie=22",
		NULL);

	expect_text(json_object_get(told, "packet"), "direction", "reply");
	expect_text(json_object_get(told, "packet"), "virtual", "192.0.2.1:500");
	expect_text(told, "action", "pass");
	expect_text(told, "reason", "reply-cookie");
	expect_text(told, "change", "offer");
	expect_step(told, "it comes from server gw1, of method nat");
	expect_step(told, "the server has not answered yet");
	pass(&fixture,
		"10.2.0.11:500 > 203.0.113.7:500 v2 init flags=0x20 icookie=11 rcookie=22",
		PACKET_TO_CLIENT);
	told = explain(&fixture,
		"203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=99", NULL);
	expect_text(told, "reason", "wrong-cookie");
	expect_step(told, "the server has sent the responder cookie 0000000000000022");
	told = explain(&fixture, "10.2.0.11:500 > 203.0.113.7:500 v2 init icookie=11",
		"request");
	expect_text(told, "reason", "no-service");
	end(&fixture);
}
END_TEST

/** What a reply means where replies do not come. */
START_TEST(unseen_replies_are_told)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	json_t *told = explain(&fixture,
		"192.0.2.1:500 > 203.0.113.7:500 v2 init icookie=11 rcookie=22", "reply");

	expect_text(told, "reason", "reply-unknown");
	expect_step(told, "no server of service vpn has its replies seen");
	end(&fixture);
}
END_TEST

/** Limits that would still be met are told. */
START_TEST(limits_are_told)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	fixture.director->sessions.limits.entries = 1;
	fixture.director->sessions.limits.entries_per_client = 1;
	pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = explain(&fixture,
		"203.0.113.7:4500 > 192.0.2.1:4500 v2 init icookie=12", NULL);

	expect_text(told, "action", "forward");
	expect_step(told, "limit-client");
	expect_step(told, "limit-entries");
	fixture.director->unreachable.milli_tokens = 0;
	fixture.director->unreachable.last_ms = fixture.now_ms;
	told = explain(&fixture, "203.0.113.9 > 192.0.2.1 esp spi=c0ffee01", NULL);
	expect_text(told, "action", "unreachable");
	expect_step(told, "counted as orphan-limited");
	for (size_t i = 0; i < 3; i++)
		fixture.director->services[0].servers[i].weight = 0;
	told = explain(
		&fixture, "203.0.113.9:500 > 192.0.2.1:500 v2 init icookie=1", NULL);
	expect_text(told, "reason", "no-server");
	expect_step(told, "no server of service vpn has a weight above 0");
	end(&fixture);
}
END_TEST

/** The item of a list whose member packet is name. */
static const json_t *next_named(const json_t *service, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(service, "next"), i, item)
	{
		if (!strcmp(json_string_value(json_object_get(item, "packet")), name))
			return item;
	}
	ck_abort_msg("nothing about %s", name);
	return NULL;
}

/** Labels, learned SPIs, templates, other traffic and sloppy service, where they are. */
START_TEST(options_are_told)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	struct config_service *config = &fixture.config->services[0];

	director_free(fixture.director);
	config->learn_spi = config->sloppy = true;
	config->persistence_ms = 300000;
	config->persistence_prefix_v4 = 24;
	config->also[config->also_count++] = (struct config_also){ 6, 443, 0 };
	config->also[config->also_count++] = (struct config_also){ 0, 0, 0x77 };
	config->servers[2].label = 0xcc00000000000000;
	config->servers[2].label_mask = 0xff00000000000000;
	config->servers[2].spi_first = 0xcc000000;
	config->servers[2].spi_last = 0xccffffff;
	ck_assert_int_eq(director_new(fixture.config, &key, NULL, &fixture.director), 0);
	fixture.context.director = fixture.director;
	pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=22",
		PACKET_TO_SERVER);
	pass(&fixture, "203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", PACKET_TO_SERVER);

	json_t *told =
		explain(&fixture, "198.51.100.9 > 192.0.2.1 esp spi=c0ffee01", NULL);

	expect_text(told, "reason", "spi");
	expect_step(told, "SPI c0ffee01: learned at gw1");
	told = explain(&fixture, "203.0.113.7 > 192.0.2.1 esp spi=c0ffee02", NULL);
	expect_text(told, "change", "learn-spi");
	told = explain(&fixture, "198.51.100.9 > 192.0.2.1 esp spi=ccffee01", NULL);
	expect_text(told, "server", "gw3");
	expect_step(told, "SPI ccffee01 lies in the range of gw3");
	told = explain(&fixture,
		"198.51.100.9:500 > 192.0.2.1:500 v2 auth icookie=5 "
		"rcookie=cc00000000000001",
		NULL);
	expect_text(told, "reason", "label");
	expect_step(told, "the cookies bear the label of gw3");
	told = explain(&fixture,
		"198.51.100.9:500 > 192.0.2.1:500 v2 auth icookie=5 rcookie=6", NULL);
	expect_text(told, "reason", "sloppy");
	expect_step(told, "hash of the client's address chooses");
	told = explain(&fixture, "203.0.113.8:500 > 192.0.2.1:500 v2 init icookie=7", NULL);
	expect_text(told, "server", "gw1");
	expect_step(told, "template of the client: server gw1");
	told = explain(&fixture, "198.51.100.9 > 192.0.2.1 ip proto=6 payload=c35001bb",
		NULL);
	expect_text(told, "reason", "also");
	expect_text(told, "change", "template");
	expect_step(told, "template of the client: none");
	expect_step(told, "scheduler rr chooses gw2");
	told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss si}", "packet", "4500001400000000400a0000cb007107c0000209",
			"mark", 0x77));
	expect_text(told, "reason", "also");
	expect_text(told, "server", "gw1");
	told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.9"));
	expect_text(next_named(json_array_get(json_object_get(told, "services"), 0),
			    "other traffic"),
		"server", "gw1");
	ck_assert_uint_eq(invariants_counted(fixture.director), fixture.packets);
	end(&fixture);
}
END_TEST

/** A client is told with its entries, and what its next packets would get. */
START_TEST(client_is_told)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.7"));
	json_t *service = json_array_get(json_object_get(told, "services"), 0);

	ck_assert_uint_eq(json_array_size(json_object_get(told, "services")), 1);
	expect_text(service, "service", "vpn");
	expect_text(service, "server", "gw1");
	ck_assert_uint_eq(json_array_size(json_object_get(service, "known")), 1);
	expect_text(next_named(service, "ESP"), "reason", "orphan");
	expect_text(next_named(service, "AH"), "reason", "orphan");
	expect_text(next_named(service, "first message from port 500"), "reason",
		"new-entry");
	expect_text(next_named(service, "first message from another port"), "server",
		"gw1");
	pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=22",
		PACKET_TO_SERVER);
	told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss ss}", "client", "203.0.113.7", "service", "vpn"));
	service = json_array_get(json_object_get(told, "services"), 0);
	expect_text(next_named(service, "ESP"), "reason", "slave");
	expect_text(next_named(service, "ESP"), "server", "gw1");
	told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "2001:db8::77"));
	service = json_array_get(json_object_get(told, "services"), 0);
	expect_text(service, "virtual", "2001:db8::1");
	expect_text(service, "server", NULL);
	expect_text(next_named(service, "first message from port 500"), "server", "gw2");
	end(&fixture);
}
END_TEST

/** With affinity session another port may mean another server. */
START_TEST(sessions_of_a_client_are_told)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	fixture.config->services[0].affinity = AFFINITY_SESSION;
	pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.7"));
	json_t *service = json_array_get(json_object_get(told, "services"), 0);

	expect_text(next_named(service, "first message from port 500"), "server", "gw1");
	expect_text(next_named(service, "first message from another port"), "server",
		"gw2");
	expect_step(next_named(service, "ESP"), "affinity is session");
	end(&fixture);
}
END_TEST

/** Every service of the family is told, or the one that was named. */
START_TEST(services_are_told)
{
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	director_free(fixture.director);
	test_config_add_service(fixture.config, "other", "192.0.2.2");
	ck_assert_int_eq(director_new(fixture.config, &key, NULL, &fixture.director), 0);
	fixture.context.director = fixture.director;
	json_t *told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.7"));

	ck_assert_uint_eq(json_array_size(json_object_get(told, "services")), 2);
	told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "2001:db8::7"));
	ck_assert_uint_eq(json_array_size(json_object_get(told, "services")), 1);
	refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "client", "2001:db8::7", "service", "other"),
		IPB_ERROR_NOT_FOUND, "family");
	end(&fixture);
}
END_TEST

/** What is no packet and no client is refused with the reason. */
START_TEST(nonsense_is_refused)
{
	static char long_digits[2 * IPB_EXPLAIN_BYTES + 3];
	struct fixture fixture;

	begin(&fixture, METHOD_DIRECT);
	memset(long_digits, '4', sizeof(long_digits) - 1);
	refused(&fixture, IPB_EXPLAIN, json_object(), IPB_ERROR_PARAMS, "packet or client");
	refused(&fixture, IPB_EXPLAIN, json_pack("{ss ss}", "packet", "45", "client", "x"),
		IPB_ERROR_PARAMS, "packet or client");
	refused(&fixture, IPB_EXPLAIN, json_pack("{si}", "packet", 45), IPB_ERROR_PARAMS,
		"string");
	refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "packet", ""), IPB_ERROR_PARAMS,
		"digits");
	refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "packet", "450"),
		IPB_ERROR_PARAMS, "digits");
	refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "packet", "45x0"),
		IPB_ERROR_PARAMS, "byte 2");
	refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "packet", long_digits),
		IPB_ERROR_PARAMS, "2048");
	refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss si}", "packet", "4500", "wire_bytes", 1), IPB_ERROR_PARAMS,
		"wire_bytes");
	refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "packet", "4500", "direction", "up"),
		IPB_ERROR_PARAMS, "request or reply");
	refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "packet", "4500", "service", "vpn"), IPB_ERROR_PARAMS,
		"goes with client");
	refused(&fixture, IPB_EXPLAIN, json_pack("{si}", "client", 7), IPB_ERROR_PARAMS,
		"string");
	refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "client", "203.0.113.0/24"),
		IPB_ERROR_PARAMS, "address");
	refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "client", "224.0.0.1"),
		IPB_ERROR_PARAMS, "address");
	refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "client", "203.0.113.7", "direction", "reply"),
		IPB_ERROR_PARAMS, "with packet");
	refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "client", "203.0.113.7", "service", "none"),
		IPB_ERROR_NOT_FOUND, "none");
	json_t *told = ask(&fixture, &reader, IPB_EXPLAIN,
		json_pack("{ss}", "packet", "Ab"));

	expect_text(told, "reason", "ip-version");
	expect_text(json_object_get(told, "packet"), "client", NULL);
	end(&fixture);
}
END_TEST

/** Begins with three entries of one client and one of another. */
static void begin_with_entries(struct fixture *fixture)
{
	begin(fixture, METHOD_DIRECT);
	pass(fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	pass(fixture, "203.0.113.7:4500 > 192.0.2.1:4500 v2 auth icookie=11 rcookie=22",
		PACKET_TO_SERVER);
	pass(fixture, "203.0.113.7:61000 > 192.0.2.1:4500 v2 init icookie=12",
		PACKET_TO_SERVER);
	pass(fixture, "[2001:db8::7]:500 > [2001:db8::1]:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	ck_assert_uint_eq(fixture->director->sessions.entry_count, 4);
}

/** Deletes what params name; so many entries are left. */
static void delete_entries(struct fixture *fixture, json_t *params, size_t left)
{
	size_t before = fixture->director->sessions.entry_count;
	json_t *result = ask(fixture, &writer, IPB_ENTRY_DELETE, params);

	ck_assert_uint_eq(fixture->director->sessions.entry_count, left);
	ck_assert_int_eq(json_integer_value(json_object_get(result, "deleted")),
		(json_int_t)(before - left));
}

/** A flow, a port of a client, or a client is deleted, and no more. */
START_TEST(entries_are_deleted)
{
	struct fixture fixture;

	begin_with_entries(&fixture);
	delete_entries(&fixture,
		json_pack("{ss ss}", "client", "203.0.113.7:61000", "virtual",
			"192.0.2.1:4500"),
		3);
	delete_entries(&fixture, json_pack("{ss}", "client", "[2001:db8::7]:500"), 2);
	delete_entries(&fixture,
		json_pack("{ss ss ss}", "client", "203.0.113.7", "virtual", "192.0.2.1",
			"service", "vpn"),
		0);
	ck_assert_uint_eq(fixture.director->sessions.clients.count, 0);
	ck_assert_uint_eq(fixture.director->sessions.pairs.count, 0);
	end(&fixture);
}
END_TEST

/** What is not there or makes no sense deletes nothing, and so does a reader. */
START_TEST(deletion_is_refused)
{
	static const char *const nonsense[] = { "", "x", "203.0.113.7:", "203.0.113.7:0",
		"203.0.113.7:65536", "203.0.113.7:5x", "[203.0.113.7]:500",
		"2001:db8::7:500:", "[2001:db8::7]", "203.0.113.0/24" };
	struct fixture fixture;

	begin_with_entries(&fixture);
	for (size_t i = 0; i < COUNT(nonsense); i++)
		refused(&fixture, IPB_ENTRY_DELETE,
			json_pack("{ss}", "client", nonsense[i]), IPB_ERROR_PARAMS,
			"client: ");
	refused(&fixture, IPB_ENTRY_DELETE, json_object(), IPB_ERROR_PARAMS, "client");
	refused(&fixture, IPB_ENTRY_DELETE, json_pack("{ss}", "client", "203.0.113.8"),
		IPB_ERROR_NOT_FOUND, "no such entry");
	refused(&fixture, IPB_ENTRY_DELETE,
		json_pack("{ss ss}", "client", "203.0.113.7:500", "virtual",
			"192.0.2.1:4500"),
		IPB_ERROR_NOT_FOUND, "no such entry");
	const json_t *error = json_object_get(
		call(&fixture, &reader, IPB_ENTRY_DELETE,
			json_pack("{ss}", "client", "203.0.113.7")),
		"error");

	ck_assert_int_eq(json_integer_value(json_object_get(error, "code")),
		IPB_ERROR_PERMISSION);
	ck_assert_uint_eq(fixture.director->sessions.entry_count, 4);
	end(&fixture);
}
END_TEST

UNIT_MAIN("rpc_explain", explanation_comes_true, explaining_changes_nothing,
	forwarded_packet_is_told, replies_are_told, unseen_replies_are_told,
	limits_are_told, options_are_told, client_is_told, sessions_of_a_client_are_told, services_are_told,
	nonsense_is_refused, entries_are_deleted, deletion_is_refused)
