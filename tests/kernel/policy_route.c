/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and routes on the kernel: right the first time, untouched the second, changed
 * with the config, and gone without a trace; and what a marked packet does meanwhile.
 */
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel/policy_route.h"

static struct policy_route_counters counters;

/** All rules and routes, as ip shows them, to be freed. Sorted: in what order the kernel
 *  lists its tables is its own affair. */
static char *routing(void)
{
	return fixture_output("{ ip -d rule; ip -d -6 rule; ip -d route show table all; "
			      "ip -d -6 route show table all; } | sort");
}

/** Expects the routing to be what it was before; names the first line that is not. */
static void expect_routing(const char *before)
{
	char *now = routing();
	size_t same = 0;

	while (before[same] && before[same] == now[same])
		same++;
	if (!before[same] && !now[same]) {
		free(now);
		return;
	}
	while (same && before[same - 1] != '\n')
		same--;
	ck_abort_msg("before: %.200s\nnow: %.200s", before + same, now + same);
}

/** Applies the config. */
static int apply(void)
{
	return policy_route_apply(fixture_config(), &counters);
}

/** The only service's servers. */
static struct config_server *servers(void)
{
	return fixture_config()->services[0].servers;
}

/** Tells where a packet with the mark would go: the text after the destination. */
static void expect_way(const char *destination, uint32_t mark, const char *expected)
{
	char *way = fixture_output("ip route get %s mark %u 2>&1", destination, mark);

	ck_assert_msg(strstr(way, expected), "mark %#x: expected %s, found %s", mark,
		expected, way);
	free(way);
}

/** Marks all that comes in, before routing. */
static void mark_everything(uint32_t mark)
{
	fixture_shell("nft add table inet marking && nft add chain inet marking c "
		      "'{ type filter hook prerouting priority -300; }' && "
		      "nft flush chain inet marking c && "
		      "nft add rule inet marking c udp dport 500 meta mark set %u", mark);
}

/** The mark of a server. */
static uint32_t mark_of(size_t server)
{
	return config_server_mark(fixture_config(), &servers()[server]);
}

START_TEST(marks_lead_to_next_hops)
{
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_added, 3 + 3 + 3);
	ck_assert_uint_eq(counters.routes_added, 3 * 2);
	ck_assert_uint_eq(counters.rules_kept + counters.routes_kept, 0);
	expect_way("198.51.100.1", mark_of(0), "via 10.2.0.11 dev out0");
	expect_way("198.51.100.1", mark_of(1), "via 10.2.0.12 dev out0");
	expect_way("2001:db8:100::1", mark_of(0), "via fd02::11 dev out0");
	expect_way("198.51.100.1", 0, "via 10.2.0.99 dev out0");
	/* Bits outside the mask are somebody else's. */
	expect_way("198.51.100.1", mark_of(1) | 0x1, "via 10.2.0.12 dev out0");
	expect_way("198.51.100.1", 0x1, "via 10.2.0.99 dev out0");
}
END_TEST

START_TEST(a_mark_without_a_server_is_dropped)
{
	struct fixture_frame frame;

	ck_assert_int_eq(apply(), 0);
	mark_everything(mark_of(1) + mark_of(0));
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	fixture_expect_only_marker();
	/* The second server has no IPv6. */
	mark_everything(mark_of(1));
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	fixture_expect_only_marker();
	mark_everything(mark_of(0));
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x11);
}
END_TEST

START_TEST(the_second_time_nothing_is_touched)
{
	char *first;
	int watch;

	ck_assert_int_eq(apply(), 0);
	first = routing();
	watch = policy_route_watch_open();
	ck_assert_int_ge(watch, 0);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_kept, 9);
	ck_assert_uint_eq(counters.routes_kept, 6);
	ck_assert_uint_eq(counters.rules_added + counters.routes_added, 0);
	ck_assert_uint_eq(counters.rules_removed + counters.routes_removed, 0);
	ck_assert(!policy_route_watch_read(watch, fixture_config()));
	expect_routing(first);
	free(first);
	close(watch);
}
END_TEST

START_TEST(another_config_is_reconciled)
{
	ck_assert_int_eq(apply(), 0);
	address_parse("10.2.0.13", &servers()[0].address_v4);
	servers()[0].address_v6.family = 0;
	ck_assert_int_eq(apply(), 0);
	expect_way("198.51.100.1", mark_of(0), "via 10.2.0.13 dev out0");
	expect_way("198.51.100.1", mark_of(1), "via 10.2.0.12 dev out0");
	ck_assert_uint_eq(counters.rules_kept, 5);
	ck_assert_uint_eq(counters.rules_removed, 4);
	ck_assert_uint_eq(counters.routes_added, 1);
	/* No IPv6 server any more: its local rule is where it was. */
	fixture_shell("ip -6 rule | grep -q '^0:.*lookup local'");
	fixture_shell("! ip -6 rule | grep -q 9000");
	fixture_shell("test $(ip route show table 9000 | wc -l) = 2");
}
END_TEST

