/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cookie challenge: its answer, taken apart with the tests' own checksum, and who is let
 * through by it.
 */
#include "core/challenge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/classify.h"
#include "tests/lib/checksum.h"
#include "tests/lib/packet_text.h"
#include "tests/unit/unit.h"

#define NONCE "00000014000102030405060708090a0b0c0d0e0f"
#define SOON_MS 600000

static const struct hash_key key = { { 7, 8 } };

/** The packet of a text. */
static struct packet packet_of(const char *text)
{
	char error[PACKET_TEXT_ERROR_BYTES] = "";
	struct packet_bytes bytes;
	struct packet packet;

	ck_assert_msg(packet_text_build(text, &bytes, error) == 0, "%s", error);
	classify(bytes.data, bytes.size_bytes, bytes.wire_bytes, PACKET_TO_SERVER, &packet);
	return packet;
}

/** Two bytes in network order. */
static unsigned int u16_at(const uint8_t *data, size_t offset)
{
	return (unsigned int)data[offset] << 8 | data[offset + 1];
}

/** UDP from the virtual address and port to the client's, with its checksum. */
static void check_udp(const struct packet *packet, const uint8_t *udp, size_t udp_bytes)
{
	uint32_t sum = checksum_add_pseudo(
		0, &packet->flow.virtual, &packet->flow.client, 17, udp_bytes);

	ck_assert_uint_eq(u16_at(udp, 0), packet->flow.virtual_port);
	ck_assert_uint_eq(u16_at(udp, 2), packet->flow.client_port);
	ck_assert_uint_eq(u16_at(udp, 4), udp_bytes);
	ck_assert_uint_ne(u16_at(udp, 6), 0);
	ck_assert_uint_eq(checksum_finish(checksum_add(sum, udp, udp_bytes)), 0);
}

/** RFC 7296 3.1 and 3.10: a response that has a cookie and nothing else. */
static void check_message(const uint8_t *ike, uint64_t icookie)
{
	static const uint8_t expected[] = { 41, 0x20, 34, 0x20, 0, 0, 0, 0, 0, 0, 0, 53,
		0, 0, 0, 25, 0, 0, 0x40, 0x06 };
	uint8_t spis[16] = { 0 };

	for (size_t i = 0; i < 8; i++)
		spis[i] = (uint8_t)(icookie >> (56 - 8 * i));
	ck_assert_mem_eq(ike, spis, sizeof(spis));
	ck_assert_mem_eq(ike + 16, expected, sizeof(expected));
}

/** Builds the answer to text, whose UDP header is at offset, and checks it but for IP. */
static void check_answer(const char *text, size_t offset, size_t marker_bytes, uint8_t *out)
{
	struct packet packet = packet_of(text);
	static const uint8_t marker[4] = { 0 };
	size_t size_bytes;

	memset(out, 0xee, CHALLENGE_BYTES);
	size_bytes = challenge_build(&key, &packet, SOON_MS, out);
	ck_assert_uint_eq(size_bytes, challenge_size_bytes(&packet));
	ck_assert_uint_eq(size_bytes, offset + 8 + marker_bytes + 53);
	check_udp(&packet, out + offset, size_bytes - offset);
	ck_assert_mem_eq(out + offset + 8, marker, marker_bytes);
	check_message(out + offset + 8 + marker_bytes, packet.icookie);
}

/** Over IPv4, on both ports. */
START_TEST(challenge_v4)
{
	uint8_t *out = malloc(CHALLENGE_BYTES);

	ck_assert_ptr_nonnull(out);
	check_answer("203.0.113.7:1234 > 192.0.2.1:500 v2 init icookie=1122334455667788 np=40 "
		     "payload=" NONCE, 20, 0, out);
	ck_assert_uint_eq(out[0], 0x45);
	ck_assert_uint_eq(u16_at(out, 2), 81);
	ck_assert_uint_eq(out[9], 17);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, out, 20)), 0);
	ck_assert_mem_eq(out + 12, ((uint8_t[]){ 192, 0, 2, 1, 203, 0, 113, 7 }), 8);
	check_answer("203.0.113.7:4500 > 192.0.2.1:4500 v2 init icookie=11 np=40 "
		     "payload=" NONCE, 20, 4, out);
	free(out);
}
END_TEST

/** Over IPv6. */
START_TEST(challenge_v6)
{
	uint8_t *out = malloc(CHALLENGE_BYTES);

	ck_assert_ptr_nonnull(out);
	check_answer("[2001:db8:c::7]:500 > [2001:db8::1]:500 v2 init icookie=11 np=40 "
		     "payload=" NONCE, 40, 0, out);
	ck_assert_uint_eq(out[0], 0x60);
	ck_assert_uint_eq(u16_at(out, 4), 61);
	ck_assert_uint_eq(out[6], 17);
	check_answer("[2001:db8:c::7]:500 > [2001:db8::1]:4500 v2 init icookie=11 np=40 "
		     "payload=" NONCE, 40, 4, out);
	free(out);
}
END_TEST

