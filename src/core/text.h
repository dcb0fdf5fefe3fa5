/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text that grows in memory. A writer asks once, at the end, whether all went well.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes;       /**< the owner's to free; NULL: nothing was added */
	size_t used_bytes; /**< without the closing zero */
	size_t size_bytes;
	bool failed; /**< there was no memory: nothing is added any more */
};

/** Appends formatted text. */
__attribute__((format(printf, 2, 3))) void text_add(struct text *text, const char *format, ...);
