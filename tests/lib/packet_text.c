/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See packet_text.h. Table-driven: a word is a body or an exchange, a key is a field.
 */
#include "tests/lib/packet_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 8192 /**< longest description */

/** An exchange by its word (RFC 2408 3.1, RFC 7296 3.1, RFC 5723, 9242, 9370). */
struct exchange_word {
	const char *name;
	uint8_t major;
	uint8_t number;
	uint32_t message_id; /**< what such a message usually has */
};

static const struct exchange_word exchange_words[] = {
	{ "init", 2, 34, 0 },
	{ "auth", 2, 35, 1 },
	{ "child", 2, 36, 2 },
	{ "info", 2, 37, 2 },
	{ "resume", 2, 38, 0 },
	{ "intermediate", 2, 43, 1 },
	{ "followup", 2, 44, 3 },
	{ "base", 1, 1, 0 },
	{ "main", 1, 2, 0 },
	{ "auth-only", 1, 3, 0 },
	{ "aggressive", 1, 4, 0 },
	{ "info", 1, 5, 0x1d0d0001 },
	{ "transaction", 1, 6, 0x7a000001 },
	{ "quick", 1, 32, 0x9c000001 },
	{ "new-group", 1, 33, 0x91000001 },
};

/** A body that is not ISAKMP, with the filler it gets where the text says nothing. */
struct body_word {
	const char *name;
	enum packet_body body;
	size_t pad_bytes;
};

static const struct body_word body_words[] = {
	{ "keepalive", BODY_KEEPALIVE, 0 },
	{ "esp-in-udp", BODY_ESP_IN_UDP, 64 },
	{ "draft-esp", BODY_DRAFT_ESP, 64 },
	{ "esp", BODY_ESP, 64 },
	{ "ah", BODY_AH, 64 },
	{ "udp", BODY_UDP, 0 },
	{ "ip", BODY_BARE, 0 },
	{ "fragment", BODY_BARE, 256 },
	{ "icmp-error", BODY_ICMP_ERROR, 0 },
};

enum key_type {
	KEY_U8,
	KEY_U16,
	KEY_U32,
	KEY_U64,
	KEY_SIZE,
	KEY_INT,   /**< may stay "right" */
	KEY_INT64, /**< may stay "right" */
};

/** A field by its key. */
struct key_word {
	const char *name;
	enum key_type type;
	int base;
	size_t offset;
};

#define KEY(name, type, base, member)                                                    \
	{                                                                                \
		name, type, base, offsetof(struct packet_spec, member)                   \
	}

