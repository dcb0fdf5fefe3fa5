/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IPv4 or IPv6 address as a value: comparable, hashable, without a port.
 * Unused bytes are zero, so two equal addresses are equal byte for byte.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Enough for any address as text, with brackets, port and the closing zero. */
#define ADDRESS_TEXT_BYTES (INET6_ADDRSTRLEN + 8)

struct address {
	uint8_t bytes[16]; /**< network order; IPv4 in the first four */
	uint8_t family;    /**< AF_INET, AF_INET6, or 0 for none */
};

/** Makes an IPv4 address of four bytes in network order. */
struct address address_v4(const uint8_t bytes[static 4]);

/** Makes an IPv6 address of sixteen bytes in network order. */
struct address address_v6(const uint8_t bytes[static 16]);

/** Reads "192.0.2.1" or "2001:db8::1"; -EINVAL for anything else. */
int address_parse(const char *text, struct address *ret_address);

/** Writes the address as text and returns out. "-" where there is none. */
const char *address_format(const struct address *address, char out[static ADDRESS_TEXT_BYTES]);

/** Writes "192.0.2.1:500" or "[2001:db8::1]:500" and returns out. port in host order. */
const char *address_format_port(const struct address *address, uint16_t port,
	char out[static ADDRESS_TEXT_BYTES]);

/** Tells whether two addresses are the same. */
bool address_equal(const struct address *one, const struct address *other);

/** Number of bytes the address has on the wire: 4 or 16, 0 for none. */
size_t address_size_bytes(const struct address *address);

/** Tells whether the address can stand for one host: not unspecified, multicast,
 *  loopback or broadcast. */
bool address_is_unicast(const struct address *address);
