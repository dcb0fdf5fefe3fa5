/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast path by nft maps, against the kernel: what has an element goes to its server by
 * itself, what has none does not pass while nobody listens to the queue; elements outlive
 * a new ruleset; refusals cost single elements.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client.h"
#include "kernel/nft_list.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

#define CLIENT_V4 FIXTURE_CLIENT_V4
#define CLIENT_V6 FIXTURE_CLIENT_V6
#define MARK_1 0x10000u
#define MARK_2 0x20000u
#define OUTSIDE 0x7u /**< bits of the mark that are not ours */

static const uint8_t esp[] = { 0xc0, 0, 1, 2, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9 };
static const uint8_t reserved_spi[] = { 0, 0, 0, 255, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9 };
static const uint8_t ike[28] = { 0 };
static const uint8_t keepalive[] = { 0xff };

/** The director with tables and routes, and nobody at the queue. */
static struct fast_path *begin(void)
{
	struct config *config = fixture_config();
	struct policy_route_counters counters;
	struct ruleset_info info;
	struct fast_path *fast_path;

	config->services[0].ah = true;
	ck_assert_int_eq(policy_route_apply(config, &counters), 0);
	ck_assert_int_eq(ruleset_install(config, &info), 0);
	ck_assert_int_eq(nft_maps.attach(config, &fast_path), 0);
	ck_assert_int_eq(nft_maps.begin(fast_path), 0);
	return fast_path;
}

/** Puts one element. */
static void put(struct fast_path *fast_path, const char *client, uint16_t port, uint32_t mark)
{
	struct fast_path_key key = client_key(client, port);

	nft_maps.put(fast_path, &key, mark);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
}

/** Removes one element. */
static void take_out(struct fast_path *fast_path, const char *client, uint16_t port)
{
	struct fast_path_key key = client_key(client, port);

	nft_maps.remove(fast_path, &key);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
}

/** Counts elements, and adds their marks up. */
static int count_element(const struct fast_path_key *key, uint32_t mark, void *user)
{
	uint32_t *sums = user;

	ck_assert_uint_eq(key->client.family, key->virtual.family);
	sums[0]++;
	sums[1] += mark;
	sums[2] += key->client_port;
	return 0;
}

/** How many elements the kernel has. */
static uint32_t elements(void)
{
	uint32_t sums[3] = { 0, 0, 0 };

	ck_assert_int_eq(nft_maps.dump(NULL, count_element, sums), 0);
	return sums[0];
}

/** ESP and AH of a client go to its server, of either family, as long as it is there. */
START_TEST(esp_and_ah_follow_their_client)
{
	struct fast_path *fast_path = begin();

	ck_assert_uint_eq(client_server(CLIENT_V4, 50, esp, sizeof(esp)), 0);
	put(fast_path, CLIENT_V4, 0, MARK_2);
	put(fast_path, CLIENT_V6, 0, MARK_1);
	ck_assert_uint_eq(client_server(CLIENT_V4, 50, esp, sizeof(esp)), 0x12);
	ck_assert_uint_eq(client_server(CLIENT_V6, 50, esp, sizeof(esp)), 0x11);
	ck_assert_uint_eq(client_server("203.0.113.8", 50, esp, sizeof(esp)), 0);
	/* An SPI that no peer has is the daemon's to judge. */
	ck_assert_uint_eq(client_server(CLIENT_V4, 50, reserved_spi, sizeof(reserved_spi)), 0);
	/* AH: next header, length, reserved, and then as the ESP here begins */
	ck_assert_uint_eq(client_server(CLIENT_V4, 51,
				  "\x32\x04\0\0\xc0\0\1\2\0\0\0\1\1\2\3\4\5\6\7\x8\1\2\3\4", 24),
		0x12);
	take_out(fast_path, CLIENT_V4, 0);
	ck_assert_uint_eq(client_server(CLIENT_V4, 50, esp, sizeof(esp)), 0);
	nft_maps.detach(fast_path);
}
END_TEST

