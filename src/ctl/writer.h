/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How answers are printed. A writer is a row of functions over the same calls, so every
 * command has every form of output.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "ctl/column.h"

struct command;
struct writer;

struct writer_form {
	void (*begin)(struct writer *writer);
	/** Some items of a listing, in order; called as often as there are pages. */
	void (*items)(struct writer *writer, const json_t *items);
	/** The whole of an answer that is no listing. */
	void (*object)(struct writer *writer, const json_t *result);
	void (*end)(struct writer *writer);
};

struct writer {
	const struct writer_form *form;
	const struct command *command;
	FILE *out;
	bool utf8;         /**< the terminal shows it */
	bool lists;        /**< items come, else one object */
	size_t item_count; /**< printed so far */
	unsigned int widths[COLUMNS_MAX];
};

extern const struct writer_form writer_text;
extern const struct writer_form writer_json;

/* Answers that are no listing, as text. */
void writer_text_stats(const json_t *result, bool utf8, FILE *out);
void writer_text_ruleset(const json_t *result, bool utf8, FILE *out);
void writer_text_version(const json_t *result, bool utf8, FILE *out);
void writer_text_limit(const json_t *result, bool utf8, FILE *out);
void writer_text_count_begins(const json_t *result, bool utf8, FILE *out);
void writer_text_count_ends(const json_t *result, bool utf8, FILE *out);
void writer_text_weight(const json_t *result, bool utf8, FILE *out);
void writer_text_deleted(const json_t *result, bool utf8, FILE *out);
void writer_text_saving(const json_t *result, bool utf8, FILE *out);
void writer_text_explain(const json_t *result, bool utf8, FILE *out);
void writer_text_explain_client(const json_t *result, bool utf8, FILE *out);
