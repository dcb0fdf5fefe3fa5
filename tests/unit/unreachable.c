/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ICMP answers, taken apart with the tests' own checksum.
 */
#include "core/unreachable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/classify.h"
#include "tests/lib/checksum.h"
#include "tests/lib/packet_text.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

/** A packet, what it is, and the answer to it. */
struct answer {
	struct packet_bytes bytes;
	struct packet packet;
	uint8_t *data; /**< of exactly UNREACHABLE_BYTES, so that a sanitizer watches */
	size_t size_bytes;
};

/** Builds the packet of a text and the answer. */
static void answer_to(const char *text, struct answer *answer)
{
	char error[PACKET_TEXT_ERROR_BYTES] = "";
	uint8_t *captured;

	ck_assert_msg(packet_text_build(text, &answer->bytes, error) == 0, "%s", error);
	captured = malloc(answer->bytes.size_bytes);
	answer->data = malloc(UNREACHABLE_BYTES);
	ck_assert(captured != NULL && answer->data != NULL);
	memset(answer->data, 0xee, UNREACHABLE_BYTES);
	memcpy(captured, answer->bytes.data, answer->bytes.size_bytes);
	classify(captured, answer->bytes.size_bytes, answer->bytes.wire_bytes,
		PACKET_TO_SERVER, &answer->packet);
	answer->size_bytes = unreachable_build(
		&answer->packet, captured, answer->bytes.size_bytes, answer->data);
	free(captured);
}

/** Two bytes in network order. */
static unsigned int u16_at(const uint8_t *data, size_t offset)
{
	return (unsigned int)data[offset] << 8 | data[offset + 1];
}

/** IPv4: RFC 792, every field and both checksums. */
static void check_v4(const struct answer *answer, size_t expected_quote)
{
	const uint8_t *data = answer->data;

	ck_assert_uint_eq(answer->size_bytes, 28 + expected_quote);
	ck_assert_uint_eq(data[0], 0x45);
	ck_assert_uint_eq(u16_at(data, 2), answer->size_bytes);
	ck_assert_uint_eq(u16_at(data, 6) & 0x3fff, 0);
	ck_assert_uint_gt(data[8], 0);
	ck_assert_uint_eq(data[9], 1);
	ck_assert_mem_eq(data + 12, answer->packet.flow.virtual.bytes, 4);
	ck_assert_mem_eq(data + 16, answer->packet.flow.client.bytes, 4);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, data, 20)), 0);
	ck_assert_uint_eq(data[20], 3);
	ck_assert_uint_eq(data[21], 2);
	ck_assert_uint_eq(u16_at(data, 24), 0);
	ck_assert_uint_eq(u16_at(data, 26), 0);
	ck_assert_uint_eq(
		checksum_finish(checksum_add(0, data + 20, answer->size_bytes - 20)), 0);
	ck_assert_mem_eq(data + 28, answer->bytes.data, expected_quote);
}

/** IPv6: RFC 4443 3.4, every field and the checksum over the pseudo header. */
static void check_v6(
	const struct answer *answer, size_t expected_quote, unsigned int expected_pointer)
{
	const uint8_t *data = answer->data;
	uint32_t sum;

	ck_assert_uint_eq(answer->size_bytes, 48 + expected_quote);
	ck_assert_uint_eq(data[0], 0x60);
	ck_assert_uint_eq(u16_at(data, 4), answer->size_bytes - 40);
	ck_assert_uint_eq(data[6], 58);
	ck_assert_uint_gt(data[7], 0);
	ck_assert_mem_eq(data + 8, answer->packet.flow.virtual.bytes, 16);
	ck_assert_mem_eq(data + 24, answer->packet.flow.client.bytes, 16);
	ck_assert_uint_eq(data[40], 4);
	ck_assert_uint_eq(data[41], 1);
	ck_assert_uint_eq(u16_at(data, 44), 0);
	ck_assert_uint_eq(u16_at(data, 46), expected_pointer);
	sum = checksum_add_pseudo(0, &answer->packet.flow.virtual,
		&answer->packet.flow.client, 58, answer->size_bytes - 40);
	ck_assert_uint_eq(
		checksum_finish(checksum_add(sum, data + 40, answer->size_bytes - 40)),
		0);
	ck_assert_mem_eq(data + 48, answer->bytes.data, expected_quote);
	ck_assert_uint_ge(answer->bytes.data[expected_pointer], 50);
	ck_assert_uint_le(answer->bytes.data[expected_pointer], 51);
}

/** ESP and AH over IPv4 of many sizes, odd ones too; the answer stops at 576 bytes, and is never
 *  longer than the packet: too short a one gets none. */
START_TEST(unreachable_v4)
{
	static const char *const words[] = { "esp spi=c0000001", "ah spi=c0000001",
		"esp spi=c0000001 options=94040000" };
	static const size_t pads[] = { 1, 15, 16, 27, 28, 31, 32, 63, 500, 519, 520, 521, 548, 600, 1400,
		9000 };

	for (size_t i = 0; i < 3; i++) {
		size_t least = i == 2 ? 24 : 20;

		for (size_t j = 0; j < sizeof(pads) / sizeof(*pads); j++) {
			struct answer answer;
			char text[128];

			snprintf(text, sizeof(text), "203.0.113.7 > 192.0.2.1 %s pad=%zu",
				words[i], pads[j]);
			answer_to(text, &answer);
			if (answer.bytes.size_bytes < 36 + least)
				ck_assert_uint_eq(answer.size_bytes, 0);
			else
				check_v4(&answer, answer.bytes.size_bytes < 576 ?
						answer.bytes.size_bytes - 28 : 548);
			ck_assert_uint_le(answer.size_bytes, answer.bytes.size_bytes);
			free(answer.data);
		}
	}
}
END_TEST