static const struct key_word key_words[] = {
	KEY("icookie", KEY_U64, 16, icookie),
	KEY("rcookie", KEY_U64, 16, rcookie),
	KEY("np", KEY_U8, 0, next_payload),
	KEY("version", KEY_U8, 0, version),
	KEY("exch", KEY_U8, 0, exchange),
	KEY("flags", KEY_U8, 0, flags),
	KEY("mid", KEY_U32, 0, message_id),
	KEY("length", KEY_INT64, 0, isakmp_length),
	KEY("marker", KEY_INT, 0, marker),
	KEY("spi", KEY_U32, 16, spi),
	KEY("seq", KEY_U32, 0, sequence),
	KEY("ah-length", KEY_INT, 0, ah_length),
	KEY("pad", KEY_SIZE, 0, pad_bytes),
	KEY("udp-length", KEY_INT64, 0, udp_length),
	KEY("proto", KEY_INT, 0, protocol),
	KEY("offset", KEY_U32, 0, fragment_offset),
	KEY("id", KEY_U32, 0, fragment_id),
	KEY("ip-length", KEY_INT64, 0, ip_length),
	KEY("ip-words", KEY_INT, 0, ip_header_words),
	KEY("ip-version", KEY_INT, 0, ip_version),
	KEY("type", KEY_INT, 0, icmp_type),
	KEY("code", KEY_INT, 0, icmp_code),
	KEY("quote", KEY_INT64, 0, quote_bytes),
	KEY("cut", KEY_INT64, 0, cut_bytes),
	KEY("capture", KEY_INT64, 0, capture_bytes),
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/** Writes the error and gives -EINVAL. */
__attribute__((format(printf, 2, 3))) static int refuse(
	char *ret_error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(ret_error, PACKET_TEXT_ERROR_BYTES, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/** Reads an endpoint. */
int packet_text_endpoint(
	const char *word, struct address *ret_address, uint16_t *ret_port)
{
	char text[ADDRESS_TEXT_BYTES];
	char *colon;
	char *end = "";

	if (snprintf(text, sizeof(text), "%s", word) >= (int)sizeof(text))
		return -EINVAL;
	*ret_port = 0;
	if (address_parse(text, ret_address) == 0)
		return 0;
	colon = strrchr(text, ':');
	if (colon == NULL)
		return -EINVAL;
	*colon = '\0';
	*ret_port = (uint16_t)strtoul(colon + 1, &end, 10);
	if (colon[1] == '\0' || *end != '\0')
		return -EINVAL;
	if (text[0] != '[')
		return address_parse(text, ret_address);
	if (colon == text || colon[-1] != ']')
		return -EINVAL;
	colon[-1] = '\0';
	return address_parse(text + 1, ret_address);
}

/** Reads hexadecimal digits, two a byte; gives their number or -EINVAL. */
static int read_hex(const char *digits, uint8_t *out, size_t limit_bytes)
{
	size_t count = strlen(digits) / 2;

	if (strlen(digits) % 2 != 0 || count > limit_bytes)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		char pair[3] = { digits[2 * i], digits[2 * i + 1], '\0' };

		if (!isxdigit((unsigned char)pair[0]) ||
			!isxdigit((unsigned char)pair[1]))
			return -EINVAL;
		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return (int)count;
}

/** Reads "0,60/2,51!0": header numbers, /length octet with its bytes, !a length that
 * lies. */
static int read_extensions(const char *text, struct packet_spec *spec)
{
	while (*text != '\0') {
		struct packet_extension *one = &spec->extensions[spec->extension_count];
		char *end;

		if (spec->extension_count == PACKET_BUILD_EXTENSIONS)
			return -EINVAL;
		one->number = (uint8_t)strtoul(text, &end, 10);
		if (end == text)
			return -EINVAL;
		one->lies = *end == '!';
		if (*end == '/' || *end == '!')
			one->length = (uint8_t)strtoul(end + 1, &end, 10);
		if (*end != ',' && *end != '\0')
			return -EINVAL;
		text = *end == ',' ? end + 1 : end;
		spec->extension_count++;
	}
	return 0;
}

/** Stores value in the field that key names. */
static void store(struct packet_spec *spec, const struct key_word *key, uint64_t value)
{
	void *field = (char *)spec + key->offset;

	switch (key->type) {
	case KEY_U8:
		*(uint8_t *)field = (uint8_t)value;
		break;
	case KEY_U16:
		*(uint16_t *)field = (uint16_t)value;
		break;
	case KEY_U32:
		*(uint32_t *)field = (uint32_t)value;
		break;
	case KEY_U64:
		*(uint64_t *)field = value;
		break;
	case KEY_SIZE:
		*(size_t *)field = (size_t)value;
		break;
	case KEY_INT:
		*(int *)field = (int)value;
		break;
	case KEY_INT64:
		*(int64_t *)field = (int64_t)value;
		break;
	}
}

/** The keys whose values are not numbers; 1 when key is none of them. */
static int read_list(struct packet_spec *spec, const char *key, const char *value)
{
	int count;

	if (strcmp(key, "ext") == 0)
		return read_extensions(value, spec);
	if (strcmp(key, "options") == 0) {
		count = read_hex(value, spec->options, sizeof(spec->options));
		spec->option_bytes = count < 0 ? 0 : (size_t)count;
		return count < 0 || count % 4 != 0 ? -EINVAL : 0;
	}
	if (strcmp(key, "payload") == 0) {
		count = read_hex(value, spec->payload, sizeof(spec->payload));
		spec->payload_bytes = count < 0 ? 0 : (size_t)count;
		return count < 0 ? -EINVAL : 0;
	}
	return 1;
}

/** Reads "key=value"; word is cut in two. */
static int read_key(struct packet_spec *spec, char *word, char *ret_error)
{
	char *value = strchr(word, '=');
	char *end;
	int result;

	*value++ = '\0';
	result = read_list(spec, word, value);
	if (result < 0)
		return refuse(
			ret_error, "found %s=%s, expected digits or a list", word, value);
	if (result == 0)
		return 0;
	for (size_t i = 0; i < COUNT(key_words); i++) {
		uint64_t number;

		if (strcmp(key_words[i].name, word) != 0)
			continue;
		number = strtoull(value, &end, key_words[i].base);
		if (*value == '\0' || *end != '\0')
			return refuse(
				ret_error, "found %s=%s, expected a number", word, value);
		store(spec, &key_words[i], number);
		return 0;
	}
	return refuse(ret_error, "found key %s, expected one of a packet", word);
}

/** Makes spec an ISAKMP message of that version and exchange. */
static void set_exchange(struct packet_spec *spec, const struct exchange_word *exchange)
{
	spec->body = BODY_ISAKMP;
	spec->version = (uint8_t)(exchange->major << 4);
	spec->exchange = exchange->number;
	spec->message_id = exchange->message_id;
	spec->flags = exchange->major == 2 ? 0x08 : 0;
	spec->next_payload = exchange->major == 2 ? 33 : 1;
}

/** Reads a word without "=": version, exchange, body, or "more". */
static int read_word(
	struct packet_spec *spec, unsigned int *major, const char *word, char *ret_error)
{
	if (strcmp(word, "v1") == 0 || strcmp(word, "v2") == 0) {
		*major = (unsigned int)(word[1] - '0');
		return 0;
	}
	if (strcmp(word, "more") == 0) {
		spec->more_fragments = true;
		return 0;
	}
	for (size_t i = 0; i < COUNT(exchange_words); i++) {
		if (exchange_words[i].major != *major ||
			strcmp(exchange_words[i].name, word))
			continue;
		set_exchange(spec, &exchange_words[i]);
		return 0;
	}
	for (size_t i = 0; i < COUNT(body_words); i++) {
		if (strcmp(body_words[i].name, word) != 0)
			continue;
		spec->body = body_words[i].body;
		spec->pad_bytes = body_words[i].pad_bytes;
		return 0;
	}
	return refuse(
		ret_error, "found word %s, expected v1, v2, an exchange or a body", word);
}

/** Reads "SOURCE > DESTINATION". */
static int read_flow(struct packet_spec *spec, char **rest, char *ret_error)
{
	char *source = strtok_r(NULL, " \t", rest);
	char *arrow = strtok_r(NULL, " \t", rest);
	char *destination = strtok_r(NULL, " \t", rest);

	if (destination == NULL || strcmp(arrow, ">") != 0)
		return refuse(ret_error, "expected SOURCE > DESTINATION and a packet");
	if (packet_text_endpoint(source, &spec->source, &spec->source_port) != 0)
		return refuse(
			ret_error, "found source %s, expected ADDRESS[:PORT]", source);
	if (packet_text_endpoint(
		    destination, &spec->destination, &spec->destination_port) != 0)
		return refuse(ret_error, "found destination %s, expected ADDRESS[:PORT]",
			destination);
	if (spec->source.family != spec->destination.family)
		return refuse(ret_error, "expected two addresses of one family");
	return 0;
}

/** Reads everything but the quote. */
static int read_spec(char *text, struct packet_spec *spec, char *ret_error)
{
	unsigned int major = 2;
	char *rest = text;
	char *word;
	int result = read_flow(spec, &rest, ret_error);
	bool named = false;

	while (result == 0 && (word = strtok_r(NULL, " \t", &rest)) != NULL) {
		if (strchr(word, '=') != NULL) {
			result = read_key(spec, word, ret_error);
			continue;
		}
		named = true;
		result = read_word(spec, &major, word, ret_error);
	}
	if (result == 0 && !named)
		return refuse(ret_error, "expected an exchange or a body");
	return result;
}

/** "raw HEX": the bytes as they are. */
static int build_raw(const char *digits, struct packet_bytes *ret_packet, char *ret_error)
{
	int count = read_hex(digits, ret_packet->data, sizeof(ret_packet->data));

	if (count < 0)
		return refuse(ret_error, "expected hexadecimal digits behind raw");
	ret_packet->size_bytes = (size_t)count;
	ret_packet->wire_bytes = (size_t)count;
	return 0;
}

/** Builds the packet of a line. */
int packet_text_build(const char *text, struct packet_bytes *ret_packet,
	char ret_error[static PACKET_TEXT_ERROR_BYTES])
{
	static const char quoting[] = " quoting ";
	struct packet_bytes quoted = { .size_bytes = 0 };
	struct packet_spec spec;
	char copy[TEXT_BYTES];
	char *quote;
	int result;

	while (*text == ' ' || *text == '\t')
		text++;
	if (strcmp(text, "raw") == 0)
		return build_raw("", ret_packet, ret_error);
	if (strncmp(text, "raw ", 4) == 0)
		return build_raw(text + 4, ret_packet, ret_error);
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return refuse(ret_error, "line too long");
	quote = strstr(copy, quoting);
	if (quote != NULL) {
		*quote = '\0';
		result = packet_text_build(quote + strlen(quoting), &quoted, ret_error);
		if (result != 0)
			return result;
	}
	packet_spec_init(&spec);
	result = read_spec(copy, &spec, ret_error);
	if (result != 0)
		return result;
	packet_build(&spec, quote != NULL ? &quoted : NULL, ret_packet);
	return 0;
}
