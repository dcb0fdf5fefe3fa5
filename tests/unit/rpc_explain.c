/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain over a real director: what is explained is what happens then, and explaining
 * changes nothing.
 */
#include <string.h>

#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"
#include "tests/unit/explain_fixture.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/** What a packet is followed by, and what explains it. */
struct row {
	const char *text;
	bool is_reply;
	const char *step; /**< words that must be in a sentence */
};

/* One client's life, strangers, and nonsense, in this order. */
static const struct row rows[] = {
	{"198.51.100.9 > 192.0.2.1 esp spi=c0ffee01", false,
		"client 198.51.100.9: not known"},
	{"198.51.100.9 > 192.0.2.1 ah spi=c0ffee01", false, "not known"},
	{"203.0.113.7:4500 > 192.0.2.1:4500 keepalive", false, "no entry"},
	{"203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=22", false,
		"pair 0000000000000011:0000000000000022: of no ESTABLISHED entry"},
	{"203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11", false,
		"scheduler rr chooses gw1, which has 0 clients and weight 1"},
	{"203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11", false,
		"flow 203.0.113.7:500 > 192.0.2.1:500: INITIAL entry at gw1, 30 s left"},
	{"203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", false, "entries 1, ESTABLISHED 0"},
	{"203.0.113.7:4500 > 192.0.2.1:4500 v2 auth icookie=11 rcookie=22", false,
		"initiator cookie 0000000000000011: handshake of flow 203.0.113.7:500 > "
		"192.0.2.1:500, at gw1"},
	{"203.0.113.7:4500 > 192.0.2.1:4500 v2 auth icookie=11 rcookie=22", false,
		"pair 0000000000000011:0000000000000022: known from flow "
		"203.0.113.7:4500 > 192.0.2.1:4500, at gw1"},
	{"203.0.113.7:4500 > 192.0.2.1:4500 esp-in-udp spi=c0ffee01", false,
		"ESTABLISHED entry at gw1, 18000 s left"},
	{"203.0.113.7:4500 > 192.0.2.1:4500 keepalive", false, "ESTABLISHED entry"},
	{"203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", false, "entries 2, ESTABLISHED 1"},
	{"203.0.113.7 > 192.0.2.1 ah spi=c0ffee01", false, "server gw1"},
	{"203.0.113.7:61000 > 192.0.2.1:4500 v2 info icookie=11 rcookie=22", false,
		"known from flow 203.0.113.7:4500"},
	{"203.0.113.7:62000 > 192.0.2.1:4500 v2 info icookie=33 rcookie=44", false,
		"initiator cookie 0000000000000033: of no handshake of this client"},
	{"203.0.113.8:500 > 192.0.2.1:500 v1 aggressive icookie=51", false,
		"and not gw1, which has 1 clients and weight 1"},
	{"203.0.113.8:4500 > 192.0.2.1:4500 v1 quick icookie=11 rcookie=22", false,
		"at gw1"},
	{"203.0.113.7 > 192.0.2.1 fragment proto=17 offset=1480", false, "client"},
	{"203.0.113.99:500 > 192.0.2.1:500 icmp-error quoting "
	 "192.0.2.1:500 > 203.0.113.7:500 v2 init icookie=11",
		false, "INITIAL entry"},
	{"203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11 version=0x50", false,
		"malformed: major version neither 1 nor 2"},
	{"203.0.113.7:500 > 192.0.2.9:500 v2 init icookie=11", false,
		"no service has the address 192.0.2.9"},
	{"203.0.113.7:53 > 192.0.2.1:53 udp payload=00", false, "neither IPsec"},
	{"[2001:db8::7]:500 > [2001:db8::1]:500 v2 init icookie=11", false,
		"flow [2001:db8::7]:500 > [2001:db8::1]:500: no entry"},
	{"192.0.2.1:500 > 203.0.113.8:500 v1 aggressive icookie=51 rcookie=52", true,
		"its responder cookie is not known yet"},
};

/** What is explained is what happens then, to every packet of a long story; and the
 *  explanation tells what it is. */
