/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/packet_words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PORT_ISAKMP = 500,
	PORT_NATT = 4500,
	INITIATOR_FLAG = 0x08, /**< of IKEv2, RFC 7296 3.1 */
};

#define MADE_UP_COOKIE 0x6578706c61696e31
#define MADE_UP_SPI 0x6578706c

/** An exchange by its word (RFC 2408 3.1, RFC 2409 5, RFC 7296 3.1, RFC 5723, 9242,
 * 9370). */
struct exchange {
	const char *name;
	uint8_t version;
	uint8_t number;
	uint32_t message_id; /**< what such a message usually has */
};

static const struct exchange exchanges[] = {
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
	{ "info", 1, 5, 1 },
	{ "transaction", 1, 6, 1 },
	{ "quick", 1, 32, 1 },
	{ "new-group", 1, 33, 1 },
};

/** A body that is not ISAKMP, by its word. */
struct body {
	const char *name;
	enum packet_body body;
};

static const struct body bodies[] = {
	{ "keepalive", PACKET_BODY_KEEPALIVE },
	{ "esp-in-udp", PACKET_BODY_ESP_IN_UDP },
	{ "draft-esp", PACKET_BODY_DRAFT_ESP },
	{ "esp", PACKET_BODY_ESP },
	{ "ah", PACKET_BODY_AH },
	{ "udp", PACKET_BODY_UDP },
	{ "tcp", PACKET_BODY_TCP },
	{ "icmp", PACKET_BODY_ICMP },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *const packet_words_keys[] = {
	"from", "to", "icookie", "rcookie", "spi", "mid", "flags", NULL};

/** What is being read. */
struct reading {
	struct packet_fields *fields;
	char *message;
	size_t message_bytes;
	bool has_kind;
	bool has_message_id;
	bool has_flags;
};

/** Writes the message; false. */
__attribute__((format(printf, 2, 3))) static bool refuse(
	const struct reading *reading, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reading->message, reading->message_bytes, format, arguments);
	va_end(arguments);
	return false;
}

/** Reads a number of that base that is at most max. */
static bool number_parse(const char *text, int base, uint64_t max, uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(text, &end, base);
	return *text && strchr("+- \t", *text) == NULL && *end == '\0' && errno == 0 &&
		*ret_number <= max;
}

/** Reads an address alone. */
static bool address_parse(const char *text, struct packet_end *end)
{
	end->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(end->family, text, end->address) == 1;
}

/** Reads "203.0.113.7", "203.0.113.7:500", "2001:db8::1" or "[2001:db8::1]:500". */
static bool end_parse(const char *text, struct packet_end *end)
{
	char address[INET6_ADDRSTRLEN];
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	bool bracketed = text[0] == '[' && length > 2 && text[length - 1] == ']';
	uint64_t port;

	if (address_parse(text, end))
		return true;
	if (!colon || length >= sizeof(address) + 2 ||
		!number_parse(colon + 1, 10, UINT16_MAX, &port))
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)length - 2 * bracketed,
		text + bracketed);
	end->port = (uint16_t)port;
	return address_parse(address, end) && (end->family == AF_INET6) == bracketed;
}

/** Reads the value of an end. */
static bool end_take(struct reading *reading, const char *word, const char *value,
	struct packet_end *end)
{
	return end_parse(value, end) ||
		refuse(reading, "%s: expected ADDRESS or ADDRESS:PORT", word);
}

/** Reads the value of a cookie. */
static bool cookie_take(struct reading *reading, const char *word, const char *value,
	uint64_t *cookie)
{
	return number_parse(value, 16, UINT64_MAX, cookie) ||
		refuse(reading, "%s: expected up to 16 hexadecimal digits", word);
}

/** Reads a number that is none of those above. */
static bool number_take(struct reading *reading, const char *word, const char *key,
	const char *value)
{
	struct packet_fields *fields = reading->fields;
	bool is_spi = strcmp(key, "spi") == 0, is_flags = strcmp(key, "flags") == 0;
	uint64_t number;

	if (!number_parse(
		    value, is_spi ? 16 : 0, is_flags ? UINT8_MAX : UINT32_MAX, &number))
		return refuse(reading, "%s: expected %s", word,
			is_spi ? "up to 8 hexadecimal digits" :
			is_flags ? "a number of 8 bits" : "a number of 32 bits");
	if (is_spi) {
		fields->spi = (uint32_t)number;
	} else if (is_flags) {
		fields->flags = (uint8_t)number;
		reading->has_flags = true;
	} else {
		fields->message_id = (uint32_t)number;
		reading->has_message_id = true;
	}
	return true;
}

