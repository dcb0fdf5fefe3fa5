/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision table row by row: what stands there, which packet comes, what is decided. And
 * that deciding changes nothing, counters included.
 */
#include "core/decide.h"

#include <stdio.h>
#include <string.h>

#include "core/classify.h"
#include "tests/lib/invariants.h"
#include "tests/lib/packet_text.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct hash_key key = { { 5, 6 } };

/** A director and its config. */
struct fixture {
	struct config *config;
	struct director *director;
	uint64_t packets;
};

/** Begins with two servers. */
static void begin(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->config = test_config(2);
	ck_assert_int_eq(director_new(fixture->config, &key, NULL, &fixture->director), 0);
}

/** Frees all. */
static void end(struct fixture *fixture)
{
	ck_assert_ptr_null(invariants_broken(fixture->director, fixture->packets));
	director_free(fixture->director);
	config_free(fixture->config);
}

/** The packet of a text. */
static struct packet packet_of(const char *text)
{
	char error[PACKET_TEXT_ERROR_BYTES] = "";
	struct packet_bytes bytes;
	struct packet packet;

	ck_assert_msg(packet_text_build(text, &bytes, error) == 0, "%s: %s", text, error);
	classify(bytes.data, bytes.size_bytes, bytes.wire_bytes, PACKET_TO_SERVER, &packet);
	return packet;
}

/** Decides about the packet of a text; the director and its service stay bytewise equal. */
static struct decision decide_text(struct fixture *fixture, const char *text)
{
	struct packet packet = packet_of(text);
	struct director before = *fixture->director;
	struct service service = fixture->director->services[0];
	struct server servers[2];
	struct decision decision;

	memcpy(servers, service.servers, sizeof(servers));
	decide(fixture->director, &packet, &decision);
	ck_assert_mem_eq(&before, fixture->director, sizeof(before));
	ck_assert_mem_eq(&service, &fixture->director->services[0], sizeof(service));
	ck_assert_mem_eq(servers, fixture->director->services[0].servers, sizeof(servers));
	return decision;
}

/** Decides and commits at a moment. */
static struct decision pass_at(struct fixture *fixture, uint64_t now_ms, const char *text)
{
	struct packet packet = packet_of(text);
	struct decision decision;

	decide(fixture->director, &packet, &decision);
	decide_commit(fixture->director, &packet, now_ms, 100, &decision);
	fixture->packets++;
	return decision;
}

/** What stands in the table before a packet comes. */
enum before {
	NOTHING,
	INITIAL,     /**< 203.0.113.7:4500 on 4500, icookie 11, at gw1 */
	ESTABLISHED, /**< the same, with rcookie 22 */
	SOFT,
};

/** Makes the table look so. */
static void prepare(struct fixture *fixture, enum before before)
{
	fixture->config->services[0].soft_entries = before == SOFT ? 1 : 0;
	if (before == NOTHING)
		return;
	pass_at(fixture, 0, "203.0.113.7:4500 > 192.0.2.1:4500 v2 init icookie=11");
	if (before == INITIAL)
		return;
	pass_at(fixture, 0, "203.0.113.7:4500 > 192.0.2.1:4500 v2 auth icookie=11 rcookie=22");
	if (before == SOFT)
		ck_assert_uint_eq(director_expire(fixture->director, 18000000, 10), 1);
}

/** A row: before, packet, decision. */
struct row {
	enum before before;
	const char *text;
	enum decision_action action;
	enum decision_change change;
	enum reason reason;
};

#define OWN "203.0.113.7:4500 > 192.0.2.1:4500 "   /**< the entry's flow */
#define PORT "203.0.113.7:9999 > 192.0.2.1:4500 "  /**< the same client, another port */
#define IKE500 "203.0.113.7:4500 > 192.0.2.1:500 " /**< the same client, the other port of ours */
#define OTHER "203.0.113.8:4500 > 192.0.2.1:4500 " /**< another client */
#define PLAIN "203.0.113.7 > 192.0.2.1 "
#define ERROR "9.9.9.9 > 192.0.2.1 icmp-error quoting "

