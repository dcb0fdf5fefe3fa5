/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast path by BPF, against the kernel: what has an element goes to its server without
 * nft tables or routes having part in it; what the program does not carry goes there by them;
 * next hops and interfaces are followed; all of it outlives who made it, and nothing is left
 * for the wrong servers.
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "client.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

#define CLIENT_V4 FIXTURE_CLIENT_V4
#define CLIENT_V6 FIXTURE_CLIENT_V6
#define MARK_1 0x10000u
#define MARK_2 0x20000u
#define OUTSIDE 0x7u /**< bits of the mark that are not ours */
#define UNKNOWN 999999u

static const uint8_t esp[] = { 0xc0, 0, 1, 2, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9 };
static const uint8_t ike[28] = { 0 };

/** The backend for the config as it is now. */
static struct fast_path *attach(void)
{
	struct fast_path *fast_path = NULL;

	ck_assert_int_eq(bpf_maps.attach(fixture_config(), &fast_path), 0);
	return fast_path;
}

/** Tables and routes of the config as it is now, and the program begun. */
static void start(struct fast_path *fast_path)
{
	struct policy_route_counters counters;
	struct ruleset_info info;

	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	ck_assert_int_eq(bpf_maps.begin(fast_path), 0);
}

/** The director with everything, pins in a file system of the test's own, and nobody at the
 *  queue. */
static struct fast_path *begin(void)
{
	struct config *config = fixture_config();
	struct fast_path *fast_path;

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL), 0);
	config->fast_path = FAST_PATH_BPF;
	config->max_entries = 10000;
	fast_path = attach();
	start(fast_path);
	return fast_path;
}

/** Puts one element. */
static void put(struct fast_path *fast_path, const char *client, uint16_t port, uint32_t mark)
{
	struct fast_path_key key = client_key(client, port);

	bpf_maps.put(fast_path, &key, mark);
	ck_assert_int_eq(bpf_maps.commit(fast_path), 0);
}

/** The server that a client's ESP comes to, 0 for none. */
static unsigned int server_of_esp(const char *client)
{
	return client_server(client, 50, esp, sizeof(esp));
}

/** A detail that is looked for. */
struct wanted {
	const char *group;
	const char *name;
	uint64_t value;
};

/** Keeps the one that is looked for. */
static void see_detail(const char *group, const char *name, uint64_t value, void *user)
{
	struct wanted *wanted = user;
	bool same_group = group && wanted->group ? strcmp(group, wanted->group) == 0
						 : group == wanted->group;

	if (same_group && strcmp(name, wanted->name) == 0)
		wanted->value = value;
}

/** A number that the backend shows. */
static uint64_t detail(struct fast_path *fast_path, const char *group, const char *name)
{
	struct wanted wanted = { group, name, UNKNOWN };

	bpf_maps.details(fast_path, see_detail, &wanted);
	return wanted.value;
}

/** Counts elements, and adds their marks and ports up; ports have to come first. */
static int count_element(const struct fast_path_key *key, uint32_t mark, void *user)
{
	uint32_t *sums = user;

	ck_assert_uint_eq(key->client.family, key->virtual.family);
	if (key->client_port)
		ck_assert_uint_eq(sums[3], 0);
	else
		sums[3]++;
	sums[0]++;
	sums[1] += mark;
	sums[2] += key->client_port;
	return 0;
}

/** How many elements the kernel has; it and the backend agree. */
static uint32_t elements(struct fast_path *fast_path)
{
	uint32_t sums[4] = { 0 };

	ck_assert_int_eq(bpf_maps.dump(fast_path, count_element, sums), 0);
	ck_assert_uint_eq(detail(fast_path, NULL, "elements"), sums[0]);
	return sums[0];
}

/** Packets go on by the program alone: with no tables at all there is nobody else. */
START_TEST(clients_are_carried)
{
	struct fast_path *fast_path = begin();

	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0);
	put(fast_path, CLIENT_V4, 0, MARK_2 | OUTSIDE);
	put(fast_path, CLIENT_V6, 0, MARK_1);
	put(fast_path, CLIENT_V4, 61000, MARK_1);
	fixture_shell("nft flush ruleset && ip rule flush && ip rule add lookup main");
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	ck_assert_uint_eq(server_of_esp(CLIENT_V6), 0x11);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x11);
	ck_assert_uint_eq(
		client_server_udp(CLIENT_V4, 61000, ike, sizeof(ike)), FIXTURE_ROUTER);
	ck_assert_uint_eq(elements(fast_path), 3);
	bpf_maps.detach(fast_path);
}
END_TEST

