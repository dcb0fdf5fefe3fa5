/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** Makes room for more_bytes and the closing zero. */
static bool grow(struct text *text, size_t more_bytes)
{
	size_t wanted = text->used_bytes + more_bytes + 1;
	char *bytes;

	if (text->failed)
		return false;
	if (wanted <= text->size_bytes)
		return true;
	bytes = realloc(text->bytes, wanted * 2);
	if (!bytes) {
		text->failed = true;
		return false;
	}
	text->bytes = bytes;
	text->size_bytes = wanted * 2;
	return true;
}

/** Appends formatted text. */
void text_add(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || !grow(text, (size_t)length))
		return;
	va_start(arguments, format);
	vsnprintf(text->bytes + text->used_bytes, (size_t)length + 1, format, arguments);
	va_end(arguments);
	text->used_bytes += (size_t)length;
}
