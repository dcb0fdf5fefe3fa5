/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF program carries itself: direct and nat, both ways, of both families; AH; padding.
 * Tunnels are in bpf_tunnel.c.
 */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "bpf_run.h"
#include "tests/lib/checksum.h"

#define PORT 40000 /**< of a client's ESP in UDP */

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const uint8_t families[] = { AF_INET, AF_INET6 };

/** Makes both clients known, with server 1 directly behind the link, or by nat. */
static void servers(enum bpf_method method)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct bpf_way way = bpf_run_way(families[i]);
		struct address server =
			bpf_run_address(i ? BPF_RUN_SERVER_V6 : BPF_RUN_SERVER_V4);

		way.method = (uint8_t)method;
		way.flags = BPF_WAY_AH;
		if (method == BPF_METHOD_NAT)
			bpf_way_nat(&way, &server);
		bpf_run_set_way(families[i], &way);
		bpf_run_client(clients[i], 0);
		bpf_run_client(clients[i], PORT);
	}
}

/** Expects that server 1 was given one packet of so many bytes. */
static void expect_counted(size_t ip_bytes)
{
	struct bpf_counters counters;

	ck_assert_int_eq(bpf_program_counters(bpf_run_ingress(), 1, &counters), 0);
	ck_assert_uint_eq(counters.packets, 1);
	ck_assert_uint_eq(counters.bytes, ip_bytes);
}

/** Runs what both clients send of such a body through method direct. */
static void carry_directly(int family, enum packet_body body)
{
	struct bpf_frame frame, expected;
	struct packet_spec spec;
	struct bpf_ran ran;

	servers(BPF_METHOD_DIRECT);
	bpf_run_spec(&spec, clients[family], body);
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	expected = frame;
	bpf_run_link(expected.bytes, families[family]);
	bpf_run_older(expected.bytes + 14);
	bpf_run_expect(&ran, &expected);
	expect_counted(frame.size_bytes - 14);
}

START_TEST(esp_directly)
{
	carry_directly(_i, BODY_ESP);
}
END_TEST

START_TEST(esp_in_udp_directly)
{
	carry_directly(_i, BODY_ESP_IN_UDP);
}
END_TEST

START_TEST(ah_directly)
{
	carry_directly(_i, BODY_AH);
}
END_TEST

/** Header checksums at which a carry goes round when the TTL changes, in either byte order. */
START_TEST(header_checksum_at_its_ends)
{
	static const uint32_t checksums[] = {
		0, 1, 0xfe, 0xff, 0x100, 0xfdff, 0xfefd, 0xfefe, 0xfeff, 0xff00, 0xff01, 0xfffe,
	};
	struct bpf_frame frame, expected;
	uint8_t *packet = frame.bytes + 14;
	struct packet_spec spec;
	struct bpf_ran ran;
	uint32_t without, id;

	servers(BPF_METHOD_DIRECT);
	bpf_run_spec(&spec, FIXTURE_CLIENT_V4, BODY_ESP);
	spec.fragment_id = 0;
	bpf_run_build(&spec, &frame);
	without = (uint32_t)(packet[10] << 8 | packet[11]);
	/* What the identification adds to the sum is taken from the checksum. */
	id = (without + 0xffff - checksums[_i]) % 0xffff;
	packet[4] = (uint8_t)(id >> 8);
	packet[5] = (uint8_t)id;
	bpf_run_sum4(packet);
	ck_assert_uint_eq((uint32_t)(packet[10] << 8 | packet[11]), checksums[_i]);
	bpf_run(&frame, &ran);
	expected = frame;
	bpf_run_link(expected.bytes, AF_INET);
	bpf_run_older(expected.bytes + 14);
	bpf_run_expect(&ran, &expected);
}
END_TEST