START_TEST(other_numbers_replace_all)
{
	struct config *config = fixture_config();

	ck_assert_int_eq(apply(), 0);
	config->table_base = 20000;
	config->rule_priority = 7;
	config->mark_base = 0x1000;
	config->mark_mask = 0xf000;
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_kept + counters.routes_kept, 0);
	ck_assert_uint_eq(counters.rules_removed, 9);
	ck_assert_uint_eq(counters.routes_removed, 6);
	expect_way("198.51.100.1", 0x2000, "via 10.2.0.12 dev out0");
	fixture_shell("! ip route show table all | grep -q 'table 900'");
	fixture_shell("! ip rule | grep -q ^5");
}
END_TEST

START_TEST(removed_without_a_trace)
{
	char *before = routing();

	ck_assert_int_eq(policy_route_remove(), 0);
	expect_routing(before);
	ck_assert_int_eq(apply(), 0);
	ck_assert_int_eq(policy_route_remove(), 0);
	expect_routing(before);
	ck_assert_int_eq(policy_route_remove(), 0);
	expect_routing(before);
	free(before);
}
END_TEST

START_TEST(rules_and_routes_of_others_stay)
{
	char *before;

	fixture_shell("ip rule add fwmark 0x10000/0xff0000 lookup 77 pref 60");
	fixture_shell("ip rule add from 10.9.0.0/16 lookup 9000 pref 61");
	fixture_shell("ip route add 10.9.0.0/16 via 10.2.0.99 table 9000");
	before = routing();
	ck_assert_int_eq(apply(), 0);
	fixture_shell("ip rule | grep -q '^60:'; ip rule | grep -q '^61:'");
	ck_assert_int_eq(policy_route_remove(), 0);
	expect_routing(before);
	free(before);
}
END_TEST

/** An administrator who moved the local rule finds it where he put it. */
START_TEST(a_local_rule_elsewhere_stays)
{
	char *before;

	fixture_shell("ip rule add pref 32000 lookup local && ip rule del pref 0");
	before = routing();
	ck_assert_int_eq(apply(), 0);
	ck_assert_int_eq(policy_route_remove(), 0);
	expect_routing(before);
	free(before);
}
END_TEST

START_TEST(a_virtual_address_of_our_own_is_forwarded)
{
	struct fixture_frame frame;

	fixture_shell(FIXTURE_VIRTUAL_ON_LO);
	ck_assert_int_eq(apply(), 0);
	mark_everything(mark_of(0));
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x11);
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x11);
	/* What bears no mark is still for ourselves. */
	expect_way(FIXTURE_VIRTUAL_V4, 0, "local");
	expect_way("192.0.2.1", 0, "local");
	expect_way(FIXTURE_VIRTUAL_V6, 0, "local");
}
END_TEST

/** Makes the second server the director itself. */
static void make_second_local(void)
{
	servers()[1].method = METHOD_LOCAL;
	servers()[1].address_v4.family = 0;
}

/** A socket that takes what comes for UDP port 500, of either family. */
static int listen_on_500(void)
{
	const struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(500),
	};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_ge(fd, 0);
	/* The fixture's packets have no checksum. */
	ck_assert_int_eq(setsockopt(fd, IPPROTO_UDP, UDP_NO_CHECK6_RX, &on, sizeof(on)),
		0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	return fd;
}

/** fixture_expect_only_marker() for when the virtual address is our own: the marker goes
 *  to another one. */
static void expect_nothing_forwarded(void)
{
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;

	fixture_inject(packet, fixture_udp(packet, FIXTURE_CLIENT_V4, FIXTURE_OTHER_V4,
				       1, 7777, "marker", 6));
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, FIXTURE_ROUTER);
	/* Its destination, FIXTURE_OTHER_V4. */
	ck_assert_mem_eq(frame.packet + 16, "\xc6\x33\x64\x02", 4);
}

/** Sends from a client and expects it at our own socket and nowhere else. */
static void expect_delivered(int fd, const char *client)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char byte;

	fixture_send_udp(client, 500, 500);
	ck_assert_int_eq(poll(&wait, 1, 5000), 1);
	ck_assert_int_ge(recv(fd, &byte, sizeof(byte), 0), 0);
	expect_nothing_forwarded();
}