static const struct row rows[] = {
	/* malformed, others */
	{ NOTHING, OWN "v2 init icookie=0", DECISION_DROP, CHANGE_NONE, REASON_ISAKMP_ZERO_COOKIE },
	{ ESTABLISHED, OWN "v2 auth icookie=11 rcookie=22 version=0x30", DECISION_DROP, CHANGE_NONE, REASON_ISAKMP_VERSION },
	{ ESTABLISHED, OWN "v2 auth icookie=11 rcookie=22 length=99", DECISION_DROP, CHANGE_NONE, REASON_ISAKMP_LENGTH_LONG },
	{ ESTABLISHED, "203.0.113.7:9 > 192.0.2.1:53 udp payload=00", DECISION_PASS, CHANGE_NONE, REASON_NOT_OURS },
	{ NOTHING, "203.0.113.7:9 > 192.0.2.99:500 v2 init icookie=1", DECISION_DROP, CHANGE_NONE, REASON_NO_SERVICE },
	{ NOTHING, "203.0.113.7 > 192.0.2.99 esp spi=c1000000", DECISION_DROP, CHANGE_NONE, REASON_NO_SERVICE },
	/* first messages */
	{ NOTHING, OWN "v2 init icookie=11", DECISION_FORWARD, CHANGE_BEGIN, REASON_NEW_CLIENT },
	{ INITIAL, OWN "v2 init icookie=11", DECISION_FORWARD, CHANGE_BEGIN, REASON_RETRANSMIT },
	{ INITIAL, PORT "v2 init icookie=11", DECISION_FORWARD, CHANGE_BEGIN, REASON_RETRANSMIT },
	{ INITIAL, OWN "v2 init icookie=33", DECISION_FORWARD, CHANGE_BEGIN, REASON_NEW_ENTRY },
	{ INITIAL, PORT "v2 init icookie=33", DECISION_FORWARD, CHANGE_BEGIN, REASON_NEW_ENTRY },
	{ ESTABLISHED, OWN "v1 main icookie=33", DECISION_FORWARD, CHANGE_BEGIN, REASON_NEW_ENTRY },
	{ ESTABLISHED, IKE500 "v1 main icookie=33", DECISION_FORWARD, CHANGE_BEGIN, REASON_NEW_ENTRY },
	{ ESTABLISHED, OWN "v2 init icookie=11", DECISION_FORWARD, CHANGE_BEGIN, REASON_RETRANSMIT },
	{ SOFT, PORT "v2 init icookie=33", DECISION_FORWARD, CHANGE_BEGIN, REASON_NEW_ENTRY },
	/* both cookies */
	{ NOTHING, OWN "v2 auth icookie=11 rcookie=22", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_COOKIES },
	{ INITIAL, OWN "v2 auth icookie=11 rcookie=22", DECISION_FORWARD, CHANGE_ESTABLISH, REASON_ESTABLISH },
	{ INITIAL, PORT "v2 auth icookie=11 rcookie=22", DECISION_FORWARD, CHANGE_ESTABLISH, REASON_ESTABLISH },
	{ INITIAL, OWN "v2 auth icookie=12 rcookie=22", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_COOKIES },
	{ INITIAL, OTHER "v2 auth icookie=11 rcookie=22", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_COOKIES },
	{ ESTABLISHED, OWN "v2 info icookie=11 rcookie=22", DECISION_FORWARD, CHANGE_LEARN, REASON_KNOWN_ENTRY },
	{ ESTABLISHED, OWN "v2 info icookie=77 rcookie=88", DECISION_FORWARD, CHANGE_LEARN, REASON_KNOWN_ENTRY },
	{ SOFT, OWN "v2 info icookie=11 rcookie=22", DECISION_FORWARD, CHANGE_LEARN, REASON_KNOWN_ENTRY },
	{ ESTABLISHED, PORT "v2 info icookie=11 rcookie=22", DECISION_FORWARD, CHANGE_ESTABLISH, REASON_MOVED },
	{ ESTABLISHED, OTHER "v2 info icookie=11 rcookie=22", DECISION_FORWARD, CHANGE_ESTABLISH, REASON_MOVED },
	{ ESTABLISHED, OTHER "v2 info icookie=11 rcookie=23", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_COOKIES },
	{ ESTABLISHED, PORT "v2 info icookie=77 rcookie=88", DECISION_FORWARD, CHANGE_NONE, REASON_KNOWN_CLIENT },
	/* no responder cookie, no first message */
	{ NOTHING, OWN "v1 info icookie=11 mid=0", DECISION_DROP, CHANGE_NONE, REASON_NOT_FIRST },
	{ INITIAL, OWN "v1 info icookie=11 mid=0", DECISION_FORWARD, CHANGE_TOUCH, REASON_KNOWN_ENTRY },
	{ INITIAL, PORT "v1 info icookie=11 mid=0", DECISION_FORWARD, CHANGE_NONE, REASON_KNOWN_ENTRY },
	{ ESTABLISHED, PORT "v1 info icookie=99 mid=0", DECISION_DROP, CHANGE_NONE, REASON_NOT_FIRST },
	/* keepalive */
	{ NOTHING, OWN "keepalive", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_KEEPALIVE },
	{ INITIAL, OWN "keepalive", DECISION_FORWARD, CHANGE_TOUCH, REASON_KEEPALIVE },
	{ ESTABLISHED, OWN "keepalive", DECISION_FORWARD, CHANGE_TOUCH, REASON_KEEPALIVE },
	{ SOFT, OWN "keepalive", DECISION_FORWARD, CHANGE_TOUCH, REASON_KEEPALIVE },
	{ ESTABLISHED, PORT "keepalive", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_KEEPALIVE },
	/* ESP in UDP */
	{ NOTHING, OWN "esp-in-udp spi=c1000000", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_ESP_IN_UDP },
	{ INITIAL, OWN "esp-in-udp spi=c1000000", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_ESP_IN_UDP },
	{ ESTABLISHED, OWN "esp-in-udp spi=c1000000", DECISION_FORWARD, CHANGE_NONE, REASON_ESP_IN_UDP },
	{ SOFT, OWN "esp-in-udp spi=c1000000", DECISION_FORWARD, CHANGE_NONE, REASON_ESP_IN_UDP },
	{ ESTABLISHED, PORT "esp-in-udp spi=c1000000", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_ESP_IN_UDP },
	/* draft ESP, on port 500, where no entry of ours stands */
	{ NOTHING, IKE500 "draft-esp spi=c1000000", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_DRAFT_ESP },
	{ ESTABLISHED, IKE500 "draft-esp spi=c1000000", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_DRAFT_ESP },
	/* ESP, AH */
	{ NOTHING, PLAIN "esp spi=c1000000", DECISION_UNREACHABLE, CHANGE_NONE, REASON_ORPHAN },
	{ INITIAL, PLAIN "ah spi=c1000000", DECISION_UNREACHABLE, CHANGE_NONE, REASON_ORPHAN },
	{ ESTABLISHED, PLAIN "esp spi=c1000000", DECISION_FORWARD, CHANGE_NONE, REASON_SLAVE },
	{ ESTABLISHED, PLAIN "ah spi=c1000000", DECISION_FORWARD, CHANGE_NONE, REASON_SLAVE },
	{ SOFT, PLAIN "esp spi=c1000000", DECISION_FORWARD, CHANGE_NONE, REASON_SLAVE },
	/* fragments */
	{ NOTHING, PLAIN "fragment proto=17 offset=8", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_FRAGMENT },
	{ INITIAL, PLAIN "fragment proto=17 offset=8", DECISION_FORWARD, CHANGE_NONE, REASON_FRAGMENT_RELATED },
	{ INITIAL, PLAIN "fragment proto=50 offset=8", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_FRAGMENT },
	{ ESTABLISHED, PLAIN "fragment proto=50 offset=8", DECISION_FORWARD, CHANGE_NONE, REASON_FRAGMENT_RELATED },
	/* ICMP errors */
	{ NOTHING, ERROR "192.0.2.1 > 203.0.113.7 esp spi=c1", DECISION_DROP, CHANGE_NONE, REASON_UNKNOWN_ICMP },
	{ INITIAL, ERROR "192.0.2.1:4500 > 203.0.113.7:4500 keepalive", DECISION_FORWARD, CHANGE_NONE, REASON_ICMP_RELATED },
	{ ESTABLISHED, ERROR "192.0.2.1 > 203.0.113.7 esp spi=c1", DECISION_FORWARD, CHANGE_NONE, REASON_ICMP_RELATED },
};

