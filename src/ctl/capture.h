/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets out of a file that tcpdump wrote, pcap or pcapng. Read by libpcap; built without
 * it, opening says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

/** One frame of the file. */
struct capture_packet {
	uint64_t number;     /**< in the file, from 1 */
	const uint8_t *data; /**< from the IP header on; NULL: no IP packet. Valid until the
			      *   next call */
	size_t size_bytes;   /**< captured */
	size_t wire_bytes;   /**< what it had on the wire, padding of the link included */
};

/** Opens the file at path. NULL, with the reason in message, if it cannot be read. */
struct capture *capture_open(const char *path, char *message, size_t message_bytes);

/** Reads the next frame. 1: there is one, 0: no more, -1: message says what is wrong. */
int capture_next(struct capture *capture, struct capture_packet *ret_packet, char *message,
	size_t message_bytes);

/** Closes the file. Accepts NULL. */
void capture_close(struct capture *capture);