/** What the program leaves to the tables comes to the same server with their help. */
START_TEST(the_rest_goes_up_marked)
{
	struct fast_path *fast_path = begin();

	put(fast_path, CLIENT_V4, 0, MARK_2 | OUTSIDE);
	fixture_shell("ip neigh del 10.2.0.12 dev out0");
	bpf_maps.follow(fast_path, false);
	ck_assert_uint_eq(detail(fast_path, NULL, "ways_unresolved"), 1);
	/* The backend is not told, the kernel knows. */
	fixture_shell("ip neigh replace 10.2.0.12 lladdr 02:00:00:00:00:12 dev out0");
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	ck_assert_uint_eq(detail(fast_path, "program", "no-next-hop"), 1);
	bpf_maps.follow(fast_path, false);
	ck_assert_uint_eq(detail(fast_path, NULL, "ways_unresolved"), 0);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	ck_assert_uint_eq(detail(fast_path, "program", "no-next-hop"), 1);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Frames follow a server that has another hardware address now. */
START_TEST(a_server_changes_its_address)
{
	struct fast_path *fast_path = begin();

	put(fast_path, CLIENT_V4, 0, MARK_2);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	fixture_shell("ip neigh replace 10.2.0.12 lladdr 02:00:00:00:00:77 dev out0");
	bpf_maps.follow(fast_path, false);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x77);
	fixture_shell("ip link set out0 down; ip link set out0 up; sleep 0.2; "
		      "ip route replace default via 10.2.0.99; "
		      "ip neigh replace 10.2.0.99 lladdr 02:00:00:00:00:99 dev out0; "
		      "ip neigh replace 10.2.0.12 lladdr 02:00:00:00:00:12 dev out0");
	bpf_maps.follow(fast_path, false);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	ck_assert_uint_eq(detail(fast_path, "program", "no-next-hop"), 0);
	bpf_maps.detach(fast_path);
}
END_TEST

/** A move is made in one step; what is removed is gone; the count stays right. */
START_TEST(elements_come_and_go)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 61000);
	struct fast_path_key absent = client_key(CLIENT_V4, 1);

	put(fast_path, CLIENT_V4, 61000, MARK_1);
	bpf_maps.remove(fast_path, &absent);
	bpf_maps.remove(fast_path, &key);
	bpf_maps.put(fast_path, &key, MARK_2);
	ck_assert_int_eq(bpf_maps.commit(fast_path), 0);
	ck_assert_uint_eq(elements(fast_path), 1);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	bpf_maps.put(fast_path, &absent, MARK_1);
	bpf_maps.remove(fast_path, &absent);
	bpf_maps.remove(fast_path, &key);
	ck_assert_int_eq(bpf_maps.commit(fast_path), 0);
	ck_assert_uint_eq(elements(fast_path), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0);
	ck_assert_uint_eq(bpf_maps.counters(fast_path)->failed, 0);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Whatever is told in one turn arrives. */
START_TEST(many_at_once)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 1);
	uint32_t sums[4] = { 0 };

	for (unsigned int i = 1; i <= 5000; i++) {
		key.client_port = (uint16_t)i;
		bpf_maps.put(fast_path, &key, MARK_1);
	}
	ck_assert_int_eq(bpf_maps.commit(fast_path), 0);
	ck_assert_int_eq(bpf_maps.dump(fast_path, count_element, sums), 0);
	ck_assert_uint_eq(sums[0], 5000);
	ck_assert_uint_eq(sums[1], 5000 * MARK_1);
	ck_assert_uint_eq(sums[2], 5000 * 5001 / 2);
	for (unsigned int i = 1; i <= 5001; i++) {
		key.client_port = (uint16_t)i;
		bpf_maps.remove(fast_path, &key);
	}
	ck_assert_int_eq(bpf_maps.commit(fast_path), 0);
	ck_assert_uint_eq(elements(fast_path), 0);
	ck_assert_uint_eq(bpf_maps.counters(fast_path)->removed, 5000);
	ck_assert_uint_eq(bpf_maps.counters(fast_path)->failed, 0);
	bpf_maps.detach(fast_path);
}
END_TEST

