/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method nat in the kernel: what a mark makes of a client's packet, what becomes of a
 * server's answer and of what it starts itself, and what is kept out of conntrack.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nat.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

#define CLIENT_V4 FIXTURE_CLIENT_V4
#define CLIENT_V6 FIXTURE_CLIENT_V6
#define VIRTUAL_V4 FIXTURE_VIRTUAL_V4
#define VIRTUAL_V6 FIXTURE_VIRTUAL_V6

static const uint8_t esp[] = { 0xc0, 0, 1, 2, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9 };

/** What a server sends to a client's port, seen by the daemon if it is ISAKMP, leaves with
 *  the virtual address, its port and a good checksum. */
static void server_sends(const char *server, uint16_t port, const char *client,
	uint16_t client_port)
{
	bool v6 = strchr(client, ':');
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;

	fixture_inject_reply(
		packet, nat_udp(packet, server, port, client, client_port, true));
	ck_assert(nat_let_go());
	ck_assert(fixture_back(&frame));
	nat_expect(&frame, v6 ? VIRTUAL_V6 : VIRTUAL_V4, port, client, client_port);
	ck_assert(nat_look(&frame).checksum_good);
}

START_TEST(a_client_and_its_server)
{
	nat_up(METHOD_NAT);
	nat_client_sends(CLIENT_V4, 500, 500, 0);
	server_sends(NAT_SERVER_V4, 500, CLIENT_V4, 500);
	nat_client_sends(CLIENT_V4, 61000, 4500, 0);
	server_sends(NAT_SERVER_V4, 4500, CLIENT_V4, 61000);
	nat_client_sends(CLIENT_V6, 61000, 4500, 0);
	server_sends(NAT_SERVER_V6, 4500, CLIENT_V6, 61000);
	nat_client_sends("203.0.113.8", 4500, 4500, 1);
	server_sends(NAT_OTHER_V4, 4500, "203.0.113.8", 4500);
}
END_TEST

/** No connection is there: conntrack takes the packet for a beginning. */
START_TEST(what_a_server_starts)
{
	nat_up(METHOD_NAT);
	server_sends(NAT_SERVER_V4, 500, CLIENT_V4, 500);
	server_sends(NAT_SERVER_V4, 4500, CLIENT_V4, 61000);
	server_sends(NAT_SERVER_V6, 4500, CLIENT_V6, 4500);
	/* The client's answer goes to that server. */
	nat_client_sends(CLIENT_V4, 61000, 4500, 0);
	nat_client_sends(CLIENT_V6, 4500, 4500, 0);
}
END_TEST

START_TEST(esp_both_ways)
{
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;

	nat_up(METHOD_NAT);
	fixture_inject(
		packet, fixture_ip(packet, CLIENT_V4, VIRTUAL_V4, 50, esp, sizeof(esp)));
	ck_assert(nat_give_to(0));
	ck_assert(fixture_out(&frame));
	nat_expect(&frame, CLIENT_V4, 0, NAT_SERVER_V4, 0);
	fixture_inject_reply(packet,
		fixture_ip(packet, NAT_SERVER_V4, CLIENT_V4, 50, esp, sizeof(esp)));
	ck_assert(fixture_back(&frame));
	nat_expect(&frame, VIRTUAL_V4, 0, CLIENT_V4, 0);
	/* Started by the server. */
	fixture_inject_reply(packet,
		fixture_ip(packet, NAT_SERVER_V6, CLIENT_V6, 50, esp, sizeof(esp)));
	ck_assert(fixture_back(&frame));
	nat_expect(&frame, VIRTUAL_V6, 0, CLIENT_V6, 0);
}
END_TEST

/** As ESP in UDP may have it (RFC 3948 2.1). */
START_TEST(no_checksum_stays_none)
{
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;

	nat_up(METHOD_NAT);
	fixture_inject(
		packet, nat_udp(packet, CLIENT_V4, 61000, VIRTUAL_V4, 4500, false));
	ck_assert(nat_give_to(0));
	ck_assert(fixture_out(&frame));
	nat_expect(&frame, CLIENT_V4, 61000, NAT_SERVER_V4, 4500);
	ck_assert_uint_eq(nat_look(&frame).checksum, 0);
	fixture_inject_reply(
		packet, nat_udp(packet, NAT_SERVER_V4, 4500, CLIENT_V4, 61000, false));
	ck_assert(nat_let_go());
	ck_assert(fixture_back(&frame));
	nat_expect(&frame, VIRTUAL_V4, 4500, CLIENT_V4, 61000);
	ck_assert_uint_eq(nat_look(&frame).checksum, 0);
}
END_TEST