/** ESP in UDP goes to the server of exactly its flow; ISAKMP and keepalives never do. */
START_TEST(esp_in_udp_follows_its_flow)
{
	struct fast_path *fast_path = begin();

	put(fast_path, CLIENT_V4, 61000, MARK_2 | OUTSIDE);
	put(fast_path, CLIENT_V6, 4500, MARK_1);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	ck_assert_uint_eq(client_server_udp(CLIENT_V6, 4500, esp, sizeof(esp)), 0x11);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61001, esp, sizeof(esp)), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, ike, sizeof(ike)), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, keepalive, sizeof(keepalive)), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, 8), 0);
	ck_assert_uint_eq(
		client_server_udp(CLIENT_V4, 61000, reserved_spi, sizeof(reserved_spi)), 0);
	ck_assert_uint_eq(client_server(CLIENT_V4, 50, esp, sizeof(esp)), 0);
	nft_maps.detach(fast_path);
}
END_TEST

/** A move is a removal and an element of the same key in one transaction. */
START_TEST(an_element_moves)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 61000);

	put(fast_path, CLIENT_V4, 61000, MARK_1);
	nft_maps.remove(fast_path, &key);
	nft_maps.put(fast_path, &key, MARK_2);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	ck_assert_uint_eq(nft_maps.counters(fast_path)->commits, 2);
	ck_assert_uint_eq(nft_maps.counters(fast_path)->failed, 0);
	nft_maps.detach(fast_path);
}
END_TEST

/** One change that cannot be made spoils none of the others. */
START_TEST(changes_do_not_spoil_each_other)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key absent = client_key(CLIENT_V4, 1);
	struct fast_path_key other = client_key(CLIENT_V4, 2);

	put(fast_path, CLIENT_V4, 61000, MARK_1);
	nft_maps.remove(fast_path, &absent);
	nft_maps.put(fast_path, &other, MARK_1);
	absent = client_key(CLIENT_V4, 61000);
	nft_maps.put(fast_path, &absent, MARK_2);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 2, esp, sizeof(esp)), 0x11);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	ck_assert_uint_eq(elements(), 2);
	nft_maps.detach(fast_path);
}
END_TEST

/** Whatever is told in one turn arrives, however much it is. */
START_TEST(many_at_once)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 1);
	uint32_t sums[3] = { 0, 0, 0 };

	for (unsigned int i = 1; i <= 5000; i++) {
		key.client_port = (uint16_t)i;
		nft_maps.put(fast_path, &key, MARK_1);
	}
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	/* While a map grows, the kernel's list of it has some twice and misses others. */
	for (int i = 0; i < 100 && sums[2] != 5000 * 5001 / 2; i++) {
		usleep(20000);
		memset(sums, 0, sizeof(sums));
		ck_assert_int_eq(nft_maps.dump(NULL, count_element, sums), 0);
	}
	ck_assert_uint_eq(sums[0], 5000);
	ck_assert_uint_eq(sums[1], 5000 * MARK_1);
	ck_assert_uint_eq(sums[2], 5000 * 5001 / 2);
	for (unsigned int i = 1; i <= 5000; i++) {
		key.client_port = (uint16_t)i;
		nft_maps.remove(fast_path, &key);
	}
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	ck_assert_uint_eq(elements(), 0);
	ck_assert_uint_eq(nft_maps.counters(fast_path)->removed, 5000);
	ck_assert_uint_eq(nft_maps.counters(fast_path)->failed, 0);
	nft_maps.detach(fast_path);
}
END_TEST

