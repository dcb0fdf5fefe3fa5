/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets in packets as the BPF program makes them: IP in IP and GUE, all pairs of families. The
 * outer headers are written here a second time, and what varies (identification, UDP source
 * port, flow label) is taken from what came out once it is seen to be sane.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf_run.h"
#include "tests/lib/checksum.h"

#define PORT 40000
#define GUE_PORT 6080

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const uint8_t families[] = { AF_INET, AF_INET6 };

/** One pair of families; tests run over all eight. */
struct kind {
	int inner; /**< 0: IPv4, 1: IPv6 */
	int outer;
	bool gue;
};

/** The kind of number i. */
static struct kind kind_of(int i)
{
	return (struct kind){ .inner = i & 1, .outer = i >> 1 & 1, .gue = i >> 2 };
}

#define KINDS 8

/** Makes server 1 the end of such a tunnel, and both clients known. */
static void tunnel_up(const struct kind *kind)
{
	struct address from =
		bpf_run_address(kind->outer ? BPF_RUN_DIRECTOR_V6 : BPF_RUN_DIRECTOR_V4);
	struct address to =
		bpf_run_address(kind->outer ? BPF_RUN_SERVER_V6 : BPF_RUN_SERVER_V4);
	struct bpf_way way = bpf_run_way(families[kind->outer]);

	bpf_way_tunnel(&way, &from, &to, families[kind->inner], kind->gue ? GUE_PORT : 0);
	way.flags |= BPF_WAY_AH;
	way.mtu_bytes = 3500;
	bpf_run_set_way(families[kind->inner], &way);
	bpf_run_client(clients[kind->inner], 0);
	bpf_run_client(clients[kind->inner], PORT);
}

/** Bytes of the headers around the packet. */
static size_t outer_bytes(const struct kind *kind)
{
	return (kind->outer ? 40 : 20) + (kind->gue ? 12 : 0);
}

/** Writes an IPv4 header around a packet that has already one TTL less. */
static void put_outer4(const struct kind *kind, const uint8_t *inner, size_t inner_bytes,
	uint8_t ecn, const uint8_t *got, uint8_t *out)
{
	struct address from = bpf_run_address(BPF_RUN_DIRECTOR_V4);
	struct address to = bpf_run_address(BPF_RUN_SERVER_V4);
	size_t total = inner_bytes + outer_bytes(kind);
	bool df = kind->gue && !kind->inner && inner[6] & 0x40;
	const uint8_t header[12] = {
		0x45, ecn, (uint8_t)(total >> 8), (uint8_t)total, got[4], got[5],
		df ? 0x40 : 0, 0, kind->inner ? inner[7] : inner[8],
		kind->gue ? 17 : kind->inner ? 41 : 4,
	};

	memcpy(out, header, sizeof(header));
	memcpy(out + 12, from.bytes, 4);
	memcpy(out + 16, to.bytes, 4);
	bpf_run_sum4(out);
}

/** Writes an IPv6 header. */
static void put_outer6(const struct kind *kind, const uint8_t *inner, size_t inner_bytes,
	uint8_t ecn, const uint8_t *got, uint8_t *out)
{
	struct address from = bpf_run_address(BPF_RUN_DIRECTOR_V6);
	struct address to = bpf_run_address(BPF_RUN_SERVER_V6);
	size_t payload = inner_bytes + outer_bytes(kind) - 40;
	uint8_t hops = kind->inner ? inner[7] : inner[8];
	const uint8_t header[8] = {
		0x60, (uint8_t)(ecn << 4 | (got[1] & 15)), got[2], got[3],
		(uint8_t)(payload >> 8), (uint8_t)payload,
		kind->gue ? 17 : kind->inner ? 41 : 4, kind->gue ? 64 : hops,
	};

	memcpy(out, header, sizeof(header));
	memcpy(out + 8, from.bytes, 16);
	memcpy(out + 24, to.bytes, 16);
}

/** Writes UDP and GUE; over IPv6 with the checksum of all that is behind. */
static void put_gue(const struct kind *kind, size_t inner_bytes, const uint8_t *got, uint8_t *udp)
{
	size_t length = inner_bytes + 12;
	const uint8_t header[12] = {
		got[0], got[1], GUE_PORT >> 8, GUE_PORT & 0xff, (uint8_t)(length >> 8),
		(uint8_t)length, 0, 0, 0, kind->inner ? 41 : 4,
	};
	struct address from = bpf_run_address(BPF_RUN_DIRECTOR_V6);
	struct address to = bpf_run_address(BPF_RUN_SERVER_V6);
	uint16_t sum;

	ck_assert_uint_ge(got[0] << 8 | got[1], 49152);
	memcpy(udp, header, sizeof(header));
	if (!kind->outer)
		return;
	sum = checksum_finish(checksum_add(
		checksum_add_pseudo(0, &from, &to, 17, length), udp, length));
	sum = sum ? sum : 0xffff;
	udp[6] = (uint8_t)(sum >> 8);
	udp[7] = (uint8_t)sum;
}

