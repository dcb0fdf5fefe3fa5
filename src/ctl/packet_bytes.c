/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/packet_bytes.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

enum {
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	UDP_BYTES = 8,
	ISAKMP_BYTES = 28,
	AH_BYTES = 24, /**< with an integrity check value of twelve */
	ESP_BYTES = 32, /**< SPI, sequence, and something behind */
	PORT_ISAKMP = 500,
	PORT_NATT = 4500,
};

/** A place to write at. */
struct writing {
	uint8_t *at;
};

/** Writes the lowest size_bytes bytes of value in network order. */
static void put(struct writing *writing, uint64_t value, size_t size_bytes)
{
	while (size_bytes-- > 0)
		*writing->at++ = (uint8_t)(value >> (8 * size_bytes));
}

/** The IP protocol of the body; most travel in UDP. */
static uint8_t protocol_of(const struct packet_fields *fields)
{
	switch (fields->body) {
	case PACKET_BODY_ESP:
		return IPPROTO_ESP;
	case PACKET_BODY_AH:
		return IPPROTO_AH;
	case PACKET_BODY_TCP:
		return IPPROTO_TCP;
	case PACKET_BODY_ICMP:
		return fields->from.family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	case PACKET_BODY_ISAKMP:
	case PACKET_BODY_KEEPALIVE:
	case PACKET_BODY_ESP_IN_UDP:
	case PACKET_BODY_DRAFT_ESP:
	case PACKET_BODY_UDP:
		break;
	}
	return IPPROTO_UDP;
}

/** Tells whether the non-ESP marker precedes ISAKMP (RFC 3948 2.2): on the server's port
 *  4500, and no telling here which end that is but for the other's 500. */
static bool has_marker(const struct packet_fields *fields)
{
	return fields->to.port == PORT_NATT ||
		(fields->from.port == PORT_NATT && fields->to.port != PORT_ISAKMP);
}

/** ISAKMP header (RFC 2408 3.1, RFC 7296 3.1) without payloads. */
static void put_isakmp(struct writing *writing, const struct packet_fields *fields)
{
	if (has_marker(fields))
		put(writing, 0, 4);
	put(writing, fields->icookie, 8);
	put(writing, fields->rcookie, 8);
	put(writing, 0, 1);
	put(writing, (uint64_t)fields->version << 4, 1);
	put(writing, fields->exchange, 1);
	put(writing, fields->flags, 1);
	put(writing, fields->message_id, 4);
	put(writing, ISAKMP_BYTES, 4);
}

/** ESP (RFC 4303 2): SPI, sequence number, something encrypted. */
static void put_esp(struct writing *writing, const struct packet_fields *fields)
{
	put(writing, fields->spi, 4);
	put(writing, 1, 4);
	writing->at += ESP_BYTES - 8;
}

/** AH (RFC 4302 2) before ESP. */
static void put_ah(struct writing *writing, const struct packet_fields *fields)
{
	put(writing, IPPROTO_ESP, 1);
	put(writing, AH_BYTES / 4 - 2, 1);
	put(writing, 0, 2);
	put(writing, fields->spi, 4);
	put(writing, 1, 4);
	writing->at += AH_BYTES - 12;
}

/** TCP header (RFC 9293 3.1) with SYN. */
static void put_tcp(struct writing *writing, const struct packet_fields *fields)
{
	put(writing, fields->from.port, 2);
	put(writing, fields->to.port, 2);
	put(writing, 1, 4);
	put(writing, 0, 4);
	put(writing, 0x5002, 2);
	writing->at += 6;
}

/** Echo request (RFC 792, RFC 4443 4.1). */
static void put_icmp(struct writing *writing, const struct packet_fields *fields)
{
	put(writing, fields->from.family == AF_INET6 ? 128 : 8, 1);
	writing->at += 7;
}

/** What stands behind UDP or IP. */
static void put_body(struct writing *writing, const struct packet_fields *fields)
{
	switch (fields->body) {
	case PACKET_BODY_ISAKMP:
		put_isakmp(writing, fields);
		break;
	case PACKET_BODY_KEEPALIVE:
		put(writing, 0xff, 1);
		break;
	case PACKET_BODY_DRAFT_ESP:
		put(writing, 0, 8);
		put_esp(writing, fields);
		break;
	case PACKET_BODY_ESP_IN_UDP:
	case PACKET_BODY_ESP:
		put_esp(writing, fields);
		break;
	case PACKET_BODY_AH:
		put_ah(writing, fields);
		break;
	case PACKET_BODY_UDP:
		put(writing, 0, 4);
		break;
	case PACKET_BODY_TCP:
		put_tcp(writing, fields);
		break;
	case PACKET_BODY_ICMP:
		put_icmp(writing, fields);
		break;
	}
}

/** UDP header (RFC 768) and body; the length is written when it is known. */
static void put_udp(struct writing *writing, const struct packet_fields *fields)
{
	struct writing start = *writing;

	put(writing, fields->from.port, 2);
	put(writing, fields->to.port, 2);
	put(writing, 0, 4);
	put_body(writing, fields);
	struct writing length = { start.at + 4 };

	put(&length, (uint64_t)(writing->at - start.at), 2);
}

/** IP header (RFC 791 3.1, RFC 8200 3) for so many bytes of payload. */
static void put_ip(struct writing *writing, const struct packet_fields *fields,
	size_t payload_bytes)
{
	uint8_t protocol = protocol_of(fields);
	size_t address_bytes = fields->from.family == AF_INET6 ? 16 : 4;

	if (fields->from.family == AF_INET6) {
		put(writing, 0x60000000, 4);
		put(writing, payload_bytes, 2);
		put(writing, protocol, 1);
		put(writing, 64, 1);
	} else {
		put(writing, 0x4500, 2);
		put(writing, IPV4_BYTES + payload_bytes, 2);
		put(writing, 0, 4);
		put(writing, 64, 1);
		put(writing, protocol, 1);
		put(writing, 0, 2);
	}
	memcpy(writing->at, fields->from.address, address_bytes);
	memcpy(writing->at + address_bytes, fields->to.address, address_bytes);
}

/** Writes the packet: what is behind the IP header first, for its length. */
size_t packet_bytes_build(
	const struct packet_fields *fields, uint8_t out[static PACKET_BYTES_MAX])
{
	size_t header_bytes = fields->from.family == AF_INET6 ? IPV6_BYTES : IPV4_BYTES;
	struct writing writing = { out + header_bytes };
	struct writing header = { out };

	memset(out, 0, PACKET_BYTES_MAX);
	if (protocol_of(fields) == IPPROTO_UDP)
		put_udp(&writing, fields);
	else
		put_body(&writing, fields);
	size_t size_bytes = (size_t)(writing.at - out);

	put_ip(&header, fields, size_bytes - header_bytes);
	return size_bytes;
}
