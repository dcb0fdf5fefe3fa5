/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors about ESP that went to nat servers from ingress, so that conntrack has never seen
 * it: what reaches the client names the virtual address alone, byte for byte as if built for it.
 */
#include <string.h>

#include "nft_run.h"

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const char *const servers[] = { NFT_RUN_SERVER_V4, NFT_RUN_SERVER_V6 };
static const char *const routers[] = { "10.2.0.99", "fd02::99" };
static const char *const virtuals[] = { FIXTURE_VIRTUAL_V4, FIXTURE_VIRTUAL_V6 };
static const int unreachable[] = { 3, 1 };

/** Builds an error of from's about what the client has sent to an address. */
static void build(int family, int type, const char *from, const char *to,
	enum packet_body body, struct packet_bytes *ret_packet)
{
	static struct packet_bytes quoted;
	struct packet_spec spec;

	nft_run_spec(&spec, family, body);
	ck_assert_int_eq(address_parse(to, &spec.destination), 0);
	nft_run_build(&spec, &quoted);
	packet_spec_init(&spec);
	spec.body = BODY_ICMP_ERROR;
	ck_assert_int_eq(address_parse(from, &spec.source), 0);
	ck_assert_int_eq(address_parse(clients[family], &spec.destination), 0);
	spec.icmp_type = type;
	spec.icmp_code = 1;
	memset(ret_packet, 0, sizeof(*ret_packet));
	packet_build(&spec, &quoted, ret_packet);
}

/** Sends an error from the servers' side and expects that it comes to the client as expected. */
static void expect_back(const struct packet_bytes *packet, struct packet_bytes *expected)
{
	struct fixture_frame frame;

	nft_run_older(expected);
	fixture_inject_reply(packet->data, packet->size_bytes);
	ck_assert(fixture_back(&frame));
	ck_assert_uint_eq(frame.station, 9);
	nft_run_expect_bytes(&frame, expected);
}

/** Expects that what is about the server comes out as about the virtual address. */
static void expect_error(int family, int type, const char *from, const char *seen_from)
{
	struct packet_bytes packet, expected;

	nft_run_servers(METHOD_NAT, false);
	build(family, type, from, servers[family], BODY_ESP, &packet);
	build(family, type, seen_from, virtuals[family], BODY_ESP, &expected);
	expect_back(&packet, &expected);
}

/** The server itself does not know the SPI's protocol, say. */
START_TEST(of_the_server)
{
	expect_error(_i, unreachable[_i], servers[_i], virtuals[_i]);
}
END_TEST

/** A router before it, whose address stays: it is how the client learns of a narrow link. */
START_TEST(of_a_router)
{
	expect_error(_i, unreachable[_i], routers[_i], routers[_i]);
	expect_error(_i, _i ? 2 : 3, routers[_i], routers[_i]);
}
END_TEST

/** Time exceeded: the same. */
START_TEST(of_time)
{
	expect_error(_i, _i ? 3 : 11, routers[_i], routers[_i]);
}
END_TEST

/** About what went to somebody who is no nat server, and with method direct, nothing is
 *  changed. */
START_TEST(about_others)
{
	struct packet_bytes packet, expected;

	nft_run_servers(METHOD_NAT, false);
	build(_i, unreachable[_i], routers[_i], routers[_i], BODY_ESP, &packet);
	expected = packet;
	expect_back(&packet, &expected);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("nft-error");
	TCase *tests = nft_run_case("error");

	tcase_add_loop_test(tests, of_the_server, 0, 2);
	tcase_add_loop_test(tests, of_a_router, 0, 2);
	tcase_add_loop_test(tests, of_time, 0, 2);
	tcase_add_loop_test(tests, about_others, 0, 2);
	suite_add_tcase(suite, tests);
	return fixture_run(suite);
}
