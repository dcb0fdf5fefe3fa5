/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ISAKMP header, one for IKEv1 (RFC 2408 3.1) and IKEv2 (RFC 7296 3.1):
 *
 *   0                   8                   16
 *   +-------------------+-------------------+
 *   | initiator cookie  | responder cookie  |   v2: SPIi, SPIr
 *   +----+----+----+----+---------+---------+
 *   |next|ver |exch|flag| msg id  | length  |
 *   +----+----+----+----+---------+---------+
 *   16   17   18   19   20        24       28
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cursor.h"
#include "core/packet.h"

#define ISAKMP_HEADER_BYTES 28
#define ISAKMP_NOTIFY_COOKIE 16390 /**< RFC 7296 3.10.1 */

/**
 * Reads the header at cursor, of a message of message_bytes on the wire, into packet and
 * sets its kind (PACKET_IKE_FIRST or PACKET_IKE). Returns false, with packet->reason set,
 * when it is malformed. More bytes than the length field says are tolerated: old clients
 * pad. Flag bits that a version does not define are not looked at.
 */
bool isakmp_parse(struct cursor *cursor, size_t message_bytes, struct packet *packet);

/** Tells whether the message is an IKE_SA_INIT request of an original initiator. */
bool isakmp_is_init(const struct packet *packet);

/** Makes a packet such a request, as far as its header goes. */
void isakmp_make_init(struct packet *packet);
