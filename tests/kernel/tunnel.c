/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method tunnel on the kernel: the devices, the routes into them, and what comes out at
 * the servers' side. Where the kernel has no such devices, only that this is said. The
 * second server has an IPv4 address alone, so its IPv6 clients go over IPv4.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel/policy_route.h"
#include "kernel/tunnel_device.h"
#include "tunnels.h"

static struct policy_route_counters counters;

/** Applies it. */
static int apply(void)
{
	return policy_route_apply(tunnels_config(), &counters);
}

START_TEST(packets_leave_in_packets)
{
	struct fixture_frame frame;

	ck_assert_int_eq(apply(), 0);
	/* A rule a server and family, three more a family, and those about ipip, sit and,
	 * for both families, ip6tnl. */
	ck_assert_uint_eq(counters.rules_added, 2 * 2 + 2 * 3 + 2 + 2);
	/* With ipip the server itself is in the table, too. */
	ck_assert_uint_eq(counters.routes_added, 2 * (3 + 2));
	tunnels_mark(1);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x12);
	ck_assert_uint_eq(frame.packet[9], 4);
	ck_assert_mem_eq(frame.packet + 16, "\x0a\x02\x00\x0c", 4);
	ck_assert_uint_eq(frame.packet[20 + 9], 17);
	tunnels_mark(0);
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x11);
	ck_assert_uint_eq(frame.packet[6], 41);
	ck_assert_uint_eq(frame.packet[40 + 6], 17);
}
END_TEST

START_TEST(the_second_time_nothing_is_touched)
{
	int watch;

	ck_assert_int_eq(apply(), 0);
	watch = policy_route_watch_open();
	ck_assert_int_ge(watch, 0);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.rules_kept, 14);
	ck_assert_uint_eq(counters.routes_kept, 10);
	ck_assert_uint_eq(counters.rules_added + counters.routes_added, 0);
	ck_assert_uint_eq(counters.rules_removed + counters.routes_removed, 0);
	ck_assert(!policy_route_watch_read(watch, fixture_config()));
	close(watch);
}
END_TEST

START_TEST(removed_without_a_trace)
{
	char *before = tunnels_everything(), *after;

	ck_assert_int_eq(apply(), 0);
	ck_assert_int_eq(policy_route_remove(), 0);
	after = tunnels_everything();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

START_TEST(another_method_takes_the_devices_away)
{
	ck_assert_int_eq(apply(), 0);
	tunnels_config()->services[0].servers[0].method = METHOD_DIRECT;
	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	fixture_shell("ip link show ipb-sit-1 >/dev/null");
	fixture_shell("ip link show ipb-tunnel4 >/dev/null");
	fixture_shell("! ip link show ipb-tunnel6 2>/dev/null");
	fixture_shell("ip route show table 9000 | grep -q 'via 10.2.0.11 dev out0'");
	fixture_shell("! ip route show table 9000 | grep -q encap");
}
END_TEST

START_TEST(a_device_that_went_comes_again)
{
	struct fixture_frame frame;
	int watch;

	ck_assert_int_eq(apply(), 0);
	watch = policy_route_watch_open();
	fixture_shell("ip link del ipb-tunnel4");
	ck_assert(policy_route_watch_read(watch, fixture_config()));
	tunnels_mark(0);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	fixture_expect_only_marker();
	ck_assert_int_eq(apply(), 0);
	fixture_shell("ip link set ipb-tunnel4 down");
	ck_assert_int_eq(apply(), 0);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.packet[9], 4);
	close(watch);
}
END_TEST

START_TEST(devices_of_others_stay)
{
	fixture_shell("ip link add ipb-tunnel4 type dummy 2>/dev/null || "
		      "ip link add ipb-tunnel4 type veth");
	ck_assert_int_eq(apply(), -EEXIST);
	ck_assert_int_eq(counters.tunnel_error, -EEXIST);
	ck_assert_str_eq(counters.tunnel_device.name, "ipb-tunnel4");
	ck_assert_int_eq(policy_route_remove(), 0);
	fixture_shell("ip link show ipb-tunnel4 >/dev/null && ip link del ipb-tunnel4");
	fixture_shell("ip link add another type ipip external");
	ck_assert_int_eq(apply(), -EEXIST);
	fixture_shell("ip link del another");
	ck_assert_int_eq(apply(), 0);
}
END_TEST