/** Every row; what is forwarded goes to the server that the client has. */
START_TEST(decide_rows)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct fixture fixture;
		struct decision decision;

		begin(&fixture);
		prepare(&fixture, row->before);
		decision = decide_text(&fixture, row->text);
		ck_assert_msg(decision.action == row->action && decision.change == row->change &&
				decision.reason == row->reason,
			"%s, before %d: found %s %s, change %d", row->text, row->before,
			decision_action_name(decision.action), reason_name(decision.reason),
			decision.change);
		ck_assert_msg((decision.server == &fixture.director->services[0].servers[0]) ==
			(row->action == DECISION_FORWARD), "%s: server", row->text);
		end(&fixture);
	}
}
END_TEST

/** Draft ESP and an ESTABLISHED entry on port 500. */
START_TEST(decide_draft_esp)
{
	struct fixture fixture;
	struct decision decision;

	begin(&fixture);
	pass_at(&fixture, 0, IKE500 "v1 main icookie=11");
	decision = decide_text(&fixture, IKE500 "draft-esp spi=c1000000");
	ck_assert_int_eq(decision.reason, REASON_UNKNOWN_DRAFT_ESP);
	pass_at(&fixture, 0, IKE500 "v1 main icookie=11 rcookie=22");
	decision = decide_text(&fixture, IKE500 "draft-esp spi=c1000000");
	ck_assert_int_eq(decision.action, DECISION_FORWARD);
	ck_assert_int_eq(decision.reason, REASON_DRAFT_ESP);
	end(&fixture);
}
END_TEST

