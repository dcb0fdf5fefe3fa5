/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers as JSON: a listing is one array, whatever number of pages it came in, with an
 * item a line; printed as it comes, so a million entries need no memory.
 */
#include "ctl/writer.h"

/** Opens the array. */
static void json_begin(struct writer *writer)
{
	if (writer->lists)
		fputs("[", writer->out);
}

/** Prints items. */
static void json_items(struct writer *writer, const json_t *items)
{
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item)
	{
		fputs(writer->item_count++ ? ",\n" : "\n", writer->out);
		json_dumpf(item, writer->out, JSON_COMPACT | JSON_ENSURE_ASCII);
	}
}

/** Prints an object. */
static void json_object_(struct writer *writer, const json_t *result)
{
	json_dumpf(result, writer->out,
		JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	fputs("\n", writer->out);
}

/** Closes the array. */
static void json_end(struct writer *writer)
{
	if (writer->lists)
		fputs(writer->item_count ? "\n]\n" : "]\n", writer->out);
}

const struct writer_form writer_json = {
	.begin = json_begin,
	.items = json_items,
	.object = json_object_,
	.end = json_end,
};