/** The routes' MTU follows the link, and a packet with DF that is larger is answered. */
START_TEST(mtu_is_what_the_link_leaves)
{
	static const uint8_t payload[1450];
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;
	size_t size_bytes;

	ck_assert_int_eq(apply(), 0);
	fixture_shell("ip route show table 9000 | grep -q 'mtu lock 1480'");
	fixture_shell("ip -6 route show table 9000 | grep -q 'mtu lock 1460'");
	tunnels_mark(0);
	size_bytes = fixture_udp(packet, FIXTURE_CLIENT_V6, FIXTURE_VIRTUAL_V6, 500, 500,
		payload, 1460 - 48 + 1);
	fixture_inject(packet, size_bytes);
	ck_assert(fixture_back(&frame));
	ck_assert_uint_eq(frame.packet[40], 2); /* packet too big, RFC 4443 3.2 */
	ck_assert_mem_eq(frame.packet + 44, "\0\0\x05\xb4", 4);
	fixture_shell("ip link set out0 mtu 1400");
	ck_assert_int_eq(apply(), 0);
	fixture_shell("ip route show table 9000 | grep -q 'mtu lock 1380'");
}
END_TEST

/** Changes the servers before they are applied: this one is the first. */
static struct config_server *first_server(void)
{
	return &tunnels_config()->services[0].servers[0];
}

START_TEST(ipv4_in_ipv6_where_the_server_has_nothing_else)
{
	struct fixture_frame frame;

	first_server()->address_v4.family = 0;
	ck_assert_int_eq(apply(), 0);
	tunnels_mark(0);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x11);
	ck_assert_uint_eq(frame.packet[0] >> 4, 6);
	ck_assert_uint_eq(frame.packet[6], 4);
	ck_assert_uint_eq(frame.packet[40 + 9], 17);
	fixture_shell("ip route show table 9000 | grep -q 'mtu lock 1460'");
}
END_TEST

START_TEST(ipv6_in_ipv4_where_the_server_has_nothing_else)
{
	struct fixture_frame frame;

	ck_assert_int_eq(apply(), 0);
	tunnels_mark(1);
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x12);
	ck_assert_uint_eq(frame.packet[0] >> 4, 4);
	ck_assert_uint_eq(frame.packet[6] & 0x40, 0); /* no DF */
	ck_assert_uint_eq(frame.packet[9], 41);
	ck_assert_mem_eq(frame.packet + 16, "\x0a\x02\x00\x0c", 4);
	ck_assert_uint_eq(frame.packet[20 + 6], 17);
	fixture_shell("ip -6 route show table 9001 | grep -q 'mtu lock 1480'");
}
END_TEST

/** Both servers take GUE, at ports of their own. */
static void gue_everywhere(void)
{
	struct config_server *server = first_server();

	server[0].encapsulation = server[1].encapsulation = ENCAPSULATION_GUE;
	server[0].gue_port = 6080;
	server[1].gue_port = 0x1771;
}

/** Expects UDP to a port at the bytes, GUE without flags for a protocol behind it, and a
 *  checksum or none (RFC 8200 8.1, draft-ietf-intarea-gue-09 3.1). */
static void expect_gue(const uint8_t *udp, uint16_t port, uint8_t protocol, bool checksum)
{
	ck_assert_uint_eq(udp[2] << 8 | udp[3], port);
	ck_assert_int_eq(udp[6] || udp[7], checksum);
	ck_assert_uint_eq(udp[8], 0);
	ck_assert_uint_eq(udp[9], protocol);
	ck_assert_uint_eq(udp[10] << 8 | udp[11], 0);
}

START_TEST(packets_leave_in_gue)
{
	struct fixture_frame frame;

	gue_everywhere();
	ck_assert_int_eq(apply(), 0);
	tunnels_mark(0);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.packet[9], 17);
	expect_gue(frame.packet + 20, 6080, 4, false);
	ck_assert_mem_eq(frame.packet + 16, "\x0a\x02\x00\x0b", 4);
	ck_assert_uint_eq(frame.packet[32 + 9], 17);
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.packet[6], 17);
	expect_gue(frame.packet + 40, 6080, 41, true);
	ck_assert_uint_eq(frame.packet[52 + 6], 17);
	tunnels_mark(1);
	fixture_send_udp(FIXTURE_CLIENT_V6, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.packet[9], 17);
	expect_gue(frame.packet + 20, 0x1771, 41, false);
	fixture_shell("ip route show table 9000 | grep -q 'mtu lock 1468'");
	fixture_shell("ip -6 route show table 9000 | grep -q 'mtu lock 1448'");
	fixture_shell("ip -6 route show table 9001 | grep -q 'mtu lock 1468'");
}
END_TEST

