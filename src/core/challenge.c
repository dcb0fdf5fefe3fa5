/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/challenge.h"

#include <netinet/in.h>
#include <string.h>

#include "core/answer.h"
#include "core/isakmp.h"

enum {
	UDP_HEADER_BYTES = 8,
	MARKER_BYTES = 4,        /**< RFC 3948 2.2: zeros before IKE on port 4500 */
	NOTIFY_HEADER_BYTES = 8, /**< RFC 7296 3.10, without SPI */
	NOTIFY_BYTES = NOTIFY_HEADER_BYTES + PACKET_COOKIE_BYTES,
	MESSAGE_BYTES = ISAKMP_HEADER_BYTES + NOTIFY_BYTES,
	PAYLOAD_NOTIFY = 41,
	VERSION_2_0 = 0x20,
	FLAG_RESPONSE = 0x20,
};

/** What the secret of a period is made of. */
struct period {
	char label[16];
	uint64_t number;
	uint64_t word;
};

/** What a cookie vouches for, without padding. */
struct claim {
	uint8_t client[16];
	uint64_t family;
	uint64_t icookie;
	uint64_t nonce;
};

/** One of the secret words of a period. */
static uint64_t secret_word(const struct hash_key *key, uint64_t number, uint64_t word)
{
	struct period period = { .label = "cookie secret", .number = number, .word = word };

	return hash_keyed(key, &period, sizeof(period));
}

/** Makes the cookie that the message has to bear by the secret of a period. */
static void cookie_make(const struct hash_key *key, const struct packet *packet,
	uint64_t number, uint8_t out[static PACKET_COOKIE_BYTES])
{
	struct claim claim = {
		.family = packet->flow.client.family,
		.icookie = packet->icookie,
		.nonce = packet->nonce,
	};

	memcpy(claim.client, packet->flow.client.bytes, sizeof(claim.client));
	out[0] = (uint8_t)number;
	for (uint64_t half = 0; half < 2; half++) {
		struct hash_key secret = { { secret_word(key, number, 2 * half),
			secret_word(key, number, 2 * half + 1) } };
		uint64_t hash = hash_keyed(&secret, &claim, sizeof(claim));

		memcpy(out + 1 + half * sizeof(hash), &hash, sizeof(hash));
	}
}

/** Compares without stopping at the first difference. */
static bool is_same(const uint8_t *one, const uint8_t *other, size_t size_bytes)
{
	uint8_t difference = 0;

	for (size_t i = 0; i < size_bytes; i++)
		difference |= one[i] ^ other[i];
	return difference == 0;
}

/** IKE_SA_INIT, from the original initiator. */
bool challenge_fits(const struct packet *packet)
{
	return packet->kind == PACKET_IKE_FIRST && isakmp_is_init(packet);
}

/** Compares with this period's cookie, or the last one's. */
bool challenge_is_met(const struct hash_key *key, const struct packet *packet, uint64_t now_ms)
{
	uint64_t number = now_ms / CHALLENGE_PERIOD_MS;
	uint8_t expected[PACKET_COOKIE_BYTES];

	if (!challenge_fits(packet) || packet->cookie_bytes != PACKET_COOKIE_BYTES)
		return false;
	number -= packet->cookie[0] != (uint8_t)number;
	cookie_make(key, packet, number, expected);
	return is_same(expected, packet->cookie, sizeof(expected));
}

/** Zeros stand before IKE on port 4500. */
static size_t marker_bytes(const struct packet *packet)
{
	return packet->flow.virtual_port == PACKET_PORT_NATT ? MARKER_BYTES : 0;
}

/** Bytes of the answer. */
size_t challenge_size_bytes(const struct packet *packet)
{
	return answer_header_bytes(&packet->flow) + UDP_HEADER_BYTES + marker_bytes(packet) +
		MESSAGE_BYTES;
}

/** The IKE message: header, and a Notify payload of the cookie (RFC 7296 3.1, 3.10). */
static void message_build(const struct hash_key *key, const struct packet *packet,
	uint64_t now_ms, uint8_t *out)
{
	uint8_t *notify = out + ISAKMP_HEADER_BYTES;

	memset(out, 0, MESSAGE_BYTES);
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(packet->icookie >> (56 - 8 * i));
	out[16] = PAYLOAD_NOTIFY;
	out[17] = VERSION_2_0;
	out[18] = packet->exchange;
	out[19] = FLAG_RESPONSE;
	answer_put_u16(out + 26, MESSAGE_BYTES);
	answer_put_u16(notify + 2, NOTIFY_BYTES);
	answer_put_u16(notify + 6, ISAKMP_NOTIFY_COOKIE);
	cookie_make(key, packet, now_ms / CHALLENGE_PERIOD_MS, notify + NOTIFY_HEADER_BYTES);
}

/** Builds the answer. */
size_t challenge_build(const struct hash_key *key, const struct packet *packet,
	uint64_t now_ms, uint8_t out[static CHALLENGE_BYTES])
{
	const struct packet_flow *flow = &packet->flow;
	size_t size_bytes = challenge_size_bytes(packet);
	size_t udp_bytes = size_bytes - answer_header_bytes(flow);
	uint8_t *udp = out + answer_header_bytes(flow);
	uint16_t checksum;

	answer_header(flow, IPPROTO_UDP, udp_bytes, out);
	memset(udp, 0, udp_bytes);
	answer_put_u16(udp, flow->virtual_port);
	answer_put_u16(udp + 2, flow->client_port);
	answer_put_u16(udp + 4, udp_bytes);
	message_build(key, packet, now_ms, udp + UDP_HEADER_BYTES + marker_bytes(packet));
	checksum = answer_checksum(flow, IPPROTO_UDP, udp, udp_bytes);
	answer_put_u16(udp + 6, checksum ? checksum : UINT16_MAX);
	return size_bytes;
}
