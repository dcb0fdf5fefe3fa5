/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes to packet, header by header. Each step reads what it needs from the checked
 * cursor, then judges; a step that returns false has set packet->reason.
 */
#include "core/classify.h"

#include "base/cursor.h"
#include "core/ip_header.h"
#include "core/isakmp.h"

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ESP = 50,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_SCTP = 132,
};

#define SPI_FIRST 256 /**< 1 to 255 are reserved by IANA (RFC 4303 2.1) */

/** Ends classification with a reason. */
static bool malformed(struct packet *packet, enum reason reason)
{
	packet->reason = reason;
	return false;
}

/** Ends classification with a kind. */
static bool is_kind(struct packet *packet, enum packet_kind kind)
{
	packet->kind = kind;
	return true;
}

/** Judges and keeps an SPI. */
static bool set_spi(struct packet *packet, uint32_t spi, enum packet_kind kind)
{
	if (!spi)
		return malformed(packet, REASON_SPI_ZERO);
	if (spi < SPI_FIRST)
		return malformed(packet, REASON_SPI_RESERVED);
	packet->spi = spi;
	return is_kind(packet, kind);
}

/** ESP (RFC 4303 2): SPI (4), sequence number (4), payload. */
static bool read_esp(struct cursor *cursor, size_t payload_bytes, enum packet_kind kind,
	struct packet *packet)
{
	uint32_t spi = cursor_u32(cursor);

	cursor_skip(cursor, 4);
	if (!cursor_ok(cursor) || payload_bytes <= 8)
		return malformed(packet, REASON_ESP_TRUNCATED);
	return set_spi(packet, spi, kind);
}

/**
 * AH (RFC 4302 2): next header, payload length, reserved (2), SPI (4), sequence (4), ICV.
 * The length counts 32-bit words less two; below one there is no room for the sequence.
 */
static bool read_ah(struct cursor *cursor, size_t payload_bytes, struct packet *packet)
{
	unsigned int words;
	uint32_t spi;

	cursor_skip(cursor, 1);
	words = cursor_u8(cursor);
	cursor_skip(cursor, 2);
	spi = cursor_u32(cursor);
	cursor_skip(cursor, 4);
	if (!cursor_ok(cursor) || payload_bytes < 12)
		return malformed(packet, REASON_AH_TRUNCATED);
	if (words < 1)
		return malformed(packet, REASON_AH_LENGTH);
	if ((words + 2) * 4 > payload_bytes && !packet->first_fragment)
		return malformed(packet, REASON_AH_TRUNCATED);
	return set_spi(packet, spi, PACKET_AH);
}

/**
 * Port 4500 (RFC 3948 2): one byte 0xFF is a keepalive; four zero bytes are the non-ESP
 * marker and ISAKMP follows; anything else is ESP, whose SPI is never zero.
 */
static bool read_natt(struct cursor *cursor, size_t payload_bytes, struct packet *packet)
{
	struct cursor ahead = *cursor;
	uint32_t marker = cursor_u32(&ahead);

	if (payload_bytes == 1 && cursor_u8(cursor) == 0xff)
		return is_kind(packet, PACKET_KEEPALIVE);
	if (payload_bytes < 4 || !cursor_ok(&ahead))
		return malformed(packet, REASON_NATT_SHORT);
	if (marker)
		return read_esp(cursor, payload_bytes, PACKET_ESP_IN_UDP, packet);
	cursor_skip(cursor, 4);
	return isakmp_parse(cursor, payload_bytes - 4, packet);
}

/**
 * Port 500: ISAKMP; but eight zero bytes where the initiator cookie would be, and a
 * second word that can be an SPI, are ESP as draft-ietf-ipsec-udp-encaps-01 had it.
 */
