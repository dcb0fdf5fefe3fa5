/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See checksum.h. Deliberately the plainest form, byte by byte: it is the judge.
 */
#include "tests/lib/checksum.h"

/** Adds bytes as big-endian words. */
uint32_t checksum_add(uint32_t sum, const void *data, size_t size_bytes)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size_bytes; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/** Adds both addresses, the protocol and the length of what it covers. */
uint32_t checksum_add_pseudo(uint32_t sum, const struct address *source,
	const struct address *destination, uint8_t protocol, size_t upper_bytes)
{
	sum = checksum_add(sum, source->bytes, address_size_bytes(source));
	sum = checksum_add(sum, destination->bytes, address_size_bytes(destination));
	return sum + protocol + (uint32_t)(upper_bytes & 0xffff) +
	       (uint32_t)(upper_bytes >> 16);
}

/** Folds the carries and complements. */
uint16_t checksum_finish(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
