/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/config_read.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/scheduler.h"
#include "daemon/config_check.h"

#define QUOTE_BYTES 64 /**< of what was found, in a message */

/** Tells what was found and what should have been. */
static void complain(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const char *expected)
{
	config_errors_add(reader->errors, value->line, "%s: found \"%.*s\", expected %s",
		key->name, QUOTE_BYTES, value->text, expected);
}

/** Parses digits, or 0x and hexadecimal digits, and nothing else. */
static bool number_parse(const char *text, uint64_t *ret_number)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	size_t length = strlen(digits);

	if (length == 0 || length > (hex ? 16u : 18u))
		return false;
	if (strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != length)
		return false;
	errno = 0;
	*ret_number = strtoull(digits, NULL, hex ? 16 : 10);
	return errno == 0;
}

/** The field that the key's value goes to. */
static void *field_of(const struct config_key *key, const struct config_target *target)
{
	return (char *)(key->in_places ? target->places : target->object) + key->offset;
}

/** Stores a number in a field of one, two, four or eight bytes. */
static void number_store(const struct config_key *key, uint64_t number,
	const struct config_target *target)
{
	uint8_t byte = (uint8_t)number;
	uint16_t half = (uint16_t)number;
	uint32_t word = (uint32_t)number;
	void *field = field_of(key, target);

	if (key->size_bytes == sizeof(byte))
		memcpy(field, &byte, sizeof(byte));
	else if (key->size_bytes == sizeof(half))
		memcpy(field, &half, sizeof(half));
	else if (key->size_bytes == sizeof(word))
		memcpy(field, &word, sizeof(word));
	else
		memcpy(field, &number, sizeof(number));
}

/** Reads a number between the key's bounds. */
void config_read_number(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	uint64_t number;
	char expected[96];

	if (number_parse(value->text, &number) && number >= key->min &&
		number <= key->max) {
		number_store(key, number * key->scale, target);
		return;
	}
	snprintf(expected, sizeof(expected),
		key->max == UINT32_MAX ? "a number from %#" PRIx64 " to %#" PRIx64 "%s"
				       : "a number from %" PRIu64 " to %" PRIu64 "%s",
		key->min, key->max, key->unit);
	complain(reader, key, value, expected);
}

/** Reads an absolute path that fits the field. */
void config_read_path(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	size_t length = strlen(value->text);
	char expected[64];

	if (value->text[0] == '/' && length > 1 && length < key->size_bytes) {
		memcpy((char *)target->object + key->offset, value->text, length + 1);
		return;
	}
	snprintf(expected, sizeof(expected), "an absolute path shorter than %zu bytes%s",
		key->size_bytes, key->unit ? key->unit : "");
	complain(reader, key, value, expected);
}

/** Reads a path, or "none" for an empty one. */
void config_read_path_or_none(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	if (strcmp(value->text, "none") == 0)
		*((char *)target->object + key->offset) = '\0';
	else
		config_read_path(reader, key, value, target);
}

/** Tells whether text can be a name: it is printed, typed and compared, never quoted. */
static bool name_is_good(const char *text)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-";
	size_t length = strlen(text);

	return length > 0 && length < CONFIG_NAME_BYTES &&
	       strspn(text, allowed) == length;
}

#define NAME_EXPECTED "1 to 31 of the characters A-Z a-z 0-9 . _ -"

/** Reads a name. */
void config_read_name(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	if (name_is_good(value->text))
		memcpy((char *)target->object + key->offset, value->text,
			strlen(value->text) + 1);
	else
		complain(reader, key, value, NAME_EXPECTED);
}

/** Lists words as "one, two or three". */
static void list_choices(const struct config_choice *choices, char *out, size_t out_bytes)
{
	size_t used = 0;

	out[0] = '\0';
	for (const struct config_choice *c = choices; c->name && used < out_bytes; c++) {
		const char *between = c == choices ? "" : c[1].name ? ", " : " or ";

		used += (size_t)snprintf(
			out + used, out_bytes - used, "%s%s", between, c->name);
	}
}

