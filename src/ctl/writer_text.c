/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers as text for people: a header and columns. Columns are as wide as what has come
 * so far needs, so a long listing is printed page by page and none is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/writer.h"

/** Prints one cell and what is behind it; the last of a line is not filled up. */
static void cell_print(const struct column *column, unsigned int width, const char *text,
	bool last, FILE *out)
{
	int blanks = (int)width - (int)column_places(text);

	if (blanks < 0)
		blanks = 0;
	if (column->right)
		fprintf(out, "%*s%s", blanks, "", text);
	else
		fputs(text, out);
	if (!last)
		fprintf(out, "%*s", (column->right ? 0 : blanks) + (int)column->gap, "");
}

/** Prints the header. */
static void header_print(
	const struct column *columns, const unsigned int *widths, FILE *out)
{
	for (size_t i = 0; columns[i].title; i++)
		cell_print(&columns[i], widths[i], columns[i].title,
			!columns[i + 1].title, out);
	fputs("\n", out);
}

/** Prints one item. */
static void row_print(const struct column *columns, const unsigned int *widths,
	const json_t *item, bool utf8, FILE *out)
{
	char cell[COLUMN_CELL_BYTES];

	for (size_t i = 0; columns[i].title; i++) {
		column_cell(&columns[i], item, utf8, cell);
		cell_print(&columns[i], widths[i], cell, !columns[i + 1].title, out);
	}
	fputs("\n", out);
}

/** Makes columns as wide as items need. */
static void widen(const struct column *columns, unsigned int *widths, const json_t *items,
	bool utf8)
{
	char cell[COLUMN_CELL_BYTES];
	size_t index;
	json_t *item;

	json_array_foreach(items, index, item)
	{
		for (size_t i = 0; columns[i].title; i++) {
			column_cell(&columns[i], item, utf8, cell);
			unsigned int places = column_places(cell);

			if (places > widths[i])
				widths[i] = places;
		}
	}
}

/** Gives columns their least width. */
static void widths_begin(const struct column *columns, unsigned int *widths)
{
	for (size_t i = 0; columns[i].title; i++) {
		unsigned int places = column_places(columns[i].title);

		widths[i] = columns[i].width > places ? columns[i].width : places;
	}
}

/** Begins a listing. */
static void text_begin(struct writer *writer)
{
	if (writer->lists)
		widths_begin(writer->command->columns, writer->widths);
}

/** Prints items; the header stands before the first. */
static void text_items(struct writer *writer, const json_t *items)
{
	const struct column *columns = writer->command->columns;
	size_t i;
	json_t *item;

	widen(columns, writer->widths, items, writer->utf8);
	json_array_foreach(items, i, item)
	{
		if (writer->item_count++ == 0)
			header_print(columns, writer->widths, writer->out);
		row_print(columns, writer->widths, item, writer->utf8, writer->out);
	}
}

/** Prints what is no listing. */
static void text_object(struct writer *writer, const json_t *result)
{
	writer->command->show(result, writer->utf8, writer->out);
}

/** An empty listing has its header too. */
static void text_end(struct writer *writer)
{
	if (writer->lists && writer->item_count == 0)
		header_print(writer->command->columns, writer->widths, writer->out);
}

const struct writer_form writer_text = {
	.begin = text_begin,
	.items = text_items,
	.object = text_object,
	.end = text_end,
};

/** Prints members as "name value" lines, those of objects inside as "object.name". */
static void members_print(const json_t *object, const char *prefix, FILE *out)
{
	static const struct column plain = { .title = "" };
	char cell[COLUMN_CELL_BYTES], name[96];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] ? "." : "", key);
		column_make_safe(name, false);
		if (json_is_object(value) && prefix[0] == '\0') {
			members_print(value, key, out);
		} else if (!json_is_array(value)) {
			column_cell(&plain, value, false, cell);
			fprintf(out, "%-31s %s\n", name, cell);
		}
	}
}