START_TEST(explanation_comes_true)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *told =
			json_incref(explain_packet_text(&fixture, rows[i].text, NULL));
		struct decision decision = explain_pass(&fixture, rows[i].text,
			rows[i].is_reply ? PACKET_TO_CLIENT : PACKET_TO_SERVER);

		explain_expect_text(told, "action", decision_action_name(decision.action));
		explain_expect_text(told, "reason", reason_name(decision.reason));
		explain_expect_text(told, "text", reason_text(decision.reason));
		explain_expect_text(told, "service",
			decision.service ? decision.service->config->name : NULL);
		if (decision.action == DECISION_FORWARD)
			explain_expect_text(told, "server", decision.server->config->name);
		explain_expect_text(json_object_get(told, "packet"), "direction",
			rows[i].is_reply ? "reply" : "request");
		explain_expect_step(told, rows[i].step);
		json_decref(told);
	}
	explain_end(&fixture);
}
END_TEST

/** Counters, tables and the rate stay as they are, whatever is explained. */
START_TEST(explaining_changes_nothing)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	fixture.director->unreachable.milli_tokens = 1000;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct director before = *fixture.director;
		struct service service = fixture.director->services[0];
		struct server servers[3];

		memcpy(servers, service.servers, sizeof(servers));
		for (int times = 0; times < 3; times++)
			explain_packet_text(&fixture, rows[i].text, NULL);
		explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
			json_pack("{ss}", "client", "203.0.113.7"));
		ck_assert_mem_eq(&before, fixture.director, sizeof(before));
		ck_assert_mem_eq(&service, &fixture.director->services[0], sizeof(service));
		ck_assert_mem_eq(
			servers, fixture.director->services[0].servers, sizeof(servers));
		ck_assert_uint_eq(invariants_counted(fixture.director), fixture.packets);
		explain_pass(&fixture, rows[i].text,
			rows[i].is_reply ? PACKET_TO_CLIENT : PACKET_TO_SERVER);
	}
	explain_end(&fixture);
}
END_TEST

/** Everything that is told of a forwarded packet. */
START_TEST(forwarded_packet_is_told)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	explain_pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = explain_packet_text(&fixture,
		"203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=22", NULL);
	char *packet = json_dumps(json_object_get(told, "packet"), JSON_COMPACT);

	ck_assert_str_eq(packet,
		"{\"kind\":\"ike\",\"direction\":\"request\","
		"\"client\":\"203.0.113.7:500\",\"virtual\":\"192.0.2.1:500\","
		"\"protocol\":17,\"isakmp\":{\"icookie\":\"0000000000000011\","
		"\"rcookie\":\"0000000000000022\",\"version\":2,\"exchange\":35,"
		"\"message_id\":1},\"spi\":null}");
	free(packet);
	explain_expect_text(told, "reason", "established");
	explain_expect_text(told, "server", "gw1");
	explain_expect_text(told, "method", "direct");
	explain_expect_text(told, "next_hop", "10.2.0.11");
	explain_expect_text(told, "change", "establish");
	explain_expect_text(
		told, "change_text", "the entry becomes ESTABLISHED, the pair is noted");
	ck_assert_int_eq(json_integer_value(json_object_get(told, "mark")),
		config_server_mark(
			fixture.config, &fixture.config->services[0].servers[0]));
	ck_assert_int_eq(json_integer_value(json_object_get(told, "table")),
		fixture.config->table_base);
	explain_expect_text(json_object_get(told, "entry"), "state", "INITIAL");
	told = explain_packet_text(
		&fixture, "203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", NULL);
	explain_expect_text(json_object_get(told, "packet"), "spi", "c0ffee01");
	explain_expect_text(told, "server", NULL);
	explain_expect_text(told, "next_hop", NULL);
	ck_assert(json_is_null(json_object_get(told, "mark")));
	ck_assert(json_is_null(json_object_get(told, "entry")));
	explain_end(&fixture);
}
END_TEST

