/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/** IPv4 from four bytes. */
struct address address_v4(const uint8_t bytes[static 4])
{
	struct address address = { .family = AF_INET };

	memcpy(address.bytes, bytes, 4);
	return address;
}

/** IPv6 from sixteen bytes. */
struct address address_v6(const uint8_t bytes[static 16])
{
	struct address address = { .family = AF_INET6 };

	memcpy(address.bytes, bytes, 16);
	return address;
}

/** Reads an address of either family. */
int address_parse(const char *text, struct address *ret_address)
{
	struct address address = { .family = AF_INET };

	if (inet_pton(AF_INET, text, address.bytes) != 1) {
		address.family = AF_INET6;
		if (inet_pton(AF_INET6, text, address.bytes) != 1)
			return -EINVAL;
	}
	*ret_address = address;
	return 0;
}

/** Writes the address. */
const char *address_format(const struct address *address, char out[static ADDRESS_TEXT_BYTES])
{
	if (!address->family ||
		!inet_ntop(address->family, address->bytes, out, ADDRESS_TEXT_BYTES))
		strcpy(out, "-");
	return out;
}

/** Writes address and port. */
const char *address_format_port(const struct address *address, uint16_t port,
	char out[static ADDRESS_TEXT_BYTES])
{
	char text[ADDRESS_TEXT_BYTES];
	bool brackets = address->family == AF_INET6;

	snprintf(out, ADDRESS_TEXT_BYTES, "%s%.*s%s:%u", brackets ? "[" : "",
		INET6_ADDRSTRLEN - 1, address_format(address, text), brackets ? "]" : "",
		port);
	return out;
}

/** Compares two addresses. */
bool address_equal(const struct address *one, const struct address *other)
{
	return one->family == other->family &&
		!memcmp(one->bytes, other->bytes, sizeof(one->bytes));
}

/** Bytes on the wire. */
size_t address_size_bytes(const struct address *address)
{
	if (address->family == AF_INET)
		return 4;
	return address->family == AF_INET6 ? 16 : 0;
}

/** IPv4: not 0/8, 127/8, multicast, reserved or broadcast (RFC 1122 3.2.1.3). */
static bool is_unicast_v4(const uint8_t *bytes)
{
	return bytes[0] != 0 && bytes[0] != 127 && bytes[0] < 224;
}

/** IPv6: not ::, ::1 or multicast (RFC 4291 2.4). */
static bool is_unicast_v6(const uint8_t *bytes)
{
	static const uint8_t zeros[15];

	return bytes[0] != 0xff && (memcmp(bytes, zeros, 15) || bytes[15] > 1);
}

/** Can stand for one host. */
bool address_is_unicast(const struct address *address)
{
	if (address->family == AF_INET)
		return is_unicast_v4(address->bytes);
	return address->family == AF_INET6 && is_unicast_v6(address->bytes);
}
