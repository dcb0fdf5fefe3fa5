/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the listings show, and how a value is written in a cell.
 */
#include "ctl/column.h"

#include <stdio.h>
#include <string.h>

/** Writes a span of seconds as HH:MM:SS; one that is over has a minus before it. */
static void format_span(const json_t *value, bool utf8, char *out, size_t out_bytes)
{
	json_int_t seconds = json_integer_value(value);
	bool past = seconds < 0;

	(void)utf8;
	if (past)
		seconds = -seconds;
	snprintf(out, out_bytes, "%s%02lld:%02lld:%02lld", past ? "-" : "",
		(long long)(seconds / 3600), (long long)(seconds / 60 % 60),
		(long long)(seconds % 60));
}

/** Writes a rate with one digit behind the point. */
static void format_rate(const json_t *value, bool utf8, char *out, size_t out_bytes)
{
	(void)utf8;
	snprintf(out, out_bytes, "%.1f", json_number_value(value));
}

/** Writes a mark as the nft and ip tools do. */
static void format_hex(const json_t *value, bool utf8, char *out, size_t out_bytes)
{
	(void)utf8;
	snprintf(out, out_bytes, "0x%llx", (unsigned long long)json_integer_value(value));
}

/** Writes a list of strings with commas; a dash where there is none. */
static void format_list(const json_t *value, bool utf8, char *out, size_t out_bytes)
{
	size_t i, used = 0;
	json_t *item;

	(void)utf8;
	snprintf(out, out_bytes, "%s", json_array_size(value) ? "" : "-");
	json_array_foreach(value, i, item)
	{
		int wrote = snprintf(out + used, out_bytes - used, "%s%s", i ? "," : "",
			json_string_value(item) ? json_string_value(item) : "?");

		if (wrote < 0 || (size_t)wrote >= out_bytes - used)
			return;
		used += (size_t)wrote;
	}
}

/** Writes the first digits of the newest handshake's cookies, and how many more there
 *  are. A responder's cookie of zero has not been seen yet. */
static void format_cookies(const json_t *value, bool utf8, char *out, size_t out_bytes)
{
	static const char none[] = "0000000000000000";
	size_t count = json_array_size(value);
	const char *pair = json_string_value(json_array_get(value, count - 1));
	const char *dots = utf8 ? "\342\200\246" : "..";
	const char *responder = pair ? strchr(pair, ':') : NULL;
	char more[24] = "";

	if (count == 0 || !responder) {
		snprintf(out, out_bytes, "-");
		return;
	}
	if (count > 1)
		snprintf(more, sizeof(more), " +%zu", count - 1);
	responder++;
	if (strspn(pair, "0123456789abcdef:") != strlen(pair))
		snprintf(out, out_bytes, "?");
	else if (strcmp(responder, none) == 0)
		snprintf(out, out_bytes, "%.4s%s:-%s", pair, dots, more);
	else
		snprintf(out, out_bytes, "%.4s%s:%.4s%s%s", pair, dots, responder, dots,
			more);
}

const struct column column_entries[] = {
	{ "PRO", "proto", 3, 1, false, NULL },
	{ "STATE", "state", 11, 2, false, NULL },
	{ "EXPIRES", "expires_s", 8, 2, false, format_span },
	{ "CLIENT", "client", 18, 2, false, NULL },
	{ "VIRTUAL", "virtual", 15, 2, false, NULL },
	{ "SERVER", "server", 6, 2, false, NULL },
	{ "METHOD", "method", 6, 2, false, NULL },
	{ "COOKIES", "cookies", 0, 0, false, format_cookies },
	{ 0 },
};

const struct column column_clients[] = {
	{ "CLIENT", "client", 15, 2, false, NULL },
	{ "SERVICE", "service", 7, 2, false, NULL },
	{ "SERVER", "server", 6, 2, false, NULL },
	{ "ENTRIES", "entries", 7, 2, true, NULL },
	{ "ESTABLISHED", "established", 11, 0, true, NULL },
	{ 0 },
};

const struct column column_services[] = {
	{ "SERVICE", "service", 7, 2, false, NULL },
	{ "ADDRESSES", "addresses", 15, 2, false, format_list },
	{ "METHOD", "method", 6, 2, false, NULL },
	{ "SCHEDULER", "scheduler", 9, 2, false, NULL },
	{ "CLIENTS", "clients", 7, 2, true, NULL },
	{ "INITIAL", "entries.initial", 7, 2, true, NULL },
	{ "ESTABLISHED", "entries.established", 11, 2, true, NULL },
	{ "SOFT", "entries.soft", 4, 2, true, NULL },
	{ "QUOTA", "soft_quota", 5, 0, true, NULL },
	{ 0 },
};

