/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/capture.h"
#include "ctl/command.h"
#include "ctl/hex.h"
#include "ctl/packet_bytes.h"
#include "ctl/packet_words.h"
#include "ipsec-balancer/control.h"

#define INPUT_BYTES 65536 /**< most that is read from the standard input */

/** Puts the packet's digits into params. */
static bool set_packet(struct request *request, const uint8_t *bytes, size_t size_bytes)
{
	char *digits = hex_format(bytes, size_bytes);
	int rc = digits ? json_object_set_new(
				  request->params, "packet", json_string(digits))
			: -1;

	free(digits);
	return rc == 0 || request_refuse(request, "out of memory");
}

/** Reads digits from the standard input, for the caller to free. NULL with a message. */
static char *input_read(struct request *request)
{
	char *text = malloc(INPUT_BYTES + 1);
	size_t size_bytes = text ? fread(text, 1, INPUT_BYTES + 1, stdin) : 0;

	if (text && size_bytes <= INPUT_BYTES && memchr(text, '\0', size_bytes) == NULL) {
		text[size_bytes] = '\0';
		return text;
	}
	request_refuse(request, "standard input: expected at most %d bytes of text",
		INPUT_BYTES);
	free(text);
	return NULL;
}

/** Appends the bytes that an argument says. */
static bool hex_add(struct request *request, const char *argument, uint8_t *out,
	size_t *bytes)
{
	char *input = strcmp(argument, "-") == 0 ? input_read(request) : NULL;
	bool is_good;

	if (strcmp(argument, "-") == 0 && !input)
		return false;
	is_good = hex_parse(input ? input : argument, out, IPB_EXPLAIN_BYTES, bytes,
		request->message, sizeof(request->message));
	free(input);
	return is_good;
}

/** Reads the digits, which may be several arguments, and what stands behind them. */
bool explain_hex(struct request *request, const struct command *command, int count,
	char *const *arguments)
{
	uint8_t bytes[IPB_EXPLAIN_BYTES];
	size_t size_bytes = 0;
	int taken = 0;

	for (; taken < count && !strchr(arguments[taken], '='); taken++)
		if (!hex_add(request, arguments[taken], bytes, &size_bytes))
			return false;
	if (size_bytes == 0)
		return request_expected(request, command, NULL);
	return set_packet(request, bytes, size_bytes) &&
		request_arguments(request, command, count - taken, arguments + taken);
}

/** Puts what is the daemon's, not the packet's, into params. Returns how many words are
 * left in ret_words, -1 with a message. */
static int words_part(struct request *request, const struct command *command, int count,
	char *const *arguments, char **ret_words)
{
	int kept = 0;

	for (int i = 0; i < count; i++) {
		if (!request_key(command, arguments[i]))
			ret_words[kept++] = arguments[i];
		else if (!request_arguments(request, command, 1, arguments + i))
			return -1;
	}
	return kept;
}

/** Builds the packet that the words describe. */
bool explain_packet(struct request *request, const struct command *command, int count,
	char *const *arguments)
{
	struct packet_fields fields;
	uint8_t bytes[PACKET_BYTES_MAX];
	char **words = calloc((size_t)count + 1, sizeof(*words));
	int kept = words ? words_part(request, command, count, arguments, words) : -1;
	bool is_good = kept >= 0 &&
		packet_words_parse(kept, words, &fields, request->message,
			sizeof(request->message));

	free(words);
	return is_good && set_packet(request, bytes, packet_bytes_build(&fields, bytes));
}

/** Makes params those of a packet of the file. */
static bool set_captured(struct request *request, const struct capture_packet *packet)
{
	size_t size_bytes = packet->size_bytes;
	size_t wire_bytes = packet->wire_bytes;

	/* Beyond the headers the director reads nothing. */
	if (size_bytes > IPB_EXPLAIN_BYTES)
		size_bytes = IPB_EXPLAIN_BYTES;
	if (wire_bytes > UINT16_MAX)
		wire_bytes = UINT16_MAX;
	request->number = packet->number;
	json_object_set_new(
		request->params, "wire_bytes", json_integer((json_int_t)wire_bytes));
	return set_packet(request, packet->data, size_bytes);
}

/** Goes on to the next IP packet. */
int explain_next(struct request *request)
{
	struct capture_packet packet;
	int rc;

	do {
		rc = capture_next(request->capture, &packet, request->message,
			sizeof(request->message));
	} while (rc == 1 && !packet.data);
	if (rc != 1)
		return rc;
	return set_captured(request, &packet) ? 1 : -1;
}

/** Goes on to the packet with that number. */
static bool go_to(struct request *request, unsigned long long number)
{
	struct capture_packet packet = { 0 };

	while (packet.number < number) {
		int rc = capture_next(request->capture, &packet, request->message,
			sizeof(request->message));

		if (rc < 0)
			return false;
		if (rc == 0)
			return request_refuse(request, "packet %llu: the file has %llu",
				number, (unsigned long long)packet.number);
	}
	if (!packet.data)
		return request_refuse(request, "packet %llu is no IP packet", number);
	return set_captured(request, &packet);
}

/** Reads NUMBER. */
static bool number_parse(const char *text, unsigned long long *ret_number)
{
	*ret_number = strtoull(text, NULL, 10);
	return *ret_number > 0 && strspn(text, "0123456789") == strlen(text) &&
		strlen(text) < 16;
}

/** Opens the file and finds the first packet to ask about. */
bool explain_pcap(struct request *request, const struct command *command, int count,
	char *const *arguments)
{
	unsigned long long number = 1;
	int taken = 1;

	if (count == 0 || (count > 1 && !strchr(arguments[1], '='))) {
		taken = 2;
		request->each = count > 0 && strcmp(arguments[1], "all") == 0;
		if (count == 0 || (!request->each && !number_parse(arguments[1], &number)))
			return request_expected(
				request, command, count ? arguments[1] : NULL);
	}
	if (!request_arguments(request, command, count - taken, arguments + taken))
		return false;
	request->capture =
		capture_open(arguments[0], request->message, sizeof(request->message));
	if (!request->capture)
		return false;
	if (!request->each)
		return go_to(request, number);
	int rc = explain_next(request);

	return rc == 1 || (rc == 0 && request_refuse(request, "no IP packet in the file"));
}
