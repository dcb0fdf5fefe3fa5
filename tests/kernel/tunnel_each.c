/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method tunnel where nft sends into devices: each server has its own, by each family, which
 * the way to it names. They come and go with the fast path, and never at the cost of packets
 * that others carry. Where the kernel has no such devices, only that this is said.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel/policy_route.h"
#include "kernel/server_ways.h"
#include "tunnels.h"

static struct policy_route_counters counters;
static struct server_ways ways;

/** Applies the config for a fast path. */
static int apply(enum config_fast_path fast_path)
{
	tunnels_config()->fast_path = fast_path;
	return policy_route_apply(tunnels_config(), &counters);
}

/** Expects which tunnel devices there are, by their names behind "ipb-". */
static void expect_devices(const char *wanted)
{
	char *found = fixture_output("ip -o link show group 83 | "
				     "sed 's/^[0-9]*: ipb-\\([^@:]*\\).*/\\1/' | sort | "
				     "tr '\\n' ' '");

	ck_assert_str_eq(found, wanted);
	free(found);
}

/** Sends from a client for a server and expects it at a station, with what the outer header
 *  says of the inner one. */
static void expect_out(size_t server, const char *client, uint8_t station, uint8_t protocol)
{
	struct fixture_frame frame;

	tunnels_mark(server);
	fixture_send_udp(client, 500, 500);
	ck_assert_msg(fixture_out(&frame), "%s: nothing", client);
	ck_assert_uint_eq(frame.station, station);
	ck_assert_uint_eq(frame.packet[frame.packet[0] >> 4 == 6 ? 6 : 9], protocol);
}

/** Expects packets of both families at both servers, in packets. */
static void expect_all_out(void)
{
	expect_out(0, FIXTURE_CLIENT_V4, 0x11, 4);
	expect_out(1, FIXTURE_CLIENT_V4, 0x12, 4);
	expect_out(0, FIXTURE_CLIENT_V6, 0x11, 41);
	expect_out(1, FIXTURE_CLIENT_V6, 0x12, 41);
}

/** Expects the device of a server's way, and its MTU; NULL: it has none. */
static void expect_way(size_t server, uint8_t family, const char *device, uint32_t mtu_bytes)
{
	const struct config_service *service = &tunnels_config()->services[0];
	struct server_way way = { service, &service->servers[server], family,
		(uint32_t)(2 * server + (family == AF_INET6)) };
	uint32_t interface = 0, mtu = 0;
	int error = server_ways_device(&ways, &way, &interface, &mtu);

	ck_assert_int_eq(error, device ? 0 : -ENODEV);
	ck_assert_uint_eq(interface, device ? if_nametoindex(device) : 0);
	ck_assert_uint_eq(mtu, mtu_bytes);
}

START_TEST(each_server_has_its_own)
{
	int watch;

	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	ck_assert_uint_eq(counters.tunnels_in_the_way, 0);
	expect_devices("ip6tnl-0 ipip-0 ipip-1 sit-1 ");
	fixture_shell("! ip route show table all | grep encap");
	expect_all_out();
	watch = policy_route_watch_open();
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	ck_assert_uint_eq(counters.routes_added + counters.routes_removed, 0);
	ck_assert_uint_eq(counters.rules_added + counters.rules_removed, 0);
	ck_assert(!policy_route_watch_read(watch, fixture_config()));
	close(watch);
}
END_TEST

/** Neither where another backend carries packets, nor where the rules are somebody else's. */
START_TEST(only_where_nft_sends)
{
	static const enum config_fast_path others[] = { FAST_PATH_BPF, FAST_PATH_OFF };
	char *before = tunnels_everything(), *after;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
		ck_assert_int_eq(apply(others[i]), 0);
		expect_devices("sit-1 tunnel4 tunnel6 ");
		expect_all_out();
		ck_assert_int_eq(server_ways_open(&ways, tunnels_config()), 0);
		expect_way(0, AF_INET, NULL, 0);
		expect_way(1, AF_INET6, NULL, 0);
		server_ways_close(&ways);
	}
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	expect_devices("ip6tnl-0 ipip-0 ipip-1 sit-1 ");
	expect_all_out();
	tunnels_config()->ruleset = RULESET_EXTERNAL;
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	expect_devices("sit-1 tunnel4 tunnel6 ");
	ck_assert_int_eq(policy_route_remove(), 0);
	after = tunnels_everything();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

/** What is planned may be given up, so nothing goes before all is ready. IPv4 alone: of IPv6 in
 *  IPv4 there is no device for all that could carry meanwhile. */
START_TEST(a_plan_takes_nothing_away)
{
	struct config_server *server = tunnels_config()->services[0].servers;
	struct address first = server[0].address_v4;
	struct policy_route *change;

	tunnels_config()->services[0].address_count = 1;
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	server[0].address_v4 = server[1].address_v4;
	server[1].address_v4 = first;
	ck_assert_int_eq(policy_route_prepare(tunnels_config(), &counters, &change), 0);
	ck_assert_uint_eq(counters.tunnels_in_the_way, 2);
	expect_devices("ipip-0 ipip-1 tunnel4 ");
	expect_out(0, FIXTURE_CLIENT_V4, 0x11, 4);
	expect_out(1, FIXTURE_CLIENT_V4, 0x12, 4);
	policy_route_close(change);
	expect_devices("ipip-0 ipip-1 ");
	expect_out(0, FIXTURE_CLIENT_V4, 0x11, 4);
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	expect_devices("ipip-0 ipip-1 ");
	expect_out(0, FIXTURE_CLIENT_V4, 0x12, 4);
	expect_out(1, FIXTURE_CLIENT_V4, 0x11, 4);
}
END_TEST

