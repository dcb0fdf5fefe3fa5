/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explanations as text: what would become of the packet first, then why.
 */
#include <string.h>

#include "ctl/writer.h"

/** Prints the member of object as it is, between two texts; nothing where it is null. */
static void member_print(const json_t *object, const char *member, const char *before,
	const char *after, FILE *out)
{
	const struct column column = { .title = "", .member = member };
	char cell[COLUMN_CELL_BYTES];

	if (json_is_null(json_object_get(object, member)))
		return;
	column_cell(&column, object, false, cell);
	fprintf(out, "%s%s%s", before, cell, after);
}

/** Prints "forward to gw1: slave, ESP or AH of an established client". */
static void verdict_print(const json_t *result, FILE *out)
{
	const char *action = json_string_value(json_object_get(result, "action"));

	member_print(result, "action", "", "", out);
	if (action && strcmp(action, "forward") == 0)
		member_print(result, "server", " to ", "", out);
	if (action && strcmp(action, "unreachable") == 0)
		fputs(", dropped and answered with ICMP", out);
	member_print(result, "reason", ": ", "", out);
	member_print(result, "text", ", ", "\n", out);
}

/** Prints what the packet is. */
static void packet_print(const json_t *packet, FILE *out)
{
	const json_t *isakmp = json_object_get(packet, "isakmp");

	member_print(packet, "kind", "  packet   ", "", out);
	member_print(packet, "direction", ", ", "", out);
	member_print(packet, "client", ", client ", "", out);
	member_print(packet, "virtual", ", virtual ", "\n", out);
	if (json_is_object(isakmp)) {
		member_print(isakmp, "version", "           IKEv", "", out);
		member_print(isakmp, "exchange", ", exchange ", "", out);
		member_print(isakmp, "message_id", ", message ", "", out);
		member_print(isakmp, "icookie", ", cookies ", "", out);
		member_print(isakmp, "rcookie", ":", "\n", out);
	}
	member_print(packet, "spi", "           SPI 0x", "\n", out);
}

/** Prints where the packet goes. */
static void way_print(const json_t *result, FILE *out)
{
	const json_t *mark = json_object_get(result, "mark");

	if (json_is_null(json_object_get(result, "service")))
		return;
	member_print(result, "service", "  service  ", "", out);
	member_print(result, "method", ", method ", "", out);
	member_print(result, "next_hop", ", next hop ", "", out);
	if (json_is_integer(mark))
		fprintf(out, ", mark 0x%llx",
			(unsigned long long)json_integer_value(mark));
	member_print(result, "table", ", table ", "", out);
	fputs("\n", out);
}

/** Prints the list of sentences, the first behind a word. */
static void steps_print(const json_t *steps, FILE *out)
{
	static const struct column plain = { .title = "" };
	char cell[COLUMN_CELL_BYTES];
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		column_cell(&plain, step, false, cell);
		fprintf(out, "  %-7s  %s\n", i == 0 ? "because" : "", cell);
	}
}

/** Prints an explained packet. */
void writer_text_explain(const json_t *result, bool utf8, FILE *out)
{
	(void)utf8;
	verdict_print(result, out);
	packet_print(json_object_get(result, "packet"), out);
	way_print(result, out);
	member_print(result, "change_text", "  change   ", "\n", out);
	steps_print(json_object_get(result, "steps"), out);
}

/** Prints what a service knows of the client, in a line. */
static void client_print(const json_t *service, FILE *out)
{
	member_print(service, "client", "", "", out);
	member_print(service, "service", " in service ", "", out);
	if (json_is_null(json_object_get(service, "server"))) {
		fputs(": not known\n", out);
		return;
	}
	member_print(service, "server", ": server ", "", out);
	member_print(service, "entries", ", entries ", "", out);
	member_print(service, "established", ", established ", "\n", out);
}

/** Prints one entry of the client. */
static void entry_print(const json_t *entry, FILE *out)
{
	member_print(entry, "state", "  ", "", out);
	member_print(entry, "client", " ", "", out);
	member_print(entry, "virtual", " > ", "", out);
	member_print(entry, "server", " at ", "", out);
	member_print(entry, "expires_s", ", ", " s left\n", out);
}

/** Prints what would become of one kind of packet. */
static void next_print(const json_t *next, FILE *out)
{
	member_print(next, "packet", "  ", ": ", out);
	verdict_print(next, out);
}

/** Prints an explained client. */
void writer_text_explain_client(const json_t *result, bool utf8, FILE *out)
{
	json_t *service, *item;
	size_t i, j;

	(void)utf8;
	json_array_foreach(json_object_get(result, "services"), i, service)
	{
		client_print(service, out);
		json_array_foreach(json_object_get(service, "known"), j, item)
			entry_print(item, out);
		json_array_foreach(json_object_get(service, "next"), j, item)
			next_print(item, out);
	}
}