START_TEST(a_local_server_is_ourselves)
{
	struct fixture_frame frame;
	int fd = listen_on_500();

	make_second_local();
	fixture_shell(FIXTURE_VIRTUAL_ON_LO);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_added, 5 + 5);
	ck_assert_uint_eq(counters.routes_added, 2 * 2);
	mark_everything(mark_of(1));
	expect_delivered(fd, FIXTURE_CLIENT_V4);
	expect_delivered(fd, FIXTURE_CLIENT_V6);
	mark_everything(mark_of(0));
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x11);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_kept, 10);
	ck_assert_uint_eq(counters.rules_added + counters.rules_removed, 0);
	close(fd);
}
END_TEST

/** The main table's default route would take the packet; it must not. */
START_TEST(a_local_server_without_the_address_gets_nothing)
{
	int fd = listen_on_500();

	make_second_local();
	ck_assert_int_eq(apply(), 0);
	mark_everything(mark_of(1));
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	fixture_expect_only_marker();
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	fixture_expect_only_marker();
	fixture_shell("ip addr add " FIXTURE_VIRTUAL_V4 "/32 dev lo");
	expect_delivered(fd, FIXTURE_CLIENT_V4);
	fixture_shell("ip addr del " FIXTURE_VIRTUAL_V4 "/32 dev lo");
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	fixture_expect_only_marker();
	close(fd);
}
END_TEST

START_TEST(a_server_that_becomes_local_and_goes)
{
	char *before = routing();

	ck_assert_int_eq(apply(), 0);
	make_second_local();
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_added, 2);
	ck_assert_uint_eq(counters.rules_removed, 1);
	ck_assert_uint_eq(counters.routes_removed, 2);
	fixture_shell("ip rule | grep -q '^50:.*fwmark 0x20000/0xff0000 lookup local'");
	/* No rule for a family that the service does not have. */
	fixture_config()->services[0].address_count = 1;
	servers()[0].address_v6.family = 0;
	ck_assert_int_eq(apply(), 0);
	fixture_shell("! ip -6 rule | grep -q fwmark");
	fixture_shell("ip -6 rule | grep -q '^0:.*lookup local'");
	ck_assert_int_eq(policy_route_remove(), 0);
	expect_routing(before);
	free(before);
}
END_TEST

/** Translates what bears the second server's mark, as the ruleset will. */
static void translate_second(void)
{
	fixture_shell("nft add table inet translating && nft add chain inet translating c "
		      "'{ type nat hook prerouting priority dstnat; }' && "
		      "nft add rule inet translating c meta mark %u "
		      "meta nfproto ipv4 dnat ip to 10.2.0.12 && "
		      "nft add rule inet translating c meta mark %u "
		      "meta nfproto ipv6 dnat ip6 to fd02::12",
		mark_of(1), mark_of(1));
}

/** Makes the second server one of method nat, with an address of each family. */
static void make_second_nat(void)
{
	servers()[1].method = METHOD_NAT;
	address_parse("fd02::12", &servers()[1].address_v6);
}

/** Sends for the second server and expects it there. */
static void expect_translated(const char *client, uint16_t port)
{
	struct fixture_frame frame;

	fixture_send_udp(client, port, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x12);
}

/** The main table would take either packet; it must have the one with the server's
 *  address alone. */
START_TEST(nat_follows_the_main_table)
{
	make_second_nat();
	fixture_shell(FIXTURE_VIRTUAL_ON_LO);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_added, 5 + 5);
	ck_assert_uint_eq(counters.routes_added, 2 * 2);
	mark_everything(mark_of(1));
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	expect_nothing_forwarded();
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	expect_nothing_forwarded();
	translate_second();
	/* Other flows: conntrack has decided about the first ones. */
	expect_translated(FIXTURE_CLIENT_V4, 501);
	expect_translated(FIXTURE_CLIENT_V6, 501);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_kept, 10);
	ck_assert_uint_eq(counters.rules_added + counters.rules_removed, 0);
}
END_TEST

