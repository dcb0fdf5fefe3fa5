/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

/** The value of a digit, -1 if it is none. */
static int digit_value(char digit)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)((found - digits) % 16) : -1;
}

/** Reads one word of length characters. NULL when it is good, else what is wrong. */
static const char *word_parse(const char *word, size_t length, uint8_t *out,
	size_t room_bytes, size_t *bytes)
{
	size_t i = 0;

	if (length >= 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
		if (word[length - 1] == ':')
			return NULL;
		i = 2;
	}
	while (i < length) {
		if (word[i] == ':') {
			i++;
			continue;
		}
		int high = digit_value(word[i]);
		int low = i + 1 < length ? digit_value(word[i + 1]) : -1;

		if (high < 0 || low < 0)
			return "expected hexadecimal digits, two a byte";
		if (*bytes == room_bytes)
			return "too many bytes";
		out[(*bytes)++] = (uint8_t)(high * 16 + low);
		i += 2;
	}
	return NULL;
}

/** Reads text word by word. */
bool hex_parse(const char *text, uint8_t *out, size_t room_bytes, size_t *bytes,
	char *message, size_t message_bytes)
{
	for (;;) {
		text += strspn(text, BLANKS);
		size_t length = strcspn(text, BLANKS);

		if (length == 0)
			return true;
		const char *fault = word_parse(text, length, out, room_bytes, bytes);

		if (fault) {
			snprintf(message, message_bytes, "%.*s: %s",
				(int)(length < 40 ? length : 40), text, fault);
			return false;
		}
		text += length;
	}
}

/** Writes the digits. */
char *hex_format(const uint8_t *bytes, size_t size_bytes)
{
	char *text = malloc(2 * size_bytes + 1);

	if (!text)
		return NULL;
	text[0] = '\0';
	for (size_t i = 0; i < size_bytes; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	return text;
}