/** Runs a frame and expects it around, its ECN outside being as told. */
static void expect_around(const struct kind *kind, const struct bpf_frame *frame, uint8_t ecn)
{
	size_t outer = outer_bytes(kind), ip_bytes = frame->size_bytes - 14;
	struct bpf_frame expected = { .size_bytes = frame->size_bytes + outer };
	uint8_t *out = expected.bytes + 14, *inner = out + outer;
	const uint8_t *got;
	struct bpf_ran ran;

	bpf_run(frame, &ran);
	got = ran.frame.bytes + 14;
	memcpy(inner, frame->bytes + 14, ip_bytes);
	ip_bytes = kind->inner ? (size_t)(inner[4] << 8 | inner[5]) + 40
			       : (size_t)(inner[2] << 8 | inner[3]);
	bpf_run_older(inner);
	bpf_run_link(expected.bytes, families[kind->outer]);
	if (kind->outer)
		put_outer6(kind, inner, ip_bytes, ecn, got, out);
	else
		put_outer4(kind, inner, ip_bytes, ecn, got, out);
	if (kind->gue)
		put_gue(kind, ip_bytes, got + outer - 12, inner - 12);
	bpf_run_expect(&ran, &expected);
}

/** Builds what the client of a kind sends. */
static void build(const struct kind *kind, enum packet_body body, size_t pad_bytes,
	struct bpf_frame *ret_frame)
{
	struct packet_spec spec;

	bpf_run_spec(&spec, clients[kind->inner], body);
	spec.pad_bytes = pad_bytes;
	bpf_run_build(&spec, ret_frame);
}

START_TEST(esp)
{
	struct kind kind = kind_of(_i);
	struct bpf_counters counters;
	struct bpf_frame frame;

	tunnel_up(&kind);
	build(&kind, BODY_ESP, 101, &frame);
	expect_around(&kind, &frame, 0);
	ck_assert_int_eq(bpf_program_counters(bpf_run_ingress(), 1, &counters), 0);
	ck_assert_uint_eq(counters.packets, 1);
	ck_assert_uint_eq(counters.bytes, frame.size_bytes - 14);
}
END_TEST

START_TEST(esp_in_udp)
{
	struct kind kind = kind_of(_i);
	struct bpf_frame frame;

	tunnel_up(&kind);
	build(&kind, BODY_ESP_IN_UDP, 101, &frame);
	expect_around(&kind, &frame, 0);
}
END_TEST

/** Without a checksum inside. */
START_TEST(esp_in_udp_without_checksum)
{
	struct kind kind = kind_of(_i);
	struct bpf_frame frame;

	kind.inner = 0;
	tunnel_up(&kind);
	build(&kind, BODY_ESP_IN_UDP, 101, &frame);
	frame.bytes[14 + 20 + 6] = frame.bytes[14 + 20 + 7] = 0;
	expect_around(&kind, &frame, 0);
}
END_TEST

START_TEST(ah)
{
	struct kind kind = kind_of(_i);
	struct bpf_frame frame;

	tunnel_up(&kind);
	build(&kind, BODY_AH, 101, &frame);
	expect_around(&kind, &frame, 0);
}
END_TEST

/** Lengths at which a checksum is made in one piece, in several, and of an odd number. */
START_TEST(lengths)
{
	static const size_t pads[] = {
		20, 21, 22, 23, 98, 99, 100, 101, 118, 119, 120, 121, 227, 228, 229, 999, 2000, 3000,
	};
	struct kind kind = kind_of(_i);
	struct bpf_frame frame;
	size_t i;

	tunnel_up(&kind);
	for (i = 0; i < sizeof(pads) / sizeof(pads[0]); i++) {
		build(&kind, BODY_ESP, pads[i], &frame);
		expect_around(&kind, &frame, 0);
		build(&kind, BODY_ESP_IN_UDP, pads[i], &frame);
		expect_around(&kind, &frame, 0);
	}
}
END_TEST

