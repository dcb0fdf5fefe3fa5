/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF program does not carry: every reason, with the mark or without, and what is not
 * even counted. The frame always stays as it was.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf_run.h"

#define PORT 40000

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const uint8_t families[] = { AF_INET, AF_INET6 };

/** Where the IP payload begins in a frame. */
#define UPPER(family) ((family) ? 14 + 40 : 14 + 20)

/** Makes both clients known, and gives server 1 such a method. */
static void servers(enum bpf_method method, uint8_t flags)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct bpf_way way = bpf_run_way(families[i]);

		way.method = (uint8_t)method;
		way.flags = flags;
		bpf_run_set_way(families[i], &way);
		bpf_run_client(clients[i], 0);
		bpf_run_client(clients[i], PORT);
	}
}

/** Builds what a client sends. */
static void build(int family, enum packet_body body, struct bpf_frame *ret_frame)
{
	struct packet_spec spec;

	bpf_run_spec(&spec, clients[family], body);
	bpf_run_build(&spec, ret_frame);
}

/** Runs it and expects it to go up; BPF_REASON_COUNT: without a word. */
static void expect_pass(const struct bpf_frame *frame, enum bpf_reason reason, bool marked)
{
	struct bpf_ran ran;

	bpf_run(frame, &ran);
	bpf_run_expect_pass(frame, &ran, reason, marked);
}

START_TEST(unknown_clients)
{
	static const enum packet_body bodies[] = { BODY_ESP, BODY_AH, BODY_ESP_IN_UDP };
	struct bpf_frame frame;

	build(_i & 1, bodies[_i / 2], &frame);
	expect_pass(&frame, BPF_REASON_UNKNOWN, false);
}
END_TEST

/** A client's other ports are not its. */
START_TEST(unknown_ports)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_spec(&spec, clients[_i], BODY_ESP_IN_UDP);
	spec.source_port++;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_UNKNOWN, false);
}
END_TEST

/** What the daemon has to see of known clients too, and what is no IPsec. */
START_TEST(other_packets_are_not_touched)
{
	static const enum packet_body bodies[] = {
		BODY_ISAKMP, BODY_KEEPALIVE, BODY_UDP, BODY_BARE,
	};
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, BPF_WAY_AH);
	bpf_run_spec(&spec, clients[_i & 1], bodies[_i / 2]);
	spec.protocol = 6;
	if (spec.body != BODY_BARE)
		spec.protocol = PACKET_BUILD_RIGHT;
	if (spec.body == BODY_UDP)
		spec.destination_port = 500;
	if (spec.body == BODY_KEEPALIVE)
		spec.pad_bytes = 0;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_COUNT, false);
}
END_TEST

/** ISAKMP and keepalives where everything else is as with ESP in UDP: four zero bytes, or too
 *  few for ESP. */
START_TEST(what_looks_like_esp_in_udp)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_spec(&spec, clients[_i & 1], BODY_ESP_IN_UDP);
	if (_i / 2 == 0)
		spec.spi = 0;
	else
		spec.udp_length = 16;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_COUNT, false);
}
END_TEST

START_TEST(reserved_spis)
{
	static const enum packet_body bodies[] = { BODY_ESP, BODY_AH, BODY_ESP_IN_UDP };
	struct packet_spec spec;
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers(BPF_METHOD_DIRECT, BPF_WAY_AH);
	bpf_run_spec(&spec, clients[_i & 1], bodies[_i / 2]);
	spec.spi = 255;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_SPI, false);
	spec.spi = 256;
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	ck_assert_int_eq(ran.action, BPF_RUN_REDIRECT);
}
END_TEST

/** Lengths that lie. */
START_TEST(truncated)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_spec(&spec, clients[_i & 1], _i / 2 ? BODY_ESP_IN_UDP : BODY_ESP);
	bpf_run_build(&spec, &frame);
	frame.size_bytes--;
	expect_pass(&frame, BPF_REASON_TRUNCATED, false);
}
END_TEST

START_TEST(udp_longer_than_its_packet)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_spec(&spec, clients[_i], BODY_ESP_IN_UDP);
	spec.udp_length = 8 + 8 + (int64_t)spec.pad_bytes + 1;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_TRUNCATED, false);
}
END_TEST

START_TEST(ah_where_there_is_to_be_none)
{
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, 0);
	build(_i, BODY_AH, &frame);
	expect_pass(&frame, BPF_REASON_AH_REFUSED, false);
}
END_TEST

START_TEST(local_servers)
{
	struct bpf_frame frame;

	servers(BPF_METHOD_LOCAL, 0);
	build(_i & 1, _i / 2 ? BODY_ESP_IN_UDP : BODY_ESP, &frame);
	expect_pass(&frame, BPF_REASON_LOCAL, true);
}
END_TEST