/** A server that lost its address of the family: its client's packets are dropped, not
 *  sent to another. */
START_TEST(decide_server_of_other_family)
{
	struct fixture fixture;
	struct decision decision;

	begin(&fixture);
	prepare(&fixture, ESTABLISHED);
	fixture.config->services[0].servers[0].address_v4.family = 0;
	decision = decide_text(&fixture, OWN "v2 info icookie=11 rcookie=22");
	ck_assert_int_eq(decision.action, DECISION_DROP);
	ck_assert_int_eq(decision.reason, REASON_NO_SERVER);
	decision = decide_text(&fixture, PLAIN "esp spi=c1000000");
	ck_assert_int_eq(decision.reason, REASON_NO_SERVER);
	ck_assert_int_eq(decision.action, DECISION_DROP);
	end(&fixture);
}
END_TEST

/** Committing counts each packet once, where it belongs, with its bytes. */
START_TEST(decide_commit_counts)
{
	struct fixture fixture;
	struct service *service;

	begin(&fixture);
	service = &fixture.director->services[0];
	pass_at(&fixture, 0, OWN "v2 init icookie=11");
	pass_at(&fixture, 0, OWN "v2 auth icookie=11 rcookie=22");
	pass_at(&fixture, 0, PLAIN "esp spi=c1000000");
	pass_at(&fixture, 0, "203.0.113.7:9 > 192.0.2.99:500 v2 init icookie=1");
	pass_at(&fixture, 0, OWN "v2 init icookie=0");
	ck_assert_uint_eq(service->servers[0].packets, 3);
	ck_assert_uint_eq(service->servers[0].bytes, 300);
	ck_assert_uint_eq(service->servers[1].packets, 0);
	ck_assert_uint_eq(service->counters[REASON_NEW_CLIENT], 1);
	ck_assert_uint_eq(service->counters[REASON_ISAKMP_ZERO_COOKIE], 1);
	ck_assert_uint_eq(service->counters[REASON_NO_SERVICE], 0);
	ck_assert_uint_eq(fixture.director->counters[REASON_NO_SERVICE], 1);
	ck_assert_uint_eq(invariants_counted(fixture.director), 5);
	end(&fixture);
}
END_TEST

