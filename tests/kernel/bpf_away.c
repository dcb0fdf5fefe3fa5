/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF program while nobody looks after its ways: it believes them for half a minute, then
 * known clients' packets go up with their marks, where tables and routes lead them on, and are
 * carried again as soon as somebody says that the ways are right.
 */
#include <glob.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf_run.h"
#include "kernel/bpf_hook.h"
#include "kernel/fast_path.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

#define PORT 40000
#define GSO_BYTES 100

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const uint8_t families[] = { AF_INET, AF_INET6 };
static const enum packet_body bodies[] = { BODY_ESP, BODY_AH, BODY_ESP_IN_UDP };

/** Makes both clients known; their server is directly behind out0. */
static void servers(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct bpf_way way = bpf_run_way(families[i]);

		way.method = BPF_METHOD_DIRECT;
		way.flags = BPF_WAY_AH;
		bpf_run_set_way(families[i], &way);
		bpf_run_client(clients[i], 0);
		bpf_run_client(clients[i], PORT);
	}
}

/** Units after which ways are stale for sure: the program asks the kernel's coarse clock, which may
 *  be a tick, and then a unit, behind that of who says that they are right. */
#define LONG_AGO (BPF_ALIVE_UNITS + 2)

/** Moves the time at which ways were right for the last time back. */
static void grow_old(int map, uint32_t units)
{
	struct bpf_settings settings;
	uint32_t first = 0;

	ck_assert_int_eq(bpf_map_lookup_elem(map, &first, &settings), 0);
	settings.alive -= units;
	ck_assert_int_eq(bpf_map_update_elem(map, &first, &settings, BPF_ANY), 0);
}

/** Has the ways have been right for the last time so long ago. */
static void last_seen_to(uint32_t units)
{
	ck_assert_int_eq(bpf_program_beat(bpf_run_ingress()), 0);
	grow_old(bpf_program_map(bpf_run_ingress(), BPF_MAP_SETTINGS), units);
}

/** Has a program ask for the time with the next packet, as it does at least every 1.3 seconds, by
 *  zeroing what it remembers of it: its variables. */
static void forget_time(int program)
{
	uint32_t maps[32], first = 0;
	struct bpf_prog_info info = { .map_ids = (uintptr_t)maps, .nr_map_ids = 32 };
	uint32_t size_bytes = sizeof(info), i;
	unsigned int found = 0;

	ck_assert_int_eq(bpf_obj_get_info_by_fd(program, &info, &size_bytes), 0);
	for (i = 0; i < info.nr_map_ids; i++) {
		static const uint8_t zeros[4096];
		struct bpf_map_info map = { .id = 0 };
		int fd = bpf_map_get_fd_by_id(maps[i]);

		size_bytes = sizeof(map);
		ck_assert_int_eq(bpf_obj_get_info_by_fd(fd, &map, &size_bytes), 0);
		if (strstr(map.name, ".bss")) {
			ck_assert_uint_le(map.value_size, sizeof(zeros));
			ck_assert_int_eq(bpf_map_update_elem(fd, &first, zeros, BPF_ANY), 0);
			found++;
		}
		close(fd);
	}
	ck_assert_uint_eq(found, 1);
}

/** The program of the test does. */
static void let_time_pass(void)
{
	forget_time(bpf_program_fd(bpf_run_ingress()));
}

/** The one that frames meet does. */
static void let_time_pass_at_in0(void)
{
	uint32_t number = 0;
	int program;

	ck_assert_int_eq(bpf_hook_find(bpf_run_interface("in0"), &number), 0);
	program = bpf_prog_get_fd_by_id(number);
	ck_assert_int_ge(program, 0);
	forget_time(program);
	close(program);
}

/** Builds what a client sends: the body of that number and, if it is odd, of IPv6. */
static void build(int number, struct bpf_frame *ret_frame)
{
	struct packet_spec spec;

	bpf_run_spec(&spec, clients[number & 1], bodies[number / 2]);
	bpf_run_build(&spec, ret_frame);
}