/** Reads "key=value". */
static bool key_take(struct reading *reading, const char *word)
{
	struct packet_fields *fields = reading->fields;
	const char *value = strchr(word, '=') + 1;
	const char *const *key = packet_words_keys;

	while (*key && (strncmp(*key, word, strlen(*key)) != 0 ||
			       word + strlen(*key) + 1 != value))
		key++;
	if (!*key)
		return refuse(reading, "%s: no such key", word);
	if (strcmp(*key, "from") == 0)
		return end_take(reading, word, value, &fields->from);
	if (strcmp(*key, "to") == 0)
		return end_take(reading, word, value, &fields->to);
	if (strcmp(*key, "icookie") == 0)
		return cookie_take(reading, word, value, &fields->icookie);
	if (strcmp(*key, "rcookie") == 0)
		return cookie_take(reading, word, value, &fields->rcookie);
	return number_take(reading, word, *key, value);
}

/** Makes the packet an ISAKMP message. */
static void exchange_take(struct reading *reading, const struct exchange *exchange)
{
	struct packet_fields *fields = reading->fields;

	reading->has_kind = true;
	fields->body = PACKET_BODY_ISAKMP;
	fields->exchange = exchange->number;
	if (!reading->has_message_id)
		fields->message_id = exchange->message_id;
	if (!reading->has_flags)
		fields->flags = exchange->version == 2 ? INITIATOR_FLAG : 0;
}

/** Reads a word that is a version, an exchange of that version, or a body. */
static bool word_take(struct reading *reading, const char *word)
{
	struct packet_fields *fields = reading->fields;

	if (!strcmp(word, "v1") || !strcmp(word, "v2")) {
		fields->version = (uint8_t)(word[1] - '0');
		return true;
	}
	for (size_t i = 0; i < COUNT(bodies); i++)
		if (!strcmp(bodies[i].name, word)) {
			fields->body = bodies[i].body;
			reading->has_kind = true;
			return true;
		}
	for (size_t i = 0; i < COUNT(exchanges); i++)
		if (exchanges[i].version == fields->version &&
			!strcmp(exchanges[i].name, word)) {
			exchange_take(reading, &exchanges[i]);
			return true;
		}
	return refuse(reading,
		"%s: expected v2 init, v2 auth, v1 main, ..., keepalive, esp-in-udp, "
		"draft-esp, esp, ah, udp, tcp or icmp",
		word);
}

/** Fills in ports: one that is told as 500 or 4500 is the other's too. */
static void ports_fill(struct packet_fields *fields)
{
	struct packet_end *from = &fields->from, *to = &fields->to;
	bool is_natt = fields->body == PACKET_BODY_KEEPALIVE ||
		fields->body == PACKET_BODY_ESP_IN_UDP || from->port == PORT_NATT ||
		to->port == PORT_NATT;
	uint16_t usual = is_natt ? PORT_NATT : PORT_ISAKMP;

	if (!from->port)
		from->port = usual;
	if (!to->port)
		to->port = usual;
}

/** Reads all words and sees whether they are enough. */
bool packet_words_parse(int count, char *const *words, struct packet_fields *ret_fields,
	char *message, size_t message_bytes)
{
	struct reading reading = {
		ret_fields, message, message_bytes, false, false, false};

	*ret_fields = (struct packet_fields){
		.version = 2, .icookie = MADE_UP_COOKIE, .spi = MADE_UP_SPI };
	for (int i = 0; i < count; i++)
		if (strchr(words[i], '=') ? !key_take(&reading, words[i]) :
					    !word_take(&reading, words[i]))
			return false;
	if (!ret_fields->from.family || !ret_fields->to.family)
		return refuse(
			&reading, "expected from=ADDRESS[:PORT] and to=ADDRESS[:PORT]");
	if (ret_fields->from.family != ret_fields->to.family)
		return refuse(&reading, "expected two addresses of one family");
	if (!ret_fields->to.port && (ret_fields->body == PACKET_BODY_UDP ||
					    ret_fields->body == PACKET_BODY_TCP))
		return refuse(&reading, "expected to=ADDRESS:PORT");
	if (!reading.has_kind)
		return refuse(
			&reading, "expected what it is: v2 init, keepalive, esp, ...");
	ports_fill(ret_fields);
	return true;
}