/** Elements outlive a new table for the same servers, and only for them. */
START_TEST(elements_outlive_the_table)
{
	struct fast_path *fast_path = begin();
	struct config *config = fixture_config();
	struct ruleset_info info;
	int rules = ruleset_count_rules(NULL);

	put(fast_path, CLIENT_V4, 61000, MARK_2);
	ck_assert_int_eq(ruleset_install(config, &info), 0);
	ck_assert_int_eq(ruleset_count_rules(NULL), rules);
	ck_assert_int_eq(nft_maps.retire(fast_path, config), 0);
	ck_assert_int_eq(nft_maps.begin(fast_path), 0);
	ck_assert_uint_eq(elements(), 1);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	strcpy(config->services[0].servers[0].name, "other");
	ck_assert_int_eq(nft_maps.retire(fast_path, config), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0);
	ck_assert_int_eq(nft_maps.begin(fast_path), 0);
	ck_assert_uint_eq(elements(), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0);
	put(fast_path, CLIENT_V4, 61000, MARK_2);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	ck_assert_int_eq(nft_maps.clear(), 0);
	ck_assert_int_eq(nft_maps.clear(), 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0);
	nft_maps.detach(fast_path);
}
END_TEST

/** Notes what a server was given. */
static void note_server(uint32_t index, uint64_t packets, uint64_t bytes, void *user)
{
	uint64_t *counts = user;

	counts[2 * index] = packets;
	counts[2 * index + 1] = bytes;
}

/** What each server was given is counted. */
START_TEST(servers_are_counted)
{
	struct fast_path *fast_path = begin();
	uint64_t counts[4] = { 0, 0, 0, 0 };

	put(fast_path, CLIENT_V4, 61000, MARK_2);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	ck_assert_int_eq(nft_maps.servers(fast_path, note_server, counts), 0);
	ck_assert_uint_eq(counts[0], 0);
	ck_assert_uint_eq(counts[2], 3);
	ck_assert_uint_eq(counts[3], 3 * (20 + 8 + sizeof(esp)));
	nft_maps.detach(fast_path);
}
END_TEST

/** Claims what an element has counted of packets of ESP in UDP. */
static void expect_count(struct fast_path *fast_path, const struct fast_path_key *key,
	uint64_t packets)
{
	struct fast_path_count count;

	ck_assert_int_eq(nft_maps.counted(fast_path, key, &count), 0);
	ck_assert_uint_eq(count.packets, packets);
	ck_assert_uint_eq(count.bytes, packets * (20 + 8 + sizeof(esp)));
}

/** Sends packets of ESP in UDP, which arrive. */
static void send_esp_in_udp(uint16_t port, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		ck_assert_uint_ne(client_server_udp(CLIENT_V4, port, esp, sizeof(esp)), 0);
}

/** An element that is to count does so to the packet, and no other element does: one that is
 *  there, one that is put at the same time, one that moves. */
START_TEST(elements_count_on_demand)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 61000);
	struct fast_path_key other = client_key(CLIENT_V4, 61001);
	struct fast_path_count count;

	put(fast_path, CLIENT_V4, 61000, MARK_2);
	send_esp_in_udp(61000, 2);
	ck_assert_int_eq(nft_maps.counted(fast_path, &key, &count), -ENOENT);
	nft_maps.count(fast_path, &key, MARK_2, true);
	nft_maps.put(fast_path, &other, MARK_1);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	send_esp_in_udp(61000, 3);
	send_esp_in_udp(61001, 1);
	expect_count(fast_path, &key, 3);
	ck_assert_int_eq(nft_maps.counted(fast_path, &other, &count), -ENOENT);
	nft_maps.remove(fast_path, &key);
	nft_maps.put(fast_path, &key, MARK_1);
	nft_maps.count(fast_path, &key, MARK_1, true);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	expect_count(fast_path, &key, 0);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x11);
	expect_count(fast_path, &key, 1);
	nft_maps.count(fast_path, &key, MARK_1, false);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	send_esp_in_udp(61000, 1);
	ck_assert_int_eq(nft_maps.counted(fast_path, &key, &count), -ENOENT);
	ck_assert_uint_eq(elements(), 2);
	ck_assert_uint_eq(nft_maps.counters(fast_path)->failed, 0);
	nft_maps.detach(fast_path);
}
END_TEST