/** Reads one of the key's words. */
void config_read_choice(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	char expected[128];

	for (const struct config_choice *choice = key->choices; choice->name; choice++) {
		if (strcmp(value->text, choice->name) == 0) {
			number_store(key, choice->value, target);
			return;
		}
	}
	list_choices(key->choices, expected, sizeof(expected));
	complain(reader, key, value, expected);
}

/** Reads a scheduler's name; the ones that exist are asked for, not listed here. */
void config_read_scheduler(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	struct config_service *service = target->object;
	char expected[128] = "one of:";
	const struct scheduler *scheduler;

	service->scheduler = scheduler_find(value->text);
	if (service->scheduler)
		return;
	for (size_t i = 0; (scheduler = scheduler_at(i)) != NULL; i++) {
		size_t used = strlen(expected);

		snprintf(
			expected + used, sizeof(expected) - used, " %s", scheduler->name);
	}
	complain(reader, key, value, expected);
}

/** Splits text at the first separator into two numbers. */
static bool numbers_parse(const char *text, char separator, uint64_t *ret_first,
	uint64_t *ret_second)
{
	char first[QUOTE_BYTES];
	const char *middle = strchr(text, separator);
	size_t length = middle ? (size_t)(middle - text) : 0;

	if (!middle || length >= sizeof(first))
		return false;
	memcpy(first, text, length);
	first[length] = '\0';
	return number_parse(first, ret_first) && number_parse(middle + 1, ret_second);
}

/** Protocols of other traffic, those with ports first. */
static const struct {
	const char *name;
	uint8_t protocol;
	bool has_port;
} also_protocols[] = {
	{ "tcp/", IPPROTO_TCP, true },
	{ "udp/", IPPROTO_UDP, true },
	{ "sctp/", IPPROTO_SCTP, true },
	{ "icmp", IPPROTO_ICMP, false },
	{ "gre", IPPROTO_GRE, false },
};

/** Parses "tcp/443", "icmp", "mark/0x5" and the like. */
static bool also_parse(const char *text, struct config_also *ret_also)
{
	uint64_t number = 0;

	if (strncmp(text, "mark/", 5) == 0) {
		*ret_also = (struct config_also){ 0 };
		if (!number_parse(text + 5, &number) || !number || number > UINT32_MAX)
			return false;
		ret_also->mark = (uint32_t)number;
		return true;
	}
	for (size_t i = 0; i < sizeof(also_protocols) / sizeof(also_protocols[0]); i++) {
		size_t length = strlen(also_protocols[i].name);

		if (strncmp(text, also_protocols[i].name, length) != 0)
			continue;
		if (also_protocols[i].has_port)
			number_parse(text + length, &number);
		*ret_also = (struct config_also){ .protocol = also_protocols[i].protocol,
			.port = (uint16_t)number };
		return also_protocols[i].has_port ? number > 0 && number <= UINT16_MAX :
						    text[length] == '\0';
	}
	return false;
}

/** Keeps one kind of other traffic, if there is room. */
static void also_add(struct config_reader *reader, const struct config_value *value,
	struct config_service *service, const struct config_also *also)
{
	if (service->also_count < CONFIG_ALSO)
		service->also[service->also_count++] = *also;
	else
		config_errors_add(reader->errors, value->line,
			"also: found more, expected at most %d kinds of traffic",
			CONFIG_ALSO);
}

/** Reads one kind of other traffic; ICMP is of both families. */
void config_read_also(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	struct config_also also;

	if (!also_parse(value->text, &also) ||
		(also.protocol == IPPROTO_UDP && (also.port == 500 || also.port == 4500))) {
		complain(reader, key, value,
			"tcp/PORT, udp/PORT (neither 500 nor 4500), sctp/PORT, icmp, gre or "
			"mark/NUMBER");
		return;
	}
	also_add(reader, value, target->object, &also);
	if (also.protocol == IPPROTO_ICMP) {
		also.protocol = IPPROTO_ICMPV6;
		also_add(reader, value, target->object, &also);
	}
}