/** No way, and methods that nobody knows. */
START_TEST(no_next_hop)
{
	struct bpf_frame frame;

	servers(_i / 2 ? (enum bpf_method)17 : BPF_METHOD_UP, 0);
	build(_i & 1, BODY_ESP, &frame);
	expect_pass(&frame, BPF_REASON_NO_WAY, true);
}
END_TEST

/** A method that goes leaves the server's clients without a way, at once. */
START_TEST(a_way_that_goes)
{
	struct bpf_way none = bpf_run_way(AF_INET);
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_set_way(AF_INET, &none);
	build(0, BODY_ESP, &frame);
	expect_pass(&frame, BPF_REASON_NO_WAY, true);
	build(1, BODY_ESP, &frame);
	bpf_run(&frame, &ran);
	ck_assert_int_eq(ran.action, BPF_RUN_REDIRECT);
}
END_TEST

START_TEST(ttl_at_its_end)
{
	struct bpf_frame frame;
	struct bpf_ran ran;
	uint8_t *ttl = frame.bytes + (_i & 1 ? 14 + 7 : 14 + 8);

	servers(_i / 2 ? BPF_METHOD_NAT : BPF_METHOD_DIRECT, 0);
	build(_i & 1, BODY_ESP, &frame);
	*ttl = 1;
	expect_pass(&frame, BPF_REASON_TTL, true);
	*ttl = 2;
	bpf_run(&frame, &ran);
	ck_assert_int_eq(ran.action, BPF_RUN_REDIRECT);
}
END_TEST

/** One byte more than fits, and as many as fit. */
START_TEST(too_big)
{
	struct packet_spec spec;
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_spec(&spec, clients[_i], BODY_ESP);
	spec.pad_bytes = BPF_RUN_MTU - (_i ? 40 : 20) - 8 + 1;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_TOO_BIG, true);
	spec.pad_bytes--;
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	ck_assert_int_eq(ran.action, BPF_RUN_REDIRECT);
}
END_TEST

/** Several packets in one: ESP follows its mark; UDP may be anything from the second on. */
START_TEST(aggregates)
{
	bool udp = _i / 2;
	struct bpf_frame frame;
	struct bpf_ran ran;

	servers(BPF_METHOD_DIRECT, 0);
	build(_i & 1, udp ? BODY_ESP_IN_UDP : BODY_ESP, &frame);
	bpf_run_at("in0", &frame, 64, &ran);
	bpf_run_expect_pass(
		&frame, &ran, udp ? BPF_REASON_GSO_UDP : BPF_REASON_GSO, !udp);
}
END_TEST

START_TEST(fragments)
{
	static const enum packet_body bodies[] = { BODY_ESP, BODY_AH, BODY_ESP_IN_UDP };
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, BPF_WAY_AH);
	bpf_run_spec(&spec, clients[_i & 1], bodies[_i / 2]);
	spec.more_fragments = true;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_FRAGMENT, true);
}
END_TEST

/** Later fragments of ESP are known by their addresses; those of UDP have no port. */
START_TEST(later_fragments)
{
	bool udp = _i / 2;
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_spec(&spec, clients[_i & 1], udp ? BODY_ESP_IN_UDP : BODY_ESP);
	spec.fragment_offset = 64;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, udp ? BPF_REASON_COUNT : BPF_REASON_FRAGMENT, !udp);
}
END_TEST

/** Fragments of a client nobody knows. */
START_TEST(unknown_fragments)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	bpf_run_spec(&spec, clients[_i], BODY_ESP);
	spec.more_fragments = true;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_UNKNOWN, false);
}
END_TEST

START_TEST(ipv4_options)
{
	static const enum packet_body bodies[] = { BODY_ESP, BODY_AH, BODY_ESP_IN_UDP };
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, BPF_WAY_AH);
	bpf_run_spec(&spec, FIXTURE_CLIENT_V4, bodies[_i]);
	memset(spec.options, 1, 8);
	spec.option_bytes = 8;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_OPTIONS, true);
}
END_TEST

START_TEST(ipv4_options_with_isakmp)
{
	struct packet_spec spec;
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_spec(&spec, FIXTURE_CLIENT_V4, BODY_ISAKMP);
	memset(spec.options, 1, 8);
	spec.option_bytes = 8;
	bpf_run_build(&spec, &frame);
	expect_pass(&frame, BPF_REASON_COUNT, false);
}
END_TEST