START_TEST(gue_over_ipv6_takes_ipv4)
{
	struct fixture_frame frame;

	gue_everywhere();
	first_server()->address_v4.family = 0;
	ck_assert_int_eq(apply(), 0);
	tunnels_mark(0);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.packet[6], 17);
	expect_gue(frame.packet + 40, 6080, 4, true);
}
END_TEST

/** Devices of servers that changed their places: none is in another's way. */
START_TEST(gue_servers_that_change_places)
{
	struct config_server *server = first_server();
	struct address first = server[0].address_v4;
	char *before = tunnels_everything();
	struct fixture_frame frame;
	int watch;

	gue_everywhere();
	server[1].gue_port = 6080;
	ck_assert_int_eq(apply(), 0);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.routes_added + counters.rules_added, 0);
	server[0].address_v4 = server[1].address_v4;
	server[1].address_v4 = first;
	ck_assert_int_eq(apply(), 0);
	tunnels_mark(0);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x12);
	expect_gue(frame.packet + 20, 6080, 4, false);
	/* The same end twice, as in two services, takes one device. */
	server[1].address_v4 = server[0].address_v4;
	ck_assert_int_eq(apply(), 0);
	fixture_shell("ip link show ipb-ipip-0 >/dev/null");
	fixture_shell("! ip link show ipb-ipip-1 2>/dev/null");
	watch = policy_route_watch_open();
	ck_assert_int_eq(apply(), 0);
	ck_assert(!policy_route_watch_read(watch, fixture_config()));
	close(watch);
	ck_assert_int_eq(policy_route_remove(), 0);
	ck_assert_str_eq(before, tunnels_everything());
	free(before);
}
END_TEST

START_TEST(a_second_device_that_fails_takes_the_first_along)
{
	fixture_shell("ip link add ipb-tunnel6 type veth");
	ck_assert_int_eq(apply(), -EEXIST);
	ck_assert_str_eq(counters.tunnel_device.name, "ipb-tunnel6");
	fixture_shell("! ip link show ipb-tunnel4 2>/dev/null");
	fixture_shell("! ip rule | grep -q fwmark");
}
END_TEST

/** Has a router say that what just left is too big for a link of 1400 bytes. */
static void say_too_big(const struct fixture_frame *frame)
{
	uint8_t packet[FIXTURE_BYTES], error[8 + 1232] = { 2, 0 };
	bool v6 = frame->packet[0] >> 4 == 6;
	size_t quoted = v6 ? 1232 : 520;

	if (!v6) {
		error[0] = 3;
		error[1] = 4;
	}
	error[6] = 1400 >> 8;
	error[7] = 1400 & 0xff;
	memcpy(error + 8, frame->packet, quoted);
	fixture_inject(packet, fixture_icmp(packet, v6 ? "fd02::99" : "10.2.0.99",
				       v6 ? "fd02::1" : "10.2.0.1", error, 8 + quoted));
}

/** Sends a long packet from a client, with DF. */
static void send_long(const char *client, const char *virtual)
{
	static const uint8_t payload[1400];
	uint8_t packet[FIXTURE_BYTES];
	size_t size_bytes = fixture_udp(
		packet, client, virtual, 500, 500, payload, sizeof(payload));

	if (packet[0] >> 4 == 4) {
		uint32_t sum = (uint32_t)(packet[10] << 8 | packet[11]);

		/* RFC 1624: what is added to the header is taken from its checksum. */
		sum = sum >= 0x4000 ? sum - 0x4000 : sum + 0xffff - 0x4000;
		packet[6] |= 0x40;
		packet[10] = (uint8_t)(sum >> 8);
		packet[11] = (uint8_t)sum;
	}
	fixture_inject(packet, size_bytes);
}

/** A router behind the director says that the way is narrower there. The kernel passes
 *  that on to the client, since IPv6 packets are not fragmented on their way. */
START_TEST(a_narrower_way_behind_is_passed_on)
{
	struct fixture_frame frame;

	ck_assert_int_eq(apply(), 0);
	tunnels_mark(0);
	send_long(FIXTURE_CLIENT_V6, FIXTURE_VIRTUAL_V6);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.packet[6], 41);
	say_too_big(&frame);
	ck_assert(fixture_back(&frame));
	ck_assert_uint_eq(frame.packet[40], 2); /* packet too big, RFC 4443 3.2 */
	ck_assert_mem_eq(frame.packet + 44, "\0\0\x05\x50", 4);
}
END_TEST