/** Short packets come in longer frames. */
START_TEST(padding_is_no_part_of_it)
{
	struct bpf_frame frame, expected;
	struct packet_spec spec;
	struct bpf_ran ran;

	servers(BPF_METHOD_DIRECT);
	bpf_run_spec(&spec, clients[_i], BODY_ESP_IN_UDP);
	spec.pad_bytes = 1;
	bpf_run_build(&spec, &frame);
	frame.size_bytes += 20;
	bpf_run(&frame, &ran);
	expected = frame;
	bpf_run_link(expected.bytes, families[_i]);
	bpf_run_older(expected.bytes + 14);
	bpf_run_expect(&ran, &expected);
	expect_counted(frame.size_bytes - 14 - 20);
}
END_TEST

/** Makes the UDP checksum of a packet anew, if it has one. */
static void sum_udp(struct bpf_frame *frame, int family)
{
	uint8_t *packet = frame->bytes + 14, *udp = packet + (family ? 40 : 20);
	size_t size_bytes = (size_t)(udp[4] << 8 | udp[5]);
	struct address source = family ? address_v6(packet + 8) : address_v4(packet + 12);
	struct address destination =
		family ? address_v6(packet + 24) : address_v4(packet + 16);
	uint16_t sum;

	if (!udp[6] && !udp[7])
		return;
	udp[6] = udp[7] = 0;
	sum = checksum_finish(checksum_add(checksum_add_pseudo(0, &source, &destination, 17,
		size_bytes), udp, size_bytes));
	sum = sum ? sum : 0xffff;
	udp[6] = (uint8_t)(sum >> 8);
	udp[7] = (uint8_t)sum;
}

/** Writes an address into a packet and puts the header's checksum right. */
static void put_address(struct bpf_frame *frame, int family, bool destination, const char *text)
{
	struct address address = bpf_run_address(text);
	uint8_t *packet = frame->bytes + 14;

	if (family)
		memcpy(packet + (destination ? 24 : 8), address.bytes, 16);
	else
		memcpy(packet + (destination ? 16 : 12), address.bytes, 4);
	if (!family)
		bpf_run_sum4(packet);
}

/** Makes of a frame what is to leave for the server. */
static void translate(struct bpf_frame *frame, int family, bool udp)
{
	put_address(frame, family, true, family ? BPF_RUN_SERVER_V6 : BPF_RUN_SERVER_V4);
	bpf_run_older(frame->bytes + 14);
	if (udp)
		sum_udp(frame, family);
	bpf_run_link(frame->bytes, families[family]);
}

/** Expects it to leave so when it comes. */
static void expect_translated(const struct bpf_frame *frame, int family, bool udp)
{
	struct bpf_frame expected = *frame;
	struct bpf_ran ran;

	bpf_run(frame, &ran);
	translate(&expected, family, udp);
	bpf_run_expect(&ran, &expected);
}

START_TEST(esp_by_nat)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_NAT);
	bpf_run_spec(&spec, clients[_i], BODY_ESP);
	bpf_run_build(&spec, &frame);
	expect_translated(&frame, _i, false);
	expect_counted(frame.size_bytes - 14);
}
END_TEST

START_TEST(esp_in_udp_by_nat)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_NAT);
	bpf_run_spec(&spec, clients[_i], BODY_ESP_IN_UDP);
	for (spec.sequence = 1; spec.sequence < 0x10000; spec.sequence *= 3) {
		bpf_run_build(&spec, &frame);
		expect_translated(&frame, _i, true);
	}
}
END_TEST

/** A sum that gives zero is sent as 0xffff (RFC 768): one that does so only when the address is
 *  the server's. */
START_TEST(checksums_that_become_zero)
{
	struct bpf_frame frame, left;
	size_t at = 14 + (_i ? 40 : 20) + 6;
	struct packet_spec spec;

	servers(BPF_METHOD_NAT);
	bpf_run_spec(&spec, clients[_i], BODY_ESP_IN_UDP);
	spec.sequence = 0;
	bpf_run_build(&spec, &frame);
	left = frame;
	translate(&left, _i, true);
	spec.sequence = (uint32_t)(left.bytes[at] << 8 | left.bytes[at + 1]);
	bpf_run_build(&spec, &frame);
	left = frame;
	translate(&left, _i, true);
	ck_assert_mem_eq(left.bytes + at, "\xff\xff", 2);
	ck_assert_mem_ne(frame.bytes + at, "\xff\xff", 2);
	expect_translated(&frame, _i, true);
}
END_TEST