/** News about what a server sent: conntrack translates what it quotes as well. */
START_TEST(icmp_errors_reach_the_server)
{
	uint8_t icmp[FIXTURE_BYTES] = { 3, 4, 0, 0, 0, 0, 5, 0 }, packet[FIXTURE_BYTES];
	struct fixture_frame frame, quote;
	size_t size;
	uint16_t sum;

	nat_up(METHOD_NAT);
	nat_client_sends(CLIENT_V4, 61000, 4500, 0);
	size = 8 + nat_udp(icmp + 8, VIRTUAL_V4, 4500, CLIENT_V4, 61000, true);
	sum = nat_checksum(icmp, size);
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	fixture_inject(packet,
		fixture_ip(packet, "203.0.113.1", VIRTUAL_V4, IPPROTO_ICMP, icmp, size));
	ck_assert(nat_give_to(0));
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x11);
	nat_expect(&frame, "203.0.113.1", 0, NAT_SERVER_V4, 0);
	quote.size_bytes = frame.size_bytes - 28;
	memcpy(quote.packet, frame.packet + 28, quote.size_bytes);
	nat_expect(&quote, NAT_SERVER_V4, 4500, CLIENT_V4, 61000);
}
END_TEST

/** Requests wait for the daemon and replies do not, and ESP in UDP is not shown to it. */
START_TEST(without_a_daemon)
{
	uint8_t packet[FIXTURE_BYTES], encapsulated[FIXTURE_BYTES];
	struct fixture_frame frame;
	size_t size;

	nat_up(METHOD_NAT);
	nat_client_sends(CLIENT_V4, 500, 4500, 0);
	size = fixture_udp(encapsulated, NAT_SERVER_V4, CLIENT_V4, 4500, 500, esp,
		sizeof(esp));
	fixture_inject_reply(encapsulated, size);
	ck_assert(fixture_back(&frame));
	nat_expect(&frame, VIRTUAL_V4, 4500, CLIENT_V4, 500);
	nfqueue_close(nat_queue());
	fixture_inject_reply(
		packet, nat_udp(packet, NAT_SERVER_V4, 4500, CLIENT_V4, 500, true));
	ck_assert(fixture_back(&frame));
	nat_expect(&frame, VIRTUAL_V4, 4500, CLIENT_V4, 500);
	fixture_send_udp(CLIENT_V4, 500, 4500);
	fixture_expect_only_marker();
}
END_TEST

/** A packet that the rules could not translate is not for the main table. */
START_TEST(marked_and_not_translated)
{
	nat_up(METHOD_NAT);
	fixture_shell("nft delete chain inet ipsec-balancer translate 2>/dev/null || "
		      "nft flush chain inet ipsec-balancer translate 2>/dev/null");
	fixture_send_udp(CLIENT_V4, 500, 500);
	ck_assert(nat_give_to(0));
	fixture_expect_only_marker();
}
END_TEST

/** How many packets a chain of ours has dropped. */
static unsigned long dropped_in(const char *chain)
{
	char *text = fixture_output("nft list chain inet ipsec-balancer %s 2>/dev/null | "
				    "sed -n 's/.*counter packets \\([0-9]*\\) .*drop/\\1/p'",
		chain);
	unsigned long count = strtoul(text, NULL, 10);

	free(text);
	return count;
}

/** Where the virtual address is the director's own it would be delivered instead. */
START_TEST(marked_and_not_delivered)
{
	nat_up(METHOD_NAT);
	fixture_shell(FIXTURE_VIRTUAL_ON_LO);
	fixture_shell("nft delete chain inet ipsec-balancer translate 2>/dev/null || "
		      "nft flush chain inet ipsec-balancer translate 2>/dev/null");
	fixture_send_udp(CLIENT_V4, 500, 500);
	ck_assert(nat_give_to(0));
	for (int i = 0; i < 100 && !dropped_in("delivered"); i++)
		usleep(20000);
	ck_assert_uint_eq(dropped_in("delivered"), 1);
	fixture_send_udp(CLIENT_V6, 500, 500);
	ck_assert(nat_give_to(0));
	for (int i = 0; i < 100 && dropped_in("delivered") < 2; i++)
		usleep(20000);
	ck_assert_uint_eq(dropped_in("delivered"), 2);
}
END_TEST

/** With nat alone the kernel is spared routing rules, and with them a second lookup for each
 *  packet; but rules that are there from an earlier configuration hold what its table marks
 *  until that is replaced, and the kernel would not forget them. */