/** Sends a long packet, has a router speak, and expects the kernel to learn of the way to
 *  end and to speak itself at the next packet: of mtu_bytes, at so many bytes. */
static void expect_told(const char *client, const char *virtual, const char *end,
	size_t at, uint16_t mtu_bytes)
{
	struct fixture_frame frame;
	uint16_t found;

	send_long(client, virtual);
	ck_assert(fixture_out(&frame));
	say_too_big(&frame);
	fixture_shell("for i in $(seq 100); do ip route get %s | grep -q 'mtu 1400' && "
		      "exit; sleep 0.05; done; exit 1", end);
	send_long(client, virtual);
	ck_assert_msg(fixture_back(&frame), "%s is told nothing", client);
	memcpy(&found, frame.packet + at, sizeof(found));
	ck_assert_uint_eq(ntohs(found), mtu_bytes);
}

START_TEST(a_narrower_way_behind_gue_is_heard_of)
{
	int fd = tunnel_device_hear_errors();

	ck_assert_int_ge(fd, 0);
	gue_everywhere();
	ck_assert_int_eq(apply(), 0);
	tunnels_mark(0);
	expect_told(
		FIXTURE_CLIENT_V4, FIXTURE_VIRTUAL_V4, "10.2.0.11", 20 + 6, 1400 - 32);
	expect_told(
		FIXTURE_CLIENT_V6, FIXTURE_VIRTUAL_V6, "fd02::11", 40 + 6, 1400 - 52);
	close(fd);
}
END_TEST

/** Sends a packet in a packet to the director. */
static void inject_inner(const char *outer_source, const char *outer_destination,
	uint8_t protocol, const uint8_t *inner, size_t inner_bytes)
{
	uint8_t outer[FIXTURE_BYTES];

	fixture_inject(outer, fixture_ip(outer, outer_source, outer_destination, protocol,
				      inner, inner_bytes));
}

/** Anybody can send packets in packets to the director; nothing in them is forwarded. */
START_TEST(nothing_comes_in_by_the_devices)
{
	uint8_t inner_v4[FIXTURE_BYTES], inner_v6[FIXTURE_BYTES];
	size_t v4_bytes, v6_bytes;

	ck_assert_int_eq(apply(), 0);
	v4_bytes = fixture_udp(
		inner_v4, FIXTURE_CLIENT_V4, FIXTURE_OTHER_V4, 7, 7, "spoofed", 7);
	v6_bytes = fixture_udp(
		inner_v6, FIXTURE_CLIENT_V6, "2001:db8:100::2", 7, 7, "spoofed", 7);
	inject_inner(FIXTURE_CLIENT_V4, "192.0.2.1", 4, inner_v4, v4_bytes);
	inject_inner(FIXTURE_CLIENT_V6, "2001:db8:2::1", 41, inner_v6, v6_bytes);
	inject_inner(FIXTURE_CLIENT_V6, "2001:db8:2::1", 4, inner_v4, v4_bytes);
	/* The device takes what comes from its server alone. */
	inject_inner("10.2.0.12", "192.0.2.1", 41, inner_v6, v6_bytes);
	fixture_expect_only_marker();
	fixture_shell("for i in tunnel4:1 tunnel6:2 sit-1:1; do "
		      "ip -s -o link show ipb-${i%%:*} | "
		      "sed 's/.*RX:[^\\\\]*\\\\ *[0-9]* *\\([0-9]*\\) .*/\\1/' | "
		      "grep -qx ${i#*:} || exit 1; done");
}
END_TEST

/** Sends from a client of the family and expects it at the router or server. */
static void expect_station(const char *client, uint8_t station)
{
	struct fixture_frame frame;

	fixture_send_udp(client, 500, 500);
	ck_assert_msg(fixture_out(&frame), "%s: nothing to %#x", client, station);
	ck_assert_msg(frame.station == station, "%s: to %#x, expected %#x", client,
		frame.station, station);
}