/** A UDP checksum that would be zero is sent as 0xffff: that is no checksum at all. */
START_TEST(a_sum_of_zero)
{
	struct kind kind = { .inner = _i, .outer = 1, .gue = true };
	size_t at = 14 + 40 + 6;
	struct packet_spec spec;
	struct bpf_frame frame;
	struct bpf_ran ran;

	tunnel_up(&kind);
	bpf_run_spec(&spec, clients[kind.inner], BODY_ESP);
	spec.sequence = 0;
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	spec.sequence = (uint32_t)(ran.frame.bytes[at] << 8 | ran.frame.bytes[at + 1]);
	bpf_run_build(&spec, &frame);
	bpf_run(&frame, &ran);
	ck_assert_mem_eq(ran.frame.bytes + at, "\xff\xff", 2);
	expect_around(&kind, &frame, 0);
}
END_TEST

/** Bytes behind the UDP datagram, which its checksum is not over. */
START_TEST(more_than_a_datagram)
{
	struct kind kind = kind_of(_i);
	struct packet_spec spec;
	struct bpf_frame frame;

	tunnel_up(&kind);
	bpf_run_spec(&spec, clients[kind.inner], BODY_ESP_IN_UDP);
	spec.udp_length = 8 + 8 + (int64_t)spec.pad_bytes - 3;
	bpf_run_build(&spec, &frame);
	expect_around(&kind, &frame, 0);
}
END_TEST

/** RFC 6040, and a DSCP that stays inside. */
START_TEST(ecn)
{
	struct kind kind = kind_of(_i);
	struct bpf_frame frame;
	uint8_t tos;

	tunnel_up(&kind);
	build(&kind, BODY_ESP, 101, &frame);
	for (tos = 0xb8; tos < 0xb8 + 4; tos++) {
		uint8_t *packet = frame.bytes + 14;

		if (kind.inner) {
			packet[0] = 0x60 | tos >> 4;
			packet[1] = (uint8_t)(tos << 4);
		} else {
			packet[1] = tos;
			bpf_run_sum4(packet);
		}
		expect_around(&kind, &frame, (tos & 3) == 3 ? 2 : tos & 3);
	}
}
END_TEST

/** DF is passed on by GUE over IPv4 alone. */
START_TEST(df)
{
	struct kind kind = kind_of(_i);
	struct bpf_frame frame;

	kind.inner = 0;
	tunnel_up(&kind);
	build(&kind, BODY_ESP, 101, &frame);
	frame.bytes[14 + 6] = 0x40;
	bpf_run_sum4(frame.bytes + 14);
	expect_around(&kind, &frame, 0);
}
END_TEST

/** What stands behind a short packet in its frame stays there, and is in no length. */
START_TEST(padding)
{
	struct kind kind = kind_of(_i);
	struct bpf_frame frame;

	tunnel_up(&kind);
	build(&kind, BODY_ESP, 3, &frame);
	frame.size_bytes += 15;
	expect_around(&kind, &frame, 0);
}
END_TEST

/** Identifications differ from packet to packet; a flow keeps to its port and label. */
START_TEST(packets_differ_and_flows_do_not)
{
	struct kind kind = kind_of(_i);
	struct bpf_frame frame;
	struct bpf_ran one, other;

	tunnel_up(&kind);
	build(&kind, BODY_ESP_IN_UDP, 101, &frame);
	bpf_run(&frame, &one);
	bpf_run(&frame, &other);
	ck_assert_int_eq(one.action, BPF_RUN_REDIRECT);
	if (!kind.outer)
		ck_assert_mem_ne(one.frame.bytes + 18, other.frame.bytes + 18, 2);
	else
		ck_assert_mem_eq(one.frame.bytes, other.frame.bytes, 14 + 40);
	if (kind.gue)
		ck_assert_mem_eq(one.frame.bytes + 14 + outer_bytes(&kind) - 12,
			other.frame.bytes + 14 + outer_bytes(&kind) - 12, 2);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("bpf-tunnel");
	TCase *tests = bpf_run_case("tunnel");

	tcase_add_loop_test(tests, esp, 0, KINDS);
	tcase_add_loop_test(tests, esp_in_udp, 0, KINDS);
	tcase_add_loop_test(tests, esp_in_udp_without_checksum, 0, KINDS);
	tcase_add_loop_test(tests, ah, 0, KINDS);
	tcase_add_loop_test(tests, lengths, 0, KINDS);
	tcase_add_loop_test(tests, a_sum_of_zero, 0, 2);
	tcase_add_loop_test(tests, more_than_a_datagram, 0, KINDS);
	tcase_add_loop_test(tests, ecn, 0, KINDS);
	tcase_add_loop_test(tests, df, 0, KINDS);
	tcase_add_loop_test(tests, padding, 0, KINDS);
	tcase_add_loop_test(tests, packets_differ_and_flows_do_not, 0, KINDS);
	suite_add_tcase(suite, tests);
	return bpf_run_suite(suite);
}
