/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of the benches: what a client of a virtual address sends, as Ethernet
 * frames. Clients are numbered from 0; number N has the address 10.64.0.0 + N.
 */
#pragma once

#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>

#define FRAME_ISAKMP_BYTES 100 /**< header (RFC 7296 3.1) and what follows it */
#define FRAME_ESP_BYTES 128    /**< from the SPI on */
#define FRAME_MARKER_BYTES 4   /**< non-ESP marker (RFC 3948 2.2) */

enum frame_kind {
	FRAME_FIRST,     /**< IKE_SA_INIT, no responder's cookie, port 500 */
	FRAME_BOTH,      /**< IKE_AUTH, both cookies, port 500 */
	FRAME_BOTH_NATT, /**< the same on port 4500 */
	FRAME_ESP,
	FRAME_ESP_NATT, /**< ESP in UDP, port 4500 */
	FRAME_KINDS,
};

struct frame {
	struct ethhdr link;
	struct iphdr ip;
	union {
		struct {
			struct udphdr udp;
			uint8_t in_udp[FRAME_MARKER_BYTES + FRAME_ESP_BYTES];
		} __attribute__((packed));
		uint8_t esp[FRAME_ESP_BYTES];
	};
} __attribute__((packed));

/** Fills all that does not depend on the client. virtual is in network order. Returns the
 *  frame's size in bytes. */
size_t frame_prepare(struct frame *frame, enum frame_kind kind, const struct ethhdr *link,
	uint32_t virtual);

/** Makes a frame that was prepared for the kind one of the client's. */
void frame_set(struct frame *frame, enum frame_kind kind, uint32_t client);

/** Makes a first message the responder's answer: cookie and flag; both ports are the same. */
void frame_answer(struct frame *frame);
