/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft's table carries from ingress: direct and nat, of both families, ESP, ESP in UDP and
 * AH, byte for byte; and that it does so only as long as somebody follows the ways.
 */
#include <stdlib.h>
#include <string.h>

#include "nft_run.h"
#include "tunnels.h"

static const char *const servers[] = { NFT_RUN_SERVER_V4, NFT_RUN_SERVER_V6 };

/** Sends what a client sends with such a body through method direct. */
static void carry_directly(int family, enum packet_body body)
{
	struct packet_bytes packet;
	struct packet_spec spec;

	nft_run_servers(METHOD_DIRECT, true);
	nft_run_spec(&spec, family, body);
	nft_run_build(&spec, &packet);
	nft_run_expect_older(&packet, NFT_RUN_CARRIED);
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

/** The least that is ESP in UDP: an SPI, a sequence number and one byte more. */
START_TEST(the_shortest)
{
	struct packet_bytes packet;
	struct packet_spec spec;

	nft_run_servers(METHOD_DIRECT, false);
	nft_run_spec(&spec, _i, BODY_ESP_IN_UDP);
	spec.pad_bytes = 1;
	nft_run_build(&spec, &packet);
	nft_run_expect_older(&packet, NFT_RUN_CARRIED);
}
END_TEST

/** As many bytes as the link to the servers takes. */
START_TEST(the_longest)
{
	struct packet_bytes packet;
	struct packet_spec spec;

	nft_run_servers(METHOD_DIRECT, false);
	nft_run_spec(&spec, _i, BODY_ESP);
	spec.pad_bytes = NFT_RUN_MTU - (_i ? 40 : 20) - 8;
	nft_run_build(&spec, &packet);
	ck_assert_uint_eq(packet.size_bytes, NFT_RUN_MTU);
	nft_run_expect_older(&packet, NFT_RUN_CARRIED);
}
END_TEST

/** Header checksums at which a carry goes round when the TTL changes, in either byte order. */
START_TEST(header_checksum_at_its_ends)
{
	static const uint32_t checksums[] = {
		0, 1, 0xfe, 0xff, 0x100, 0xfdff, 0xfefd, 0xfefe, 0xfeff, 0xff00, 0xff01, 0xfffe,
	};
	struct packet_bytes packet;
	struct packet_spec spec;
	uint32_t without;

	nft_run_servers(METHOD_DIRECT, false);
	nft_run_spec(&spec, 0, BODY_ESP);
	for (size_t i = 0; i < sizeof(checksums) / sizeof(checksums[0]); i++) {
		spec.fragment_id = 0;
		nft_run_build(&spec, &packet);
		without = (uint32_t)(packet.data[10] << 8 | packet.data[11]);
		/* What the identification adds to the sum is taken from the checksum. */
		spec.fragment_id = (without + 0xffff - checksums[i]) % 0xffff;
		nft_run_build(&spec, &packet);
		ck_assert_uint_eq(packet.data[10] << 8 | packet.data[11], checksums[i]);
		nft_run_expect_older(&packet, NFT_RUN_CARRIED);
	}
}
END_TEST

/** Builds what is to leave for the nat server: the same as if it had been sent to it. */
static void build_translated(
	const struct packet_spec *spec, int family, struct packet_bytes *ret_packet)
{
	struct packet_spec to_server = *spec;

	ck_assert_int_eq(address_parse(servers[family], &to_server.destination), 0);
	nft_run_build(&to_server, ret_packet);
	nft_run_older(ret_packet);
}

START_TEST(esp_by_nat)
{
	struct packet_bytes packet, expected;
	struct packet_spec spec;

	nft_run_servers(METHOD_NAT, false);
	nft_run_spec(&spec, _i, BODY_ESP);
	nft_run_build(&spec, &packet);
	build_translated(&spec, _i, &expected);
	nft_run_expect(&packet, &expected, NFT_RUN_CARRIED);
}
END_TEST

/** Of different checksums. */
START_TEST(esp_in_udp_by_nat)
{
	struct packet_bytes packet, expected;
	struct packet_spec spec;

	nft_run_servers(METHOD_NAT, false);
	nft_run_spec(&spec, _i, BODY_ESP_IN_UDP);
	for (spec.sequence = 1; spec.sequence < 0x10000; spec.sequence *= 3) {
		nft_run_build(&spec, &packet);
		build_translated(&spec, _i, &expected);
		nft_run_expect(&packet, &expected, NFT_RUN_CARRIED);
	}
}
END_TEST

/** A sum that gives zero is sent as 0xffff (RFC 768): one that does so only when the address is
 *  the server's. */
START_TEST(checksums_that_become_zero)
{
	struct packet_bytes packet, expected;
	const size_t at = (_i ? 40 : 20) + 6;
	struct packet_spec spec;

	nft_run_servers(METHOD_NAT, false);
	nft_run_spec(&spec, _i, BODY_ESP_IN_UDP);
	spec.sequence = 0;
	build_translated(&spec, _i, &expected);
	spec.sequence = (uint32_t)(expected.data[at] << 8 | expected.data[at + 1]);
	nft_run_build(&spec, &packet);
	build_translated(&spec, _i, &expected);
	/* Sums are told by what is added: a builder may write zero as it is. */
	ck_assert_mem_ne(packet.data + at, expected.data + at, 2);
	expected.data[at] = expected.data[at + 1] = 0xff;
	nft_run_expect(&packet, &expected, NFT_RUN_CARRIED);
}
END_TEST

/** RFC 3948 2.2: no checksum. IPv6 has one in any case, so that is of IPv4 alone. */
START_TEST(no_checksum_stays_none)
{
	struct packet_bytes packet, expected;
	struct packet_spec spec;

	nft_run_servers(METHOD_NAT, false);
	nft_run_spec(&spec, 0, BODY_ESP_IN_UDP);
	nft_run_build(&spec, &packet);
	build_translated(&spec, 0, &expected);
	packet.data[26] = packet.data[27] = expected.data[26] = expected.data[27] = 0;
	nft_run_expect(&packet, &expected, NFT_RUN_CARRIED);
}
END_TEST

/** Into the server's device, which puts its own header in front: as many bytes as leave room for
 *  that, and one more, which the stack refuses. */
START_TEST(esp_by_tunnel)
{
	const size_t outer_bytes = _i ? 40 : 20;
	struct packet_bytes packet, inner;
	struct fixture_frame frame;
	struct packet_spec spec;

	nft_run_servers(METHOD_TUNNEL, false);
	nft_run_spec(&spec, _i, BODY_ESP);
	spec.pad_bytes = NFT_RUN_MTU - 2 * outer_bytes - 8;
	nft_run_build(&spec, &packet);
	inner = packet;
	nft_run_older(&inner);
	nft_run_send(&packet);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, NFT_RUN_STATION);
	ck_assert_uint_eq(frame.packet[_i ? 6 : 9], _i ? 41 : 4);
	ck_assert_uint_eq(frame.size_bytes, NFT_RUN_MTU);
	ck_assert_mem_eq(frame.packet + outer_bytes, inner.data, inner.size_bytes);
	ck_assert_uint_eq(nft_run_forwarded(), 0);
	spec.pad_bytes++;
	nft_run_build(&spec, &packet);
	nft_run_forbid_fragments(&packet);
	nft_run_expect_stopped(&packet);
	ck_assert(fixture_back(&frame));
	ck_assert_uint_eq(frame.packet[_i ? 40 : 20], _i ? 2 : 3);
}
END_TEST