static bool read_port_500(struct cursor *cursor, size_t payload_bytes, struct packet *packet)
{
	struct cursor ahead = *cursor;
	uint64_t marker = cursor_u64(&ahead);
	uint32_t spi = cursor_u32(&ahead);

	if (payload_bytes <= 16 || !cursor_ok(&ahead) || marker || !spi)
		return isakmp_parse(cursor, payload_bytes, packet);
	cursor_skip(cursor, 8);
	return read_esp(cursor, payload_bytes - 8, PACKET_DRAFT_ESP, packet);
}

/**
 * UDP (RFC 768): source port, destination port, length, checksum, two bytes each. The
 * service's port says what is inside, never the client's.
 */
static bool read_udp(struct cursor *cursor, size_t available_bytes, struct packet *packet)
{
	bool to_server = packet->direction == PACKET_TO_SERVER;
	uint16_t source = cursor_u16(cursor), destination = cursor_u16(cursor);
	size_t length_bytes;

	packet->flow.client_port = to_server ? source : destination;
	packet->flow.virtual_port = to_server ? destination : source;
	length_bytes = cursor_u16(cursor);
	cursor_skip(cursor, 2);
	if (!cursor_ok(cursor) || available_bytes < 8)
		return malformed(packet, REASON_UDP_TRUNCATED);
	if (packet->flow.virtual_port != PACKET_PORT_ISAKMP &&
		packet->flow.virtual_port != PACKET_PORT_NATT)
		return is_kind(packet, PACKET_OTHER);
	if (length_bytes < 8 || (length_bytes > available_bytes && !packet->first_fragment))
		return malformed(packet, REASON_UDP_LENGTH);
	if (!packet->flow.client_port)
		return malformed(packet, REASON_UDP_SOURCE_PORT);
	if (length_bytes == 8)
		return malformed(packet, REASON_UDP_EMPTY);
	cursor_limit(cursor, length_bytes - 8);
	if (packet->flow.virtual_port == PACKET_PORT_NATT)
		return read_natt(cursor, length_bytes - 8, packet);
	return read_port_500(cursor, length_bytes - 8, packet);
}

/** Tells whether the ICMP type is an error that quotes a packet (RFC 792, RFC 4443 2.1). */
static bool quotes_packet(uint8_t protocol, uint8_t type)
{
	if (protocol == PROTOCOL_ICMP)
		return type == 3 || type == 11 || type == 12;
	return type >= 1 && type <= 4;
}

/** The quoted packet went from the VIP to the client: the flow is its mirror image. */
static void set_mirrored_flow(struct packet *packet, const struct ip_header *quote)
{
	packet->flow.client = quote->destination;
	packet->flow.virtual = quote->source;
	packet->protocol = quote->protocol;
}

/** Reads the ports of a quoted UDP packet, which the server sent. */
static bool read_quoted_ports(struct cursor *cursor, struct packet *packet)
{
	packet->flow.virtual_port = cursor_u16(cursor);
	packet->flow.client_port = cursor_u16(cursor);
	if (!cursor_ok(cursor))
		return malformed(packet, REASON_ICMP_TRUNCATED);
	if (packet->flow.virtual_port != PACKET_PORT_ISAKMP &&
		packet->flow.virtual_port != PACKET_PORT_NATT)
		return is_kind(packet, PACKET_OTHER);
	return is_kind(packet, PACKET_ICMP_ERROR);
}

/** Reads what an ICMP error quotes: only IPsec that a server sent is our business. */
static bool read_quote(struct cursor *cursor, const struct ip_header *outer,
	struct packet *packet)
{
	struct ip_header quote;

	if (ip_header_read(cursor, &quote) != REASON_COUNT)
		return malformed(packet, REASON_ICMP_TRUNCATED);
	if (!address_equal(&quote.source, &outer->destination))
		return is_kind(packet, PACKET_OTHER);
	set_mirrored_flow(packet, &quote);
	if (!address_is_unicast(&packet->flow.client))
		return malformed(packet, REASON_IP_SOURCE);
	if (quote.protocol == PROTOCOL_ESP || quote.protocol == PROTOCOL_AH)
		return is_kind(packet, PACKET_ICMP_ERROR);
	if (quote.protocol != PROTOCOL_UDP)
		return is_kind(packet, PACKET_OTHER);
	if (quote.later_fragment)
		return is_kind(packet, PACKET_ICMP_ERROR);
	return read_quoted_ports(cursor, packet);
}