/** Somebody's own tunnel to a server is no reason not to serve. */
START_TEST(a_tunnel_of_somebody_else)
{
	fixture_shell("ip link add another type ipip remote 10.2.0.11");
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	ck_assert_uint_eq(counters.tunnels_in_the_way, 1);
	expect_devices("ip6tnl-0 ipip-1 sit-1 tunnel4 ");
	expect_all_out();
	ck_assert_int_eq(server_ways_open(&ways, tunnels_config()), 0);
	expect_way(0, AF_INET, NULL, 0);
	expect_way(1, AF_INET, "ipb-ipip-1", 1480);
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	ck_assert_uint_eq(counters.routes_added + counters.routes_removed, 0);
	fixture_shell("ip link del another");
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	expect_devices("ip6tnl-0 ipip-0 ipip-1 sit-1 ");
	expect_way(0, AF_INET, "ipb-ipip-0", 1480);
	server_ways_close(&ways);
}
END_TEST

/** Devices and MTUs, and that a change is told of. */
START_TEST(a_way_names_its_device)
{
	tunnels_config()->fast_path = FAST_PATH_NFT;
	ck_assert_int_eq(server_ways_open(&ways, tunnels_config()), 0);
	expect_way(0, AF_INET, NULL, 0);
	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	ck_assert_int_ne(server_ways_follow(&ways, false) & NEXT_HOP_CHANGED, 0);
	expect_way(0, AF_INET, "ipb-ipip-0", 1480);
	expect_way(0, AF_INET6, "ipb-ip6tnl-0", 1460);
	expect_way(1, AF_INET, "ipb-ipip-1", 1480);
	expect_way(1, AF_INET6, "ipb-sit-1", 1480);
	server_ways_follow(&ways, true);
	ck_assert_int_eq(server_ways_follow(&ways, true), 0);
	fixture_shell("ip route replace default dev ipb-ipip-0 table 9000 metric 1 "
		      "mtu lock 1300 proto 83");
	ck_assert_int_ne(server_ways_follow(&ways, false) & NEXT_HOP_CHANGED, 0);
	expect_way(0, AF_INET, "ipb-ipip-0", 1300);
	fixture_shell("ip link del ipb-ipip-0");
	ck_assert_int_ne(server_ways_follow(&ways, false) & NEXT_HOP_CHANGED, 0);
	expect_way(0, AF_INET, NULL, 0);
	server_ways_close(&ways);
}
END_TEST

/** What the kernel has learned of the outer packets' way counts. */
START_TEST(a_learned_mtu_makes_it_smaller)
{
	uint8_t error[8 + 28] = { 3, 4, 0, 0, 0, 0, 1400 >> 8, 1400 & 0xff };
	uint8_t packet[FIXTURE_BYTES];

	ck_assert_int_eq(apply(FAST_PATH_NFT), 0);
	ck_assert_int_eq(server_ways_open(&ways, tunnels_config()), 0);
	fixture_ip(error + 8, "10.2.0.1", "10.2.0.11", 1, "\0\0\0\0\0\0\0\0", 8);
	fixture_inject(packet,
		fixture_icmp(packet, "10.2.0.99", "10.2.0.1", error, sizeof(error)));
	fixture_shell("for i in $(seq 100); do "
		      "ip route get 10.2.0.11 | grep -q 'expires.* mtu 1400' && exit; "
		      "sleep 0.05; done; exit 1");
	ck_assert_int_ne(server_ways_follow(&ways, true) & NEXT_HOP_CHANGED, 0);
	expect_way(0, AF_INET, "ipb-ipip-0", 1380);
	expect_way(1, AF_INET, "ipb-ipip-1", 1480);
	server_ways_close(&ways);
}
END_TEST

START_TEST(a_kernel_without_tunnels_is_named)
{
	ck_assert_int_eq(apply(FAST_PATH_NFT), -EOPNOTSUPP);
	ck_assert_int_eq(counters.tunnel_error, -EOPNOTSUPP);
	ck_assert_str_eq(counters.tunnel_device.name, "ipb-ipip-0");
}
END_TEST

/** All cases that this kernel can have. */
int main(void)
{
	Suite *suite = suite_create("tunnel_each");
	TCase *tests = fixture_case("tunnel_each");

	suite_add_tcase(suite, tests);
	if (!tunnels_has_kernel()) {
		tcase_add_test(tests, a_kernel_without_tunnels_is_named);
		return fixture_run(suite);
	}
	tcase_add_test(tests, each_server_has_its_own);
	tcase_add_test(tests, only_where_nft_sends);
	tcase_add_test(tests, a_plan_takes_nothing_away);
	tcase_add_test(tests, a_tunnel_of_somebody_else);
	tcase_add_test(tests, a_way_names_its_device);
	tcase_add_test(tests, a_learned_mtu_makes_it_smaller);
	return fixture_run(suite);
}