/** Replies of a translated server are known by its address, and say what they change. */
START_TEST(replies_are_told)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_NAT);
	explain_pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = explain_packet_text(&fixture,
		"10.2.0.11:500 > 203.0.113.7:500 v2 init flags=0x20 icookie=11 rcookie=22",
		NULL);

	explain_expect_text(json_object_get(told, "packet"), "direction", "reply");
	explain_expect_text(json_object_get(told, "packet"), "virtual", "192.0.2.1:500");
	explain_expect_text(told, "action", "pass");
	explain_expect_text(told, "reason", "reply-cookie");
	explain_expect_text(told, "change", "offer");
	explain_expect_step(told, "it comes from server gw1, of method nat");
	explain_expect_step(told, "the server has not answered yet");
	explain_pass(&fixture,
		"10.2.0.11:500 > 203.0.113.7:500 v2 init flags=0x20 icookie=11 rcookie=22",
		PACKET_TO_CLIENT);
	told = explain_packet_text(&fixture,
		"203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=99", NULL);
	explain_expect_text(told, "reason", "wrong-cookie");
	explain_expect_step(
		told, "the server has sent the responder cookie 0000000000000022");
	told = explain_packet_text(&fixture,
		"10.2.0.11:500 > 203.0.113.7:500 v2 init icookie=11", "request");
	explain_expect_text(told, "reason", "no-service");
	explain_end(&fixture);
}
END_TEST

/** What a reply means where replies do not come. */
START_TEST(unseen_replies_are_told)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	json_t *told = explain_packet_text(&fixture,
		"192.0.2.1:500 > 203.0.113.7:500 v2 init icookie=11 rcookie=22", "reply");

	explain_expect_text(told, "reason", "reply-unknown");
	explain_expect_step(told, "no server of service vpn has its replies seen");
	explain_end(&fixture);
}
END_TEST

/** Limits that would still be met are told. */
START_TEST(limits_are_told)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	fixture.director->sessions.limits.entries = 1;
	fixture.director->sessions.limits.entries_per_client = 1;
	explain_pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = explain_packet_text(&fixture,
		"203.0.113.7:4500 > 192.0.2.1:4500 v2 init icookie=12", NULL);

	explain_expect_text(told, "action", "forward");
	explain_expect_step(told, "limit-client");
	explain_expect_step(told, "limit-entries");
	fixture.director->unreachable.milli_tokens = 0;
	fixture.director->unreachable.last_ms = fixture.now_ms;
	told = explain_packet_text(
		&fixture, "203.0.113.9 > 192.0.2.1 esp spi=c0ffee01", NULL);
	explain_expect_text(told, "action", "unreachable");
	explain_expect_step(told, "counted as orphan-limited");
	for (size_t i = 0; i < 3; i++)
		fixture.director->services[0].servers[i].weight = 0;
	told = explain_packet_text(
		&fixture, "203.0.113.9:500 > 192.0.2.1:500 v2 init icookie=1", NULL);
	explain_expect_text(told, "reason", "no-server");
	explain_expect_step(told, "no server of service vpn has a weight above 0");
	explain_end(&fixture);
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
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	struct config_service *config = &fixture.config->services[0];

	config->learn_spi = config->sloppy = true;
	config->persistence_ms = 300000;
	config->persistence_prefix_v4 = 24;
	config->also[config->also_count++] = (struct config_also){ 6, 443, 0 };
	config->also[config->also_count++] = (struct config_also){ 0, 0, 0x77 };
	config->servers[2].label = 0xcc00000000000000;
	config->servers[2].label_mask = 0xff00000000000000;
	config->servers[2].spi_first = 0xcc000000;
	config->servers[2].spi_last = 0xccffffff;
	explain_renew(&fixture);
	explain_pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	explain_pass(&fixture,
		"203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=22",
		PACKET_TO_SERVER);
	explain_pass(
		&fixture, "203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", PACKET_TO_SERVER);

	json_t *told = explain_packet_text(
		&fixture, "198.51.100.9 > 192.0.2.1 esp spi=c0ffee01", NULL);

	explain_expect_text(told, "reason", "spi");
	explain_expect_step(told, "SPI c0ffee01: learned at gw1");
	told = explain_packet_text(
		&fixture, "203.0.113.7 > 192.0.2.1 esp spi=c0ffee02", NULL);
	explain_expect_text(told, "change", "learn-spi");
	told = explain_packet_text(
		&fixture, "198.51.100.9 > 192.0.2.1 esp spi=ccffee01", NULL);
	explain_expect_text(told, "server", "gw3");
	explain_expect_step(told, "SPI ccffee01 lies in the range of gw3");
	told = explain_packet_text(&fixture,
		"198.51.100.9:500 > 192.0.2.1:500 v2 auth icookie=5 "
		"rcookie=cc00000000000001",
		NULL);
	explain_expect_text(told, "reason", "label");
	explain_expect_step(told, "the cookies bear the label of gw3");
	told = explain_packet_text(&fixture,
		"198.51.100.9:500 > 192.0.2.1:500 v2 auth icookie=5 rcookie=6", NULL);
	explain_expect_text(told, "reason", "sloppy");
	explain_expect_step(told, "hash of the client's address chooses");
	told = explain_packet_text(
		&fixture, "203.0.113.8:500 > 192.0.2.1:500 v2 init icookie=7", NULL);
	explain_expect_text(told, "server", "gw1");
	explain_expect_step(told, "template of the client: server gw1");
	told = explain_packet_text(
		&fixture, "198.51.100.9 > 192.0.2.1 ip proto=6 payload=c35001bb", NULL);
	explain_expect_text(told, "reason", "also");
	explain_expect_text(told, "change", "template");
	explain_expect_step(told, "template of the client: none");
	explain_expect_step(told, "scheduler rr chooses gw2");
	told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss si}", "packet", "4500001400000000400a0000cb007107c0000209",
			"mark", 0x77));
	explain_expect_text(told, "reason", "also");
	explain_expect_text(told, "server", "gw1");
	told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.9"));
	explain_expect_text(next_named(json_array_get(json_object_get(told, "services"), 0),
			    "other traffic"),
		"server", "gw1");
	ck_assert_uint_eq(invariants_counted(fixture.director), fixture.packets);
	explain_end(&fixture);
}
END_TEST

