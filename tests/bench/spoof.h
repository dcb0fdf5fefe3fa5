/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of a flood, as Ethernet frames: whole first messages that a gateway takes
 * seriously, and ESP of nobody's. Chance is the caller's.
 */
#pragma once

#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdint.h>

#define SPOOF_BYTES 360 /**< room for the largest, without the link header */
#define SPOOF_ADDRESS_BYTES 16

enum spoof_kind {
	SPOOF_INIT, /**< IKE_SA_INIT with SA, KE and nonce (RFC 7296 1.2) */
	SPOOF_MAIN, /**< IKEv1 main mode's first message, an SA (RFC 2409 5) */
	SPOOF_LATER, /**< ISAKMP with both cookies, of no handshake */
	SPOOF_ESP,
	SPOOF_KINDS,
};

struct spoof {
	struct ethhdr link;
	uint8_t bytes[SPOOF_BYTES];
} __attribute__((packed));

/** The kind of that name ("init", "main", "later", "esp"); SPOOF_KINDS for none. */
enum spoof_kind spoof_kind_of(const char *name);

/** Fills all that is the same in packets of the kind. link says the family by its type, of
 *  which virtual has as many bytes. Returns the frame's size in bytes. */
size_t spoof_prepare(struct spoof *frame, enum spoof_kind kind, const struct ethhdr *link,
	const uint8_t virtual[static SPOOF_ADDRESS_BYTES]);

/** Sets what differs: the source, and cookies, key share and nonce, or SPI, drawn from *random,
 *  which is any number but 0 at first. */
void spoof_set(struct spoof *frame, enum spoof_kind kind,
	const uint8_t source[static SPOOF_ADDRESS_BYTES], uint64_t *random);

/** The next number drawn from *random. */
uint64_t spoof_random(uint64_t *random);
