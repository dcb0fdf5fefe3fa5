/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds packets from a description, right ones and wrong ones: every length and version
 * can be told to lie. For tests only; it shares no code with the classifier it feeds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

#define PACKET_BUILD_BYTES 16384 /**< longest packet that can be built */
#define PACKET_BUILD_EXTENSIONS 32
#define PACKET_BUILD_RIGHT (-1) /**< for a field that may lie: the right value */

/** A packet on the wire and how much of it the capture holds. */
struct packet_bytes {
	uint8_t data[PACKET_BUILD_BYTES];
	size_t size_bytes; /**< present */
	size_t wire_bytes; /**< how long it was, >= size_bytes */
};

enum packet_body {
	BODY_ISAKMP,
	BODY_KEEPALIVE,
	BODY_ESP_IN_UDP,
	BODY_DRAFT_ESP, /**< eight zero bytes, then ESP */
	BODY_ESP,
	BODY_AH,
	BODY_UDP,  /**< UDP with payload as it is */
	BODY_BARE, /**< payload directly behind IP, of protocol */
	BODY_ICMP_ERROR,
};

/** One IPv6 extension header. */
struct packet_extension {
	uint8_t number;
	uint8_t length; /**< its length octet */
	bool lies;	/**< eight bytes are there whatever length says */
};

struct packet_spec {
	enum packet_body body;
	struct address source;
	struct address destination;
	uint16_t source_port;
	uint16_t destination_port;

	uint64_t icookie;
	uint64_t rcookie;
	uint8_t next_payload;
	uint8_t version; /**< whole octet: 0x10, 0x20 */
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	int64_t isakmp_length;
	int marker; /**< four zero bytes in front: 1, 0, or right for the port */

	uint32_t spi;
	uint32_t sequence;
	int ah_length;

	uint8_t payload[2048];
	size_t payload_bytes;
	size_t pad_bytes; /**< filler behind the payload */

	int64_t udp_length;
	int protocol; /**< of BODY_BARE */

	uint8_t options[40]; /**< IPv4, a multiple of four */
	size_t option_bytes;
	struct packet_extension extensions[PACKET_BUILD_EXTENSIONS];
	size_t extension_count;
	bool more_fragments;
	uint32_t fragment_offset; /**< bytes, a multiple of eight */
	uint32_t fragment_id;
	int64_t ip_length;
	int ip_header_words;
	int ip_version;

	int icmp_type;
	int icmp_code;
	int64_t quote_bytes; /**< of the quoted packet; right: all */

	int64_t cut_bytes;     /**< the packet ends there, on the wire too */
	int64_t capture_bytes; /**< the capture ends there */
};

/** Sets every field that may lie to "right" and the rest to zero. */
void packet_spec_init(struct packet_spec *spec);

/** Builds what spec says; quoted, for BODY_ICMP_ERROR only, is the packet inside. */
void packet_build(const struct packet_spec *spec, const struct packet_bytes *quoted,
	struct packet_bytes *ret_packet);
