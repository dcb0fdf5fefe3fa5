/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IP header of a packet, or of one that an ICMP error quotes: IPv4 with its options,
 * IPv6 with its extensions. What stands behind it is classify.h's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/cursor.h"
#include "core/reason.h"

/** What an IP header says, the packet's own or a quoted one. */
struct ip_header {
	struct address source;
	struct address destination;
	uint8_t protocol;
	uint16_t protocol_offset; /**< where the byte stands that named protocol */
	bool first_fragment;
	bool later_fragment;
	size_t payload_bytes; /**< on the wire, behind the header and its extensions */
};

/**
 * Reads a header of either version at the cursor, which stands behind it then.
 * REASON_COUNT: it is good; else what is wrong. Whether the payload is all there is not
 * asked: a quote's is not.
 */
enum reason ip_header_read(struct cursor *cursor, struct ip_header *ret_header);