/** ESP and AH of either family count together. */
START_TEST(clients_count_on_demand)
{
	/* Next header, reserved, offset and more, number (RFC 8200 4.5), and then ESP. */
	static const uint8_t pieces[][16] = {
		{ 50, 0, 0, 1, 0, 0, 0, 1, 0xc0, 0, 1, 2, 0, 0, 0, 1 },
		{ 50, 0, 0, 8, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9 },
	};
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V6, 0);
	struct fast_path_count count;

	nft_maps.put(fast_path, &key, MARK_1);
	nft_maps.count(fast_path, &key, MARK_1, true);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	ck_assert_uint_eq(client_server(CLIENT_V6, 50, esp, sizeof(esp)), 0x11);
	ck_assert_uint_eq(client_server(CLIENT_V6, 51,
				  "\x32\x04\0\0\xc0\0\1\2\0\0\0\1\1\2\3\4\5\6\7\x8\1\2\3\4", 24),
		0x11);
	ck_assert_int_eq(nft_maps.counted(fast_path, &key, &count), 0);
	ck_assert_uint_eq(count.packets, 2);
	ck_assert_uint_eq(count.bytes, 2 * 40 + sizeof(esp) + 24);
	ck_assert_uint_eq(client_server(CLIENT_V6, 44, pieces[0], sizeof(pieces[0])), 0);
	ck_assert_uint_eq(client_server(CLIENT_V6, 44, pieces[1], sizeof(pieces[1])), 0x11);
	ck_assert_int_eq(nft_maps.counted(fast_path, &key, &count), 0);
	ck_assert_uint_eq(count.packets, 4);
	ck_assert_uint_eq(count.bytes, 4 * 40 + sizeof(esp) + 24 + sizeof(pieces));
	nft_maps.detach(fast_path);
}
END_TEST

/** Where what is put may be there already, and where it is not there at all, it counts. */
START_TEST(elements_count_in_doubt)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 61000);
	struct fast_path_key new = client_key(CLIENT_V4, 61001);

	put(fast_path, CLIENT_V4, 61000, MARK_2);
	nft_maps.doubt(fast_path, true);
	nft_maps.put(fast_path, &key, MARK_2);
	nft_maps.count(fast_path, &key, MARK_2, true);
	nft_maps.put(fast_path, &new, MARK_1);
	nft_maps.count(fast_path, &new, MARK_1, true);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	nft_maps.count(fast_path, &new, 0, false); /* nothing to be done */
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	send_esp_in_udp(61000, 2);
	send_esp_in_udp(61001, 1);
	expect_count(fast_path, &key, 2);
	expect_count(fast_path, &new, 1);
	nft_maps.count(fast_path, &key, MARK_2, true); /* as it is gone for whatever reason */
	nft_maps.remove(fast_path, &key);
	nft_maps.count(fast_path, &key, MARK_2, true);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	send_esp_in_udp(61000, 1);
	expect_count(fast_path, &key, 1);
	nft_maps.detach(fast_path);
}
END_TEST

