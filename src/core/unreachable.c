/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/unreachable.h"

#include <netinet/in.h>
#include <string.h>

#include "core/answer.h"

enum {
	ICMP_HEADER_BYTES = 8,
	IPV4_ANSWER_BYTES = 576, /**< RFC 1812 4.3.2.3: as much as fits into 576 */
};

/** Bytes that a quote must have: the packet's IP header and eight more (RFC 792). */
static size_t least_quote_bytes(const uint8_t *data, bool is_v4)
{
	return (is_v4 ? (data[0] & 0xfu) * 4u : ANSWER_IPV6_BYTES) + 8;
}

/** How much of the offending packet is quoted: so much that the answer is neither longer than
 *  it may be nor than that packet. 0: too little. */
static size_t quote_bytes(const uint8_t *data, size_t captured_bytes, bool is_v4)
{
	size_t limit_bytes = is_v4 ? IPV4_ANSWER_BYTES : UNREACHABLE_BYTES;
	size_t around_bytes =
		(is_v4 ? ANSWER_IPV4_BYTES : ANSWER_IPV6_BYTES) + ICMP_HEADER_BYTES;

	if (captured_bytes < limit_bytes)
		limit_bytes = captured_bytes;
	if (limit_bytes < around_bytes + least_quote_bytes(data, is_v4))
		return 0;
	return limit_bytes - around_bytes;
}

/** IPv4: type 3 code 2 (RFC 792), four bytes unused, the quote. */
static void build_v4(uint8_t *icmp, size_t icmp_bytes)
{
	icmp[0] = 3;
	icmp[1] = 2;
	answer_put_u16(icmp + 2, answer_checksum_plain(icmp, icmp_bytes));
}

/** IPv6: type 4 code 1 (RFC 4443 3.4), the pointer to the byte that named ESP or AH, the
 *  quote. */
static void build_v6(const struct packet *packet, uint8_t *icmp, size_t icmp_bytes)
{
	icmp[0] = 4;
	icmp[1] = 1;
	answer_put_u16(icmp + 6, packet->next_header_offset);
	answer_put_u16(icmp + 2,
		answer_checksum(&packet->flow, IPPROTO_ICMPV6, icmp, icmp_bytes));
}

/** Tells whether such a packet may be answered. */
static bool is_answered(const struct packet *packet)
{
	return (packet->kind == PACKET_ESP || packet->kind == PACKET_AH) &&
		address_is_unicast(&packet->flow.client);
}

/** Builds the answer. */
size_t unreachable_build(const struct packet *packet, const uint8_t *data,
	size_t captured_bytes, uint8_t out[static UNREACHABLE_BYTES])
{
	bool is_v4 = packet->flow.client.family == AF_INET;
	size_t header_bytes = answer_header_bytes(&packet->flow);
	size_t quoted_bytes = quote_bytes(data, captured_bytes, is_v4);
	uint8_t *icmp = out + header_bytes;
	size_t icmp_bytes = ICMP_HEADER_BYTES + quoted_bytes;

	if (!is_answered(packet) || !quoted_bytes)
		return 0;
	memset(icmp, 0, ICMP_HEADER_BYTES);
	memcpy(icmp + ICMP_HEADER_BYTES, data, quoted_bytes);
	if (is_v4)
		build_v4(icmp, icmp_bytes);
	else
		build_v6(packet, icmp, icmp_bytes);
	answer_header(&packet->flow, is_v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, icmp_bytes, out);
	return header_bytes + icmp_bytes;
}
