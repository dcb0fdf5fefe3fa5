/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the director needs to know of one packet, in host order. Filled by classify;
 * read by decide. It holds copies only: no pointer into the packet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "core/reason.h"

#define PACKET_PORT_ISAKMP 500
#define PACKET_PORT_NATT 4500

/** Of the cookies that the director gives out (core/challenge.h). */
#define PACKET_COOKIE_BYTES 17

enum packet_kind {
	PACKET_MALFORMED,  /**< packet.reason says how */
	PACKET_OTHER,      /**< no IPsec: our business only if a service says so */
	PACKET_IKE_FIRST,  /**< may begin a handshake */
	PACKET_IKE,        /**< any other ISAKMP message */
	PACKET_KEEPALIVE,  /**< one byte 0xFF on 4500 */
	PACKET_ESP_IN_UDP, /**< ESP on 4500 */
	PACKET_DRAFT_ESP,  /**< ESP behind eight zero bytes on 500 */
	PACKET_ESP,
	PACKET_AH,
	PACKET_ICMP_ERROR, /**< quotes IPsec; addresses and ports are the quote's, turned round */
	PACKET_FRAGMENT,   /**< later fragment of UDP, ESP or AH: no ports, no SPI */
};

enum packet_direction {
	PACKET_TO_SERVER, /**< from a client: what is decided about */
	PACKET_TO_CLIENT, /**< from a server, where that is seen */
};

/** One flow as the director sees it: client to virtual address. Ports in host order,
 *  0 where the protocol has none. */
struct packet_flow {
	struct address client;
	struct address virtual;
	uint16_t client_port;
	uint16_t virtual_port;
};

struct packet {
	enum packet_kind kind;
	enum reason reason; /**< meaningful for PACKET_MALFORMED only */
	struct packet_flow flow;       /**< the client's, whatever the direction */
	enum packet_direction direction;
	uint32_t sender;               /**< to a client: the server's index plus 1; 0: unknown */
	uint8_t protocol;              /**< IP protocol: 17, 50, 51 (of the quote for ICMP) */
	bool first_fragment;           /**< more fragments follow */
	uint16_t next_header_offset;   /**< where the byte stands that named the protocol */
	uint64_t icookie;              /**< ISAKMP: initiator cookie, SPIi */
	uint64_t rcookie;              /**< ISAKMP: responder cookie, SPIr; 0 none yet */
	uint32_t mark;                 /**< firewall mark, from the caller */
	uint32_t message_id;           /**< ISAKMP */
	uint32_t spi;                  /**< ESP, AH, also in UDP */
	uint8_t version;               /**< ISAKMP: major version, 1 or 2 */
	uint8_t exchange;              /**< ISAKMP */
	uint8_t flags;                 /**< ISAKMP */
	uint8_t cookie_bytes;          /**< IKE_SA_INIT: of a COOKIE as ours are, or 0 */
	uint8_t cookie[PACKET_COOKIE_BYTES];
	uint64_t nonce;                /**< IKE_SA_INIT: a hash of Ni; 0: there is none */
};

/** The kind's name, for people and scripts. */
const char *packet_kind_name(enum packet_kind kind);
