/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors about ESP that the BPF program has sent to nat servers: what reaches the client
 * names the virtual address alone, byte for byte as if built for it. Both families.
 */
#include <string.h>

#include <bpf/bpf.h>

#include "bpf_run.h"

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const char *const servers[] = { BPF_RUN_SERVER_V4, BPF_RUN_SERVER_V6 };
static const char *const others[] = { "10.2.0.12", "fd02::12" };
static const char *const virtuals[] = { FIXTURE_VIRTUAL_V4, FIXTURE_VIRTUAL_V6 };
static const uint8_t families[] = { AF_INET, AF_INET6 };
static const int unreachable[] = { 3, 1 };

/** Makes the client known, with the server at an address. */
static void set_up(int family, const char *server)
{
	struct bpf_way way = bpf_run_way(families[family]);
	struct address to = bpf_run_address(server);
	struct address from = bpf_run_address(servers[family]);
	struct address virtual = bpf_run_address(virtuals[family]);
	int map = bpf_program_map(
		bpf_run_ingress(), family ? BPF_MAP_REPLIES6 : BPF_MAP_REPLIES4);

	way.method = BPF_METHOD_NAT;
	bpf_way_nat(&way, &to);
	bpf_run_set_way(families[family], &way);
	bpf_run_client(clients[family], 0);
	ck_assert_int_eq(bpf_map_update_elem(map, from.bytes, virtual.bytes, BPF_ANY), 0);
}

/** Builds an error of from's about what the client has sent to an address. */
static void build(int family, int type, const char *from, const char *to,
	enum packet_body body, struct bpf_frame *ret_frame)
{
	static struct packet_bytes quoted, packet;
	struct packet_spec spec;

	bpf_run_spec(&spec, clients[family], body);
	spec.destination = bpf_run_address(to);
	packet_build(&spec, NULL, &quoted);
	packet_spec_init(&spec);
	spec.body = BODY_ICMP_ERROR;
	spec.source = bpf_run_address(from);
	spec.destination = bpf_run_address(clients[family]);
	spec.icmp_type = type;
	spec.icmp_code = 1;
	packet_build(&spec, &quoted, &packet);
	bpf_run_link(ret_frame->bytes, families[family]);
	memcpy(ret_frame->bytes, (const uint8_t[]){ 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0x11 }, 12);
	memcpy(ret_frame->bytes + 14, packet.data, packet.size_bytes);
	ret_frame->size_bytes = 14 + packet.size_bytes;
}

/** Expects that what is about the server comes out as about the virtual address. */
static void expect_error(int family, int type, const char *from, const char *seen_from)
{
	static const uint8_t link[12] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1 };
	struct bpf_frame frame, expected;
	struct bpf_ran ran;

	set_up(family, servers[family]);
	build(family, type, from, servers[family], BODY_ESP, &frame);
	build(family, type, seen_from, virtuals[family], BODY_ESP, &expected);
	bpf_run_older(expected.bytes + 14);
	memcpy(expected.bytes, link, sizeof(link));
	bpf_run_at("out0", &frame, 0, &ran);
	bpf_run_expect(&ran, &expected);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_REPLY), 1);
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
	expect_error(_i, unreachable[_i], others[_i], others[_i]);
}
END_TEST

/** Time exceeded: the same. */
START_TEST(of_time)
{
	expect_error(_i, _i ? 3 : 11, others[_i], others[_i]);
}
END_TEST

/** The client belongs to another server: nothing is said in the service's name. */
START_TEST(about_another_server_is_left)
{
	struct bpf_frame frame;
	struct bpf_ran ran;

	set_up(_i, others[_i]);
	build(_i, unreachable[_i], servers[_i], servers[_i], BODY_ESP, &frame);
	bpf_run_at("out0", &frame, 0, &ran);
	bpf_run_expect_pass(&frame, &ran, BPF_REASON_REPLY_UNKNOWN, false);
}
END_TEST

/** Expects that a frame is nobody's business. */
static void expect_left(const struct bpf_frame *frame)
{
	struct bpf_ran ran;

	bpf_run_at("out0", frame, 0, &ran);
	ck_assert_int_eq(ran.action, BPF_RUN_PASS);
	ck_assert_uint_eq(ran.frame.size_bytes, frame->size_bytes);
	ck_assert_mem_eq(ran.frame.bytes, frame->bytes, frame->size_bytes);
}

/** Of UDP conntrack knows; echoes are no errors; what a quote says of another client is a lie;
 *  and one that is cut off before the SPI's end says too little. */
START_TEST(others_are_left)
{
	const size_t ip_bytes = _i ? 40 : 20;
	struct bpf_frame frame;

	set_up(_i, servers[_i]);
	build(_i, unreachable[_i], servers[_i], servers[_i], BODY_ESP_IN_UDP, &frame);
	expect_left(&frame);
	build(_i, _i ? 128 : 8, servers[_i], servers[_i], BODY_ESP, &frame);
	expect_left(&frame);
	build(_i, unreachable[_i], servers[_i], servers[_i], BODY_ESP, &frame);
	frame.bytes[14 + ip_bytes + 8 + (_i ? 23 : 15)] ^= 1;
	expect_left(&frame);
	build(_i, unreachable[_i], servers[_i], servers[_i], BODY_ESP, &frame);
	frame.size_bytes = 14 + ip_bytes + 8 + ip_bytes + 7;
	expect_left(&frame);
	build(_i, unreachable[_i], servers[_i], others[_i], BODY_ESP, &frame);
	expect_left(&frame);
}
END_TEST

/** At the end of its TTL. */
START_TEST(the_last_hop_is_left)
{
	struct bpf_frame frame;
	struct bpf_ran ran;

	set_up(_i, servers[_i]);
	build(_i, unreachable[_i], servers[_i], servers[_i], BODY_ESP, &frame);
	frame.bytes[14 + (_i ? 7 : 8)] = 1;
	bpf_run_at("out0", &frame, 0, &ran);
	bpf_run_expect_pass(&frame, &ran, BPF_REASON_REPLY_UNUSUAL, false);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-error");
	TCase *tests = bpf_run_case("error");

	tcase_add_loop_test(tests, of_the_server, 0, 2);
	tcase_add_loop_test(tests, of_a_router, 0, 2);
	tcase_add_loop_test(tests, of_time, 0, 2);
	tcase_add_loop_test(tests, about_another_server_is_left, 0, 2);
	tcase_add_loop_test(tests, others_are_left, 0, 2);
	tcase_add_loop_test(tests, the_last_hop_is_left, 0, 2);
	suite_add_tcase(suite, tests);
	return bpf_run_suite(suite);
}