/** A client is told with its entries, and what its next packets would get. */
START_TEST(client_is_told)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	explain_pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.7"));
	json_t *service = json_array_get(json_object_get(told, "services"), 0);

	ck_assert_uint_eq(json_array_size(json_object_get(told, "services")), 1);
	explain_expect_text(service, "service", "vpn");
	explain_expect_text(service, "server", "gw1");
	ck_assert_uint_eq(json_array_size(json_object_get(service, "known")), 1);
	explain_expect_text(next_named(service, "ESP"), "reason", "orphan");
	explain_expect_text(next_named(service, "AH"), "reason", "orphan");
	explain_expect_text(next_named(service, "first message from port 500"), "reason",
		"new-entry");
	explain_expect_text(
		next_named(service, "first message from another port"), "server", "gw1");
	explain_pass(&fixture,
		"203.0.113.7:500 > 192.0.2.1:500 v2 auth icookie=11 rcookie=22",
		PACKET_TO_SERVER);
	told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss ss}", "client", "203.0.113.7", "service", "vpn"));
	service = json_array_get(json_object_get(told, "services"), 0);
	explain_expect_text(next_named(service, "ESP"), "reason", "slave");
	explain_expect_text(next_named(service, "ESP"), "server", "gw1");
	told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "2001:db8::77"));
	service = json_array_get(json_object_get(told, "services"), 0);
	explain_expect_text(service, "virtual", "2001:db8::1");
	explain_expect_text(service, "server", NULL);
	explain_expect_text(
		next_named(service, "first message from port 500"), "server", "gw2");
	explain_end(&fixture);
}
END_TEST

/** Who would be challenged is told so, and where the cookie would lead. */
START_TEST(challenge_of_a_client_is_told)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	fixture.config->services[0].challenge = SWITCH_ON;
	json_t *told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.7"));
	json_t *service = json_array_get(json_object_get(told, "services"), 0);
	const json_t *first = next_named(service, "first message from port 500");

	explain_expect_text(first, "action", "challenge");
	explain_expect_text(first, "reason", "challenged");
	explain_expect_step(first, "with its cookie it would be: forward gw1, new-client");
	explain_end(&fixture);
}
END_TEST

