/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF program counts of a client that is to be counted: what goes on to its server, by
 * the program or with the mark, each packet once and as long as it came or would be as a whole;
 * and nothing of what the daemon has to judge, for that counts it if it forwards it.
 */
#include <string.h>
#include <sys/socket.h>

#include "bpf_run.h"
#include "kernel/bpf_counted.h"

#define PORT 40000

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const uint8_t families[] = { AF_INET, AF_INET6 };
static const enum packet_body bodies[] = { BODY_ESP, BODY_AH, BODY_ESP_IN_UDP };

/** Has a client be known and counted, by port or by its address alone. */
static void count(const char *client, uint16_t port)
{
	struct fast_path_key key = client_key(client, port);

	bpf_counted_end(bpf_run_ingress(), &key);
	ck_assert_int_eq(bpf_counted_begin(bpf_run_ingress(), &key), 0);
	ck_assert_int_ge(bpf_clients_put(bpf_program_clients(bpf_run_ingress()), &key,
				 1 | CLIENT_COUNTED),
		0);
}

/** Has both clients be counted, whose server is directly behind out0; flags are the way's. */
static void begin(uint8_t flags)
{
	for (int i = 0; i < 2; i++) {
		struct bpf_way way = bpf_run_way(families[i]);

		way.method = BPF_METHOD_DIRECT;
		way.flags = flags;
		bpf_run_set_way(families[i], &way);
		count(clients[i], 0);
		count(clients[i], PORT);
	}
}

/** Expects so much of a kind of packet, and nothing of the others. */
static void expect_count(
	int family, enum packet_body body, uint64_t packets, uint64_t bytes)
{
	for (int i = 0; i < 4; i++) {
		bool mine = i == 2 * (body == BODY_ESP_IN_UDP) + family;
		struct fast_path_key key = client_key(clients[i & 1], i / 2 ? PORT : 0);
		struct fast_path_count now;

		ck_assert_int_eq(bpf_counted_read(bpf_run_ingress(), &key, &now), 0);
		ck_assert_uint_eq(now.packets, mine ? packets : 0);
		ck_assert_uint_eq(now.bytes, mine ? bytes : 0);
	}
}

/** Sends a packet, of which the frame is cut short by so much; returns its length. */
static size_t send_cut(const struct packet_spec *spec, size_t cut_bytes)
{
	struct bpf_frame frame;
	struct bpf_ran ran;

	bpf_run_build(spec, &frame);
	frame.size_bytes -= cut_bytes;
	bpf_run(&frame, &ran);
	return frame.size_bytes - 14;
}

/** Sends a packet as it is. */
static size_t send_whole(const struct packet_spec *spec)
{
	return send_cut(spec, 0);
}

START_TEST(what_is_carried)
{
	struct packet_spec spec;
	size_t bytes;

	begin(BPF_WAY_AH);
	bpf_run_spec(&spec, clients[_i & 1], bodies[_i / 2]);
	bytes = send_whole(&spec);
	expect_count(_i & 1, spec.body, 1, bytes);
	spec.pad_bytes = 7;
	bytes += send_whole(&spec);
	expect_count(_i & 1, spec.body, 2, bytes);
}
END_TEST

/** Longer than the way's MTU: to the kernel, with the mark. */
START_TEST(what_is_marked)
{
	struct packet_spec spec;
	size_t bytes;

	begin(0);
	bpf_run_spec(&spec, clients[_i], BODY_ESP);
	spec.pad_bytes = BPF_RUN_MTU;
	bytes = send_whole(&spec);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_TOO_BIG), 1);
	expect_count(_i, BODY_ESP, 1, bytes);
}
END_TEST

START_TEST(what_the_daemon_judges)
{
	struct packet_spec spec;

	begin(0);
	bpf_run_spec(&spec, clients[_i & 1], BODY_AH);
	send_whole(&spec);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_AH_REFUSED), 1);
	bpf_run_spec(&spec, clients[_i & 1], _i / 2 ? BODY_ESP_IN_UDP : BODY_ESP);
	send_cut(&spec, 1);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_TRUNCATED), 1);
	spec.spi = 255;
	send_whole(&spec);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_SPI), 1);
	expect_count(0, BODY_ESP, 0, 0);
}
END_TEST

/** Several packets of UDP in one: the daemon gets them, in pieces. */
START_TEST(aggregates)
{
	struct packet_spec spec;
	struct bpf_frame frame;
	struct bpf_ran ran;

	begin(0);
	bpf_run_spec(&spec, clients[_i & 1], _i / 2 ? BODY_ESP_IN_UDP : BODY_ESP);
	bpf_run_build(&spec, &frame);
	bpf_run_at("in0", &frame, 64, &ran);
	expect_count(_i & 1, spec.body, _i / 2 ? 0 : 1,
		_i / 2 ? 0 : frame.size_bytes - 14);
}
END_TEST

START_TEST(options)
{
	static const struct packet_extension skipped = { .number = 60 };
	struct packet_spec spec;
	size_t bytes;

	begin(BPF_WAY_AH);
	bpf_run_spec(&spec, clients[_i & 1], bodies[_i / 2]);
	if (_i & 1) {
		spec.extensions[0] = skipped;
		spec.extension_count = 1;
	} else {
		memset(spec.options, 1, 8);
		spec.option_bytes = 8;
	}
	bytes = send_whole(&spec);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_OPTIONS), 1);
	expect_count(_i & 1, spec.body, 1, bytes);
}
END_TEST

/** What comes in fragments is one packet, as long as it is without them. In IPv6 each has a
 *  header of its own, of 8 bytes. */
START_TEST(fragments)
{
	size_t header_bytes = _i & 1 ? 40 : 20;
	struct packet_spec spec;

	begin(BPF_WAY_AH);
	bpf_run_spec(&spec, clients[_i & 1], bodies[_i / 2]);
	spec.more_fragments = true;
	if (spec.body == BODY_ESP_IN_UDP)
		spec.udp_length = 64 + 64 + 13;
	send_whole(&spec);
	ck_assert_uint_eq(bpf_run_reason(BPF_REASON_FRAGMENT), 1);
	/* The others: 64 bytes from 64 on, and 13 that come last. */
	spec.body = BODY_BARE;
	spec.protocol = bodies[_i / 2] == BODY_ESP ? 50 : bodies[_i / 2] == BODY_AH ? 51 : 17;
	spec.pad_bytes = 64;
	spec.fragment_offset = 64;
	send_whole(&spec);
	spec.pad_bytes = 13;
	spec.fragment_offset = 128;
	spec.more_fragments = false;
	send_whole(&spec);
	expect_count(_i & 1, bodies[_i / 2], 1, header_bytes + 64 + 64 + 13);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-counted");
	TCase *tests = bpf_run_case("counted");

	tcase_add_loop_test(tests, what_is_carried, 0, 6);
	tcase_add_loop_test(tests, what_is_marked, 0, 2);
	tcase_add_loop_test(tests, what_the_daemon_judges, 0, 4);
	tcase_add_loop_test(tests, aggregates, 0, 4);
	tcase_add_loop_test(tests, options, 0, 6);
	tcase_add_loop_test(tests, fragments, 0, 6);
	suite_add_tcase(suite, tests);
	return bpf_run_suite(suite);
}
