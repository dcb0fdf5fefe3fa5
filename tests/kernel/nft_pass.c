/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft's table at ingress does not carry: each reason to go up with the mark, so that the
 * kernel's routing does what the table cannot; and what is the daemon's, or nobody's.
 */
#include <string.h>

#include "nft_run.h"

/** Begins with direct servers and what a client sends. */
static void begin(struct packet_spec *spec, int family, enum packet_body body)
{
	nft_run_servers(METHOD_DIRECT, true);
	nft_run_spec(spec, family, body);
}

/** Builds a packet and expects it to end at the director. */
static void expect_stopped(const struct packet_spec *spec)
{
	struct packet_bytes packet;

	nft_run_build(spec, &packet);
	nft_run_expect_stopped(&packet);
}

/** Builds a packet and expects it at its server, by the way that is named. */
static void expect_older(const struct packet_spec *spec, enum nft_run_way way)
{
	struct packet_bytes packet;

	nft_run_build(spec, &packet);
	nft_run_expect_older(&packet, way);
}

static const enum packet_body bodies[] = { BODY_ESP, BODY_AH, BODY_ESP_IN_UDP };

/** Another client, and another port of the same one, of each kind. */
START_TEST(unknown_clients)
{
	struct packet_spec spec;

	begin(&spec, _i & 1, bodies[_i / 2]);
	spec.source.bytes[spec.source.family == AF_INET ? 3 : 15]++;
	expect_stopped(&spec);
	if (spec.body != BODY_ESP_IN_UDP)
		return;
	nft_run_spec(&spec, _i & 1, spec.body);
	spec.source_port++;
	expect_stopped(&spec);
}
END_TEST

/** ISAKMP and keepalives, also where everything else is as with ESP in UDP: four zero bytes, or
 *  too few for ESP. */
START_TEST(what_looks_like_esp_in_udp)
{
	struct packet_spec spec;

	begin(&spec, _i, BODY_ISAKMP);
	expect_stopped(&spec);
	nft_run_spec(&spec, _i, BODY_KEEPALIVE);
	spec.pad_bytes = 0;
	expect_stopped(&spec);
	nft_run_spec(&spec, _i, BODY_ESP_IN_UDP);
	spec.spi = 0;
	expect_stopped(&spec);
	nft_run_spec(&spec, _i, BODY_ESP_IN_UDP);
	spec.udp_length = 16;
	expect_stopped(&spec);
}
END_TEST

/** RFC 4303 2.1: up to 255; the first that is not is carried. */
START_TEST(reserved_spis)
{
	struct packet_spec spec;

	begin(&spec, _i & 1, bodies[_i / 2]);
	spec.spi = 255;
	expect_stopped(&spec);
	spec.spi = 256;
	expect_older(&spec, NFT_RUN_CARRIED);
}
END_TEST

START_TEST(ah_where_there_is_to_be_none)
{
	struct packet_spec spec;

	nft_run_servers(METHOD_DIRECT, false);
	nft_run_spec(&spec, _i, BODY_AH);
	expect_stopped(&spec);
	nft_run_spec(&spec, _i, BODY_ESP);
	expect_older(&spec, NFT_RUN_CARRIED);
}
END_TEST

/** AH is over the addresses. */
START_TEST(ah_by_nat)
{
	struct packet_spec spec;

	nft_run_servers(METHOD_NAT, true);
	nft_run_spec(&spec, _i, BODY_AH);
	expect_stopped(&spec);
}
END_TEST

/** Reads an ICMP error at the clients' side and expects its type. */
static void expect_error(int family, uint8_t type)
{
	struct fixture_frame frame;

	ck_assert(fixture_back(&frame));
	ck_assert_uint_eq(frame.packet[family ? 6 : 9], family ? 58 : 1);
	ck_assert_uint_eq(frame.packet[family ? 40 : 20], type);
}

