/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages offer what the lab's gateways accept, or they would be refused before they
 * cost a key exchange.
 */
#include "spoof.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#define ESP_BYTES 100
#define RANDOM_BYTES 32 /**< of a key share, and of a nonce */
#define NONE ((size_t)0)

/** IKE_SA_INIT: header, SA, KE (X25519), nonce; zeros are set for each packet. */
static const uint8_t init_message[] = {
	/* cookies */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* SA first, version 2.0, IKE_SA_INIT, from the initiator, message 0, 152 bytes */
	33, 0x20, 34, 0x08, 0, 0, 0, 0, 0, 0, 0, 152,
	/* SA, then KE: proposal 1, IKE, four transforms */
	34, 0, 0, 48, 0, 0, 0, 44, 1, 1, 0, 4,
	/* AES-CBC with 128 bits, PRF and integrity by HMAC-SHA-256, X25519 */
	3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 0, 128, 3, 0, 0, 8, 2, 0, 0, 5,
	3, 0, 0, 8, 3, 0, 0, 12, 0, 0, 0, 8, 4, 0, 0, 31,
	/* KE, then nonce: group 31 */
	40, 0, 0, 40, 0, 31, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* nonce */
	0, 0, 0, 36,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

/** Main mode: header and SA. */
static const uint8_t main_message[] = {
	/* cookies */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* SA first, version 1.0, identity protection, no flags, message 0, 84 bytes */
	1, 0x10, 2, 0, 0, 0, 0, 0, 0, 0, 0, 84,
	/* SA: IPsec, identity only; proposal 1, ISAKMP, one transform, KEY_IKE */
	0, 0, 0, 56, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 44, 1, 1, 0, 1,
	0, 0, 0, 36, 1, 1, 0, 0,
	/* AES-CBC, 128 bits, SHA-256, X25519, pre-shared key, an hour */
	0x80, 1, 0, 7, 0x80, 14, 0, 128, 0x80, 2, 0, 4, 0x80, 4, 0, 31, 0x80, 3, 0, 1,
	0x80, 11, 0, 1, 0x80, 12, 0x0e, 0x10,
};

/** An IKEv2 exchange of an IKE SA that there is not: header and encrypted payload. */
static const uint8_t later_message[] = {
	/* cookies */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* encrypted first, version 2.0, INFORMATIONAL, from the initiator, message 2, 80 bytes */
	46, 0x20, 37, 0x08, 0, 0, 0, 2, 0, 0, 0, 80,
	/* nothing is inside: a vector, padding and a sum */
	0, 0, 0, 52,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const struct {
	const char *name;
	const uint8_t *message; /**< NULL: not ISAKMP */
	size_t message_bytes;
	size_t cookie_bytes; /**< of cookies that are drawn, or of ESP's header */
	size_t share_at; /**< where the key share stands in it; NONE: there is none */
	size_t nonce_at;
} kinds[SPOOF_KINDS] = {
	[SPOOF_INIT] = { "init", init_message, sizeof(init_message), 8, 84, 120 },
	[SPOOF_MAIN] = { "main", main_message, sizeof(main_message), 8, NONE, NONE },
	[SPOOF_LATER] = { "later", later_message, sizeof(later_message), 16, NONE, NONE },
	[SPOOF_ESP] = { "esp", NULL, 0, 8, NONE, NONE },
};

/** Compares with the names. */
enum spoof_kind spoof_kind_of(const char *name)
{
	enum spoof_kind kind = 0;

	while (kind < SPOOF_KINDS && strcmp(kinds[kind].name, name) != 0)
		kind++;
	return kind;
}

/** One round of xorshift64* (Marsaglia; Vigna). */
uint64_t spoof_random(uint64_t *random)
{
	*random ^= *random >> 12;
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return *random * 0x2545f4914f6cdd1d;
}

/** Fills so many bytes, a multiple of eight. */
static void scatter(uint8_t *bytes, size_t count, uint64_t *random)
{
	size_t i;

	for (i = 0; i < count; i += sizeof(*random)) {
		uint64_t number = spoof_random(random);

		memcpy(bytes + i, &number, sizeof(number));
	}
}

/** The checksum of the frame's IPv4 header (RFC 1071). */
static uint16_t checksum(const struct spoof *frame)
{
	uint16_t words[sizeof(frame->ip) / 2];
	uint32_t sum = 0;
	size_t i;

	memcpy(words, &frame->ip, sizeof(words));
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

/** Puts UDP, without a checksum (RFC 768), and the message in. Returns their bytes. */
static size_t prepare_udp(struct spoof *frame, enum spoof_kind kind)
{
	size_t size_bytes = sizeof(struct udphdr) + kinds[kind].message_bytes;
	const struct udphdr udp = {
		.source = htons(500),
		.dest = htons(500),
		.len = htons((uint16_t)size_bytes),
	};

	memcpy(frame->bytes, &udp, sizeof(udp));
	memcpy(frame->bytes + sizeof(udp), kinds[kind].message, kinds[kind].message_bytes);
	return size_bytes;
}

/** Fills headers and message. */
size_t spoof_prepare(struct spoof *frame, enum spoof_kind kind, const struct ethhdr *link,
	uint32_t virtual)
{
	bool isakmp = kinds[kind].message != NULL;
	size_t size_bytes = sizeof(frame->ip);

	memset(frame, 0, sizeof(*frame));
	size_bytes += isakmp ? prepare_udp(frame, kind) : ESP_BYTES;
	frame->link = *link;
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.ttl = 64;
	frame->ip.protocol = isakmp ? IPPROTO_UDP : IPPROTO_ESP;
	frame->ip.tot_len = htons((uint16_t)size_bytes);
	frame->ip.daddr = virtual;
	return sizeof(frame->link) + size_bytes;
}

/** Sets the rest. SPIs have their first bit set: none is reserved (RFC 4303 2.1). */
void spoof_set(
	struct spoof *frame, enum spoof_kind kind, uint32_t source, uint64_t *random)
{
	uint8_t *start = frame->bytes;

	frame->ip.saddr = htonl(source);
	frame->ip.check = 0;
	frame->ip.check = checksum(frame);
	if (kinds[kind].message)
		start += sizeof(struct udphdr);
	scatter(start, kinds[kind].cookie_bytes, random);
	start[0] |= 0x80;
	if (kinds[kind].share_at != NONE)
		scatter(start + kinds[kind].share_at, RANDOM_BYTES, random);
	if (kinds[kind].nonce_at != NONE)
		scatter(start + kinds[kind].nonce_at, RANDOM_BYTES, random);
}
