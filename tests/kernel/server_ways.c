/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The servers' ways on the kernel: which there are, which of them need a next hop, and that
 * these follow what the kernel has. Of tunnel devices tunnel_each.c tells.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kernel/server_ways.h"

static struct server_ways ways;

/** Ways as they are shown. */
struct shown {
	struct server_way items[8];
	size_t count;
};

/** Notes one way. */
static int note(const struct server_way *way, void *user)
{
	struct shown *shown = user;

	ck_assert_uint_lt(shown->count, 8);
	shown->items[shown->count++] = *way;
	return 0;
}

/** Ends a walk at the second. */
static int stop(const struct server_way *way, void *user)
{
	++*(size_t *)user;
	return way->index == 1 ? -EINTR : 0;
}

/** Opens, and walks: the director's two servers have four ways. */
static struct shown open_ways(void)
{
	struct shown shown = { .count = 0 };

	ck_assert_int_eq(server_ways_open(&ways, fixture_config()), 0);
	ck_assert_int_eq(server_ways_walk(&ways, note, &shown), 0);
	ck_assert_uint_eq(shown.count, ways.count);
	ck_assert_uint_eq(shown.count, 4);
	return shown;
}

/** The station that a way's frames go to; 0: its next hop is not resolved; -1: it needs none. */
static int station(const struct server_way *way)
{
	const struct next_hop *hop = server_ways_hop(&ways, way);

	return hop ? hop->destination[5] : -1;
}

/** Two a server; without an address of the family there is nothing to follow. */
START_TEST(a_way_for_each_server_and_family)
{
	struct shown shown = open_ways();
	size_t seen = 0;

	for (uint32_t i = 0; i < 4; i++) {
		const struct server_way *way = &shown.items[i];

		ck_assert_uint_eq(way->index, i);
		ck_assert_uint_eq(way->server->index, i / 2);
		ck_assert_uint_eq(way->family, i % 2 ? AF_INET6 : AF_INET);
		ck_assert_ptr_eq(way->service, &fixture_config()->services[0]);
		ck_assert_int_eq(server_ways_device(&ways, way, &(uint32_t){ 0 },
					 &(uint32_t){ 0 }),
			-ENODEV);
	}
	ck_assert_int_eq(station(&shown.items[0]), 0x11);
	ck_assert_int_eq(station(&shown.items[1]), 0x11);
	ck_assert_int_eq(station(&shown.items[2]), 0x12);
	ck_assert_int_eq(station(&shown.items[3]), -1);
	ck_assert_int_eq(server_ways_walk(&ways, stop, &seen), -EINTR);
	ck_assert_uint_eq(seen, 2);
	server_ways_close(&ways);
	server_ways_close(&ways);
}
END_TEST

/** This host is no next hop; a service without a family has no ways of it; a tunnel's outer
 *  packets go to the other family's address, and a gateway will do. */
START_TEST(by_method)
{
	struct config_service *service = &fixture_config()->services[0];
	struct config_server *server = service->servers;
	struct shown shown;

	server[0].method = METHOD_LOCAL;
	server[1].method = METHOD_TUNNEL;
	shown = open_ways();
	ck_assert_int_eq(station(&shown.items[0]), -1);
	ck_assert_int_eq(station(&shown.items[1]), -1);
	ck_assert_int_eq(station(&shown.items[3]), 0x12);
	server_ways_close(&ways);
	address_parse("172.16.0.1", &server[1].address_v4);
	shown = open_ways();
	ck_assert_int_eq(station(&shown.items[3]), FIXTURE_ROUTER);
	server_ways_close(&ways);
	server[1].method = METHOD_DIRECT;
	shown = open_ways();
	ck_assert_int_eq(station(&shown.items[2]), 0);
	server_ways_close(&ways);
	server[0].method = METHOD_DIRECT;
	service->address_count = 1;
	shown = open_ways();
	ck_assert_int_eq(station(&shown.items[0]), 0x11);
	ck_assert_int_eq(station(&shown.items[1]), -1);
	ck_assert_ptr_null(server_way_virtual(service, AF_INET6));
	ck_assert_ptr_eq(server_way_virtual(service, AF_INET), &service->addresses[0]);
	server_ways_close(&ways);
}
END_TEST

/** What changes is told of, and what does not is not. */
START_TEST(they_are_followed)
{
	struct shown shown = open_ways();

	ck_assert_int_ge(server_ways_fd(&ways), 0);
	ck_assert_int_eq(server_ways_follow(&ways, true), 0);
	fixture_shell("ip neigh del 10.2.0.12 dev out0");
	ck_assert_int_eq(server_ways_follow(&ways, false), NEXT_HOP_CHANGED);
	ck_assert_int_eq(station(&shown.items[2]), 0);
	ck_assert_int_eq(station(&shown.items[0]), 0x11);
	fixture_shell("ip neigh replace 10.2.0.12 lladdr 02:00:00:00:00:32 dev out0");
	ck_assert_int_eq(server_ways_follow(&ways, false), NEXT_HOP_CHANGED);
	ck_assert_int_eq(station(&shown.items[2]), 0x32);
	fixture_shell("ip link set in0 mtu 1400");
	ck_assert_int_eq(server_ways_follow(&ways, false), NEXT_HOP_LINK_CHANGED);
	server_ways_close(&ways);
}
END_TEST

/** A route by mark is told of; it matters to who sends into a tunnel's device alone. */
START_TEST(our_own_routes)
{
	fixture_config()->fast_path = FAST_PATH_BPF;
	open_ways();
	fixture_shell("ip route add default via 10.2.0.11 table 9000 proto 83");
	ck_assert_int_eq(server_ways_follow(&ways, false), NEXT_HOP_OURS_CHANGED);
	server_ways_close(&ways);
	fixture_config()->fast_path = FAST_PATH_NFT;
	open_ways();
	fixture_shell("ip route del default via 10.2.0.11 table 9000");
	ck_assert_int_eq(server_ways_follow(&ways, false),
		NEXT_HOP_OURS_CHANGED | NEXT_HOP_CHANGED);
	server_ways_close(&ways);
}
END_TEST

/** Runs all. */
int main(void)
{
	Suite *suite = suite_create("server_ways");
	TCase *tests = fixture_case("server_ways");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_way_for_each_server_and_family);
	tcase_add_test(tests, by_method);
	tcase_add_test(tests, they_are_followed);
	tcase_add_test(tests, our_own_routes);
	return fixture_run(suite);
}
