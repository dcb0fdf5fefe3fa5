/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds the headers of one packet, as far as the director reads them. Checksums stay
 * zero: the director does not look at them, and the packet is never sent.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PACKET_BYTES_MAX 128 /**< longest packet that is built */

/** What stands behind the IP header, and behind UDP where there is any. */
enum packet_body {
	PACKET_BODY_ISAKMP,
	PACKET_BODY_KEEPALIVE,  /**< one byte 0xFF */
	PACKET_BODY_ESP_IN_UDP,
	PACKET_BODY_DRAFT_ESP,  /**< ESP behind eight zero bytes */
	PACKET_BODY_ESP,
	PACKET_BODY_AH,
	PACKET_BODY_UDP,  /**< four zero bytes */
	PACKET_BODY_TCP,  /**< a first segment */
	PACKET_BODY_ICMP, /**< echo request */
};

/** One end of a packet. */
struct packet_end {
	int family; /**< AF_INET, AF_INET6, 0: not told */
	uint8_t address[16];
	uint16_t port; /**< 0: not told */
};

struct packet_fields {
	enum packet_body body;
	struct packet_end from;
	struct packet_end to;
	uint64_t icookie;
	uint64_t rcookie;
	uint8_t version; /**< major */
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t spi;
};

/** Writes the packet and returns how long it is. Both ends have one family. */
size_t packet_bytes_build(
	const struct packet_fields *fields, uint8_t out[static PACKET_BYTES_MAX]);
