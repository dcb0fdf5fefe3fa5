/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Columns of the text output: from one item of an answer to one cell of a line.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define COLUMN_CELL_BYTES 512
#define COLUMNS_MAX 12

struct column {
	const char *title;
	const char *member; /**< of the item, "a.b" for one inside another */
	unsigned int width; /**< at least */
	unsigned int gap;   /**< blanks behind it */
	bool right;         /**< numbers stand to the right */
	/** Writes the cell; NULL: the member as it is. */
	void (*format)(const json_t *value, bool utf8, char *out, size_t out_bytes);
};

/** The columns of each listing, a title of NULL behind the last. */
extern const struct column column_entries[];
extern const struct column column_clients[];
extern const struct column column_services[];
extern const struct column column_servers[];
extern const struct column column_rates[];
extern const struct column column_counts[];
extern const struct column column_reasons[];
extern const struct column column_explained[];

/** Writes the cell of item in column. Only printable characters come out. */
void column_cell(const struct column *column, const json_t *item, bool utf8,
	char out[static COLUMN_CELL_BYTES]);

/** How many places text takes on a terminal. */
unsigned int column_places(const char *text);

/** Replaces what could be a terminal's escape; newlines and tabs stay if lines is set. */
void column_make_safe(char *text, bool lines);