/** RFC 3948 2.2: no checksum. IPv6 has one in any case, so that is of IPv4 alone. */
START_TEST(no_checksum_stays_none)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_NAT);
	bpf_run_spec(&spec, FIXTURE_CLIENT_V4, BODY_ESP_IN_UDP);
	bpf_run_build(&spec, &frame);
	frame.bytes[14 + 20 + 6] = frame.bytes[14 + 20 + 7] = 0;
	expect_translated(&frame, 0, true);
}
END_TEST

/** Makes it known that the server is one of nat, and of which service. */
static void reply_source(int family)
{
	struct address server =
		bpf_run_address(family ? BPF_RUN_SERVER_V6 : BPF_RUN_SERVER_V4);
	struct address virtual =
		bpf_run_address(family ? FIXTURE_VIRTUAL_V6 : FIXTURE_VIRTUAL_V4);

	ck_assert_int_eq(bpf_map_update_elem(bpf_program_map(bpf_run_ingress(),
			family ? BPF_MAP_REPLIES6 : BPF_MAP_REPLIES4),
		server.bytes, virtual.bytes, BPF_ANY), 0);
}

/** Builds what the server sends to a client. */
static void build_reply(int family, enum packet_body body, struct bpf_frame *ret_frame)
{
	struct packet_spec spec;

	bpf_run_spec(&spec, clients[family], body);
	spec.destination = spec.source;
	spec.source = bpf_run_address(family ? BPF_RUN_SERVER_V6 : BPF_RUN_SERVER_V4);
	spec.source_port = 4500;
	spec.destination_port = PORT;
	if (body == BODY_KEEPALIVE)
		spec.pad_bytes = 0;
	bpf_run_build(&spec, ret_frame);
	ret_frame->bytes[5] = 2;
}

/** The kernel's tables lead back to the clients' router, and the server's address is gone. */
static void expect_reply(const struct bpf_frame *frame, int family, bool udp)
{
	static const uint8_t link[12] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1 };
	struct bpf_frame expected = *frame;
	struct bpf_ran ran;

	bpf_run_at("out0", frame, 0, &ran);
	put_address(&expected, family, false,
		family ? FIXTURE_VIRTUAL_V6 : FIXTURE_VIRTUAL_V4);
	bpf_run_older(expected.bytes + 14);
	if (udp)
		sum_udp(&expected, family);
	memcpy(expected.bytes, link, sizeof(link));
	bpf_run_expect(&ran, &expected);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_REPLY), 1);
}

START_TEST(esp_back_by_nat)
{
	struct bpf_frame frame;

	servers(BPF_METHOD_NAT);
	reply_source(_i);
	build_reply(_i, BODY_ESP, &frame);
	expect_reply(&frame, _i, false);
}
END_TEST

START_TEST(esp_in_udp_back_by_nat)
{
	struct bpf_frame frame;

	servers(BPF_METHOD_NAT);
	reply_source(_i);
	build_reply(_i, BODY_ESP_IN_UDP, &frame);
	expect_reply(&frame, _i, true);
}
END_TEST

/** Not every server of the service may speak to the client in its name. */
START_TEST(replies_of_another_server_are_left)
{
	struct bpf_way way = bpf_run_way(families[_i]);
	struct address other = bpf_run_address(_i ? "fd02::12" : "10.2.0.12");
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers(BPF_METHOD_NAT);
	bpf_way_nat(&way, &other);
	bpf_run_set_way(families[_i], &way);
	reply_source(_i);
	build_reply(_i, BODY_ESP, &frame);
	bpf_run_at("out0", &frame, 0, &ran);
	bpf_run_expect_pass(&frame, &ran, BPF_REASON_REPLY_UNKNOWN, false);
}
END_TEST