/** What finds no room is counted, and the others are there all the same. */
START_TEST(a_full_map)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 1);

	bpf_maps.detach(fast_path);
	fixture_config()->max_entries = 2;
	fast_path = attach();
	start(fast_path);
	for (unsigned int i = 1; i <= 6; i++) {
		key.client_port = (uint16_t)i;
		bpf_maps.put(fast_path, &key, MARK_1);
	}
	ck_assert_int_eq(bpf_maps.commit(fast_path), 0);
	ck_assert_uint_eq(elements(fast_path), 4);
	ck_assert_uint_eq(detail(fast_path, NULL, "room"), 4);
	ck_assert_uint_eq(bpf_maps.counters(fast_path)->put, 4);
	ck_assert_uint_eq(bpf_maps.counters(fast_path)->failed, 2);
	ck_assert_int_eq(bpf_maps.counters(fast_path)->last_error, -ENOSPC);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Carried while nobody is there, and by the next one, who knows what there is. */
START_TEST(elements_outlive_their_maker)
{
	struct fast_path *fast_path = begin();

	put(fast_path, CLIENT_V4, 0, MARK_2);
	bpf_maps.detach(fast_path);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	fast_path = attach();
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	ck_assert_uint_eq(elements(fast_path), 1);
	start(fast_path);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Numbers that mean other servers now lead nobody there: until the tables are made the old
 *  program goes on to where it always did, and then there is nothing of it. */
START_TEST(elements_for_other_servers)
{
	struct fast_path *fast_path = begin();
	struct config_server *servers = fixture_config()->services[0].servers;

	put(fast_path, CLIENT_V4, 0, MARK_2);
	bpf_maps.detach(fast_path);
	strcpy(servers[0].name, "gw2");
	strcpy(servers[1].name, "gw1");
	fast_path = attach();
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	ck_assert_uint_eq(elements(fast_path), 0);
	start(fast_path);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0);
	put(fast_path, CLIENT_V4, 0, MARK_1);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x11);
	bpf_maps.detach(fast_path);
}
END_TEST

/** A start for other servers that fails before it has begun leaves all as it was: the next one
 *  for the same servers takes over what is carried. */
START_TEST(a_start_that_fails)
{
	struct fast_path *fast_path = begin();
	char *name = fixture_config()->services[0].servers[0].name;

	put(fast_path, CLIENT_V4, 0, MARK_2);
	bpf_maps.detach(fast_path);
	strcpy(name, "gw9");
	bpf_maps.detach(attach());
	strcpy(name, "gw1");
	fast_path = attach();
	ck_assert_uint_eq(elements(fast_path), 1);
	start(fast_path);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Pins of a namespace that is gone, whose number was given to this one, count for nothing. */
START_TEST(elements_of_a_namespace_that_is_gone)
{
	struct fast_path *fast_path = begin();

	put(fast_path, CLIENT_V4, 0, MARK_2);
	bpf_maps.detach(fast_path);
	fixture_shell("for i in in0 out0 wire_in wire_out; do tc qdisc del dev $i clsact; done");
	fast_path = attach();
	ck_assert_uint_eq(elements(fast_path), 0);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Notes what a server was given. */
static void note_server(uint32_t index, uint64_t packets, uint64_t bytes, void *user)
{
	uint64_t *counts = user;

	counts[2 * index] = packets;
	counts[2 * index + 1] = bytes;
}

/** When something was carried is known of each element, to about a second. */
START_TEST(clients_are_seen)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 0);
	struct fast_path_key other = client_key(CLIENT_V4, 61000);
	uint64_t ago_ms = 99999;

	put(fast_path, CLIENT_V4, 0, MARK_2);
	put(fast_path, CLIENT_V4, 61000, MARK_2);
	ck_assert_int_eq(bpf_maps.carried(fast_path, &key, &ago_ms), -ENOENT);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	ck_assert_int_eq(bpf_maps.carried(fast_path, &key, &ago_ms), 0);
	ck_assert_uint_le(ago_ms, 10000);
	ck_assert_int_eq(bpf_maps.carried(fast_path, &other, &ago_ms), -ENOENT);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Claims what an element has counted. */
static void expect_count(struct fast_path *fast_path, const struct fast_path_key *key,
	uint64_t packets, uint64_t bytes)
{
	struct fast_path_count count;

	ck_assert_int_eq(bpf_maps.counted(fast_path, key, &count), 0);
	ck_assert_uint_eq(count.packets, packets);
	ck_assert_uint_eq(count.bytes, bytes);
}

/** An element that is to count does so to the packet, over a move and while it is not there,
 *  and no other does; for both families, carried here or by the tables. */
START_TEST(elements_count_on_demand)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 61000);
	struct fast_path_key v6 = client_key(CLIENT_V6, 0);
	struct fast_path_key other = client_key(CLIENT_V4, 61001);
	const uint64_t udp_bytes = 20 + 8 + sizeof(esp), esp_bytes = 40 + sizeof(esp);
	struct fast_path_count count;

	put(fast_path, CLIENT_V4, 61000, MARK_1);
	put(fast_path, CLIENT_V4, 61001, MARK_1);
	put(fast_path, CLIENT_V6, 0, MARK_1);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x11);
	ck_assert_int_eq(bpf_maps.counted(fast_path, &key, &count), -ENOENT);
	bpf_maps.count(fast_path, &key, MARK_1, true);
	bpf_maps.count(fast_path, &v6, MARK_1, true);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x11);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61001, esp, sizeof(esp)), 0x11);
	ck_assert_uint_eq(server_of_esp(CLIENT_V6), 0x11);
	expect_count(fast_path, &key, 3, 3 * udp_bytes);
	expect_count(fast_path, &v6, 1, esp_bytes);
	ck_assert_int_eq(bpf_maps.counted(fast_path, &other, &count), -ENOENT);
	bpf_maps.remove(fast_path, &key);
	put(fast_path, CLIENT_V4, 61000, MARK_2);
	bpf_maps.count(fast_path, &key, MARK_2, true);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	expect_count(fast_path, &key, 4, 4 * udp_bytes);
	bpf_maps.count(fast_path, &key, MARK_2, false);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	ck_assert_int_eq(bpf_maps.counted(fast_path, &key, &count), -ENOENT);
	bpf_maps.detach(fast_path);
	fast_path = attach();
	ck_assert_int_eq(bpf_maps.counted(fast_path, &v6, &count), -ENOENT);
	bpf_maps.detach(fast_path);
}
END_TEST