const struct column column_servers[] = {
	{ "SERVICE", "service", 7, 2, false, NULL },
	{ "SERVER", "server", 6, 2, false, NULL },
	{ "ADDRESSES", "addresses", 15, 2, false, format_list },
	{ "METHOD", "method", 6, 2, false, NULL },
	{ "WEIGHT", "weight", 6, 2, true, NULL },
	{ "MARK", "mark", 8, 2, false, format_hex },
	{ "TABLE", "table", 5, 2, true, NULL },
	{ "CLIENTS", "clients", 7, 2, true, NULL },
	{ "INITIAL", "entries_initial", 7, 2, true, NULL },
	{ "ESTABLISHED", "entries_established", 11, 2, true, NULL },
	{ "PACKETS", "packets", 7, 2, true, NULL },
	{ "BYTES", "bytes", 5, 0, true, NULL },
	{ 0 },
};

const struct column column_rates[] = {
	{ "SERVICE", "service", 7, 2, false, NULL },
	{ "SERVER", "server", 6, 2, false, NULL },
	{ "HANDSHAKES/S", "handshakes", 12, 2, true, format_rate },
	{ "PACKETS/S", "packets", 9, 2, true, format_rate },
	{ "BYTES/S", "bytes", 11, 0, true, format_rate },
	{ 0 },
};

const struct column column_counts[] = {
	{ "CLIENT", "client", 18, 2, false, NULL },
	{ "VIRTUAL", "virtual", 15, 2, false, NULL },
	{ "PACKETS", "packets", 9, 2, true, NULL },
	{ "BYTES", "bytes", 11, 2, true, NULL },
	{ "SINCE", "since_s", 8, 2, false, format_span },
	{ "LEFT", "left_s", 8, 0, false, format_span },
	{ 0 },
};

const struct column column_reasons[] = {
	{ "REASON", "name", 20, 2, false, NULL },
	{ "PACKETS", "packets", 9, 2, true, NULL },
	{ "MEANING", "text", 0, 0, false, NULL },
	{ 0 },
};

const struct column column_explained[] = {
	{ "PACKET", "number", 6, 2, true, NULL },
	{ "KIND", "packet.kind", 10, 2, false, NULL },
	{ "CLIENT", "packet.client", 18, 2, false, NULL },
	{ "VIRTUAL", "packet.virtual", 15, 2, false, NULL },
	{ "ACTION", "action", 7, 2, false, NULL },
	{ "SERVER", "server", 6, 2, false, NULL },
	{ "REASON", "reason", 0, 0, false, NULL },
	{ 0 },
};

/** The member of item that path names. */
static const json_t *member_find(const json_t *item, const char *path)
{
	const char *dot = strchr(path, '.');
	char first[32];

	if (!dot)
		return json_object_get(item, path);
	snprintf(first, sizeof(first), "%.*s", (int)(dot - path), path);
	return json_object_get(json_object_get(item, first), dot + 1);
}

/** Writes a value that needs no format of its own. */
static void format_plain(const json_t *value, char *out, size_t out_bytes)
{
	if (json_is_string(value))
		snprintf(out, out_bytes, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(out, out_bytes, "%lld", (long long)json_integer_value(value));
	else
		snprintf(out, out_bytes, "%s",
			json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "-");
}

/** Writes the cell of item in column. The ellipsis is ours and is put in unharmed. */
void column_cell(const struct column *column, const json_t *item, bool utf8,
	char out[static COLUMN_CELL_BYTES])
{
	const json_t *value = column->member ? member_find(item, column->member) : item;

	if (column->format && value) {
		column->format(value, utf8, out, COLUMN_CELL_BYTES);
		if (column->format == format_cookies)
			return;
	} else {
		format_plain(value, out, COLUMN_CELL_BYTES);
	}
	column_make_safe(out, false);
}

/** How many places text takes: bytes that do not go on a character. */
unsigned int column_places(const char *text)
{
	unsigned int places = 0;

	for (; *text; text++)
		places += ((unsigned char)*text & 0xc0) != 0x80;
	return places;
}

/** Replaces what could be a terminal's escape. */
void column_make_safe(char *text, bool lines)
{
	for (; *text; text++)
		if ((*text < 0x20 || *text > 0x7e) &&
			!(lines && (*text == '\n' || *text == '\t')))
			*text = '?';
}