/** Without its tables the backend says so, and the next ones serve it again. */
START_TEST(tables_that_are_gone)
{
	struct fast_path *fast_path = begin();
	struct fast_path_key key = client_key(CLIENT_V4, 61000);
	struct ruleset_info info;

	fixture_shell("nft flush ruleset");
	ck_assert_int_eq(ruleset_count_rules(NULL), 0);
	ck_assert_uint_eq(elements(), 0);
	nft_maps.put(fast_path, &key, MARK_2);
	ck_assert_int_eq(nft_maps.commit(fast_path), -ENOENT);
	ck_assert_uint_eq(nft_maps.counters(fast_path)->failed, 1);
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	nft_maps.follow(fast_path, true);
	ck_assert_int_eq(nft_maps.commit(fast_path), -ENOENT);
	ck_assert_int_eq(nft_maps.begin(fast_path), 0);
	put(fast_path, CLIENT_V4, 61000, MARK_2);
	ck_assert_uint_eq(client_server_udp(CLIENT_V4, 61000, esp, sizeof(esp)), 0x12);
	nft_maps.follow(fast_path, true);
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	fixture_shell("nft flush chain netdev ipsec-balancer hop4-1");
	nft_maps.follow(fast_path, true);
	ck_assert_int_eq(nft_maps.commit(fast_path), -ENOENT);
	nft_maps.detach(fast_path);
	nft_maps.detach(NULL);
}
END_TEST

/** An element is found by its key alone, in the map where it belongs. */
START_TEST(elements_are_found)
{
	static const char *const clients[] = { CLIENT_V4, CLIENT_V6 };
	struct fast_path *fast_path = begin();

	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		for (unsigned int port = 0; port <= 4500; port += 4500) {
			struct fast_path_key key = client_key(clients[i], (uint16_t)port);
			struct fast_path_key other = client_key(clients[i], 4501);

			ck_assert_int_eq(nft_maps.has(fast_path, &key), 0);
			put(fast_path, clients[i], (uint16_t)port, MARK_1);
			ck_assert_int_eq(nft_maps.has(fast_path, &key), 1);
			ck_assert_int_eq(nft_maps.has(fast_path, &other), 0);
			take_out(fast_path, clients[i], (uint16_t)port);
			ck_assert_int_eq(nft_maps.has(fast_path, &key), 0);
		}
	}
	nft_maps.detach(fast_path);
}
END_TEST

/** One of a thousand that is there with another mark: all are as they shall be, and the
 *  others did not go one by one. */
START_TEST(one_of_many_is_there)
{
	struct fast_path *fast_path = begin();
	uint32_t sums[3] = { 0, 0, 0 };
	uint64_t commits;

	put(fast_path, CLIENT_V4, 5678, MARK_1);
	commits = nft_maps.counters(fast_path)->commits;
	for (uint16_t port = 5000; port < 6000; port++) {
		struct fast_path_key key = client_key(CLIENT_V4, port);

		nft_maps.put(fast_path, &key, MARK_2);
	}
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	ck_assert_uint_eq(nft_maps.counters(fast_path)->failed, 0);
	ck_assert_uint_eq(nft_maps.counters(fast_path)->put, 1001);
	ck_assert_uint_lt(nft_maps.counters(fast_path)->commits - commits, 100);
	ck_assert_int_eq(nft_maps.dump(NULL, count_element, sums), 0);
	ck_assert_uint_eq(sums[0], 1000);
	ck_assert_uint_eq(sums[1], 1000 * MARK_2);
	nft_maps.detach(fast_path);
}
END_TEST

/** What was noted at an end is known at the next start, and not at the one after: nor where
 *  the servers are others, or the tables have gone. */
START_TEST(a_note_is_found_once)
{
	struct config *config = fixture_config();
	struct fast_path *fast_path = begin(), *next;

	ck_assert_uint_eq(nft_maps.noted(fast_path), 0);
	nft_maps.note(fast_path, UINT64_C(0xfedcba9876543210));
	nft_maps.detach(fast_path);
	strcat(config->services[0].servers[0].name, "x");
	ck_assert_int_eq(nft_maps.attach(config, &next), 0);
	ck_assert_uint_eq(nft_maps.noted(next), 0);
	nft_maps.detach(next);
	*strrchr(config->services[0].servers[0].name, 'x') = '\0';
	ck_assert_int_eq(nft_maps.attach(config, &next), 0);
	ck_assert_uint_eq(nft_maps.noted(next), UINT64_C(0xfedcba9876543210));
	ck_assert_int_eq(nft_maps.begin(next), 0);
	nft_maps.detach(next);
	ck_assert_int_eq(nft_maps.attach(config, &next), 0);
	ck_assert_uint_eq(nft_maps.noted(next), 0);
	nft_maps.detach(next);
}
END_TEST

