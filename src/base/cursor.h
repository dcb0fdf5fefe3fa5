/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A checked reader over bytes that somebody else wrote. The first read past the
 * end makes the cursor fail for good: that read and all later ones give zeros, so
 * a parser reads a whole header and asks once, by cursor_ok(), whether it was there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *data; /**< borrowed, never written */
	size_t size_bytes;   /**< bytes at data */
	size_t position;     /**< next byte to read, <= size_bytes */
	bool failed;         /**< a read went past the end */
};

/** Begins reading size_bytes at data, which must outlive the cursor. */
struct cursor cursor_init(const uint8_t *data, size_t size_bytes);

/** Tells whether every read so far was inside the data. */
bool cursor_ok(const struct cursor *cursor);

/** Bytes not read yet; 0 once the cursor failed. */
size_t cursor_left(const struct cursor *cursor);

/** Reads one byte. */
uint8_t cursor_u8(struct cursor *cursor);

/** Reads two bytes in network order. */
uint16_t cursor_u16(struct cursor *cursor);

/** Reads four bytes in network order. */
uint32_t cursor_u32(struct cursor *cursor);

/** Reads eight bytes in network order. */
uint64_t cursor_u64(struct cursor *cursor);

/** Copies size_bytes to out; zeros where the data does not reach. */
void cursor_copy(struct cursor *cursor, void *out, size_t size_bytes);

/** Goes size_bytes forward. */
void cursor_skip(struct cursor *cursor, size_t size_bytes);

/** Shortens the readable data to at most size_bytes from the position on. */
void cursor_limit(struct cursor *cursor, size_t size_bytes);
