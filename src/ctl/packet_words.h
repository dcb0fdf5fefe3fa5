/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet in words: "from=203.0.113.7:500", "to=192.0.2.1", "v2", "auth",
 * "icookie=9f3c000000000001", as ipsec-balancerctl(8) has them.
 */
#pragma once

#include <stdbool.h>

#include "ctl/packet_bytes.h"

/** The keys that words can have, NULL behind the last. */
extern const char *const packet_words_keys[];

/** Reads words; false, with the reason in message, when they are no packet. What is not
 *  told is made up: ports by the kind, a cookie and an SPI that nobody has. */
bool packet_words_parse(int count, char *const *words, struct packet_fields *ret_fields,
	char *message, size_t message_bytes);