/** A server that is not there: what is known of its clients goes up with its mark, and is carried
 *  again when the server is back. */
START_TEST(a_neighbour_that_goes)
{
	struct packet_bytes packet;
	struct packet_spec spec;

	nft_run_servers(METHOD_DIRECT, false);
	fixture_shell("ip neigh del %s dev out0", servers[_i]);
	nft_run_follow();
	nft_run_spec(&spec, _i, BODY_ESP);
	nft_run_build(&spec, &packet);
	nft_run_expect_stopped(&packet);
	/* The marker was forwarded as well. */
	ck_assert_uint_eq(nft_run_forwarded(), 2);
	fixture_shell("ip neigh replace %s lladdr 02:00:00:00:00:11 dev out0 nud permanent",
		servers[_i]);
	nft_run_follow();
	/* What had waited for the neighbour. */
	ck_assert(fixture_out(&(struct fixture_frame){ 0 }));
	nft_run_expect_older(&packet, NFT_RUN_CARRIED);
}
END_TEST

/** Ways that nobody has said to be right for half a minute are gone from the maps that lead to
 *  them: then what is known goes up with its mark. Who looks once a second puts them back. */
START_TEST(ways_over_their_age)
{
	static const char *const maps[] = { "hop4", "hop6" };
	struct packet_bytes packet;
	struct packet_spec spec;
	char *text;

	nft_run_servers(METHOD_DIRECT, false);
	text = fixture_output("nft list map netdev ipsec-balancer %s 2>/dev/null", maps[_i]);
	ck_assert_msg(strstr(text, "timeout 30s") && strstr(text, "expires"),
		"ways do not expire: %s", text);
	free(text);
	fixture_shell("nft flush map netdev ipsec-balancer %s", maps[_i]);
	nft_run_spec(&spec, _i, BODY_ESP_IN_UDP);
	nft_run_build(&spec, &packet);
	nft_run_expect_older(&packet, NFT_RUN_UP);
	for (int i = 0; i < 10; i++)
		nft_run_follow();
	nft_run_expect_older(&packet, NFT_RUN_CARRIED);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("nft-carry");
	TCase *tests = nft_run_case("carry");

	tcase_add_loop_test(tests, esp_directly, 0, 2);
	tcase_add_loop_test(tests, esp_in_udp_directly, 0, 2);
	tcase_add_loop_test(tests, ah_directly, 0, 2);
	tcase_add_loop_test(tests, the_shortest, 0, 2);
	tcase_add_loop_test(tests, the_longest, 0, 2);
	tcase_add_test(tests, header_checksum_at_its_ends);
	tcase_add_loop_test(tests, esp_by_nat, 0, 2);
	tcase_add_loop_test(tests, esp_in_udp_by_nat, 0, 2);
	tcase_add_loop_test(tests, checksums_that_become_zero, 0, 2);
	tcase_add_test(tests, no_checksum_stays_none);
	if (tunnels_has_kernel())
		tcase_add_loop_test(tests, esp_by_tunnel, 0, 2);
	tcase_add_loop_test(tests, a_neighbour_that_goes, 0, 2);
	tcase_add_loop_test(tests, ways_over_their_age, 0, 2);
	suite_add_tcase(suite, tests);
	return fixture_run(suite);
}