/** Counted is what the program carried and what went up with the mark, and not what an
 *  earlier run has counted. */
START_TEST(servers_are_counted)
{
	struct fast_path *fast_path = begin();
	uint64_t counts[4] = { 0, 0, 0, 0 };

	put(fast_path, CLIENT_V4, 0, MARK_2);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	bpf_maps.detach(fast_path);
	fast_path = attach();
	start(fast_path);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	fixture_shell("ip neigh del 10.2.0.12 dev out0");
	bpf_maps.follow(fast_path, false);
	fixture_shell("ip neigh replace 10.2.0.12 lladdr 02:00:00:00:00:12 dev out0");
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0x12);
	ck_assert_int_eq(bpf_maps.servers(fast_path, note_server, counts), 0);
	ck_assert_uint_eq(counts[0], 0);
	ck_assert_uint_eq(counts[2], 2);
	ck_assert_uint_eq(counts[3], 2 * (20 + sizeof(esp)));
	fixture_shell("nft flush ruleset");
	bpf_maps.servers(fast_path, note_server, counts);
	ck_assert_uint_eq(counts[2], 2);
	bpf_maps.detach(fast_path);
}
END_TEST

/** The program is where frames come in, wherever that is now. */
START_TEST(interfaces_are_followed)
{
	struct fast_path *fast_path = begin();

	ck_assert_uint_eq(detail(fast_path, "interfaces", "in0"), 1);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "out0"), 1);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "lo"), UNKNOWN);
	fixture_shell("ip link add new type veth peer newer");
	bpf_maps.follow(fast_path, false);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "new"), 1);
	fixture_shell("tc filter show dev new ingress | grep -q ipb_ingress");
	fixture_shell("ip link add bridge0 type bridge && "
		      "ip link set new master bridge0");
	bpf_maps.follow(fast_path, false);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "new"), UNKNOWN);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "bridge0"), 1);
	fixture_shell("tc qdisc show dev new | grep -q clsact && exit 1 || exit 0");
	fixture_shell("ip link del new && ip link add new type veth peer newer");
	bpf_maps.follow(fast_path, false);
	fixture_shell("tc filter show dev new ingress | grep -q ipb_ingress");
	fixture_shell("tc qdisc del dev in0 clsact");
	bpf_maps.follow(fast_path, true);
	fixture_shell("tc filter show dev in0 ingress | grep -q ipb_ingress");
	bpf_maps.detach(fast_path);
}
END_TEST