/** A table of another version with our name, of which nothing can stay. */
START_TEST(a_table_of_another_version)
{
	struct fast_path *fast_path;

	fixture_shell("nft add table netdev ipsec-balancer && "
		      "nft add chain netdev ipsec-balancer at-in0 "
		      "'{ type filter hook ingress device in0 priority -7; }' && "
		      "nft add chain netdev ipsec-balancer carry4 && "
		      "nft add set netdev ipsec-balancer client4 '{ type ipv4_addr; }' && "
		      "nft add rule netdev ipsec-balancer at-in0 drop");
	fast_path = begin();
	put(fast_path, CLIENT_V4, 0, MARK_2);
	ck_assert_uint_eq(client_server(CLIENT_V4, 50, esp, sizeof(esp)), 0x12);
	nft_maps.detach(fast_path);
}
END_TEST

/** Makes a link that is not Ethernet; returns what is written to as if it came in there. */
static int tunnel_open(void)
{
	struct ifreq request = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, TUNSETIFF, &request), 0);
	fixture_shell("ip link set tun0 up");
	return fd;
}

/** Links without a header carry as well. */
START_TEST(other_links_carry)
{
	int tunnel = tunnel_open();
	struct fast_path *fast_path = begin();
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;
	static const char *const clients[] = { CLIENT_V4, CLIENT_V6 };
	static const char *const virtuals[] = { FIXTURE_VIRTUAL_V4, FIXTURE_VIRTUAL_V6 };

	for (size_t i = 0; i < 2; i++) {
		size_t size = fixture_ip(
			packet, clients[i], virtuals[i], 50, esp, sizeof(esp));

		ck_assert_int_eq(write(tunnel, packet, size), (ssize_t)size);
		ck_assert(!fixture_out(&frame));
		put(fast_path, clients[i], 0, MARK_1);
		ck_assert_int_eq(write(tunnel, packet, size), (ssize_t)size);
		ck_assert(fixture_out(&frame));
		ck_assert_uint_eq(frame.station, 0x11);
	}
	nft_maps.detach(fast_path);
	close(tunnel);
}
END_TEST

/** nft can list what we have made: a shape that it aborts on would be a trap. */
START_TEST(nft_can_list_it)
{
	struct fast_path *fast_path = begin();
	char *text;

	put(fast_path, CLIENT_V4, 61000, MARK_2);
	text = fixture_output("nft list table netdev ipsec-balancer 2>/dev/null");
	ck_assert_ptr_nonnull(strstr(text, "map @session4 meta mark & 0x00ff0000 vmap @hop4"));
	ck_assert_ptr_nonnull(strstr(text, CLIENT_V4 " . " FIXTURE_VIRTUAL_V4 " . 61000"));
	free(text);
	nft_maps.detach(fast_path);
}
END_TEST

static size_t closed;

int __real_mnl_socket_close(struct mnl_socket *socket);
int __wrap_mnl_socket_close(struct mnl_socket *socket);

/** Stands before libmnl's. */
int __wrap_mnl_socket_close(struct mnl_socket *socket)
{
	closed++;
	return __real_mnl_socket_close(socket);
}

/** Sees a limit. */
static void see_limited(size_t index, uint64_t packets, void *user)
{
	(void)index;
	(void)packets;
	(void)user;
}

/** Sees a server. */
static void see_server(uint32_t index, uint64_t packets, uint64_t bytes, void *user)
{
	(void)index;
	(void)packets;
	(void)bytes;
	(void)user;
}

/** What is asked once a second, the look at all elements and rules that are made anew close no
 *  socket: the kernel would have them wait until it has freed what was deleted, and transactions
 *  too. */