START_TEST(a_nat_server_may_be_behind_a_router)
{
	make_second_nat();
	address_parse("10.50.0.1", &servers()[1].address_v4);
	ck_assert_int_eq(apply(), 0);
	expect_way("10.50.0.1", mark_of(1), "via 10.2.0.99 dev out0");
	fixture_shell("! ip route get 10.50.0.2 mark %u 2>/dev/null", mark_of(1));
	fixture_shell("ip route del default && ip route add 10.51.0.0/16 via 10.2.0.99");
	ck_assert_int_eq(apply(), -EHOSTUNREACH);
	ck_assert_uint_eq(counters.unreachable, 1);
	ck_assert_ptr_eq(counters.first_unreachable, &servers()[1]);
	fixture_shell("! ip route get 10.50.0.1 mark %u 2>/dev/null", mark_of(1));
}
END_TEST

START_TEST(a_server_that_becomes_nat_and_goes)
{
	char *before = routing();

	ck_assert_int_eq(apply(), 0);
	make_second_nat();
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_added, 2);
	ck_assert_uint_eq(counters.rules_removed, 1);
	ck_assert_uint_eq(counters.routes_removed, 2);
	address_parse("10.2.0.13", &servers()[1].address_v4);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_added, 1);
	ck_assert_uint_eq(counters.rules_removed, 1);
	fixture_shell("ip rule | grep -q '^50:.*to 10.2.0.13 .*lookup main'");
	ck_assert_int_eq(policy_route_remove(), 0);
	expect_routing(before);
	free(before);
}
END_TEST

START_TEST(a_next_hop_that_is_not_on_link_is_named)
{
	struct config_server *second = &servers()[1];

	address_parse("10.3.0.12", &second->address_v4);
	ck_assert_int_eq(apply(), -EHOSTUNREACH);
	ck_assert_uint_eq(counters.unreachable, 1);
	ck_assert_ptr_eq(counters.first_unreachable, second);
	ck_assert_uint_eq(counters.first_unreachable_family, AF_INET);
	expect_way("198.51.100.1", mark_of(0), "via 10.2.0.11 dev out0");
	mark_everything(mark_of(1));
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	fixture_expect_only_marker();
	/* Neither is an address of our own. */
	address_parse("192.0.2.1", &second->address_v4);
	ck_assert_int_eq(apply(), -EHOSTUNREACH);
	address_parse("10.2.0.12", &second->address_v4);
	ck_assert_int_eq(apply(), 0);
	expect_way("198.51.100.1", mark_of(1), "via 10.2.0.12 dev out0");
}
END_TEST

/** The way is lost with the link, the packets are not let go elsewhere, and the watch
 *  tells when to put it back. */
START_TEST(a_link_that_goes_and_comes)
{
	int watch = policy_route_watch_open();

	ck_assert_int_ge(watch, 0);
	ck_assert_int_eq(apply(), 0);
	policy_route_watch_read(watch, fixture_config());
	fixture_shell("ip route replace default via 192.0.2.9");
	fixture_shell("ip link set out0 down");
	ck_assert(policy_route_watch_read(watch, fixture_config()));
	fixture_shell("! ip route get 198.51.100.1 mark %u 2>/dev/null", mark_of(0));
	ck_assert_int_eq(apply(), -EHOSTUNREACH);
	ck_assert_uint_eq(counters.unreachable, 3);
	fixture_shell("! ip route get 198.51.100.1 mark %u 2>/dev/null", mark_of(0));
	policy_route_watch_read(watch, fixture_config());
	fixture_shell("ip link set out0 up && ip addr add fd02::1/64 dev out0 nodad");
	ck_assert(policy_route_watch_read(watch, fixture_config()));
	ck_assert_int_eq(apply(), 0);
	expect_way("198.51.100.1", mark_of(0), "via 10.2.0.11 dev out0");
	expect_way("2001:db8:100::1", mark_of(0), "via fd02::11 dev out0");
	close(watch);
}
END_TEST

START_TEST(a_network_that_moves_to_another_link)
{
	fixture_shell("ip link add out1 type veth peer name wire1 && "
		      "ip link set wire1 up && ip link set out1 up");
	ck_assert_int_eq(apply(), 0);
	/* With both there for a moment the kernel keeps our old route. */
	fixture_shell("ip addr add 10.2.0.2/24 dev out1 metric 1 && "
		      "ip route del 10.2.0.0/24 dev out0");
	ck_assert_int_eq(apply(), 0);
	expect_way("198.51.100.1", mark_of(0), "via 10.2.0.11 dev out1");
}
END_TEST