START_TEST(routing_rules_only_where_needed)
{
	struct config_server *servers = fixture_config()->services[0].servers;
	struct policy_route_counters counters;
	struct fixture_frame frame;

	nat_up(METHOD_NAT);
	fixture_shell("test $(ip rule | wc -l) = 3 && test $(ip -6 rule | wc -l) = 2");
	fixture_shell("ip rule | grep -q '^0:.*lookup local'");
	servers[1].method = METHOD_DIRECT;
	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	fixture_shell("ip rule | grep -q 'fwmark 0x20000.*lookup 9001'");
	fixture_shell("ip rule | grep -q 'to 10.2.0.11 fwmark 0x10000.*lookup main'");
	servers[1].method = METHOD_NAT;
	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	fixture_shell("ip rule | grep -q 'to 10.2.0.12 fwmark 0x20000.*lookup main'");
	fixture_shell("ip rule | grep -q 'not from all fwmark 0/0xff0000 blackhole'");
	nat_client_sends(CLIENT_V4, 500, 500, 1);
	/* What no daemon has seen is forwarded as ever. */
	ck_assert_int_eq(policy_route_remove(), 0);
	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	fixture_shell("test $(ip rule | wc -l) = 3");
	fixture_send_udp(CLIENT_V4, 1, 7777);
	ck_assert(fixture_out(&frame));
	fixture_config()->ruleset = RULESET_EXTERNAL;
	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	fixture_shell("ip rule | grep -q 'to 10.2.0.12 fwmark 0x20000.*lookup main'");
}
END_TEST

/** Only what goes to nat servers costs a connection. */
START_TEST(other_methods_stay_out_of_conntrack)
{
	struct fixture_frame frame;
	size_t before;

	nat_up(METHOD_DIRECT);
	before = nat_connections();
	fixture_send_udp(CLIENT_V4, 500, 500);
	ck_assert(nat_give_to(1));
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x12);
	nat_expect(&frame, CLIENT_V4, 500, VIRTUAL_V4, 500);
	ck_assert_uint_eq(nat_connections(), before);
	nat_client_sends(CLIENT_V4, 4500, 4500, 0);
	ck_assert_uint_eq(nat_connections(), before + 1);
}
END_TEST

/** The director itself sends from the virtual address to the client, from and to 4500. */
static void director_sends(void)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(4500) };
	struct sockaddr_in to = from;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, VIRTUAL_V4, &from.sin_addr);
	inet_pton(AF_INET, CLIENT_V4, &to.sin_addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(
		sendto(fd, esp, sizeof(esp), 0, (struct sockaddr *)&to, sizeof(to)),
		sizeof(esp));
	close(fd);
}

/** What a local server sends would else hold its client when nat has it next. */
START_TEST(a_local_server_stays_out_of_conntrack)
{
	struct fixture_frame frame;
	size_t before;

	nat_up(METHOD_LOCAL);
	fixture_shell(FIXTURE_VIRTUAL_ON_LO);
	before = nat_connections();
	director_sends();
	ck_assert(fixture_back(&frame));
	nat_expect(&frame, VIRTUAL_V4, 4500, CLIENT_V4, 4500);
	ck_assert_uint_eq(nat_connections(), before);
	nat_client_sends(CLIENT_V4, 4500, 4500, 0);
}
END_TEST

/** Our bits of the mark end where the packet is delivered, and only ours. */
START_TEST(delivered_without_a_mark)
{
	nat_up(METHOD_LOCAL);
	fixture_shell(FIXTURE_VIRTUAL_ON_LO);
	fixture_shell("nft -f - <<'END'\n"
		      "table inet t {\n"
		      "counter marked { }\n"
		      "counter delivered { }\n"
		      "chain early { type filter hook prerouting priority -400;\n"
		      "meta mark set 0x1234; }\n"
		      "chain later { type filter hook prerouting priority 0;\n"
		      "udp dport 500 meta mark 0x21234 counter name marked; }\n"
		      "chain last { type filter hook input priority 0;\n"
		      "udp dport 500 meta mark 0x1234 counter name delivered; }\n"
		      "}\nEND");
	fixture_send_udp(CLIENT_V4, 500, 500);
	ck_assert(nat_give_to(1));
	fixture_shell("nft list counter inet t marked | grep -q 'packets 1 '");
	fixture_shell("nft list counter inet t delivered | grep -q 'packets 1 '");
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("translate");
	TCase *tests = fixture_case("translate");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_client_and_its_server);
	tcase_add_test(tests, what_a_server_starts);
	tcase_add_test(tests, esp_both_ways);
	tcase_add_test(tests, no_checksum_stays_none);
	tcase_add_test(tests, icmp_errors_reach_the_server);
	tcase_add_test(tests, without_a_daemon);
	tcase_add_test(tests, marked_and_not_translated);
	tcase_add_test(tests, marked_and_not_delivered);
	tcase_add_test(tests, routing_rules_only_where_needed);
	tcase_add_test(tests, other_methods_stay_out_of_conntrack);
	tcase_add_test(tests, a_local_server_stays_out_of_conntrack);
	tcase_add_test(tests, delivered_without_a_mark);
	return fixture_run(suite);
}
