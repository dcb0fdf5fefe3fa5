/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conntrack forgets what it is told to and nothing else: connections that clients began
 * and that servers began, in batches of any size, and at the start all that an earlier
 * run left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat.h"
#include "kernel/conntrack.h"
#include "kernel/conntrack_sweep.h"

#define CLIENT_V4 FIXTURE_CLIENT_V4
#define CLIENT_V6 FIXTURE_CLIENT_V6
#define VIRTUAL_V4 FIXTURE_VIRTUAL_V4
#define VIRTUAL_V6 FIXTURE_VIRTUAL_V6

static const uint8_t esp[] = { 0xc0, 0, 1, 2, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9 };

/** A flow to the virtual address of the client's family. */
static struct packet_flow flow_of(const char *client, uint16_t port, uint16_t virtual_port)
{
	struct packet_flow flow = { .client_port = port, .virtual_port = virtual_port };

	address_parse(client, &flow.client);
	address_parse(strchr(client, ':') ? VIRTUAL_V6 : VIRTUAL_V4, &flow.virtual);
	return flow;
}

/** Opens it. */
static struct conntrack *open_conntrack(void)
{
	struct conntrack *conntrack;

	ck_assert_int_eq(conntrack_open(&conntrack), 0);
	return conntrack;
}

/** A server sends to a client of which conntrack knows nothing. */
static void server_starts(const char *server, const char *client, uint16_t port)
{
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;

	fixture_inject_reply(
		packet, nat_udp(packet, server, 4500, client, port, true));
	ck_assert(nat_let_go());
	ck_assert(fixture_back(&frame));
}

START_TEST(what_a_client_began)
{
	struct conntrack *conntrack;
	struct packet_flow flow = flow_of(CLIENT_V4, 61000, 4500);
	size_t before;

	nat_up(METHOD_NAT);
	before = nat_connections();
	nat_client_sends(CLIENT_V4, 61000, 4500, 0);
	nat_client_sends(CLIENT_V4, 61000, 500, 0);
	nat_client_sends(CLIENT_V6, 61000, 4500, 0);
	ck_assert_uint_eq(nat_connections(), before + 3);
	conntrack = open_conntrack();
	conntrack_forget_udp(conntrack, &flow);
	ck_assert_uint_eq(nat_connections(), before + 3);
	conntrack_flush(conntrack);
	ck_assert_uint_eq(nat_connections(), before + 2);
	/* So it may have another server. */
	nat_client_sends(CLIENT_V4, 61000, 4500, 1);
	flow = flow_of(CLIENT_V6, 61000, 4500);
	conntrack_forget_udp(conntrack, &flow);
	conntrack_flush(conntrack);
	ck_assert_uint_eq(nat_connections(), before + 2);
	ck_assert_uint_eq(conntrack_counters(conntrack)->deletions, 2);
	ck_assert_uint_eq(conntrack_counters(conntrack)->absent, 0);
	ck_assert_uint_eq(conntrack_counters(conntrack)->errors, 0);
	conntrack_close(conntrack);
}
END_TEST

/** Without this the client's packets would be held at the server that began. */
START_TEST(what_a_server_began)
{
	struct packet_flow flow = flow_of(CLIENT_V4, 61000, 4500);
	struct conntrack *conntrack;

	nat_up(METHOD_NAT);
	server_starts(NAT_SERVER_V4, CLIENT_V4, 61000);
	/* Marked for the second server and translated to the first: goes nowhere. */
	fixture_send_udp(CLIENT_V4, 61000, 4500);
	ck_assert(nat_give_to(1));
	fixture_expect_only_marker();
	conntrack = open_conntrack();
	conntrack_forget_udp(conntrack, &flow);
	conntrack_flush(conntrack);
	ck_assert_uint_eq(conntrack_counters(conntrack)->absent, 0);
	nat_client_sends(CLIENT_V4, 61000, 4500, 1);
	conntrack_close(conntrack);
}
END_TEST

