/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets written as a line of text, for scenario files, tables of unit tests and fuzz
 * seeds. The words are explained in tests/scenario/README.md.
 */
#pragma once

#include "tests/lib/packet_build.h"

#define PACKET_TEXT_ERROR_BYTES 160

/**
 * Builds the packet that text describes. -EINVAL, with what was found and what was
 * expected in ret_error, when the text is none.
 */
int packet_text_build(const char *text, struct packet_bytes *ret_packet,
	char ret_error[static PACKET_TEXT_ERROR_BYTES]);

/** Reads "203.0.113.7:500", "[2001:db8::1]:500" or an address alone (port 0). -EINVAL. */
int packet_text_endpoint(
	const char *word, struct address *ret_address, uint16_t *ret_port);
