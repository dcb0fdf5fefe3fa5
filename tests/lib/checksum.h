/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Internet checksum (RFC 1071), written once more for the tests alone, so that they
 * do not judge the project's arithmetic by itself. Used to build packets and to check
 * answers.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/** Adds size_bytes at data, as words in network order, to sum. An odd end counts as high
 * byte. */
uint32_t checksum_add(uint32_t sum, const void *data, size_t size_bytes);

/** Adds the pseudo header of IPv4 (RFC 768) or IPv6 (RFC 8200 8.1) to sum. */
uint32_t checksum_add_pseudo(uint32_t sum, const struct address *source,
	const struct address *destination, uint8_t protocol, size_t upper_bytes);

/** Folds sum and turns it round: the value for the header; 0 over a header that has it.
 */
uint16_t checksum_finish(uint32_t sum);