/** Expects it at the server. */
static void expect_carried(int number, const struct bpf_frame *frame)
{
	struct bpf_frame expected = *frame;
	struct bpf_ran ran;

	bpf_run_link(expected.bytes, families[number & 1]);
	bpf_run_older(expected.bytes + 14);
	bpf_run(frame, &ran);
	ck_assert_int_eq(ran.action, BPF_RUN_REDIRECT);
	ck_assert_uint_eq(ran.mark, 0x10001);
	ck_assert_mem_eq(ran.frame.bytes, expected.bytes, expected.size_bytes);
}

/** Every kind of packet goes up, and that is all that is counted. Then they are carried again. */
START_TEST(ways_get_stale)
{
	struct bpf_frame frames[6];
	struct bpf_ran ran;
	int i;

	servers();
	for (i = 0; i < 6; i++)
		build(i, &frames[i]);
	last_seen_to(LONG_AGO);
	let_time_pass();
	for (i = 0; i < 6; i++) {
		bpf_run(&frames[i], &ran);
		ck_assert_int_eq(ran.action, BPF_RUN_PASS);
		ck_assert_uint_eq(ran.mark, 0x10001 | BPF_RUN_MARK);
		ck_assert_mem_eq(ran.frame.bytes, frames[i].bytes, frames[i].size_bytes);
		ck_assert_uint_eq(bpf_run_reason(BPF_REASON_STALE), (unsigned int)i + 1);
	}
	ck_assert_int_eq(bpf_program_beat(bpf_run_ingress()), 0);
	let_time_pass();
	for (i = 0; i < 6; i++)
		expect_carried(i, &frames[i]);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_STALE), 6);
}
END_TEST

/** A little before that nothing is different. */
START_TEST(ways_are_believed_for_a_while)
{
	struct bpf_frame frame;

	servers();
	last_seen_to(BPF_ALIVE_UNITS - 3);
	let_time_pass();
	build(_i, &frame);
	expect_carried(_i, &frame);
}
END_TEST

/** When a client was seen is known all the same, and others are strangers. */
START_TEST(clients_are_seen)
{
	struct fast_path_key key = client_key(FIXTURE_CLIENT_V4, 0);
	struct packet_spec spec;
	uint32_t value, seen;
	struct bpf_frame frame;
	struct bpf_ran ran;

	bpf_run_client(FIXTURE_CLIENT_V4, 0);
	last_seen_to(LONG_AGO);
	let_time_pass();
	build(0, &frame);
	bpf_run(&frame, &ran);
	ck_assert(bpf_clients_get(bpf_program_clients(bpf_run_ingress()), &key, &value,
		&seen));
	ck_assert_uint_ne(seen, 0);
	ck_assert_uint_ne(seen, UINT32_MAX);
	bpf_run_spec(&spec, "203.0.113.99", BODY_ESP);
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	ck_assert_uint_eq(ran.mark, 0x10001);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_UNKNOWN), 1);
}
END_TEST

/** What has to be judged is not marked then either. */
START_TEST(aggregates_of_udp_are_judged)
{
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers();
	last_seen_to(LONG_AGO);
	let_time_pass();
	build(4 + _i, &frame);
	bpf_run_at("in0", &frame, GSO_BYTES, &ran);
	ck_assert_int_eq(ran.action, BPF_RUN_PASS);
	ck_assert_uint_eq(ran.mark, 0x10001);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_GSO_UDP), 1);
}
END_TEST

/** Tables, routes and the program for the config as it is now. */
static struct fast_path *director_begin(void)
{
	struct policy_route_counters counters;
	struct fast_path *fast_path = NULL;
	struct ruleset_info info;

	ck_assert_int_eq(bpf_maps.attach(fixture_config(), &fast_path), 0);
	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	ck_assert_int_eq(bpf_maps.begin(fast_path), 0);
	return fast_path;
}

