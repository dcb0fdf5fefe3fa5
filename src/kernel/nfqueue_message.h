/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of NFQUEUE's netlink messages: packets to be read, verdicts to be written.
 * Pure: no socket, no counters; nfqueue.c has those. The data is the kernel's, yet
 * every length in it is checked.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernel/nfqueue.h"

/** Room for one verdict with a mark. */
#define NFQUEUE_VERDICT_BYTES 64

/** What a message from the kernel is. */
enum nfqueue_message {
	NFQUEUE_MESSAGE_END,       /**< no more in this datagram */
	NFQUEUE_MESSAGE_PACKET,    /**< a whole packet */
	NFQUEUE_MESSAGE_BROKEN,    /**< only its id is known: drop it */
	NFQUEUE_MESSAGE_MALFORMED, /**< not understood at all */
	NFQUEUE_MESSAGE_REFUSED,   /**< the kernel could not do what we sent */
	NFQUEUE_MESSAGE_OTHER,     /**< an acknowledgement and the like */
};

/** One datagram under way. */
struct nfqueue_reader {
	const uint8_t *data; /**< the next message, aligned to 4 */
	size_t left_bytes;
};

/** Reads the next message of the datagram. For a packet all of ret_packet is set, for a
 *  broken one its id. */
enum nfqueue_message nfqueue_message_next(
	struct nfqueue_reader *reader, struct nfqueue_packet *ret_packet);

/** Whom a verdict is for. */
enum nfqueue_scope {
	NFQUEUE_SCOPE_ONE,   /**< the packet with the id */
	NFQUEUE_SCOPE_UP_TO, /**< every packet that waits, up to and with the id */
};

/** Writes one verdict at out, which must be aligned and hold NFQUEUE_VERDICT_BYTES;
 *  returns how many bytes it takes. */
size_t nfqueue_message_verdict(uint8_t *out, uint16_t queue, uint32_t id,
	enum nfqueue_scope scope, const struct nfqueue_verdict *verdict);
