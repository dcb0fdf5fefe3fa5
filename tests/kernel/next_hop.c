/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Next hops on the kernel: found by route and neighbour, and lost at once when either or the
 * link goes; found again when it comes back, with another hardware address as well.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel/next_hop.h"

static struct next_hops *hops;

/** Follows an address. */
static size_t follow(const char *text, bool on_link)
{
	struct address address;
	int number;

	if (!hops)
		ck_assert_int_eq(next_hops_open(&hops), 0);
	ck_assert_int_eq(address_parse(text, &address), 0);
	number = next_hops_follow(hops, &address, on_link);
	ck_assert_int_ge(number, 0);
	return (size_t)number;
}

/** Runs a command, reads what the kernel tells of it, and returns what has changed. It is
 *  told before the command ends. */
static int after(const char *command)
{
	fixture_shell("%s", command);
	return next_hops_read(hops);
}

/** The last byte of the hardware address that frames go to; 0: not resolved. */
static unsigned int station(size_t number)
{
	const struct next_hop *hop = next_hops_get(hops, number);

	if (!hop->interface)
		ck_assert_uint_eq(hop->mtu_bytes + hop->destination[5] + hop->source[5] +
					  hop->gateway.family,
			0);
	return hop->destination[5];
}

/** Expects a next hop by a device, by its name. */
static void expect_way(size_t number, const char *device, unsigned int wanted)
{
	ck_assert_uint_eq(station(number), wanted);
	ck_assert_uint_eq(
		next_hops_get(hops, number)->interface, if_nametoindex(device));
}

/** Expects whose the hardware address is. */
static void expect_gateway(size_t number, const char *wanted)
{
	char text[ADDRESS_TEXT_BYTES];

	address_format(&next_hops_get(hops, number)->gateway, text);
	ck_assert_str_eq(text, wanted);
}

/** Both families, with all that a frame needs. */
START_TEST(a_neighbour_is_found)
{
	size_t v4 = follow("10.2.0.11", true), v6 = follow("fd02::11", true);
	const struct next_hop *hop = next_hops_get(hops, v4);

	expect_way(v4, "out0", 0x11);
	expect_way(v6, "out0", 0x11);
	expect_gateway(v4, "10.2.0.11");
	expect_gateway(v6, "fd02::11");
	ck_assert_uint_eq(hop->source[0], 2);
	ck_assert_uint_eq(hop->source[5], 2);
	ck_assert_uint_eq(hop->mtu_bytes, 1500);
	ck_assert_uint_eq(hop->from.family, AF_INET);
	ck_assert_uint_eq(follow("10.2.0.11", true), v4);
	ck_assert_int_eq(next_hops_look(hops), 0);
}
END_TEST

/** A gateway is the way for those who may take one. */
START_TEST(a_gateway_counts_where_it_may)
{
	size_t any = follow("172.16.0.1", false), on_link = follow("172.16.0.1", true);
	size_t own = follow("10.2.0.1", false);

	ck_assert_uint_ne(any, on_link);
	expect_way(any, "out0", 0x99);
	expect_gateway(any, "10.2.0.99");
	ck_assert_uint_eq(station(on_link), 0);
	ck_assert_uint_eq(station(own), 0);
	ck_assert_int_eq(after("ip route add 172.16.0.0/24 via 10.2.0.12 mtu 1400"),
		NEXT_HOP_CHANGED);
	expect_way(any, "out0", 0x12);
	expect_gateway(any, "10.2.0.12");
	ck_assert_uint_eq(next_hops_get(hops, any)->mtu_bytes, 1400);
	ck_assert_int_eq(after("ip neigh replace fd02::12 lladdr 02:00:00:00:00:62 dev out0; "
			       "ip route replace 172.16.0.0/24 via inet6 fd02::12 dev out0"),
		NEXT_HOP_CHANGED);
	expect_way(any, "out0", 0x62);
	expect_gateway(any, "fd02::12");
	ck_assert_int_eq(after("ip route add 172.16.9.0/24 via 10.2.0.11"), 0);
	ck_assert_int_eq(
		after("ip route replace unreachable 172.16.0.0/24"), NEXT_HOP_CHANGED);
	ck_assert_uint_eq(station(any), 0);
	ck_assert_int_eq(after("ip route del unreachable 172.16.0.0/24"), NEXT_HOP_CHANGED);
	expect_way(any, "out0", 0x99);
}
END_TEST

