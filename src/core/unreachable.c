/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/unreachable.h"

#include <netinet/in.h>
#include <string.h>

enum {
	IPV4_HEADER_BYTES = 20,
	IPV6_HEADER_BYTES = 40,
	ICMP_HEADER_BYTES = 8,
	IPV4_ANSWER_BYTES = 576, /**< RFC 1812 4.3.2.3: as much as fits into 576 */
	HOP_LIMIT = 64,
};

/** Writes two bytes in network order. */
static void put_u16(uint8_t *out, size_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

/** Adds bytes to a ones' complement sum, as 16-bit words (RFC 1071). */
static uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

/** Folds and complements the sum. */
static uint16_t checksum(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

/** Copies as much of the offending packet as the answer may hold; returns how much. */
static size_t quote(uint8_t *out, size_t room_bytes, const uint8_t *data,
	size_t captured_bytes)
{
	size_t size_bytes = captured_bytes < room_bytes ? captured_bytes : room_bytes;

	memcpy(out, data, size_bytes);
	return size_bytes;
}

/**
 * IPv4: header, then type 3 code 2 (RFC 792), four bytes unused, the quote.
 */
static size_t build_v4(const struct packet_flow *flow, const uint8_t *data,
	size_t captured_bytes, uint8_t *out)
{
	uint8_t *icmp = out + IPV4_HEADER_BYTES;
	size_t room_bytes = IPV4_ANSWER_BYTES - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES;
	size_t icmp_bytes = ICMP_HEADER_BYTES +
		quote(icmp + ICMP_HEADER_BYTES, room_bytes, data, captured_bytes);

	out[0] = 0x45;
	put_u16(out + 2, IPV4_HEADER_BYTES + icmp_bytes);
	out[8] = HOP_LIMIT;
	out[9] = IPPROTO_ICMP;
	memcpy(out + 12, flow->virtual.bytes, 4);
	memcpy(out + 16, flow->client.bytes, 4);
	put_u16(out + 10, checksum(sum_bytes(0, out, IPV4_HEADER_BYTES)));
	icmp[0] = 3;
	icmp[1] = 2;
	put_u16(icmp + 2, checksum(sum_bytes(0, icmp, icmp_bytes)));
	return IPV4_HEADER_BYTES + icmp_bytes;
}

/** ICMPv6 checksum: over a pseudo-header too (RFC 8200 8.1). */
static uint16_t checksum_v6(const uint8_t *header, const uint8_t *icmp, size_t icmp_bytes)
{
	uint32_t sum = sum_bytes(0, header + 8, 32);

	sum += (uint32_t)icmp_bytes + IPPROTO_ICMPV6;
	return checksum(sum_bytes(sum, icmp, icmp_bytes));
}

/**
 * IPv6: header, then type 4 code 1 (RFC 4443 3.4), the pointer to the byte that named
 * ESP or AH, the quote.
 */
static size_t build_v6(const struct packet *packet, const uint8_t *data,
	size_t captured_bytes, uint8_t *out)
{
	uint8_t *icmp = out + IPV6_HEADER_BYTES;
	size_t room_bytes = UNREACHABLE_BYTES - IPV6_HEADER_BYTES - ICMP_HEADER_BYTES;
	size_t icmp_bytes = ICMP_HEADER_BYTES +
		quote(icmp + ICMP_HEADER_BYTES, room_bytes, data, captured_bytes);

	out[0] = 0x60;
	put_u16(out + 4, icmp_bytes);
	out[6] = IPPROTO_ICMPV6;
	out[7] = HOP_LIMIT;
	memcpy(out + 8, packet->flow.virtual.bytes, 16);
	memcpy(out + 24, packet->flow.client.bytes, 16);
	icmp[0] = 4;
	icmp[1] = 1;
	put_u16(icmp + 6, packet->next_header_offset);
	put_u16(icmp + 2, checksum_v6(out, icmp, icmp_bytes));
	return IPV6_HEADER_BYTES + icmp_bytes;
}

/** Builds the answer. */
size_t unreachable_build(const struct packet *packet, const uint8_t *data,
	size_t captured_bytes, uint8_t out[static UNREACHABLE_BYTES])
{
	if (packet->kind != PACKET_ESP && packet->kind != PACKET_AH)
		return 0;
	if (!address_is_unicast(&packet->flow.client))
		return 0;
	memset(out, 0, IPV6_HEADER_BYTES + ICMP_HEADER_BYTES);
	if (packet->flow.client.family == AF_INET)
		return build_v4(&packet->flow, data, captured_bytes, out);
	return build_v6(packet, data, captured_bytes, out);
}