/** The way to servers behind a router is another's to tell, and may change. */
START_TEST(servers_behind_a_router)
{
	struct config_server *server = first_server();

	address_parse("10.50.0.1", &server->address_v4);
	address_parse("fd50::1", &server->address_v6);
	ck_assert_int_eq(apply(), 0);
	tunnels_mark(0);
	expect_station(FIXTURE_CLIENT_V4, FIXTURE_ROUTER);
	expect_station(FIXTURE_CLIENT_V6, FIXTURE_ROUTER);
	fixture_shell("ip route add 10.50.0.0/16 via 10.2.0.12 mtu 1400 && "
		      "ip route add fd50::/16 via fd02::12 mtu 1400");
	ck_assert_int_eq(apply(), 0);
	expect_station(FIXTURE_CLIENT_V4, 0x12);
	expect_station(FIXTURE_CLIENT_V6, 0x12);
	fixture_shell("ip route show table 9000 | grep -q 'mtu lock 1380'");
	fixture_shell("ip -6 route show table 9000 | grep -q 'mtu lock 1360'");
	/* An IPv6 router for IPv4. */
	fixture_shell("ip route replace 10.50.0.0/16 via inet6 fd02::11 dev out0");
	ck_assert_int_eq(apply(), 0);
	expect_station(FIXTURE_CLIENT_V4, 0x11);
	ck_assert_int_eq(apply(), 0);
	ck_assert_uint_eq(counters.routes_added, 0);
}
END_TEST

/** What the kernel learned of a way it will forget; our routes would not. */
START_TEST(a_learned_mtu_is_not_kept)
{
	/* About an echo reply: other errors the kernel leaves to who sent the packet. */
	static const uint8_t reply[8];
	uint8_t error[8 + 28] = { 3, 4, 0, 0, 0, 0, 1400 >> 8, 1400 & 0xff };
	uint8_t packet[FIXTURE_BYTES];

	fixture_ip(error + 8, "10.2.0.1", "10.2.0.11", 1, reply, sizeof(reply));
	fixture_inject(packet,
		fixture_icmp(packet, "10.2.0.99", "10.2.0.1", error, sizeof(error)));
	fixture_shell("for i in $(seq 100); do "
		      "ip route get 10.2.0.11 | grep -q 'expires.* mtu 1400' && exit; "
		      "sleep 0.05; done; exit 1");
	ck_assert_int_eq(apply(), 0);
	fixture_shell("ip route show table 9000 | grep -q 'mtu lock 1480'");
}
END_TEST

START_TEST(a_kernel_without_tunnels_is_named)
{
	char *before = tunnels_everything(), *after;

	ck_assert_int_eq(apply(), -EOPNOTSUPP);
	ck_assert_int_eq(counters.tunnel_error, -EOPNOTSUPP);
	after = tunnels_everything();
	ck_assert_str_eq(before, after);
	ck_assert_int_eq(policy_route_remove(), 0);
	free(before);
	free(after);
}
END_TEST

/** All cases that this kernel can have. */
int main(void)
{
	Suite *suite = suite_create("tunnel");
	TCase *tests = fixture_case("tunnel");

	suite_add_tcase(suite, tests);
	if (!tunnels_has_kernel()) {
		tcase_add_test(tests, a_kernel_without_tunnels_is_named);
		return fixture_run(suite);
	}
	tcase_add_test(tests, packets_leave_in_packets);
	tcase_add_test(tests, the_second_time_nothing_is_touched);
	tcase_add_test(tests, removed_without_a_trace);
	tcase_add_test(tests, another_method_takes_the_devices_away);
	tcase_add_test(tests, a_device_that_went_comes_again);
	tcase_add_test(tests, devices_of_others_stay);
	tcase_add_test(tests, mtu_is_what_the_link_leaves);
	tcase_add_test(tests, nothing_comes_in_by_the_devices);
	tcase_add_test(tests, ipv4_in_ipv6_where_the_server_has_nothing_else);
	tcase_add_test(tests, ipv6_in_ipv4_where_the_server_has_nothing_else);
	tcase_add_test(tests, packets_leave_in_gue);
	tcase_add_test(tests, gue_over_ipv6_takes_ipv4);
	tcase_add_test(tests, gue_servers_that_change_places);
	tcase_add_test(tests, a_second_device_that_fails_takes_the_first_along);
	tcase_add_test(tests, a_narrower_way_behind_is_passed_on);
	tcase_add_test(tests, a_narrower_way_behind_gue_is_heard_of);
	tcase_add_test(tests, servers_behind_a_router);
	tcase_add_test(tests, a_learned_mtu_is_not_kept);
	return fixture_run(suite);
}