/** Routes for two others in between, so that the order of the kernel's answers matters. */
START_TEST(a_neighbour_flaps)
{
	size_t hop = follow("10.2.0.11", true), other = follow("10.2.0.12", true);

	ck_assert_int_eq(after("ip neigh del 10.2.0.11 dev out0"), NEXT_HOP_CHANGED);
	ck_assert_uint_eq(station(hop), 0);
	expect_way(other, "out0", 0x12);
	ck_assert_int_eq(after("ip neigh replace 10.2.0.11 lladdr 02:00:00:00:00:21 dev out0"),
		NEXT_HOP_CHANGED);
	expect_way(hop, "out0", 0x21);
	ck_assert_int_eq(after("ip neigh change 10.2.0.11 dev out0 nud failed"),
		NEXT_HOP_CHANGED);
	ck_assert_uint_eq(station(hop), 0);
	after("ip neigh replace 10.2.0.11 lladdr 02:00:00:00:00:11 dev out0 nud stale");
	expect_way(hop, "out0", 0x11);
	after("ip neigh replace 10.2.0.11 lladdr 02:00:00:00:00:31 dev out0 nud reachable");
	expect_way(hop, "out0", 0x31);
}
END_TEST

/** A link that is down or has no carrier carries nothing. */
START_TEST(a_link_goes_down)
{
	size_t hop = follow("10.2.0.11", true);

	ck_assert_int_eq(after("ip link set wire_out down"),
		NEXT_HOP_CHANGED | NEXT_HOP_LINK_CHANGED);
	ck_assert_uint_eq(station(hop), 0);
	after("ip link set wire_out up; sleep 0.2");
	expect_way(hop, "out0", 0x11);
	after("ip link set out0 down");
	ck_assert_uint_eq(station(hop), 0);
	after("ip link set out0 up; sleep 0.2; "
	      "ip neigh replace 10.2.0.11 lladdr 02:00:00:00:00:11 dev out0 nud permanent");
	expect_way(hop, "out0", 0x11);
	after("ip link set out0 address 02:00:00:00:00:42 mtu 1300; "
	      "ip neigh replace 10.2.0.11 lladdr 02:00:00:00:00:11 dev out0");
	ck_assert_uint_eq(next_hops_get(hops, hop)->source[5], 0x42);
	ck_assert_uint_eq(next_hops_get(hops, hop)->mtu_bytes, 1300);
}
END_TEST

/** One that is made again has another index. */
START_TEST(a_link_is_made_again)
{
	size_t hop = follow("10.2.0.11", true);
	uint32_t before = next_hops_get(hops, hop)->interface;

	after("ip link del out0");
	ck_assert_uint_eq(station(hop), 0);
	after("ip link add filler type veth && ip link add out0 type veth peer wire_out && "
	      "ip addr add 10.2.0.1/24 dev out0 && ip link set wire_out up && "
	      "ip link set out0 up && sleep 0.2 && "
	      "ip neigh replace 10.2.0.11 lladdr 02:00:00:00:00:11 dev out0");
	expect_way(hop, "out0", 0x11);
	ck_assert_uint_ne(next_hops_get(hops, hop)->interface, before);
}
END_TEST

/** A device that puts a tag on frames is a way like any other. Not every kernel has it. */
START_TEST(a_tagged_link)
{
	size_t hop;

	if (system("ip link add link out0 name try type vlan id 9 2>/dev/null"))
		return;
	hop = follow("10.3.0.11", true);
	after("ip link add link out0 name out0.7 type vlan id 7 && ip link set out0.7 up && "
	      "ip addr add 10.3.0.1/24 dev out0.7 && "
	      "ip neigh add 10.3.0.11 lladdr 02:00:00:00:00:11 dev out0.7");
	expect_way(hop, "out0.7", 0x11);
}
END_TEST

/** A device without hardware addresses is none for us. */
START_TEST(a_link_that_is_no_ethernet)
{
	size_t tunnel = follow("10.4.0.11", true);

	after("ip tuntap add tunnel mode tun && ip link set tunnel up && "
	      "ip addr add 10.4.0.1/24 dev tunnel");
	ck_assert_uint_eq(station(tunnel), 0);
}
END_TEST

/** Injects that the way from one of our addresses to another is no wider than 1200 bytes. */
static void say_narrow(const char *from, const char *to)
{
	uint8_t quote[28 + 8] = { 3, 4, 0, 0, 0, 0, 1200 >> 8, 1200 & 0xff };
	uint8_t inner[64], packet[FIXTURE_BYTES];

	/* An echo reply, which the kernel believes without looking for who sent it. */
	fixture_ip(inner, from, to, 1, "\0\0\0\0\0\0\0\0", 8);
	memcpy(quote + 8, inner, 28);
	fixture_inject_reply(packet,
		fixture_icmp(packet, "10.2.0.99", from, quote, sizeof(quote)));
}