/** The same for the first time, with pins in a file system of the test's own, and a client that
 *  is known to be server 2's. */
static struct fast_path *director_first(void)
{
	struct fast_path_key key = { .client = bpf_run_address(FIXTURE_CLIENT_V4),
		.virtual = bpf_run_address(FIXTURE_VIRTUAL_V4) };
	struct config *config = fixture_config();
	struct fast_path *fast_path;

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL), 0);
	config->fast_path = FAST_PATH_BPF;
	fast_path = director_begin();
	bpf_maps.put(fast_path, &key,
		config_server_mark(config, &config->services[0].servers[1]));
	ck_assert_int_eq(bpf_maps.commit(fast_path), 0);
	return fast_path;
}

/** Has half a minute have passed since the director that was here has gone. */
static void director_is_away(void)
{
	glob_t found;
	int map;

	ck_assert_int_eq(glob("/sys/fs/bpf/ipsec-balancer-*/settings", 0, NULL, &found), 0);
	ck_assert_uint_eq(found.gl_pathc, 1);
	map = bpf_obj_get(found.gl_pathv[0]);
	ck_assert_int_ge(map, 0);
	grow_old(map, LONG_AGO);
	close(map);
	globfree(&found);
	let_time_pass_at_in0();
}

/** Sends the client's ESP; the server that it comes to, 0 for none. Behind it goes something that
 *  nobody stops. */
static unsigned int server_of_esp(void)
{
	static const uint8_t esp[] = { 0xc0, 0, 1, 2, 0, 0, 0, 1, 9, 9, 9, 9 };
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;
	unsigned int server = 0;

	fixture_inject(packet, fixture_ip(packet, FIXTURE_CLIENT_V4, FIXTURE_VIRTUAL_V4, 50,
					esp, sizeof(esp)));
	fixture_inject(packet, fixture_udp(packet, FIXTURE_CLIENT_V4, FIXTURE_OTHER_V4, 9, 9,
					esp, sizeof(esp)));
	for (;;) {
		ck_assert(fixture_out(&frame));
		if (frame.packet[9] == IPPROTO_UDP)
			return server;
		server = frame.station;
	}
}

/** A server that gets another hardware address is found after a while, with nobody there to be
 *  told of it, by the kernel; and at once by the next director. */