/** At its last hop: the stack says so. With one more it is carried, and is at its last then. */
START_TEST(ttl_at_its_end)
{
	struct packet_bytes packet;
	struct packet_spec spec;
	int hops;

	nft_run_servers(_i / 2 ? METHOD_NAT : METHOD_DIRECT, false);
	nft_run_spec(&spec, _i & 1, BODY_ESP);
	nft_run_build(&spec, &packet);
	for (hops = 64; hops > 2; hops--)
		nft_run_older(&packet);
	if (_i / 2 == 0)
		nft_run_expect_older(&packet, NFT_RUN_CARRIED);
	nft_run_older(&packet);
	nft_run_expect_stopped(&packet);
	expect_error(_i & 1, _i & 1 ? 3 : 11);
}
END_TEST

/** One byte more than fits: the stack says so where it may not be divided. */
START_TEST(too_big)
{
	struct packet_bytes packet;
	struct packet_spec spec;

	begin(&spec, _i, BODY_ESP);
	spec.pad_bytes = NFT_RUN_MTU - (_i ? 40 : 20) - 8 + 1;
	nft_run_build(&spec, &packet);
	nft_run_forbid_fragments(&packet);
	nft_run_expect_stopped(&packet);
	expect_error(_i, _i ? 2 : 3);
}
END_TEST

/** The same, of IPv4, where it may be. */
START_TEST(too_big_is_divided)
{
	struct fixture_frame frame;
	struct packet_bytes packet;
	struct packet_spec spec;
	size_t payload_bytes = 0;

	begin(&spec, 0, BODY_ESP_IN_UDP);
	spec.pad_bytes = NFT_RUN_MTU;
	nft_run_build(&spec, &packet);
	nft_run_send(&packet);
	for (int i = 0; i < 2; i++) {
		ck_assert(fixture_out(&frame));
		ck_assert_uint_eq(frame.station, NFT_RUN_STATION);
		ck_assert_uint_le(frame.size_bytes, NFT_RUN_MTU);
		payload_bytes += frame.size_bytes - 20;
	}
	ck_assert_uint_eq(payload_bytes, packet.size_bytes - 20);
	ck_assert_uint_eq(nft_run_forwarded(), 1);
}
END_TEST

/** Builds the half of a packet from an offset on: more of it follows, or not. */
static void build_fragment(const struct packet_spec *spec, size_t offset, bool more,
	struct packet_bytes *ret_packet)
{
	struct packet_spec part = *spec;

	part.fragment_offset = (uint32_t)offset;
	part.more_fragments = more;
	part.fragment_id = 77;
	nft_run_build(&part, ret_packet);
}

/** Fragments, whichever comes first: nothing before both are there, then both come out, by the
 *  mark, one datagram to routing. */
START_TEST(fragments)
{
	struct packet_bytes packets[2];
	struct fixture_frame frame;
	struct packet_spec spec;
	bool later_first = _i / 2 & 1;

	begin(&spec, _i & 1, BODY_ESP);
	/* ESP's header and what the second has of its own make no difference here. */
	spec.pad_bytes = 96 - 8;
	build_fragment(&spec, 0, true, &packets[0]);
	build_fragment(&spec, 96, false, &packets[1]);
	nft_run_expect_stopped(&packets[later_first]);
	nft_run_send(&packets[!later_first]);
	for (int i = 0; i < 2; i++) {
		ck_assert(fixture_out(&frame));
		ck_assert_uint_eq(frame.station, NFT_RUN_STATION);
		ck_assert_uint_eq(frame.size_bytes, packets[i].size_bytes);
	}
	/* The marker, and they. */
	ck_assert_uint_eq(nft_run_forwarded(), 2);
}
END_TEST

/** IPv4 with options, of each kind. */
START_TEST(ipv4_options)
{
	struct packet_spec spec;

	begin(&spec, 0, bodies[_i]);
	memset(spec.options, 1, 8);
	spec.option_bytes = 8;
	expect_older(&spec, NFT_RUN_UP);
}
END_TEST