/** The scheduler's turn moves when the client really went, not when it was refused. */
START_TEST(decide_commit_scheduler)
{
	struct fixture fixture;
	struct decision decision;

	begin(&fixture);
	fixture.director->sessions.limits.entries = 1;
	decision = pass_at(&fixture, 0, OWN "v2 init icookie=11");
	ck_assert_ptr_eq(decision.server, &fixture.director->services[0].servers[0]);
	decision = pass_at(&fixture, 0, OTHER "v2 init icookie=12");
	ck_assert_int_eq(decision.action, DECISION_DROP);
	ck_assert_int_eq(decision.reason, REASON_LIMIT_ENTRIES);
	ck_assert_ptr_null(decision.server);
	fixture.director->sessions.limits.entries = 10;
	decision = pass_at(&fixture, 0, OTHER "v2 init icookie=12");
	ck_assert_ptr_eq(decision.server, &fixture.director->services[0].servers[1]);
	end(&fixture);
}
END_TEST

/** Over the rate an orphan is dropped, decided anew at each commit. */
START_TEST(decide_commit_orphans)
{
	struct fixture fixture;
	unsigned int answered = 0;

	begin(&fixture);
	rate_init(&fixture.director->unreachable, 1, 2);
	for (unsigned int i = 0; i < 5; i++) {
		struct decision decision = pass_at(&fixture, 1000, PLAIN "esp spi=c1000000");

		answered += decision.action == DECISION_UNREACHABLE;
		ck_assert_int_eq(decision.reason, decision.action == DECISION_UNREACHABLE
				? REASON_ORPHAN : REASON_ORPHAN_LIMITED);
	}
	ck_assert_uint_eq(answered, 2);
	ck_assert_uint_eq(director_count(fixture.director, REASON_ORPHAN), 2);
	ck_assert_uint_eq(director_count(fixture.director, REASON_ORPHAN_LIMITED), 3);
	end(&fixture);
}
END_TEST

/** A client whose last entry must make room for its own proven one keeps its server, and
 *  the packet finds it anew. */
START_TEST(decide_commit_own_room)
{
	struct fixture fixture;
	struct decision decision;

	begin(&fixture);
	pass_at(&fixture, 0, OTHER "v2 init icookie=99");
	fixture.director->sessions.limits.entries_per_client = 1;
	pass_at(&fixture, 0, OWN "v2 init icookie=11");
	decision = pass_at(&fixture, 1, PORT "v2 auth icookie=11 rcookie=22");
	ck_assert_int_eq(decision.reason, REASON_ESTABLISH);
	ck_assert_ptr_eq(decision.server, &fixture.director->services[0].servers[1]);
	ck_assert_ptr_nonnull(decision.client);
	ck_assert_ptr_eq(session_client_server(decision.client), decision.server);
	ck_assert_uint_eq(decision.client->entry_count, 1);
	ck_assert_int_eq(decision.entry->state, SESSION_ESTABLISHED);
	end(&fixture);
}
END_TEST

UNIT_MAIN("decide", decide_rows, decide_draft_esp, decide_server_of_other_family,
	decide_commit_counts, decide_commit_scheduler, decide_commit_orphans,
	decide_commit_own_room)
