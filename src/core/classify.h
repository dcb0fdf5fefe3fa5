/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes to packet: what an IP packet that came for a virtual address is.
 * Pure: the same bytes give the same answer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/packet.h"

/**
 * Classifies one IP packet (RFC 791, 8200; ISAKMP RFC 2408 3.1 and RFC 7296 3.1; UDP
 * encapsulation RFC 3948 2; ESP RFC 4303 2; AH RFC 4302 2).
 * @data        the packet from its IP header on, captured_bytes of it present
 * @wire_bytes  how long the packet was; what lies beyond captured_bytes is not judged
 * @direction   whose addresses and ports are the client's in ret_packet->flow
 * Never fails: what cannot be understood is PACKET_MALFORMED with its reason.
 */
void classify(const uint8_t *data, size_t captured_bytes, size_t wire_bytes,
	enum packet_direction direction, struct packet *ret_packet);