START_TEST(a_server_changes_its_address)
{
	struct fast_path *fast_path = director_first();

	ck_assert_uint_eq(server_of_esp(), 0x12);
	bpf_maps.detach(fast_path);
	fixture_shell("ip neigh replace 10.2.0.12 lladdr 02:00:00:00:00:77 dev out0");
	ck_assert_uint_eq(server_of_esp(), 0x12);
	director_is_away();
	ck_assert_uint_eq(server_of_esp(), 0x77);
	fixture_shell("ip neigh replace 10.2.0.12 lladdr 02:00:00:00:00:78 dev out0");
	ck_assert_uint_eq(server_of_esp(), 0x78);
	fast_path = director_begin();
	fixture_shell("nft flush ruleset && ip rule flush && ip rule add lookup main");
	let_time_pass_at_in0();
	ck_assert_uint_eq(server_of_esp(), 0x78);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Without tables the mark still leads to the server, without rules nothing does. */
START_TEST(nothing_is_left_but_the_mark)
{
	bpf_maps.detach(director_first());
	director_is_away();
	fixture_shell("nft flush ruleset");
	ck_assert_uint_eq(server_of_esp(), 0x12);
	fixture_shell("ip rule flush && ip rule add lookup main");
	ck_assert_uint_eq(server_of_esp(), FIXTURE_ROUTER);
}
END_TEST

/** A director that has only just begun to start does not make the old ways right. */
START_TEST(another_one_starts)
{
	struct fast_path *fast_path = director_first();

	bpf_maps.detach(fast_path);
	fixture_shell("ip neigh replace 10.2.0.12 lladdr 02:00:00:00:00:77 dev out0");
	director_is_away();
	ck_assert_int_eq(bpf_maps.attach(fixture_config(), &fast_path), 0);
	let_time_pass_at_in0();
	ck_assert_uint_eq(server_of_esp(), 0x77);
	ck_assert_int_eq(bpf_maps.begin(fast_path), 0);
	ck_assert_uint_eq(server_of_esp(), 0x77);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Has servers change their places, and so their marks. */
static void servers_change_places(void)
{
	struct config_server *servers = fixture_config()->services[0].servers;
	struct address first = servers[0].address_v4;

	strcpy(servers[0].name, "gw2");
	strcpy(servers[1].name, "gw1");
	servers[0].address_v4 = servers[1].address_v4;
	servers[1].address_v4 = first;
}

/** Makes one start of a director up to its routes, by the fast path chosen or another one;
 *  where the client's ESP comes to after each step. */
static void expect_on_the_way(bool chosen, unsigned int until, unsigned int from)
{
	struct policy_route_counters counters;
	struct fast_path *fast_path = NULL;
	struct ruleset_info info;

	fixture_config()->fast_path = chosen ? FAST_PATH_BPF : FAST_PATH_NFT;
	if (chosen)
		ck_assert_int_eq(bpf_maps.attach(fixture_config(), &fast_path), 0);
	ck_assert_uint_eq(server_of_esp(), until);
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	ck_assert_uint_eq(server_of_esp(), until);
	ck_assert_int_eq(bpf_maps.retire(fast_path, fixture_config()), 0);
	ck_assert_uint_eq(server_of_esp(), from);
	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	ck_assert_uint_eq(server_of_esp(), from);
	bpf_maps.detach(fast_path);
}

/** Marks of an earlier configuration never meet the routes of the next one: what the program
 *  hands up goes to its old server until the queue has it. */
START_TEST(marks_of_other_servers)
{
	bpf_maps.detach(director_first());
	director_is_away();
	servers_change_places();
	expect_on_the_way(_i, 0x12, 0);
}
END_TEST

/** What it does not hand up it goes on carrying to where it always did. */
START_TEST(ways_of_other_servers)
{
	bpf_maps.detach(director_first());
	servers_change_places();
	expect_on_the_way(true, 0x12, 0x12);
}
END_TEST

/** Nothing changes where the servers are the same. */
START_TEST(marks_of_the_same_servers)
{
	bpf_maps.detach(director_first());
	director_is_away();
	expect_on_the_way(true, 0x12, 0x12);
}
END_TEST

/** While somebody is there it is said once a second that the ways are right. */
START_TEST(somebody_is_there)
{
	struct fast_path *fast_path = director_first();

	director_is_away();
	bpf_maps.follow(fast_path, false);
	fixture_shell("nft flush ruleset && ip rule flush && ip rule add lookup main");
	ck_assert_uint_eq(server_of_esp(), FIXTURE_ROUTER);
	bpf_maps.follow(fast_path, true);
	let_time_pass_at_in0();
	ck_assert_uint_eq(server_of_esp(), 0x12);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-away");
	TCase *tests = bpf_run_case("away"), *director = fixture_case("director");

	tcase_add_test(tests, ways_get_stale);
	tcase_add_loop_test(tests, ways_are_believed_for_a_while, 0, 6);
	tcase_add_test(tests, clients_are_seen);
	tcase_add_loop_test(tests, aggregates_of_udp_are_judged, 0, 2);
	tcase_add_test(director, a_server_changes_its_address);
	tcase_add_test(director, nothing_is_left_but_the_mark);
	tcase_add_test(director, another_one_starts);
	tcase_add_test(director, somebody_is_there);
	tcase_add_loop_test(director, marks_of_other_servers, 0, 2);
	tcase_add_test(director, ways_of_other_servers);
	tcase_add_test(director, marks_of_the_same_servers);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, director);
	return bpf_run_suite(suite);
}