/** Prints counters: what there is one of, then all reasons. */
void writer_text_stats(const json_t *result, bool utf8, FILE *out)
{
	const json_t *reasons = json_object_get(result, "reasons");
	unsigned int widths[COLUMNS_MAX];
	size_t i;
	json_t *item;

	members_print(result, "", out);
	fputs("\n", out);
	widths_begin(column_reasons, widths);
	widen(column_reasons, widths, reasons, utf8);
	header_print(column_reasons, widths, out);
	json_array_foreach(reasons, i, item)
		row_print(column_reasons, widths, item, utf8, out);
}

/** Prints the rules as nft reads them. */
void writer_text_ruleset(const json_t *result, bool utf8, FILE *out)
{
	const char *text = json_string_value(json_object_get(result, "ruleset"));
	char *copy = text ? strdup(text) : NULL;

	(void)utf8;
	if (copy) {
		column_make_safe(copy, true);
		fputs(copy, out);
	}
	free(copy);
}

/** Prints the version. */
void writer_text_version(const json_t *result, bool utf8, FILE *out)
{
	static const struct column version = { .title = "", .member = "version" };
	static const struct column protocol = { .title = "", .member = "protocol" };
	char one[COLUMN_CELL_BYTES], other[COLUMN_CELL_BYTES];

	column_cell(&version, result, utf8, one);
	column_cell(&protocol, result, utf8, other);
	fprintf(out, "ipsec-balancer %s, control protocol %s\n", one, other);
}

/** Prints what a weight was and is. */
void writer_text_weight(const json_t *result, bool utf8, FILE *out)
{
	static const struct column columns[] = {
		{ .title = "", .member = "service" },
		{ .title = "", .member = "server" },
		{ .title = "", .member = "weight" },
		{ .title = "", .member = "previous" },
	};
	char cells[4][COLUMN_CELL_BYTES];

	for (size_t i = 0; i < 4; i++)
		column_cell(&columns[i], result, utf8, cells[i]);
	fprintf(out, "service %s, server %s: weight %s, was %s\n", cells[0], cells[1],
		cells[2], cells[3]);
}

/** Prints the new rate of a limit. */
void writer_text_limit(const json_t *result, bool utf8, FILE *out)
{
	static const struct column columns[] = {
		{ .title = "", .member = "limit" },
		{ .title = "", .member = "rate" },
		{ .title = "", .member = "previous" },
	};
	char cells[3][COLUMN_CELL_BYTES];

	for (size_t i = 0; i < 3; i++)
		column_cell(&columns[i], result, utf8, cells[i]);
	fprintf(out, "limit %s: %s a second, was %s\n", cells[0], cells[1], cells[2]);
}

/** Prints what is being written. */
void writer_text_saving(const json_t *result, bool utf8, FILE *out)
{
	static const struct column column = { .title = "", .member = "file" };
	char cell[COLUMN_CELL_BYTES];

	column_cell(&column, result, utf8, cell);
	fprintf(out, "%s is being written\n", cell);
}

/** Prints how long a client is counted. */
void writer_text_count_begins(const json_t *result, bool utf8, FILE *out)
{
	static const struct column columns[] = {
		{ .title = "", .member = "client" },
		{ .title = "", .member = "seconds" },
	};
	char cells[2][COLUMN_CELL_BYTES];

	for (size_t i = 0; i < 2; i++)
		column_cell(&columns[i], result, utf8, cells[i]);
	fprintf(out, "client %s is counted for %s s; see show counts\n", cells[0], cells[1]);
}

/** Prints what it has sent. */
void writer_text_count_ends(const json_t *result, bool utf8, FILE *out)
{
	static const struct column columns[] = {
		{ .title = "", .member = "client" },
		{ .title = "", .member = "packets" },
		{ .title = "", .member = "bytes" },
		{ .title = "", .member = "since_s" },
	};
	char cells[4][COLUMN_CELL_BYTES];

	for (size_t i = 0; i < 4; i++)
		column_cell(&columns[i], result, utf8, cells[i]);
	fprintf(out, "client %s: %s packets, %s bytes in %s s\n", cells[0], cells[1],
		cells[2], cells[3]);
}

/** Prints how many entries went. */
void writer_text_deleted(const json_t *result, bool utf8, FILE *out)
{
	json_int_t count = json_integer_value(json_object_get(result, "deleted"));

	(void)utf8;
	fprintf(out, "%lld %s deleted\n", (long long)count, count == 1 ? "entry" : "entries");
}
