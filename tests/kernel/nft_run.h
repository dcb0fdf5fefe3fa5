/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs single packets through nft's table at ingress, on the director of fixture.h: server 1's
 * clients are known, nobody listens to the queue. What comes out is compared with what the test
 * says, byte for byte, and whether the kernel's routing has forwarded it says which way it went.
 */
#pragma once

#include "fixture.h"
#include "tests/lib/packet_build.h"

#define NFT_RUN_PORT 40000 /**< of the clients' ESP in UDP */
#define NFT_RUN_MTU 1400   /**< of the link to the servers */
#define NFT_RUN_STATION 0x11
#define NFT_RUN_SERVER_V4 "10.2.0.11"
#define NFT_RUN_SERVER_V6 "fd02::11"

/** Which way a packet has gone. */
enum nft_run_way {
	NFT_RUN_CARRIED, /**< from ingress */
	NFT_RUN_UP,      /**< through the stack, by its mark */
};

/** A test case whose tests share namespaces, and find none of our tables. */
TCase *nft_run_case(const char *name);

/** Gives both servers that method, and makes the clients of fixture.h known. */
void nft_run_servers(enum config_method method, bool ah);

/** Follows links, routes and neighbours as the loop does once a second. */
void nft_run_follow(void);

/** Begins a description of what the client of family (0: IPv4, 1: IPv6) sends. */
void nft_run_spec(struct packet_spec *spec, int family, enum packet_body body);

/** Builds a packet, with nothing cut off. */
void nft_run_build(const struct packet_spec *spec, struct packet_bytes *ret_packet);

/** Takes one TTL, or hop limit, off a packet. */
void nft_run_older(struct packet_bytes *packet);

/** Sets Don't fragment in IPv4; IPv6 is never divided. */
void nft_run_forbid_fragments(struct packet_bytes *packet);

/** Sends it as a client's. */
void nft_run_send(const struct packet_bytes *packet);

/** Expects those bytes in a frame. */
void nft_run_expect_bytes(const struct fixture_frame *frame, const struct packet_bytes *expected);

/** How many packets routing has forwarded in this test. */
unsigned int nft_run_forwarded(void);

/** Sends it and expects expected at server 1. */
void nft_run_expect(const struct packet_bytes *packet, const struct packet_bytes *expected,
	enum nft_run_way way);

/** The same for a packet that is only to be one hop older. */
void nft_run_expect_older(const struct packet_bytes *packet, enum nft_run_way way);

/** Sends it and expects it to end at the director: it is the daemon's, or nobody's. */
void nft_run_expect_stopped(const struct packet_bytes *packet);
