/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes written in hexadecimal digits, as people paste them and as the daemon reads them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Appends to out, which has *bytes of room_bytes, what text says: digits, two a byte, with
 * blanks and colons between them; "0x" may begin a word; a word like "0x0010:", an offset
 * of a dump, says nothing. False, with the reason in message, for anything else.
 */
bool hex_parse(const char *text, uint8_t *out, size_t room_bytes, size_t *bytes,
	char *message, size_t message_bytes);

/** The digits of bytes, for the caller to free. NULL without memory. */
char *hex_format(const uint8_t *bytes, size_t size_bytes);