/** The retry of a message: with the cookie that was given at one moment, shown at another. */
static bool is_met(const char *flow, const char *nonce, uint64_t given_ms, uint64_t shown_ms)
{
	struct packet first, retry;
	uint8_t answer[CHALLENGE_BYTES];
	char text[512], cookie[2 * PACKET_COOKIE_BYTES + 1];
	size_t size_bytes;

	first = packet_of("203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11 np=40 "
			  "payload=" NONCE);
	size_bytes = challenge_build(&key, &first, given_ms, answer);
	for (size_t i = 0; i < PACKET_COOKIE_BYTES; i++)
		sprintf(cookie + 2 * i, "%02x", answer[size_bytes - PACKET_COOKIE_BYTES + i]);
	snprintf(text, sizeof(text), "%s np=41 payload=2800001900004006%s%s", flow, cookie,
		nonce);
	retry = packet_of(text);
	ck_assert_uint_eq(retry.cookie_bytes, PACKET_COOKIE_BYTES);
	return challenge_is_met(&key, &retry, shown_ms);
}

#define RETRY "203.0.113.7:9999 > 192.0.2.1:500 v2 init icookie=11"

/** The cookie is the message's and the client's, for one period and the next. */
START_TEST(challenge_met)
{
	ck_assert(is_met(RETRY, NONCE, SOON_MS, SOON_MS));
	ck_assert(is_met(RETRY, NONCE, SOON_MS, SOON_MS + 119999));
	ck_assert(!is_met(RETRY, NONCE, SOON_MS, SOON_MS + 120000));
	ck_assert(!is_met(RETRY, NONCE, SOON_MS, SOON_MS - 1));
	ck_assert(!is_met("203.0.113.8:9999 > 192.0.2.1:500 v2 init icookie=11", NONCE,
		SOON_MS, SOON_MS));
	ck_assert(!is_met("203.0.113.7:9999 > 192.0.2.1:500 v2 init icookie=12", NONCE,
		SOON_MS, SOON_MS));
	ck_assert(!is_met(RETRY, "00000014000102030405060708090a0b0c0d0e10", SOON_MS, SOON_MS));
	ck_assert(!is_met(RETRY, "", SOON_MS, SOON_MS));
	/* 256 periods later the number is the same, the secret is not. */
	ck_assert(!is_met(RETRY, NONCE, SOON_MS, SOON_MS + UINT64_C(256) * 60000));
}
END_TEST

/** Each byte counts, and another run's cookie is worth nothing. */
START_TEST(challenge_forged)
{
	static const struct hash_key other = { { 7, 9 } };
	struct packet packet = packet_of(RETRY " np=40 payload=" NONCE);
	uint8_t answer[CHALLENGE_BYTES];
	size_t size_bytes = challenge_build(&key, &packet, SOON_MS, answer);

	packet.cookie_bytes = PACKET_COOKIE_BYTES;
	memcpy(packet.cookie, answer + size_bytes - PACKET_COOKIE_BYTES, PACKET_COOKIE_BYTES);
	ck_assert(challenge_is_met(&key, &packet, SOON_MS));
	ck_assert(!challenge_is_met(&other, &packet, SOON_MS));
	for (size_t i = 0; i < PACKET_COOKIE_BYTES; i++) {
		packet.cookie[i] ^= 1;
		ck_assert(!challenge_is_met(&key, &packet, SOON_MS));
		packet.cookie[i] ^= 1;
	}
	packet.cookie_bytes = 0;
	ck_assert(!challenge_is_met(&key, &packet, SOON_MS));
}
END_TEST

/** Payloads that lie about their length, or do not end, have nothing in them. */
START_TEST(challenge_broken_payloads)
{
	static const char *const payloads[] = {
		"np=40 payload=0000", "np=40 payload=00000003", "np=40 payload=0000ffff",
		"np=40 payload=00000014", "np=41 payload=2800001900004006",
		"np=41 payload=28000019000840060011", "np=41 payload=29000004",
		"np=33 payload=210000042100000421000004", "np=0", "np=40",
		"np=41 payload=2800000800004006",
	};

	for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++) {
		char text[256];
		struct packet packet;

		snprintf(text, sizeof(text), "%s %s", RETRY, payloads[i]);
		packet = packet_of(text);
		ck_assert_int_eq(packet.kind, PACKET_IKE_FIRST);
		ck_assert_uint_eq(packet.nonce, 0);
		ck_assert_uint_eq(packet.cookie_bytes, 0);
	}
}
END_TEST

UNIT_MAIN("challenge", challenge_v4, challenge_v6, challenge_met, challenge_forged,
	challenge_broken_payloads)
