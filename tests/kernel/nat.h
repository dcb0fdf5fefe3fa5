/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A director with method nat whose daemon is the test itself: it receives what the rules
 * queue and marks it for the server it wants.
 */
#pragma once

#include "fixture.h"
#include "kernel/nfqueue.h"

#define NAT_SERVER_V4 "10.2.0.11"
#define NAT_SERVER_V6 "fd02::11"
#define NAT_OTHER_V4 "10.2.0.12" /**< the second server's; it has no IPv6 */

/** What a frame that came out is about. */
struct nat_seen {
	char source[64];
	char destination[64];
	uint16_t source_port; /**< 0 where the protocol has none */
	uint16_t destination_port;
	uint16_t checksum; /**< of UDP, as on the wire */
	bool checksum_good;
};

/** Makes both servers nat, or the second one of method other, and installs the rules, the
 *  routes and the queue. */
void nat_up(enum config_method other);

/** The queue. */
struct nfqueue *nat_queue(void);

/** Waits for the next packet of the queue and gives it to server number i; false when none
 *  comes in a while. */
bool nat_give_to(size_t i);

/** Waits for the next packet of the queue and lets it go on as it is; false when none comes
 *  in a while. */
bool nat_let_go(void);

/** Builds a UDP packet with a good checksum, or with none. */
size_t nat_udp(uint8_t *out, const char *source, uint16_t source_port,
	const char *destination, uint16_t destination_port, bool checksum);

/** The Internet checksum of bytes, as a number to be written in network order. */
uint16_t nat_checksum(const uint8_t *bytes, size_t size_bytes);

/** Reads what a frame is about. */
struct nat_seen nat_look(const struct fixture_frame *frame);

/** Claims what a frame is about; ports of 0 are those of ESP. */
void nat_expect(const struct fixture_frame *frame, const char *source,
	uint16_t source_port, const char *destination, uint16_t destination_port);

/** Sends UDP from the client to the virtual address of its family, gives it to server
 *  number i, and claims that it comes out there with nothing else changed. */
void nat_client_sends(const char *client, uint16_t source_port, uint16_t port, size_t i);

/** How many connections conntrack has. */
size_t nat_connections(void);