/** Each kind of extension header, and as many as are walked over. */
START_TEST(ipv6_extensions)
{
	static const uint8_t numbers[] = { 0, 43, 60 };
	struct packet_spec spec;
	struct bpf_frame frame;
	size_t i;

	servers(BPF_METHOD_DIRECT, 0);
	bpf_run_spec(&spec, FIXTURE_CLIENT_V6, _i & 1 ? BODY_ESP_IN_UDP : BODY_ESP);
	spec.extension_count = (size_t)_i / 2 + 1;
	for (i = 0; i < spec.extension_count; i++)
		spec.extensions[i] = (struct packet_extension){
			.number = numbers[i % 3],
			.length = (uint8_t)(i % 2),
		};
	bpf_run_build(&spec, &frame);
	if (spec.extension_count <= 6)
		expect_pass(&frame, BPF_REASON_OPTIONS, true);
	else
		expect_pass(&frame, BPF_REASON_COUNT, false);
}
END_TEST

/** Frames to other stations, which a bridge or a hub brings along. */
START_TEST(frames_of_others)
{
	struct bpf_frame frame;

	servers(BPF_METHOD_DIRECT, 0);
	build(_i, BODY_ESP, &frame);
	frame.bytes[5] = 0x77;
	expect_pass(&frame, BPF_REASON_COUNT, false);
	memset(frame.bytes, 0xff, 6);
	expect_pass(&frame, BPF_REASON_COUNT, false);
	memcpy(frame.bytes, "\x01\x00\x5e\0\0\1", 6);
	expect_pass(&frame, BPF_REASON_COUNT, false);
}
END_TEST

/** Frames cut anywhere: nothing is carried, and nothing is read behind the end. */
START_TEST(cut_anywhere)
{
	struct bpf_frame frame;
	struct bpf_ran ran;
	size_t full;

	servers(BPF_METHOD_DIRECT, BPF_WAY_AH);
	build(_i & 1, _i / 2 ? BODY_ESP_IN_UDP : BODY_ESP, &frame);
	for (full = frame.size_bytes; --frame.size_bytes >= UPPER(_i & 1);) {
		bpf_run(&frame, &ran);
		ck_assert_int_eq(ran.action, BPF_RUN_PASS);
		ck_assert_uint_eq(ran.mark, 0x10001);
	}
	ck_assert_uint_gt(full, frame.size_bytes);
}
END_TEST

/** A client whose server's number is none. */
START_TEST(servers_out_of_range)
{
	struct bpf_program_limits limits = { .clients = 1, .servers = 1, .identity = "less" };
	struct bpf_ingress *less;
	struct bpf_frame frame;
	struct bpf_ran ran;

	ck_assert_int_eq(bpf_program_open("/mnt/less", &limits, &less), 0);
	bpf_run_use(less);
	bpf_run_client(clients[_i], 0);
	build(_i, BODY_ESP, &frame);
	bpf_run(&frame, &ran);
	ck_assert_int_eq(ran.action, BPF_RUN_PASS);
	ck_assert_uint_eq(ran.mark, 0x10001);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_NO_SERVER), 1);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-pass");
	TCase *tests = bpf_run_case("pass"), *own = bpf_run_own_case("own");

	tcase_add_loop_test(tests, unknown_clients, 0, 6);
	tcase_add_loop_test(tests, unknown_ports, 0, 2);
	tcase_add_loop_test(tests, other_packets_are_not_touched, 0, 8);
	tcase_add_loop_test(tests, what_looks_like_esp_in_udp, 0, 4);
	tcase_add_loop_test(tests, reserved_spis, 0, 6);
	tcase_add_loop_test(tests, truncated, 0, 4);
	tcase_add_loop_test(tests, udp_longer_than_its_packet, 0, 2);
	tcase_add_loop_test(tests, ah_where_there_is_to_be_none, 0, 2);
	tcase_add_loop_test(tests, unknown_fragments, 0, 2);
	tcase_add_loop_test(tests, frames_of_others, 0, 2);
	tcase_add_loop_test(tests, cut_anywhere, 0, 4);
	tcase_add_test(tests, ipv4_options_with_isakmp);
	tcase_add_loop_test(own, servers_out_of_range, 0, 2);
	tcase_add_loop_test(tests, local_servers, 0, 4);
	tcase_add_loop_test(tests, no_next_hop, 0, 4);
	tcase_add_test(tests, a_way_that_goes);
	tcase_add_loop_test(tests, ttl_at_its_end, 0, 4);
	tcase_add_loop_test(tests, too_big, 0, 2);
	tcase_add_loop_test(tests, aggregates, 0, 4);
	tcase_add_loop_test(tests, fragments, 0, 6);
	tcase_add_loop_test(tests, later_fragments, 0, 4);
	tcase_add_loop_test(tests, ipv4_options, 0, 3);
	tcase_add_loop_test(tests, ipv6_extensions, 0, 14);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, own);
	return bpf_run_suite(suite);
}