/** IPv6 with headers before ESP or AH. In front of UDP they are the daemon's. */
START_TEST(ipv6_extensions)
{
	struct packet_spec spec;

	begin(&spec, 1, bodies[_i]);
	spec.extension_count = 2;
	spec.extensions[0] = (struct packet_extension){ .number = 0 };
	spec.extensions[1] = (struct packet_extension){ .number = 60, .length = 1 };
	if (spec.body == BODY_ESP_IN_UDP)
		expect_stopped(&spec);
	else
		expect_older(&spec, NFT_RUN_UP);
}
END_TEST

/** Builds the frame of a client's ESP: to that station, and with a VLAN's tag if it has a
 *  number. */
static size_t build_frame(int family, const uint8_t station[6], int vlan, uint8_t *out)
{
	struct packet_bytes packet;
	struct packet_spec spec;
	size_t used = 12;

	nft_run_spec(&spec, family, BODY_ESP);
	nft_run_build(&spec, &packet);
	memcpy(out, station, 6);
	memcpy(out + 6, "\2\0\0\0\0\x9", 6);
	if (vlan >= 0) {
		memcpy(out + used, (const uint8_t[]){ 0x81, 0, 0, (uint8_t)vlan }, 4);
		used += 4;
	}
	memcpy(out + used, family ? "\x86\xdd" : "\x08", 2);
	memcpy(out + used + 2, packet.data, packet.size_bytes);
	return used + 2 + packet.size_bytes;
}

static const uint8_t director[6] = { 2, 0, 0, 0, 0, 1 };

/** Frames to other stations, which a bridge or a hub brings along, and to all. The same to the
 *  director is carried. */
START_TEST(frames_of_others)
{
	static const uint8_t others[][6] = {
		{ 2, 0, 0, 0, 0, 0x77 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 1, 0, 0x5e, 0, 0, 1 },
	};
	struct fixture_frame out;
	uint8_t frame[512];

	nft_run_servers(METHOD_DIRECT, false);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		fixture_inject_frame(frame, build_frame(_i, others[i], -1, frame));
		fixture_expect_only_marker();
	}
	fixture_inject_frame(frame, build_frame(_i, director, -1, frame));
	ck_assert(fixture_out(&out));
	ck_assert_uint_eq(out.station, NFT_RUN_STATION);
}
END_TEST

/** Frames of a VLAN that the director has no device for, and those with a tag for their priority
 *  alone, which the stack takes and the daemon gets. */
START_TEST(tagged_frames)
{
	uint8_t frame[512];

	nft_run_servers(METHOD_DIRECT, false);
	fixture_inject_frame(frame, build_frame(_i, director, 5, frame));
	fixture_expect_only_marker();
	fixture_inject_frame(frame, build_frame(_i, director, 0, frame));
	fixture_expect_only_marker();
}
END_TEST

/** Lengths that lie: the frame ends before the packet. */
START_TEST(truncated)
{
	struct packet_bytes packet;
	struct packet_spec spec;

	begin(&spec, _i & 1, bodies[_i / 2]);
	nft_run_build(&spec, &packet);
	packet.size_bytes--;
	nft_run_expect_stopped(&packet);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("nft-pass");
	TCase *tests = nft_run_case("pass");

	tcase_add_loop_test(tests, unknown_clients, 0, 6);
	tcase_add_loop_test(tests, what_looks_like_esp_in_udp, 0, 2);
	tcase_add_loop_test(tests, reserved_spis, 0, 6);
	tcase_add_loop_test(tests, ah_where_there_is_to_be_none, 0, 2);
	tcase_add_loop_test(tests, ah_by_nat, 0, 2);
	tcase_add_loop_test(tests, ttl_at_its_end, 0, 4);
	tcase_add_loop_test(tests, too_big, 0, 2);
	tcase_add_test(tests, too_big_is_divided);
	tcase_add_loop_test(tests, fragments, 0, 4);
	tcase_add_loop_test(tests, ipv4_options, 0, 3);
	tcase_add_loop_test(tests, ipv6_extensions, 0, 3);
	tcase_add_loop_test(tests, frames_of_others, 0, 2);
	tcase_add_loop_test(tests, tagged_frames, 0, 2);
	tcase_add_loop_test(tests, truncated, 0, 6);
	suite_add_tcase(suite, tests);
	return fixture_run(suite);
}