/** IPv6 with and without extension headers: the pointer names the right octet; the answer
 *  stops at the minimum MTU. */
START_TEST(unreachable_v6)
{
	static const struct {
		const char *words;
		unsigned int pointer;
	} cases[] = {
		{ "esp spi=c0000001", 6 },
		{ "ah spi=c0000001", 6 },
		{ "esp spi=c0000001 ext=0", 40 },
		{ "esp spi=c0000001 ext=0,60", 48 },
		{ "ah spi=c0000001 ext=0/3,60", 72 },
		{ "esp spi=c0000001 ext=60 more", 48 },
	};
	static const size_t pads[] = { 1, 64, 1183, 1184, 1185, 1232, 1400, 9000 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (size_t j = 0; j < sizeof(pads) / sizeof(*pads); j++) {
			struct answer answer;
			char text[128];

			snprintf(text, sizeof(text),
				"2001:db8:c::7 > 2001:db8::1 %s pad=%zu", cases[i].words,
				pads[j]);
			answer_to(text, &answer);
			if (answer.bytes.size_bytes < 96)
				ck_assert_uint_eq(answer.size_bytes, 0);
			else
				check_v6(&answer, answer.bytes.size_bytes < 1280 ?
						answer.bytes.size_bytes - 48 : 1232,
					cases[i].pointer);
			ck_assert_uint_le(answer.size_bytes, answer.bytes.size_bytes);
			free(answer.data);
		}
	}
}
END_TEST

/** A quote longer than the capture is not invented. */
START_TEST(unreachable_short_capture)
{
	struct answer answer;

	answer_to("203.0.113.7 > 192.0.2.1 esp spi=c0000001 pad=400 capture=70", &answer);
	check_v4(&answer, 42);
	free(answer.data);
}
END_TEST

/** A checksum that folds twice: a quote full of ones. */
START_TEST(unreachable_checksum_folds)
{
	struct packet packet;
	uint8_t quote[UNREACHABLE_BYTES * 2];
	struct answer answer = { .data = NULL };

	memset(&packet, 0, sizeof(packet));
	memset(quote, 0xff, sizeof(quote));
	packet.kind = PACKET_ESP;
	packet.protocol = 50;
	packet.flow.client = test_address("203.0.113.7");
	packet.flow.virtual = test_address("192.0.2.1");
	answer.packet = packet;
	answer.data = malloc(UNREACHABLE_BYTES);
	ck_assert_ptr_nonnull(answer.data);
	memcpy(answer.bytes.data, quote, sizeof(quote));
	answer.size_bytes = unreachable_build(&packet, quote, sizeof(quote), answer.data);
	check_v4(&answer, 548);
	free(answer.data);
}
END_TEST

/** Where no answer may be given (RFC 1122 3.2.2, RFC 4443 2.4). */
START_TEST(unreachable_refused)
{
	static const char *const texts[] = {
		"203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=1",
		"203.0.113.7:4500 > 192.0.2.1:4500 esp-in-udp spi=c0000001",
		"203.0.113.7:4500 > 192.0.2.1:4500 keepalive",
		"203.0.113.7 > 192.0.2.1 fragment proto=50 offset=8",
		"203.0.113.7 > 192.0.2.1 esp spi=0",
		"224.0.0.1 > 192.0.2.1 esp spi=c0000001",
		"9.9.9.9 > 192.0.2.1 icmp-error quoting 192.0.2.1 > 203.0.113.7 esp spi=c1",
		"203.0.113.7 > 192.0.2.1 ip proto=6 pad=20",
		"2001:db8:c::7 > 2001:db8::1 fragment proto=51 offset=8",
		"ff02::1 > 2001:db8::1 esp spi=c0000001",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct answer answer;

		answer_to(texts[i], &answer);
		ck_assert_msg(answer.size_bytes == 0, "%s", texts[i]);
		free(answer.data);
	}
}
END_TEST

/** A source that is no host's, although somebody made a packet of it: no answer. */
START_TEST(unreachable_source)
{
	static const char *const sources[] = { "0.0.0.0", "127.0.0.1", "224.0.0.1",
		"255.255.255.255", "::", "::1", "ff02::1" };
	uint8_t out[UNREACHABLE_BYTES];
	uint8_t quote[64] = { 0x45 };

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		struct packet packet;

		memset(&packet, 0, sizeof(packet));
		packet.kind = PACKET_ESP;
		packet.flow.client = test_address(sources[i]);
		packet.flow.virtual = packet.flow.client;
		ck_assert_msg(unreachable_build(&packet, quote, sizeof(quote), out) == 0,
			"%s", sources[i]);
	}
}
END_TEST

UNIT_MAIN("unreachable", unreachable_v4, unreachable_v6, unreachable_short_capture,
	unreachable_checksum_folds, unreachable_refused, unreachable_source)
