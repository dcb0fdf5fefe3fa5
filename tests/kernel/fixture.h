/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel floor's tests share. Every test runs in a process and a network
 * namespace of its own, which is the director:
 *
 *   wire_in ===== in0 [ director ] out0 ===== wire_out
 *
 * The two wire ends have no address: the test itself writes frames to the one and reads
 * them from the other, so it sees exactly what goes in and out. Servers are hardware
 * addresses behind out0 that end in their number.
 */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

#define FIXTURE_VIRTUAL_V4 "198.51.100.1"
#define FIXTURE_VIRTUAL_V6 "2001:db8:100::1"

/** Shell: makes both virtual addresses the director's own, and waits for the second, which
 *  the kernel takes up in its own time. */
#define FIXTURE_VIRTUAL_ON_LO                                                            \
	"ip addr add " FIXTURE_VIRTUAL_V4 "/32 dev lo && "                               \
	"ip addr add " FIXTURE_VIRTUAL_V6 "/128 dev lo nodad && "                        \
	"for i in $(seq 100); do "                                                       \
	"ip -6 route show table all | grep -q '^local " FIXTURE_VIRTUAL_V6 " ' && exit; " \
	"sleep 0.05; done; exit 1"
#define FIXTURE_OTHER_V4 "198.51.100.2" /**< no service has it */
#define FIXTURE_CLIENT_V4 "203.0.113.7"
#define FIXTURE_CLIENT_V6 "2001:db8:7::7"
#define FIXTURE_ROUTER 0x99 /**< where the main table's default route points */
#define FIXTURE_BYTES 4096  /**< the largest packet of a test */

/** A frame read from a wire. */
struct fixture_frame {
	uint8_t station;  /**< last byte of the hardware address it is sent to */
	uint8_t packet[FIXTURE_BYTES];
	size_t size_bytes;
};

/** Runs the suite; returns main's status: 77 where namespaces may not be made. */
int fixture_run(Suite *suite);

/** A test case with the director as fixture. */
TCase *fixture_case(const char *name);

/** A test case with one director for all its tests, which must not change it. */
TCase *fixture_shared_case(const char *name);

/** Runs a shell command that must succeed. */
void fixture_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Runs a shell command and returns what it prints, to be freed. */
char *fixture_output(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** A service with both virtual addresses and two direct servers, 11 and 12; the second
 *  has no IPv6. The same object at every call; it may be changed. */
struct config *fixture_config(void);

/** Puts a packet on the client's side of the wire. */
void fixture_inject(const uint8_t *packet, size_t size_bytes);

/** Puts a whole frame on the client's side of the wire. */
void fixture_inject_frame(const uint8_t *frame, size_t size_bytes);

/** Puts a packet on the servers' side of the wire. */
void fixture_inject_reply(const uint8_t *packet, size_t size_bytes);

/** Reads the next IP packet at the servers' side; false when none comes for a while. */
bool fixture_out(struct fixture_frame *ret_frame);

/** The same for one packet that has come out by now, if it ever does: sends a UDP packet that
 *  nobody diverts after it, and waits for that. */
bool fixture_out_now(struct fixture_frame *ret_frame);

/** Lets go of what waits at both sides, for tests that share a director. */
void fixture_drain(void);

/** Reads the next IP packet at the clients' side; false when none comes for a while. */
bool fixture_back(struct fixture_frame *ret_frame);

/** Builds an IP packet of either family around a payload; returns its size. */
size_t fixture_ip(uint8_t *out, const char *source, const char *destination,
	uint8_t protocol, const void *payload, size_t payload_bytes);

/** Builds a UDP packet of either family. */
size_t fixture_udp(uint8_t *out, const char *source, const char *destination,
	uint16_t source_port, uint16_t destination_port, const void *payload,
	size_t payload_bytes);

/** Builds an ICMP packet of either family around a message of an even size, in which it
 *  writes the checksum. */
size_t fixture_icmp(uint8_t *out, const char *source, const char *destination,
	uint8_t *message, size_t message_bytes);

/** Builds and injects a small UDP packet from a client's port to the virtual address of
 *  the client's family. */
void fixture_send_udp(
	const char *client, uint16_t source_port, uint16_t destination_port);

/** Sends a UDP packet that nobody diverts and expects it, and nothing before it, at the
 *  router: whatever was to come out has come out by then. */
void fixture_expect_only_marker(void);