/** With affinity session another port may mean another server. */
START_TEST(sessions_of_a_client_are_told)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	fixture.config->services[0].affinity = AFFINITY_SESSION;
	explain_pass(&fixture, "203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11",
		PACKET_TO_SERVER);
	json_t *told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.7"));
	json_t *service = json_array_get(json_object_get(told, "services"), 0);

	explain_expect_text(
		next_named(service, "first message from port 500"), "server", "gw1");
	explain_expect_text(
		next_named(service, "first message from another port"), "server", "gw2");
	explain_expect_step(next_named(service, "ESP"), "affinity is session");
	explain_end(&fixture);
}
END_TEST

/** Every service of the family is told, or the one that was named. */
START_TEST(services_are_told)
{
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	test_config_add_service(fixture.config, "other", "192.0.2.2");
	explain_renew(&fixture);
	json_t *told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.7"));

	ck_assert_uint_eq(json_array_size(json_object_get(told, "services")), 2);
	told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss}", "client", "2001:db8::7"));
	ck_assert_uint_eq(json_array_size(json_object_get(told, "services")), 1);
	explain_refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "client", "2001:db8::7", "service", "other"),
		IPB_ERROR_NOT_FOUND, "family");
	explain_end(&fixture);
}
END_TEST

/** What is no packet and no client is refused with the reason. */
START_TEST(nonsense_is_refused)
{
	static char long_digits[2 * IPB_EXPLAIN_BYTES + 3];
	struct explain_fixture fixture;

	explain_begin(&fixture, METHOD_DIRECT);
	memset(long_digits, '4', sizeof(long_digits) - 1);
	explain_refused(&fixture, IPB_EXPLAIN, json_object(), IPB_ERROR_PARAMS,
		"packet or client");
	explain_refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "packet", "45", "client", "x"), IPB_ERROR_PARAMS,
		"packet or client");
	explain_refused(&fixture, IPB_EXPLAIN, json_pack("{si}", "packet", 45),
		IPB_ERROR_PARAMS, "string");
	explain_refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "packet", ""),
		IPB_ERROR_PARAMS, "digits");
	explain_refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "packet", "450"),
		IPB_ERROR_PARAMS, "digits");
	explain_refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "packet", "45x0"),
		IPB_ERROR_PARAMS, "byte 2");
	explain_refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "packet", long_digits),
		IPB_ERROR_PARAMS, "2048");
	explain_refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss si}", "packet", "4500", "wire_bytes", 1), IPB_ERROR_PARAMS,
		"wire_bytes");
	explain_refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "packet", "4500", "direction", "up"),
		IPB_ERROR_PARAMS, "request or reply");
	explain_refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "packet", "4500", "service", "vpn"), IPB_ERROR_PARAMS,
		"goes with client");
	explain_refused(&fixture, IPB_EXPLAIN, json_pack("{si}", "client", 7),
		IPB_ERROR_PARAMS, "string");
	explain_refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss}", "client", "203.0.113.0/24"), IPB_ERROR_PARAMS,
		"address");
	explain_refused(&fixture, IPB_EXPLAIN, json_pack("{ss}", "client", "224.0.0.1"),
		IPB_ERROR_PARAMS, "address");
	explain_refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "client", "203.0.113.7", "direction", "reply"),
		IPB_ERROR_PARAMS, "with packet");
	explain_refused(&fixture, IPB_EXPLAIN,
		json_pack("{ss ss}", "client", "203.0.113.7", "service", "none"),
		IPB_ERROR_NOT_FOUND, "none");
	json_t *told = explain_ask(&fixture, &explain_reader, IPB_EXPLAIN,
		json_pack("{ss}", "packet", "Ab"));

	explain_expect_text(told, "reason", "ip-version");
	explain_expect_text(json_object_get(told, "packet"), "client", NULL);
	explain_end(&fixture);
}
END_TEST

UNIT_MAIN("rpc_explain", explanation_comes_true, explaining_changes_nothing,
	forwarded_packet_is_told, replies_are_told, unseen_replies_are_told,
	limits_are_told, options_are_told, client_is_told, challenge_of_a_client_is_told,
	sessions_of_a_client_are_told,
	services_are_told, nonsense_is_refused)
