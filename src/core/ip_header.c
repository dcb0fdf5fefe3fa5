/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads through the checked cursor; fragments and options are said, not judged.
 */
#include "core/ip_header.h"

enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_DESTINATION = 60,
};

#define EXTENSIONS_MAX 8 /**< longer IPv6 chains are refused: constant work a packet */

/** Takes the fragment fields; offset in units that only matter as zero or not. */
static void set_fragment(struct ip_header *ip, unsigned int offset, bool more)
{
	ip->later_fragment = offset != 0;
	ip->first_fragment = !offset && more;
}

/**
 * Reads an IPv4 header (RFC 791 3.1):
 *
 *   +-------+-------+-------+-------+-------+-------+-------+-------+-------+
 *   |ver|ihl|  tos  |  total length |      id       | flags, offset |  ttl  |
 *   +-------+-------+-------+-------+-------+-------+-------+-------+-------+
 *   | proto |   checksum    |     source 4 bytes    |  destination 4 bytes  | options
 *   +-------+---------------+-----------------------+-----------------------+
 *
 * Sets payload_bytes by the total length alone: a quote is cut short by its nature.
 */
static enum reason read_ipv4(struct cursor *cursor, struct ip_header *ip)
{
	uint8_t addresses[8];
	unsigned int header_bytes = (cursor_u8(cursor) & 0x0f) * 4u;
	unsigned int total_bytes, fragment;

	cursor_skip(cursor, 1);
	total_bytes = cursor_u16(cursor);
	cursor_skip(cursor, 2);
	fragment = cursor_u16(cursor);
	cursor_skip(cursor, 1);
	ip->protocol_offset = (uint16_t)cursor->position;
	ip->protocol = cursor_u8(cursor);
	cursor_skip(cursor, 2);
	cursor_copy(cursor, addresses, sizeof(addresses));
	if (!cursor_ok(cursor))
		return REASON_IP_TRUNCATED;
	if (header_bytes < 20)
		return REASON_IP_HEADER_LENGTH;
	if (total_bytes < header_bytes)
		return REASON_IP_TOTAL_LENGTH;
	cursor_skip(cursor, header_bytes - 20);
	ip->source = address_v4(addresses);
	ip->destination = address_v4(addresses + 4);
	ip->payload_bytes = total_bytes - header_bytes;
	set_fragment(ip, fragment & 0x1fff, fragment & 0x2000);
	return cursor_ok(cursor) ? REASON_COUNT : REASON_IP_TRUNCATED;
}

/** Tells whether an IPv6 next header is an extension that is walked over. AH is not:
 *  for the director it is what the packet is. */
static bool is_extension(uint8_t protocol)
{
	return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
		protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_DESTINATION;
}

/**
 * Reads one extension header (RFC 8200 4) and goes behind it:
 *
 *   +-------------+---------+----------     +------+---+---------------+----+
 *   | next header | length  | options       | next | 0 | offset, res, M| id |  fragment
 *   +-------------+---------+----------     +------+---+---------------+----+
 *
 * length counts eight bytes beyond the first eight; a fragment header has eight.
 */
static void read_extension(struct cursor *cursor, struct ip_header *ip)
{
	bool is_fragment = ip->protocol == PROTOCOL_FRAGMENT;
	size_t start = cursor->position, size_bytes = 8;
	unsigned int length, fragment;

	ip->protocol_offset = (uint16_t)start;
	ip->protocol = cursor_u8(cursor);
	length = cursor_u8(cursor);
	fragment = cursor_u16(cursor);
	if (is_fragment)
		set_fragment(ip, fragment & 0xfff8, fragment & 1);
	else
		size_bytes += length * 8u;
	cursor_skip(cursor, size_bytes - 4);
	if (size_bytes > ip->payload_bytes)
		cursor->failed = true;
	else
		ip->payload_bytes -= size_bytes;
}

/**
 * Reads an IPv6 header (RFC 8200 3) and its extensions:
 *
 *   +-----------------------+----------------+------+-----------+-----------+-------------+
 *   | ver, class, label (4) | payload length | next | hop limit | source 16 | destination |
 *   +-----------------------+----------------+------+-----------+-----------+-------------+
 */
static enum reason read_ipv6(struct cursor *cursor, struct ip_header *ip)
{
	uint8_t addresses[32];

	cursor_skip(cursor, 4);
	ip->payload_bytes = cursor_u16(cursor);
	ip->protocol_offset = (uint16_t)cursor->position;
	ip->protocol = cursor_u8(cursor);
	cursor_skip(cursor, 1);
	cursor_copy(cursor, addresses, sizeof(addresses));
	if (!cursor_ok(cursor))
		return REASON_IP_TRUNCATED;
	ip->source = address_v6(addresses);
	ip->destination = address_v6(addresses + 16);
	for (int i = 0; is_extension(ip->protocol) && !ip->later_fragment; i++) {
		if (i == EXTENSIONS_MAX)
			return REASON_IP_EXTENSIONS;
		read_extension(cursor, ip);
		if (!cursor_ok(cursor))
			return REASON_IP_EXTENSIONS;
	}
	return REASON_COUNT;
}

/** Reads one of either version. */
enum reason ip_header_read(struct cursor *cursor, struct ip_header *ret_header)
{
	*ret_header = (struct ip_header){ 0 };
	if (!cursor_left(cursor))
		return REASON_IP_TRUNCATED;
	switch (cursor->data[cursor->position] >> 4) {
	case 4:
		return read_ipv4(cursor, ret_header);
	case 6:
		return read_ipv6(cursor, ret_header);
	default:
		return REASON_IP_VERSION;
	}
}
