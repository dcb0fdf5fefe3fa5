/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cursor.h"

#include <string.h>

/** Begins reading. */
struct cursor cursor_init(const uint8_t *data, size_t size_bytes)
{
	return (struct cursor){ .data = data, .size_bytes = size_bytes };
}

/** Nothing was read past the end. */
bool cursor_ok(const struct cursor *cursor)
{
	return !cursor->failed;
}

/** Bytes not read yet. */
size_t cursor_left(const struct cursor *cursor)
{
	return cursor->failed ? 0 : cursor->size_bytes - cursor->position;
}

/** Takes size_bytes from the cursor: the one bounds check of all packet reading. */
static const uint8_t *take(struct cursor *cursor, size_t size_bytes)
{
	const uint8_t *here;

	if (size_bytes > cursor_left(cursor)) {
		cursor->failed = true;
		return NULL;
	}
	here = cursor->data + cursor->position;
	cursor->position += size_bytes;
	return here;
}

/** Reads size_bytes as a number in network order. */
static uint64_t take_number(struct cursor *cursor, size_t size_bytes)
{
	const uint8_t *bytes = take(cursor, size_bytes);
	uint64_t number = 0;

	for (size_t i = 0; bytes && i < size_bytes; i++)
		number = number << 8 | bytes[i];
	return number;
}

/** Reads one byte. */
uint8_t cursor_u8(struct cursor *cursor)
{
	return (uint8_t)take_number(cursor, 1);
}

/** Reads two bytes. */
uint16_t cursor_u16(struct cursor *cursor)
{
	return (uint16_t)take_number(cursor, 2);
}

/** Reads four bytes. */
uint32_t cursor_u32(struct cursor *cursor)
{
	return (uint32_t)take_number(cursor, 4);
}

/** Reads eight bytes. */
uint64_t cursor_u64(struct cursor *cursor)
{
	return take_number(cursor, 8);
}

/** Copies bytes out, zeros where there are none. */
void cursor_copy(struct cursor *cursor, void *out, size_t size_bytes)
{
	const uint8_t *bytes = take(cursor, size_bytes);

	if (bytes)
		memcpy(out, bytes, size_bytes);
	else
		memset(out, 0, size_bytes);
}

/** Goes forward. */
void cursor_skip(struct cursor *cursor, size_t size_bytes)
{
	take(cursor, size_bytes);
}

/** Shortens what can be read. */
void cursor_limit(struct cursor *cursor, size_t size_bytes)
{
	if (size_bytes < cursor_left(cursor))
		cursor->size_bytes = cursor->position + size_bytes;
}