/** ICMP and ICMPv6: type, code, checksum (2), four bytes, then the quote. */
static bool read_icmp(
	struct cursor *cursor, const struct ip_header *ip, struct packet *packet)
{
	uint8_t type = cursor_u8(cursor);

	cursor_skip(cursor, 7);
	if (cursor_ok(cursor) && !quotes_packet(ip->protocol, type))
		return is_kind(packet, PACKET_OTHER);
	if (!cursor_ok(cursor))
		return malformed(packet, REASON_ICMP_TRUNCATED);
	return read_quote(cursor, ip, packet);
}

/** Takes the addresses of the flow. */
static void set_flow(const struct ip_header *ip, struct packet *packet)
{
	bool to_server = packet->direction == PACKET_TO_SERVER;

	packet->flow.client = to_server ? ip->source : ip->destination;
	packet->flow.virtual = to_server ? ip->destination : ip->source;
}

/** TCP (RFC 9293 3.1) and SCTP (RFC 9260 3.1) begin as UDP does: with the two ports. */
static bool read_ports(struct cursor *cursor, struct packet *packet)
{
	packet->flow.client_port = cursor_u16(cursor);
	packet->flow.virtual_port = cursor_u16(cursor);
	return is_kind(packet, PACKET_OTHER);
}

/** Goes on behind the IP header. */
static bool read_payload(
	struct cursor *cursor, const struct ip_header *ip, struct packet *packet)
{
	bool is_ipsec = ip->protocol == PROTOCOL_UDP || ip->protocol == PROTOCOL_ESP ||
		ip->protocol == PROTOCOL_AH;

	if (is_ipsec && !address_is_unicast(&packet->flow.client))
		return malformed(packet, REASON_IP_SOURCE);
	if (ip->later_fragment)
		return is_kind(packet, is_ipsec ? PACKET_FRAGMENT : PACKET_OTHER);
	switch (ip->protocol) {
	case PROTOCOL_UDP:
		return read_udp(cursor, ip->payload_bytes, packet);
	case PROTOCOL_TCP:
	case PROTOCOL_SCTP:
		return read_ports(cursor, packet);
	case PROTOCOL_ESP:
		return read_esp(cursor, ip->payload_bytes, PACKET_ESP, packet);
	case PROTOCOL_AH:
		return read_ah(cursor, ip->payload_bytes, packet);
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return read_icmp(cursor, ip, packet);
	default:
		return is_kind(packet, PACKET_OTHER);
	}
}

/** Reads the whole packet; false when it is malformed. */
static bool read_packet(struct cursor *cursor, size_t wire_bytes, struct packet *packet)
{
	struct ip_header ip;
	enum reason reason = ip_header_read(cursor, &ip);

	if (reason != REASON_COUNT)
		return malformed(packet, reason);
	set_flow(&ip, packet);
	packet->protocol = ip.protocol;
	packet->next_header_offset = ip.protocol_offset;
	packet->first_fragment = ip.first_fragment;
	if (cursor->position + ip.payload_bytes > wire_bytes)
		return malformed(packet, REASON_IP_TOTAL_LENGTH);
	cursor_limit(cursor, ip.payload_bytes);
	return read_payload(cursor, &ip, packet);
}

/** Classifies one packet. */
void classify(const uint8_t *data, size_t captured_bytes, size_t wire_bytes,
	enum packet_direction direction, struct packet *ret_packet)
{
	struct cursor cursor = cursor_init(data, captured_bytes);

	*ret_packet = (struct packet){ .direction = direction };
	if (!read_packet(&cursor, wire_bytes, ret_packet))
		ret_packet->kind = PACKET_MALFORMED;
}