START_TEST(the_watch_sees_what_matters)
{
	int watch = policy_route_watch_open();

	ck_assert_int_ge(watch, 0);
	ck_assert_int_eq(apply(), 0);
	ck_assert(policy_route_watch_read(watch, fixture_config())); /* rule 0 went */
	ck_assert(!policy_route_watch_read(watch, fixture_config()));
	fixture_shell("ip route add 10.77.0.0/16 via 10.2.0.99");
	ck_assert(!policy_route_watch_read(watch, fixture_config()));
	fixture_shell("ip addr add 10.78.0.1/24 dev lo");
	ck_assert(policy_route_watch_read(watch, fixture_config()));
	fixture_shell("ip route del blackhole default table 9000");
	ck_assert(policy_route_watch_read(watch, fixture_config()));
	fixture_shell("ip rule del pref 84");
	ck_assert(policy_route_watch_read(watch, fixture_config()));
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_added, 1);
	ck_assert_uint_eq(counters.routes_added, 1);
	ck_assert(!policy_route_watch_read(watch, fixture_config()));
	close(watch);
}
END_TEST

/** Tells whether the watch finds that what the shell command does matters. */
static bool matters(int watch, const char *command)
{
	policy_route_watch_read(watch, fixture_config());
	fixture_shell("%s", command);
	return policy_route_watch_read(watch, fixture_config());
}

/** With tunnels a route by a gateway may be the way to their ends. */
START_TEST(the_watch_sees_the_ways_of_tunnels)
{
	int watch = policy_route_watch_open();

	ck_assert_int_ge(watch, 0);
	servers()[0].method = METHOD_TUNNEL;
	address_parse("10.50.255.1", &servers()[0].address_v4);
	address_parse("fd50::1", &servers()[0].address_v6);
	ck_assert(!matters(watch, "ip route add 10.51.0.0/16 via 10.2.0.99"));
	ck_assert(matters(watch, "ip route add 10.50.0.0/16 via 10.2.0.99"));
	ck_assert(matters(watch, "ip route add 10.50.254.0/23 via 10.2.0.11"));
	ck_assert(!matters(watch, "ip route add 10.50.0.0/17 via 10.2.0.11"));
	ck_assert(matters(watch, "ip route change 10.50.254.0/23 via 10.2.0.12"));
	ck_assert(matters(watch, "ip route del 10.50.254.0/23"));
	ck_assert(matters(watch, "ip route replace default via 10.2.0.12"));
	ck_assert(!matters(watch, "ip route add fd51::/16 via fd02::99"));
	ck_assert(matters(watch, "ip route add fd50::/64 via fd02::99"));
	ck_assert(matters(watch, "ip route add blackhole fd50::1/128"));
	ck_assert(matters(watch, "ip nexthop add id 7 via 10.2.0.12 dev out0"));
	ck_assert(matters(watch, "ip nexthop replace id 7 via 10.2.0.11 dev out0"));
	servers()[0].method = METHOD_DIRECT;
	ck_assert(!matters(watch, "ip route del 10.50.0.0/16"));
	ck_assert(!matters(watch, "ip nexthop del id 7"));
	close(watch);
}
END_TEST

START_TEST(without_privilege_it_is_not_permitted)
{
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq(apply(), -EPERM);
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("policy_route");
	TCase *tests = fixture_case("policy_route");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, marks_lead_to_next_hops);
	tcase_add_test(tests, a_mark_without_a_server_is_dropped);
	tcase_add_test(tests, the_second_time_nothing_is_touched);
	tcase_add_test(tests, another_config_is_reconciled);
	tcase_add_test(tests, other_numbers_replace_all);
	tcase_add_test(tests, removed_without_a_trace);
	tcase_add_test(tests, rules_and_routes_of_others_stay);
	tcase_add_test(tests, a_local_rule_elsewhere_stays);
	tcase_add_test(tests, a_virtual_address_of_our_own_is_forwarded);
	tcase_add_test(tests, a_local_server_is_ourselves);
	tcase_add_test(tests, a_local_server_without_the_address_gets_nothing);
	tcase_add_test(tests, a_server_that_becomes_local_and_goes);
	tcase_add_test(tests, nat_follows_the_main_table);
	tcase_add_test(tests, a_nat_server_may_be_behind_a_router);
	tcase_add_test(tests, a_server_that_becomes_nat_and_goes);
	tcase_add_test(tests, a_next_hop_that_is_not_on_link_is_named);
	tcase_add_test(tests, a_link_that_goes_and_comes);
	tcase_add_test(tests, a_network_that_moves_to_another_link);
	tcase_add_test(tests, the_watch_sees_what_matters);
	tcase_add_test(tests, the_watch_sees_the_ways_of_tunnels);
	tcase_add_test(tests, without_privilege_it_is_not_permitted);
	return fixture_run(suite);
}
