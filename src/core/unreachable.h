/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds the answer to ESP or AH that nobody asked for: ICMP destination unreachable,
 * protocol unreachable (RFC 792; RFC 1812 4.3.2), or ICMPv6 parameter problem,
 * unrecognized next header (RFC 4443 3.4). Sending it is the kernel floor's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/packet.h"

#define UNREACHABLE_BYTES 1280 /**< never longer: IPv6 minimum MTU; IPv4 stops at 576 */

/**
 * Writes a whole IP packet from the VIP to the client to out, quoting the offending
 * packet (data, captured_bytes of it). Returns its length, or 0 where no answer may be
 * given: source not unicast, later fragment, not ESP or AH. An answer is never longer than
 * the packet: what is too short for that is not answered.
 */
size_t unreachable_build(const struct packet *packet, const uint8_t *data,
	size_t captured_bytes, uint8_t out[static UNREACHABLE_BYTES]);
