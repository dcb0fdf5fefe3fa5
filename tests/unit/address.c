/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/address.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

/** Text in, the same text out, for both families. */
START_TEST(address_round_trip)
{
	static const char *const texts[] = { "192.0.2.1", "0.0.0.0", "255.255.255.255",
		"2001:db8::1", "::", "fe80::1:2:3:4" };
	char out[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct address address = test_address(texts[i]);

		ck_assert_str_eq(address_format(&address, out), texts[i]);
	}
}
END_TEST

/** What is no address is refused and leaves the output alone. */
START_TEST(address_refuses)
{
	static const char *const texts[] = { "", " ", "192.0.2", "192.0.2.256",
		"192.0.2.1 ", "192.0.2.1/32", "192.0.2.1:500", "[2001:db8::1]",
		"2001:db8::1%eth0", "gw1", "2001:db8:::1", "0x7f.1" };
	struct address address = test_address("192.0.2.9");
	struct address before = address;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_int_eq(address_parse(texts[i], &address), -EINVAL);
	ck_assert(address_equal(&address, &before));
}
END_TEST

/** Ports and brackets; the longest text fits. */
START_TEST(address_with_port)
{
	struct address v4 = test_address("255.255.255.255");
	struct address v6 = test_address("1111:2222:3333:4444:5555:6666:7777:8888");
	struct address none = { .family = 0 };
	char out[ADDRESS_TEXT_BYTES];

	ck_assert_str_eq(address_format_port(&v4, 65535, out), "255.255.255.255:65535");
	ck_assert_str_eq(address_format_port(&v6, 65535, out),
		"[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
	ck_assert_str_eq(address_format(&none, out), "-");
}
END_TEST

/** Equal means family and bytes; unused bytes are zero. */
START_TEST(address_compares)
{
	const uint8_t zeros[16] = { 0 };
	const uint8_t bytes[4] = { 192, 0, 2, 1 };
	struct address one = address_v4(bytes);
	struct address other = test_address("192.0.2.1");
	struct address v4 = address_v4(zeros);
	struct address v6 = address_v6(zeros);

	ck_assert(address_equal(&one, &other));
	ck_assert_mem_eq(&one, &other, sizeof(one));
	ck_assert(!address_equal(&v4, &v6));
	ck_assert(!address_equal(&one, &v4));
	ck_assert_uint_eq(address_size_bytes(&one), 4);
	ck_assert_uint_eq(address_size_bytes(&v6), 16);
	ck_assert_uint_eq(address_size_bytes(&(struct address){ .family = 0 }), 0);
}
END_TEST

/** Which addresses one host can have, at the edges of each range. */
START_TEST(address_unicast)
{
	static const char *const good[] = { "1.0.0.0", "126.255.255.255", "128.0.0.0",
		"192.0.2.1", "223.255.255.255", "2001:db8::1", "::2", "fe80::1",
		"fd00::1" };
	static const char *const bad[] = { "0.0.0.0", "0.0.0.1", "127.0.0.0",
		"127.255.255.255", "224.0.0.0", "239.255.255.255", "255.255.255.255",
		"::", "::1", "ff00::", "ff02::1", "ffff::" };
	struct address none = { .family = 0 };

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct address address = test_address(good[i]);

		ck_assert_msg(address_is_unicast(&address), "%s", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct address address = test_address(bad[i]);

		ck_assert_msg(!address_is_unicast(&address), "%s", bad[i]);
	}
	ck_assert(!address_is_unicast(&none));
}
END_TEST

UNIT_MAIN("address", address_round_trip, address_refuses, address_with_port,
	address_compares, address_unicast)