START_TEST(esp_of_either_side)
{
	struct packet_flow flow = flow_of(CLIENT_V4, 0, 0);
	struct conntrack *conntrack = open_conntrack();
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;
	size_t before;

	nat_up(METHOD_NAT);
	before = nat_connections();
	fixture_inject(
		packet, fixture_ip(packet, CLIENT_V4, VIRTUAL_V4, 50, esp, sizeof(esp)));
	ck_assert(nat_give_to(0));
	ck_assert(fixture_out(&frame));
	fixture_inject_reply(packet,
		fixture_ip(packet, NAT_SERVER_V6, CLIENT_V6, 50, esp, sizeof(esp)));
	ck_assert(fixture_back(&frame));
	ck_assert_uint_eq(nat_connections(), before + 2);
	conntrack_forget_esp(conntrack, &flow);
	flow = flow_of(CLIENT_V6, 0, 0);
	conntrack_forget_esp(conntrack, &flow);
	conntrack_flush(conntrack);
	ck_assert_uint_eq(nat_connections(), before);
	ck_assert_uint_eq(conntrack_counters(conntrack)->batches, 1);
	conntrack_close(conntrack);
}
END_TEST

/** What is not there is no error, and more than the buffer holds is sent in parts. */
START_TEST(many_that_are_not_there)
{
	struct packet_flow flow = flow_of(CLIENT_V6, 61000, 4500);
	struct conntrack *conntrack = open_conntrack();
	const struct conntrack_counters *counters = conntrack_counters(conntrack);
	size_t before;
	uint16_t i;

	nat_up(METHOD_NAT);
	before = nat_connections();
	nat_client_sends(CLIENT_V6, 61000, 4500, 0);
	for (i = 1; i <= 1000; i++) {
		flow.client_port = i;
		conntrack_forget_udp(conntrack, &flow);
	}
	ck_assert_uint_eq(nat_connections(), before + 1);
	flow.client_port = 61000;
	conntrack_forget_udp(conntrack, &flow);
	conntrack_flush(conntrack);
	conntrack_flush(conntrack);
	ck_assert_uint_eq(nat_connections(), before);
	ck_assert_uint_eq(counters->deletions, 1001);
	ck_assert_uint_eq(counters->absent, 1000);
	ck_assert_uint_eq(counters->errors, 0);
	ck_assert_uint_gt(counters->batches, 2);
	ck_assert_uint_lt(counters->batches, 20);
	conntrack_close(conntrack);
}
END_TEST

START_TEST(what_an_earlier_run_left)
{
	struct conntrack *conntrack = open_conntrack();
	struct fixture_frame frame;
	uint8_t packet[FIXTURE_BYTES];
	size_t count, before;

	nat_up(METHOD_NAT);
	before = nat_connections();
	nat_client_sends(CLIENT_V4, 61000, 4500, 0);
	nat_client_sends(CLIENT_V6, 500, 500, 0);
	server_starts(NAT_SERVER_V4, "203.0.113.8", 4500);
	fixture_inject_reply(packet,
		fixture_ip(packet, NAT_SERVER_V4, CLIENT_V4, 50, esp, sizeof(esp)));
	ck_assert(fixture_back(&frame));
	/* These two are none of ours: another port, another server. */
	fixture_send_udp(CLIENT_V4, 53, 53);
	ck_assert(fixture_out(&frame));
	fixture_inject_reply(
		packet, nat_udp(packet, "10.2.0.77", 500, CLIENT_V4, 500, true));
	ck_assert(fixture_back(&frame));
	ck_assert_uint_eq(nat_connections(), before + 6);
	ck_assert_int_eq(conntrack_sweep(conntrack, fixture_config(), &count), 0);
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(nat_connections(), before + 2);
	ck_assert_uint_eq(conntrack_counters(conntrack)->absent, 0);
	conntrack_close(conntrack);
}
END_TEST

START_TEST(without_privilege)
{
	struct packet_flow flow = flow_of(CLIENT_V4, 500, 500);
	struct conntrack *conntrack = open_conntrack();

	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	conntrack_forget_udp(conntrack, &flow);
	conntrack_flush(conntrack);
	ck_assert_uint_eq(conntrack_counters(conntrack)->errors, 1);
	ck_assert_int_eq(conntrack_counters(conntrack)->last_error, -EPERM);
	conntrack_close(conntrack);
	conntrack_close(NULL);
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("conntrack");
	TCase *tests = fixture_case("conntrack");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, what_a_client_began);
	tcase_add_test(tests, what_a_server_began);
	tcase_add_test(tests, esp_of_either_side);
	tcase_add_test(tests, many_that_are_not_there);
	tcase_add_test(tests, what_an_earlier_run_left);
	tcase_add_test(tests, without_privilege);
	return fixture_run(suite);
}
