/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method tunnel on the kernel: the devices, the routes into them, and what comes out at
 * the servers' side. Where the kernel has no such devices, only that this is said.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel/policy_route.h"
#include "kernel/tunnel_device.h"

static struct policy_route_counters counters;

/** The config with both servers behind tunnels. */
static struct config *tunnels(void)
{
	struct config *config = fixture_config();

	config->services[0].servers[0].method = METHOD_TUNNEL;
	config->services[0].servers[1].method = METHOD_TUNNEL;
	return config;
}

/** Applies it. */
static int apply(void)
{
	return policy_route_apply(tunnels(), &counters);
}

/** Marks what a client sends for a server. */
static void mark_for(size_t server)
{
	struct config *config = tunnels();

	fixture_shell("nft add table inet marking && nft add chain inet marking c "
		      "'{ type filter hook prerouting priority -300; }' && "
		      "nft flush chain inet marking c && "
		      "nft add rule inet marking c udp dport 500 meta mark set %u",
		config_server_mark(config, &config->services[0].servers[server]));
}

/** All rules, routes and devices, sorted. */
static char *everything(void)
{
	return fixture_output("{ ip rule; ip -6 rule; ip route show table all; "
			      "ip -6 route show table all; "
			      "ip -o link | sed 's/^[0-9]*: //' | grep -v '^tunl0\\|^ip6tnl0'; "
			      "} | sort");
}

START_TEST(packets_leave_in_packets)
{
	struct fixture_frame frame;

	ck_assert_int_eq(apply(), 0);
	/* A rule a server and family, two more a family, and one a device. */
	ck_assert_uint_eq(counters.rules_added, 3 + 2 * 2 + 2);
	ck_assert_uint_eq(counters.routes_added, 3 * 3);
	mark_for(1);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x12);
	ck_assert_uint_eq(frame.packet[9], 4);
	ck_assert_mem_eq(frame.packet + 16, "\x0a\x02\x00\x0c", 4);
	ck_assert_uint_eq(frame.packet[20 + 9], 17);
	mark_for(0);
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
	ck_assert_uint_eq(counters.rules_kept, 9);
	ck_assert_uint_eq(counters.routes_kept, 9);
	ck_assert_uint_eq(counters.rules_added + counters.routes_added, 0);
	ck_assert_uint_eq(counters.rules_removed + counters.routes_removed, 0);
	ck_assert(!policy_route_watch_read(watch));
	close(watch);
}
END_TEST

START_TEST(removed_without_a_trace)
{
	char *before = everything(), *after;

	ck_assert_int_eq(apply(), 0);
	ck_assert_int_eq(policy_route_remove(), 0);
	after = everything();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

START_TEST(another_method_takes_the_devices_away)
{
	ck_assert_int_eq(apply(), 0);
	tunnels()->services[0].servers[0].method = METHOD_DIRECT;
	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	/* The second server has no IPv6. */
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
	ck_assert(policy_route_watch_read(watch));
	mark_for(0);
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
	ck_assert_uint_eq(counters.tunnel_family, AF_INET);
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
	mark_for(0);
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

/** Anybody can send packets in packets to the director; nothing in them is forwarded. */
START_TEST(nothing_comes_in_by_the_device)
{
	uint8_t inner[FIXTURE_BYTES], outer[FIXTURE_BYTES];
	size_t size_bytes;

	ck_assert_int_eq(apply(), 0);
	size_bytes = fixture_udp(
		inner, FIXTURE_CLIENT_V4, FIXTURE_OTHER_V4, 7, 7, "spoofed", 7);
	size_bytes = fixture_ip(
		outer, FIXTURE_CLIENT_V4, "192.0.2.1", 4, inner, size_bytes);
	fixture_inject(outer, size_bytes);
	fixture_expect_only_marker();
	fixture_shell("ip -s -o link show ipb-tunnel4 | "
		      "grep -qE 'RX: +bytes.* [1-9][0-9]* +[1-9]'");
}
END_TEST

START_TEST(a_server_behind_a_router)
{
	struct fixture_frame frame;

	tunnels();
	address_parse("10.50.0.1", &fixture_config()->services[0].servers[0].address_v4);
	ck_assert_int_eq(apply(), 0);
	mark_for(0);
	fixture_send_udp(FIXTURE_CLIENT_V4, 500, 500);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, FIXTURE_ROUTER);
	ck_assert_uint_eq(frame.packet[9], 4);
}
END_TEST

START_TEST(a_kernel_without_tunnels_is_named)
{
	char *before = everything(), *after;

	ck_assert_int_eq(apply(), -EOPNOTSUPP);
	ck_assert_int_eq(counters.tunnel_error, -EOPNOTSUPP);
	after = everything();
	ck_assert_str_eq(before, after);
	ck_assert_int_eq(policy_route_remove(), 0);
	free(before);
	free(after);
}
END_TEST

/** Tells whether the kernel has the devices, looking in a namespace of its own. */
static bool kernel_has_tunnels(void)
{
	return system("unshare -n sh -c 'ip link add probe4 type ipip external && "
		      "ip link add probe6 type ip6tnl external' 2>/dev/null") == 0;
}

/** All cases that this kernel can have. */
int main(void)
{
	Suite *suite = suite_create("tunnel");
	TCase *tests = fixture_case("tunnel");

	suite_add_tcase(suite, tests);
	if (!kernel_has_tunnels()) {
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
	tcase_add_test(tests, nothing_comes_in_by_the_device);
	tcase_add_test(tests, a_server_behind_a_router);
	return fixture_run(suite);
}