/** Reads a server's label, VALUE/MASK of 64 bits. */
void config_read_label(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	struct config_server *server = target->object;
	uint64_t label, mask;

	if (numbers_parse(value->text, '/', &label, &mask) && mask && !(label & ~mask)) {
		server->label = label;
		server->label_mask = mask;
		return;
	}
	complain(reader, key, value,
		"VALUE/MASK, two numbers of up to 64 bits, no bit of VALUE outside of MASK");
}

/** Reads a server's range of SPIs, FIRST-LAST. */
void config_read_spi_range(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, const struct config_target *target)
{
	struct config_server *server = target->object;
	uint64_t first, last;

	if (numbers_parse(value->text, '-', &first, &last) && first >= 0x100 &&
		first <= last && last <= UINT32_MAX) {
		server->spi_first = (uint32_t)first;
		server->spi_last = (uint32_t)last;
		return;
	}
	complain(reader, key, value, "FIRST-LAST, two numbers from 0x100 to 0xffffffff");
}

/** Tells whether the bytes are link-local or map IPv4: neither can be routed to here. */
static bool address_is_unroutable(const struct address *address)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (address->family != AF_INET6)
		return false;
	return (address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80) ||
		memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

/** Parses one address that a host can have; complains otherwise. */
static bool read_address(struct config_reader *reader, const struct config_key *key,
	const struct config_value *value, struct address *ret_address)
{
	if (address_parse(value->text, ret_address) < 0) {
		complain(reader, key, value, "an IPv4 or IPv6 address");
		return false;
	}
	if (!address_is_unicast(ret_address) || address_is_unroutable(ret_address)) {
		complain(reader, key, value, "a routable unicast address");
		return false;
	}
	return true;
}

/** Reads one virtual address of a service. */
void config_read_service_address(struct config_reader *reader,
	const struct config_key *key, const struct config_value *value,
	const struct config_target *target)
{
	struct config_service *service = target->object;
	struct service_places *places = target->places;
	struct address address;

	if (!read_address(reader, key, value, &address))
		return;
	if (service->address_count == CONFIG_ADDRESSES) {
		config_errors_add(reader->errors, value->line,
			"%s: found more, expected at most %d addresses in a service",
			key->name, CONFIG_ADDRESSES);
		return;
	}
	places->addresses[service->address_count] = value->line;
	service->addresses[service->address_count++] = address;
}

/** Reads one address of a server: at most one a family. */
void config_read_server_address(struct config_reader *reader,
	const struct config_key *key, const struct config_value *value,
	const struct config_target *target)
{
	struct config_server *server = target->object;
	struct server_places *places = target->places;
	struct address address;

	if (!read_address(reader, key, value, &address))
		return;
	bool v4 = address.family == AF_INET;
	struct address *slot = v4 ? &server->address_v4 : &server->address_v6;

	if (slot->family != 0) {
		complain(reader, key, value,
			v4 ? "at most one IPv4 address in a server"
			   : "at most one IPv6 address in a server");
		return;
	}
	*slot = address;
	*(v4 ? &places->address_v4 : &places->address_v6) = value->line;
}

/** Reads a section's title as the name of what it describes. */
bool config_read_title(struct config_reader *reader, const char *what, const char *text,
	unsigned int line, char ret_name[static CONFIG_NAME_BYTES])
{
	if (name_is_good(text)) {
		memcpy(ret_name, text, strlen(text) + 1);
		return true;
	}
	config_errors_add(reader->errors, line,
		"%s name: found \"%.*s\", expected " NAME_EXPECTED, what, QUOTE_BYTES,
		text);
	return false;
}
