/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What packets have in common that the director makes itself, in a virtual address's name:
 * the IP header and the checksums.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/packet.h"

#define ANSWER_IPV4_BYTES 20
#define ANSWER_IPV6_BYTES 40

/** Writes two bytes in network order. */
void answer_put_u16(uint8_t *out, size_t value);

/** Bytes of the IP header of the flow's family. */
size_t answer_header_bytes(const struct packet_flow *flow);

/** Writes the IP header of a packet from the flow's virtual address to its client. */
void answer_header(const struct packet_flow *flow, uint8_t protocol, size_t payload_bytes,
	uint8_t *out);

/** The checksum of a message with its pseudo-header (RFC 768, RFC 8200 8.1). */
uint16_t answer_checksum(const struct packet_flow *flow, uint8_t protocol,
	const uint8_t *message, size_t message_bytes);

/** The checksum of bytes alone (RFC 1071). */
uint16_t answer_checksum_plain(const uint8_t *bytes, size_t size_bytes);