START_TEST(who_asks_again_closes_nothing)
{
	struct fast_path *fast_path = begin();
	uint32_t sums[3] = { 0, 0, 0 };
	struct config *config = fixture_config();
	struct netlink kept = { 0 };
	struct ruleset_info info;
	int rules;

	put(fast_path, CLIENT_V4, 0, MARK_1);
	take_out(fast_path, CLIENT_V4, 0);
	ck_assert_int_eq(ruleset_install(config, &info), 0);
	rules = ruleset_count_rules(&kept);
	ck_assert_int_gt(rules, 0);
	closed = 0;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ruleset_again(&kept, config, &info), 0);
		ck_assert_int_eq(ruleset_count_rules(&kept), rules);
		ck_assert_int_eq(ruleset_count_limited(&kept, see_limited, NULL), 0);
		ck_assert_int_eq(nft_maps.servers(fast_path, see_server, NULL), 0);
		nft_maps.follow(fast_path, true);
		ck_assert_int_eq(nft_maps.dump(fast_path, count_element, sums), 0);
		ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	}
	ck_assert_uint_eq(closed, 0);
	netlink_close(&kept);
	ck_assert_uint_eq(closed, 1);
	nft_maps.detach(fast_path);
}
END_TEST

/** Sees one element, and wants no more. */
static int see_no_more(const struct fast_path_key *key, uint32_t mark, void *user)
{
	(void)key;
	(void)mark;
	++*(size_t *)user;
	return -ECANCELED;
}

/** A look that was given up is not in the way of the next one. */
START_TEST(a_look_given_up)
{
	struct fast_path *fast_path = begin();
	uint32_t sums[3] = { 0, 0, 0 };
	char client[32];
	size_t seen = 0;

	for (int i = 1; i <= 2000; i++) {
		struct fast_path_key key;

		snprintf(client, sizeof(client), "100.1.%d.%d", i >> 8, i & 255);
		key = client_key(client, 0);
		nft_maps.put(fast_path, &key, MARK_1);
	}
	ck_assert_int_eq(nft_maps.commit(fast_path), 0);
	ck_assert_int_eq(nft_maps.dump(fast_path, see_no_more, &seen), -ECANCELED);
	ck_assert_uint_eq(seen, 1);
	/* As above, while the map grows. */
	for (int i = 0; i < 100 && sums[0] != 2000; i++) {
		usleep(20000);
		memset(sums, 0, sizeof(sums));
		ck_assert_int_eq(nft_maps.dump(fast_path, count_element, sums), 0);
	}
	ck_assert_uint_eq(sums[0], 2000);
	nft_maps.detach(fast_path);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("nft_maps");
	TCase *tests = fixture_case("nft_maps");

	tcase_add_test(tests, esp_and_ah_follow_their_client);
	tcase_add_test(tests, esp_in_udp_follows_its_flow);
	tcase_add_test(tests, an_element_moves);
	tcase_add_test(tests, changes_do_not_spoil_each_other);
	tcase_add_test(tests, many_at_once);
	tcase_add_test(tests, elements_outlive_the_table);
	tcase_add_test(tests, servers_are_counted);
	tcase_add_test(tests, elements_count_on_demand);
	tcase_add_test(tests, clients_count_on_demand);
	tcase_add_test(tests, elements_count_in_doubt);
	tcase_add_test(tests, tables_that_are_gone);
	tcase_add_test(tests, elements_are_found);
	tcase_add_test(tests, one_of_many_is_there);
	tcase_add_test(tests, a_note_is_found_once);
	tcase_add_test(tests, a_table_of_another_version);
	tcase_add_test(tests, other_links_carry);
	tcase_add_test(tests, nft_can_list_it);
	tcase_add_test(tests, who_asks_again_closes_nothing);
	tcase_add_test(tests, a_look_given_up);
	suite_add_tcase(suite, tests);
	return fixture_run(suite);
}