/** Where there is no route back, or the way is too narrow, conntrack's way is gone. */
START_TEST(replies_without_a_way_are_left)
{
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers(BPF_METHOD_NAT);
	reply_source(_i);
	build_reply(_i, BODY_ESP, &frame);
	if (_i)
		fixture_shell("ip -6 route replace unreachable 2001:db8:7::/64");
	else
		fixture_shell("ip route replace unreachable 203.0.113.0/24");
	bpf_run_at("out0", &frame, 0, &ran);
	bpf_run_expect_pass(&frame, &ran, BPF_REASON_REPLY_NO_WAY, false);
}
END_TEST

/** A reply at the end of its TTL, and one in options, which are told from the rest. */
START_TEST(unusual_replies_are_left)
{
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers(BPF_METHOD_NAT);
	reply_source(0);
	build_reply(0, BODY_ESP, &frame);
	frame.bytes[14 + 8] = 1;
	bpf_run_sum4(frame.bytes + 14);
	bpf_run_at("out0", &frame, 0, &ran);
	bpf_run_expect_pass(&frame, &ran, BPF_REASON_REPLY_UNUSUAL, false);
}
END_TEST

/** ISAKMP and keepalives of the server are conntrack's. */
START_TEST(other_replies_are_left)
{
	static const enum packet_body bodies[] = { BODY_ISAKMP, BODY_KEEPALIVE };
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers(BPF_METHOD_NAT);
	reply_source(0);
	build_reply(0, bodies[_i], &frame);
	bpf_run_at("out0", &frame, 0, &ran);
	bpf_run_expect_pass(&frame, &ran, BPF_REASON_COUNT, false);
}
END_TEST

/** When a client was last there. */
START_TEST(clients_are_seen)
{
	struct bpf_clients *known = bpf_program_clients(bpf_run_ingress());
	struct fast_path_key key = client_key(FIXTURE_CLIENT_V4, 0);
	uint32_t value, before, after;
	struct packet_spec spec;
	struct bpf_frame frame;
	struct timespec now;
	struct bpf_ran ran;

	servers(BPF_METHOD_DIRECT);
	ck_assert(bpf_clients_get(known, &key, &value, &before));
	ck_assert_uint_eq(before, 0);
	bpf_run_spec(&spec, FIXTURE_CLIENT_V4, BODY_ESP);
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	ck_assert(bpf_clients_get(known, &key, &value, &after));
	ck_assert_uint_eq(value, 1);
	/* A busy machine may take its time, but not minutes. */
	ck_assert_uint_le(after, now.tv_sec);
	ck_assert_uint_ge(after + 120, ((uint64_t)now.tv_sec * 1000000000) >> 30);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-carry");
	/* Loading takes long in an emulated guest. */
	TCase *tests = bpf_run_case("carry"), *changed = bpf_run_own_case("changed");

	tcase_add_loop_test(tests, esp_directly, 0, 2);
	tcase_add_loop_test(tests, esp_in_udp_directly, 0, 2);
	tcase_add_loop_test(tests, ah_directly, 0, 2);
	tcase_add_loop_test(tests, header_checksum_at_its_ends, 0, 12);
	tcase_add_loop_test(tests, padding_is_no_part_of_it, 0, 2);
	tcase_add_test(tests, clients_are_seen);
	tcase_add_loop_test(tests, esp_by_nat, 0, 2);
	tcase_add_loop_test(tests, esp_in_udp_by_nat, 0, 2);
	tcase_add_loop_test(tests, checksums_that_become_zero, 0, 2);
	tcase_add_test(tests, no_checksum_stays_none);
	tcase_add_loop_test(tests, esp_back_by_nat, 0, 2);
	tcase_add_loop_test(tests, esp_in_udp_back_by_nat, 0, 2);
	tcase_add_loop_test(tests, replies_of_another_server_are_left, 0, 2);
	tcase_add_loop_test(changed, replies_without_a_way_are_left, 0, 2);
	tcase_add_test(tests, unusual_replies_are_left);
	tcase_add_loop_test(tests, other_replies_are_left, 0, 2);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, changed);
	return bpf_run_suite(suite);
}