/** The kernel keeps what nobody but us uses, and is told when we do not any more. */
START_TEST(neighbours_are_kept)
{
	char *kept;

	fixture_shell("ip neigh replace 10.2.0.50 lladdr 02:00:00:00:00:50 dev out0 nud stale");
	expect_way(follow("10.2.0.50", true), "out0", 0x50);
	expect_way(follow("10.2.0.12", true), "out0", 0x12);
	kept = fixture_output("ip -d neigh show 10.2.0.50 dev out0");
	ck_assert_msg(strstr(kept, "managed") && strstr(kept, "proto 83"), "%s", kept);
	free(kept);
	ck_assert_int_eq(next_hops_release_others(hops), 0);
	kept = fixture_output("ip -d neigh show 10.2.0.50 dev out0");
	ck_assert_msg(strstr(kept, "managed"), "%s", kept);
	free(kept);
	ck_assert_int_eq(next_hops_release_others(NULL), 0);
	kept = fixture_output("ip -d neigh");
	ck_assert_msg(!strstr(kept, "managed"), "%s", kept);
	ck_assert_msg(strstr(kept, "10.2.0.12 dev out0 lladdr 02:00:00:00:00:12 PERMANENT"),
		"%s", kept);
	free(kept);
}
END_TEST

/** One that does not answer is asked for as long as it is followed. */
START_TEST(a_silent_neighbour_is_asked_for)
{
	size_t hop = follow("10.2.0.60", true);
	char *asked;

	ck_assert_uint_eq(station(hop), 0);
	asked = fixture_output("ip neigh show 10.2.0.60 dev out0");
	ck_assert_msg(strstr(asked, "INCOMPLETE"), "%s", asked);
	free(asked);
	ck_assert_int_eq(after("ip neigh replace 10.2.0.60 lladdr 02:00:00:00:00:60 dev out0"),
		NEXT_HOP_CHANGED);
	expect_way(hop, "out0", 0x60);
	next_hops_close(hops);
}
END_TEST

/** Looks until something has changed, for two seconds at most: the kernel takes in a packet
 *  when it comes to it. */
static int look_until_changed(void)
{
	int result = 0;

	for (int i = 0; i < 200 && result == 0; i++) {
		usleep(10000);
		result = next_hops_look(hops);
	}
	return result;
}

/** What ICMP has told the kernel about a way is asked for from time to time. */
START_TEST(a_learned_mtu_counts)
{
	size_t hop = follow("172.16.0.1", false);

	ck_assert_uint_eq(next_hops_get(hops, hop)->mtu_bytes, 1500);
	say_narrow("10.2.0.1", "172.16.0.1");
	ck_assert_int_eq(
		look_until_changed(), NEXT_HOP_CHANGED | NEXT_HOP_MTU_CHANGED);
	ck_assert_uint_eq(next_hops_get(hops, hop)->mtu_bytes, 1200);
	ck_assert_int_eq(next_hops_look(hops), 0);
}
END_TEST

/** Of ways by other links it is told as well, though they are no next hops. */
START_TEST(a_learned_mtu_elsewhere)
{
	size_t hop;

	fixture_shell("ip tuntap add tunnel mode tun && ip link set tunnel up && "
		      "ip addr add 10.4.0.1/24 dev tunnel");
	hop = follow("10.4.0.11", false);
	say_narrow("10.4.0.1", "10.4.0.11");
	ck_assert_int_eq(look_until_changed(), NEXT_HOP_MTU_CHANGED);
	ck_assert_uint_eq(station(hop), 0);
	ck_assert_int_eq(next_hops_look(hops), 0);
}
END_TEST

/** Runs all. */
int main(void)
{
	Suite *suite = suite_create("next_hop");
	TCase *tests = fixture_case("next_hop");

	tcase_add_test(tests, a_neighbour_is_found);
	tcase_add_test(tests, a_gateway_counts_where_it_may);
	tcase_add_test(tests, a_neighbour_flaps);
	tcase_add_test(tests, a_link_goes_down);
	tcase_add_test(tests, a_link_is_made_again);
	tcase_add_test(tests, a_tagged_link);
	tcase_add_test(tests, a_link_that_is_no_ethernet);
	tcase_add_test(tests, neighbours_are_kept);
	tcase_add_test(tests, a_silent_neighbour_is_asked_for);
	tcase_add_test(tests, a_learned_mtu_counts);
	tcase_add_test(tests, a_learned_mtu_elsewhere);
	suite_add_tcase(suite, tests);
	return fixture_run(suite);
}
