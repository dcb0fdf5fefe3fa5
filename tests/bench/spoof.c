/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages offer what the lab's gateways accept, or they would be refused before they
 * cost a key exchange.
 */
#include "spoof.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
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

/** Adds bytes, an even number, to a sum of 16-bit words (RFC 1071). */
static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, size_t size_bytes)
{
	size_t i;

	for (i = 0; i < size_bytes; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

/** Folds and complements a sum, in network order. */
static uint16_t folded(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/** Tells whether a frame is of IPv6. */
static bool is_v6(const struct spoof *frame)
{
	return frame->link.h_proto == htons(ETH_P_IPV6);
}

/** Bytes of a frame's IP header. */
static size_t ip_bytes(const struct spoof *frame)
{
	return is_v6(frame) ? sizeof(struct ip6_hdr) : sizeof(struct iphdr);
}

/** Puts UDP, without a checksum (RFC 768), and the message in. Returns their bytes. */
static size_t prepare_udp(uint8_t *bytes, enum spoof_kind kind)
{
	size_t size_bytes = sizeof(struct udphdr) + kinds[kind].message_bytes;
	const struct udphdr udp = {
		.source = htons(500),
		.dest = htons(500),
		.len = htons((uint16_t)size_bytes),
	};

	memcpy(bytes, &udp, sizeof(udp));
	memcpy(bytes + sizeof(udp), kinds[kind].message, kinds[kind].message_bytes);
	return size_bytes;
}

/** Puts an IPv4 header in. */
static void prepare_v4(uint8_t *bytes, size_t payload_bytes, uint8_t protocol,
	const uint8_t *virtual)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = protocol,
		.tot_len = htons((uint16_t)(sizeof(ip) + payload_bytes)),
	};

	memcpy(&ip.daddr, virtual, sizeof(ip.daddr));
	memcpy(bytes, &ip, sizeof(ip));
}

/** Puts an IPv6 header in. */
static void prepare_v6(uint8_t *bytes, size_t payload_bytes, uint8_t protocol,
	const uint8_t *virtual)
{
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6u << 28),
		.ip6_plen = htons((uint16_t)payload_bytes),
		.ip6_nxt = protocol,
		.ip6_hlim = 64,
	};

	memcpy(&ip.ip6_dst, virtual, sizeof(ip.ip6_dst));
	memcpy(bytes, &ip, sizeof(ip));
}

/** Fills headers and message. */
size_t spoof_prepare(struct spoof *frame, enum spoof_kind kind, const struct ethhdr *link,
	const uint8_t virtual[static SPOOF_ADDRESS_BYTES])
{
	bool isakmp = kinds[kind].message != NULL;
	uint8_t protocol = isakmp ? IPPROTO_UDP : IPPROTO_ESP;
	size_t payload_bytes = ESP_BYTES;

	memset(frame, 0, sizeof(*frame));
	frame->link = *link;
	if (isakmp)
		payload_bytes = prepare_udp(frame->bytes + ip_bytes(frame), kind);
	if (is_v6(frame))
		prepare_v6(frame->bytes, payload_bytes, protocol, virtual);
	else
		prepare_v4(frame->bytes, payload_bytes, protocol, virtual);
	return sizeof(frame->link) + ip_bytes(frame) + payload_bytes;
}

/** Sets an IPv4 header's source and checksum. */
static void set_source_v4(uint8_t *bytes, const uint8_t *source)
{
	struct iphdr ip;

	memcpy(&ip, bytes, sizeof(ip));
	memcpy(&ip.saddr, source, sizeof(ip.saddr));
	ip.check = 0;
	memcpy(bytes, &ip, sizeof(ip));
	ip.check = folded(sum_of(0, bytes, sizeof(ip)));
	memcpy(bytes, &ip, sizeof(ip));
}

/** Sets the checksum of a message in UDP over IPv6, which must have one (RFC 8200 8.1): the two
 *  addresses stand before it. */
static void set_checksum_v6(struct spoof *frame, enum spoof_kind kind)
{
	const size_t addresses_bytes = 2 * SPOOF_ADDRESS_BYTES;
	size_t size_bytes = sizeof(struct udphdr) + kinds[kind].message_bytes;
	uint8_t *start = frame->bytes + ip_bytes(frame);
	uint16_t checksum;

	memset(start + offsetof(struct udphdr, check), 0, sizeof(checksum));
	checksum = folded(sum_of((uint32_t)size_bytes + IPPROTO_UDP,
		start - addresses_bytes, addresses_bytes + size_bytes));
	memcpy(start + offsetof(struct udphdr, check), &checksum, sizeof(checksum));
}

/** Draws what differs behind the headers. SPIs have their first bit set: none is reserved
 *  (RFC 4303 2.1). */
static void draw(uint8_t *start, enum spoof_kind kind, uint64_t *random)
{
	scatter(start, kinds[kind].cookie_bytes, random);
	start[0] |= 0x80;
	if (kinds[kind].share_at != NONE)
		scatter(start + kinds[kind].share_at, RANDOM_BYTES, random);
	if (kinds[kind].nonce_at != NONE)
		scatter(start + kinds[kind].nonce_at, RANDOM_BYTES, random);
}

/** Sets the rest. */
void spoof_set(struct spoof *frame, enum spoof_kind kind,
	const uint8_t source[static SPOOF_ADDRESS_BYTES], uint64_t *random)
{
	uint8_t *start = frame->bytes + ip_bytes(frame);

	draw(start + (kinds[kind].message ? sizeof(struct udphdr) : 0), kind, random);
	if (!is_v6(frame)) {
		set_source_v4(frame->bytes, source);
		return;
	}
	memcpy(frame->bytes + offsetof(struct ip6_hdr, ip6_src), source, SPOOF_ADDRESS_BYTES);
	if (kinds[kind].message)
		set_checksum_v6(frame, kind);
}
