/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cursor.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static const uint8_t fifteen[15] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

/** Reads of every width, in network order. */
START_TEST(cursor_reads_in_network_order)
{
	struct cursor cursor = cursor_init(fifteen, sizeof(fifteen));

	ck_assert_uint_eq(cursor_u8(&cursor), 0x01);
	ck_assert_uint_eq(cursor_u16(&cursor), 0x0203);
	ck_assert_uint_eq(cursor_u32(&cursor), 0x04050607);
	ck_assert_uint_eq(cursor_u64(&cursor), 0x08090a0b0c0d0e0f);
	ck_assert(cursor_ok(&cursor));
	ck_assert_uint_eq(cursor_left(&cursor), 0);
}
END_TEST

/** One byte too few: zero, and failed from then on although bytes are left. */
START_TEST(cursor_fails_for_good)
{
	struct cursor cursor = cursor_init(fifteen, 3);

	ck_assert_uint_eq(cursor_u32(&cursor), 0);
	ck_assert(!cursor_ok(&cursor));
	ck_assert_uint_eq(cursor_left(&cursor), 0);
	ck_assert_uint_eq(cursor_u8(&cursor), 0);
	ck_assert_uint_eq(cursor_u16(&cursor), 0);
	ck_assert_uint_eq(cursor_u64(&cursor), 0);
	ck_assert(!cursor_ok(&cursor));
}
END_TEST

/** Every width at its exact end and one beyond, on memory of that very size. */
START_TEST(cursor_never_reads_beyond)
{
	for (size_t size_bytes = 0; size_bytes <= 9; size_bytes++) {
		uint8_t *data = malloc(size_bytes + (size_bytes == 0));
		struct cursor cursor;

		ck_assert_ptr_nonnull(data);
		memset(data, 0x11, size_bytes);
		cursor = cursor_init(data, size_bytes);
		cursor_u64(&cursor);
		ck_assert_int_eq(cursor_ok(&cursor), size_bytes >= 8);
		cursor = cursor_init(data, size_bytes);
		cursor_u32(&cursor);
		ck_assert_int_eq(cursor_ok(&cursor), size_bytes >= 4);
		cursor = cursor_init(data, size_bytes);
		cursor_u16(&cursor);
		ck_assert_int_eq(cursor_ok(&cursor), size_bytes >= 2);
		cursor = cursor_init(data, size_bytes);
		cursor_u8(&cursor);
		ck_assert_int_eq(cursor_ok(&cursor), size_bytes >= 1);
		free(data);
	}
}
END_TEST

/** A copy gives the bytes, or zeros for all of them. */
START_TEST(cursor_copies_or_zeros)
{
	struct cursor cursor = cursor_init(fifteen, 5);
	uint8_t out[4] = { 0xee, 0xee, 0xee, 0xee };

	cursor_copy(&cursor, out, 4);
	ck_assert_mem_eq(out, fifteen, 4);
	cursor_copy(&cursor, out, 4);
	ck_assert_mem_eq(out, "\0\0\0\0", 4);
	ck_assert(!cursor_ok(&cursor));
	cursor = cursor_init(fifteen, 5);
	cursor_copy(&cursor, out, 0);
	ck_assert(cursor_ok(&cursor));
}
END_TEST

/** Skipping to the end is good, beyond it is not; no size overflows. */
START_TEST(cursor_skips)
{
	struct cursor cursor = cursor_init(fifteen, 15);

	cursor_skip(&cursor, 10);
	ck_assert_uint_eq(cursor_left(&cursor), 5);
	ck_assert_uint_eq(cursor_u8(&cursor), 11);
	cursor_skip(&cursor, 4);
	ck_assert(cursor_ok(&cursor));
	cursor_skip(&cursor, 1);
	ck_assert(!cursor_ok(&cursor));
	cursor = cursor_init(fifteen, 15);
	cursor_u8(&cursor);
	cursor_skip(&cursor, SIZE_MAX);
	ck_assert(!cursor_ok(&cursor));
}
END_TEST

/** A limit shortens from the position on and never lengthens. */
START_TEST(cursor_limits)
{
	struct cursor cursor = cursor_init(fifteen, 15);

	cursor_skip(&cursor, 2);
	cursor_limit(&cursor, 3);
	ck_assert_uint_eq(cursor_left(&cursor), 3);
	cursor_limit(&cursor, 100);
	ck_assert_uint_eq(cursor_left(&cursor), 3);
	cursor_skip(&cursor, 3);
	ck_assert(cursor_ok(&cursor));
	ck_assert_uint_eq(cursor_u8(&cursor), 0);
	ck_assert(!cursor_ok(&cursor));
	cursor_limit(&cursor, 100);
	ck_assert_uint_eq(cursor_left(&cursor), 0);
}
END_TEST

UNIT_MAIN("cursor", cursor_reads_in_network_order, cursor_fails_for_good,
	cursor_never_reads_beyond, cursor_copies_or_zeros, cursor_skips, cursor_limits)
