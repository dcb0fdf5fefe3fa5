/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host with sockets of its own at one end of a wire of fixture.h, in a namespace beside the
 * director's: what it sends comes with checksums that a device has still to make, or as several
 * packets in one, as frames that a test writes itself never do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** The host in the place of wire_in is the client of fixture.h, in that of wire_out server 0x11.
 *  From then on the wire's end cannot be written to or read from. One a test. */
void host_join(const char *wire);

/** A UDP socket of the host's, bound to that address and port. */
int host_udp(const char *address, uint16_t port);

/** Sends a datagram whose payload begins with an SPI and counts up from there on. segment_bytes:
 *  as so many datagrams of that size in one packet; 0: as one. */
void host_send(int fd, const char *to, uint16_t port, uint16_t payload_bytes,
	uint16_t segment_bytes);

/** Whether a device of the director's makes checksums, or the kernel has to do it before. */
void host_checksums_by_device(const char *device, bool on);

/** Whether what is in the checksum of an IP packet's UDP is right. */
bool host_checksum_is_right(const uint8_t *packet);

/** Whether it is the sum of the pseudo header alone, as it is before a device has made it. */
bool host_checksum_is_partial(const uint8_t *packet);