/** Names in the config count, and nothing else. */
START_TEST(interfaces_are_named)
{
	struct fast_path *fast_path = begin();
	struct config *config = fixture_config();

	put(fast_path, CLIENT_V4, 0, MARK_2);
	bpf_maps.detach(fast_path);
	strcpy(config->interfaces[0], "out0");
	strcpy(config->interfaces[1], "absent");
	config->interface_count = 2;
	fast_path = attach();
	start(fast_path);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "in0"), UNKNOWN);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "out0"), 1);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0);
	bpf_maps.detach(fast_path);
}
END_TEST

/** What others have at the hook stays, before, while and after we are there. */
START_TEST(others_filters_stay)
{
	struct fast_path *fast_path;
	const char *theirs = "tc filter show dev in0 ingress | grep -q 'handle 0x77'";

	fixture_shell("tc qdisc add dev in0 clsact && tc filter add dev in0 ingress pref 7 "
		      "handle 0x77 protocol ip bpf bytecode '1,6 0 0 0,'");
	fixture_shell("tc qdisc add dev out0 clsact && tc filter add dev out0 ingress "
		      "pref 50000 handle 1 protocol all bpf bytecode '1,6 0 0 0,'");
	fast_path = begin();
	fixture_shell("%s", theirs);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "in0"), 1);
	ck_assert_uint_eq(detail(fast_path, "interfaces", "out0"), 0);
	bpf_maps.detach(fast_path);
	ck_assert_int_eq(bpf_maps.clear(), 0);
	fixture_shell("%s", theirs);
	fixture_shell("tc filter show dev out0 ingress | grep -q 'pref 50000'");
	fixture_shell("tc filter show dev in0 ingress | grep -q ipb && exit 1 || exit 0");
}
END_TEST

/** Nothing of ours is left. */
START_TEST(clear_leaves_nothing)
{
	struct fast_path *fast_path = begin();
	char *left;

	put(fast_path, CLIENT_V4, 0, MARK_2);
	fixture_shell("ip neigh replace 10.2.0.11 lladdr 02:00:00:00:00:11 dev out0 nud stale");
	bpf_maps.follow(fast_path, true);
	left = fixture_output("ip -d neigh; ls /sys/fs/bpf; tc qdisc");
	ck_assert_msg(strstr(left, "managed") && strstr(left, "ipsec-balancer-") &&
			      strstr(left, "clsact"),
		"%s", left);
	free(left);
	bpf_maps.detach(fast_path);
	ck_assert_int_eq(bpf_maps.clear(), 0);
	ck_assert_int_eq(bpf_maps.clear(), 0);
	left = fixture_output("ip -d neigh; ls /sys/fs/bpf; tc qdisc");
	ck_assert_msg(!strstr(left, "managed") && !strstr(left, "ipsec-balancer") &&
			      !strstr(left, "clsact"),
		"%s", left);
	free(left);
	ck_assert_uint_eq(server_of_esp(CLIENT_V4), 0);
	bpf_maps.detach(NULL);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf_maps");
	TCase *tests = fixture_case("bpf_maps");

	tcase_add_test(tests, clients_are_carried);
	tcase_add_test(tests, the_rest_goes_up_marked);
	tcase_add_test(tests, a_server_changes_its_address);
	tcase_add_test(tests, elements_come_and_go);
	tcase_add_test(tests, many_at_once);
	tcase_add_test(tests, a_full_map);
	tcase_add_test(tests, elements_outlive_their_maker);
	tcase_add_test(tests, elements_for_other_servers);
	tcase_add_test(tests, a_start_that_fails);
	tcase_add_test(tests, elements_of_a_namespace_that_is_gone);
	tcase_add_test(tests, clients_are_seen);
	tcase_add_test(tests, servers_are_counted);
	tcase_add_test(tests, elements_count_on_demand);
	tcase_add_test(tests, interfaces_are_followed);
	tcase_add_test(tests, interfaces_are_named);
	tcase_add_test(tests, others_filters_stay);
	tcase_add_test(tests, clear_leaves_nothing);
	suite_add_tcase(suite, tests);
	return fixture_run(suite);
}
