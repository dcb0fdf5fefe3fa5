/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tool's explain makes of its arguments, words, digits and files: packets, byte
 * for byte those that the tests build by their own means. And how explanations look.
 */
#include "ctl/explain.h"

#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/classify.h"
#include "ctl/capture_link.h"
#include "ctl/command.h"
#include "ctl/writer.h"
#include "ipsec-balancer/control.h"
#include "tests/lib/packet_text.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define WORDS 12

/** Makes the request of a command line in one text, cut at blanks. */
static bool request_of(const char *line, struct request *ret_request)
{
	static char copy[8192];
	char *words[WORDS], *rest = NULL;
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok_r(copy, " ", &rest); word && count < WORDS;
		word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	ck_assert_int_ge(count, 2);
	const struct command *command = command_find(words[0], words[1]);

	ck_assert_ptr_nonnull(command);
	return request_make(command, count - 2, words + 2, ret_request);
}

/** The bytes that the request's packet has. */
static size_t packet_of(
	const struct request *request, uint8_t out[static IPB_EXPLAIN_BYTES])
{
	const char *digits =
		json_string_value(json_object_get(request->params, "packet"));
	size_t length = digits ? strlen(digits) / 2 : 0;
	unsigned int byte;

	ck_assert_ptr_nonnull(digits);
	for (size_t i = 0; i < length; i++) {
		ck_assert_int_eq(sscanf(digits + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return length;
}

/** Classifies what the scenario language says. */
static struct packet packet_told(const char *text, enum packet_direction direction)
{
	char error[PACKET_TEXT_ERROR_BYTES] = "";
	struct packet_bytes bytes;
	struct packet packet;

	ck_assert_msg(packet_text_build(text, &bytes, error) == 0, "%s: %s", text, error);
	classify(bytes.data, bytes.size_bytes, bytes.wire_bytes, direction, &packet);
	return packet;
}

/** A packet in the tool's words and in those of scenarios. */
struct pair {
	const char *words;
	const char *text;
	enum packet_direction direction;
};

static const struct pair pairs[] = {
	{"from=203.0.113.7 to=192.0.2.1 v2 init icookie=11",
		"203.0.113.7:500 > 192.0.2.1:500 v2 init icookie=11", PACKET_TO_SERVER},
	{"from=203.0.113.7:4500 to=192.0.2.1 v2 auth icookie=11 rcookie=22",
		"203.0.113.7:4500 > 192.0.2.1:4500 v2 auth icookie=11 rcookie=22",
		PACKET_TO_SERVER},
	{"from=203.0.113.7:61000 to=192.0.2.1:4500 auth icookie=9f3c0000aa000001 "
	 "rcookie=22",
		"203.0.113.7:61000 > 192.0.2.1:4500 v2 auth icookie=9f3c0000aa000001 "
		"rcookie=22",
		PACKET_TO_SERVER},
	{"from=203.0.113.7 to=192.0.2.1 v1 main icookie=11",
		"203.0.113.7:500 > 192.0.2.1:500 v1 main icookie=11", PACKET_TO_SERVER},
	{"from=203.0.113.7 to=192.0.2.1 v1 quick mid=0x9c000001 icookie=11 rcookie=22",
		"203.0.113.7:500 > 192.0.2.1:500 v1 quick icookie=11 rcookie=22",
		PACKET_TO_SERVER},
	{"from=203.0.113.7 to=192.0.2.1 v2 info mid=7 flags=0x28 icookie=11 rcookie=22",
		"203.0.113.7:500 > 192.0.2.1:500 v2 info mid=7 flags=0x28 icookie=11 "
		"rcookie=22",
		PACKET_TO_SERVER},
	{"keepalive from=203.0.113.7 to=192.0.2.1",
		"203.0.113.7:4500 > 192.0.2.1:4500 keepalive", PACKET_TO_SERVER},
	{"from=203.0.113.7:61000 to=192.0.2.1 esp-in-udp spi=c0ffee01",
		"203.0.113.7:61000 > 192.0.2.1:4500 esp-in-udp spi=c0ffee01",
		PACKET_TO_SERVER},
	{"from=203.0.113.7 to=192.0.2.1 draft-esp spi=c0ffee01",
		"203.0.113.7:500 > 192.0.2.1:500 draft-esp spi=c0ffee01",
		PACKET_TO_SERVER},
	{"from=203.0.113.7 to=192.0.2.1 esp spi=c0ffee01",
		"203.0.113.7 > 192.0.2.1 esp spi=c0ffee01", PACKET_TO_SERVER},
	{"from=2001:db8::7 to=2001:db8::1 ah spi=c0ffee01",
		"2001:db8::7 > 2001:db8::1 ah spi=c0ffee01", PACKET_TO_SERVER},
	{"from=[2001:db8::7]:4500 to=[2001:db8::1]:4500 v2 child icookie=11 rcookie=22",
		"[2001:db8::7]:4500 > [2001:db8::1]:4500 v2 child icookie=11 rcookie=22",
		PACKET_TO_SERVER},
	{"mark=0x10 from=203.0.113.7:1701 to=192.0.2.1:1701 udp",
		"203.0.113.7:1701 > 192.0.2.1:1701 udp payload=00000000",
		PACKET_TO_SERVER},
	{"from=203.0.113.7:50000 to=192.0.2.1:443 tcp",
		"203.0.113.7 > 192.0.2.1 ip proto=6 payload=c35001bb", PACKET_TO_SERVER},
	{"from=2001:db8::7 to=2001:db8::1 icmp",
		"2001:db8::7 > 2001:db8::1 ip proto=58 payload=8000000000000000",
		PACKET_TO_SERVER},
	{"direction=reply from=192.0.2.1:4500 to=203.0.113.7:61000 v2 auth icookie=11 "
	 "rcookie=22 flags=0x20",
		"192.0.2.1:4500 > 203.0.113.7:61000 v2 auth icookie=11 rcookie=22 "
		"flags=0x20",
		PACKET_TO_CLIENT},
	{"direction=reply from=192.0.2.1 to=203.0.113.7 v2 init icookie=11 rcookie=22",
		"192.0.2.1:500 > 203.0.113.7:500 v2 init icookie=11 rcookie=22",
		PACKET_TO_CLIENT},
};

/** Each is the same packet to the classifier in both languages. */
START_TEST(words_are_the_scenarios)
{
	uint8_t bytes[IPB_EXPLAIN_BYTES];
	char line[512];

	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct packet expected = packet_told(pairs[i].text, pairs[i].direction);
		struct packet found;
		struct request request;

		snprintf(line, sizeof(line), "explain packet %s", pairs[i].words);
		ck_assert_msg(request_of(line, &request), "%s: %s", line, request.message);
		size_t length = packet_of(&request, bytes);

		classify(bytes, length, length, pairs[i].direction, &found);
		ck_assert_msg(expected.kind != PACKET_MALFORMED, "%s", pairs[i].text);
		ck_assert(!strstr(line, "mark=") ==
			  !json_object_get(request.params, "mark"));
		ck_assert_msg(!memcmp(&found, &expected, sizeof(found)), "%s", line);
		const char *direction = json_string_value(
			json_object_get(request.params, "direction"));

		ck_assert_int_eq(direction != NULL, pairs[i].direction == PACKET_TO_CLIENT);
		request_free(&request);
	}
}
END_TEST

/** Cookies and SPIs that are not told are made up, and good. */
START_TEST(fields_are_made_up)
{
	static const char *const lines[] = {
		"explain packet from=203.0.113.7 to=192.0.2.1 v2 init",
		"explain packet from=203.0.113.7 to=192.0.2.1 ah",
		"explain packet from=203.0.113.7 to=192.0.2.1 esp-in-udp",
	};
	static const enum packet_kind kinds[] = {
		PACKET_IKE_FIRST, PACKET_AH, PACKET_ESP_IN_UDP};
	uint8_t bytes[IPB_EXPLAIN_BYTES];

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct request request;
		struct packet packet;

		ck_assert(request_of(lines[i], &request));
		size_t length = packet_of(&request, bytes);

		classify(bytes, length, length, PACKET_TO_SERVER, &packet);
		ck_assert_int_eq(packet.kind, kinds[i]);
		request_free(&request);
	}
}
END_TEST

/** A line that makes no sense, and words of what is said. */
struct nonsense {
	const char *line;
	const char *words;
};

static const struct nonsense nonsenses[] = {
	{"explain packet", "from="},
	{"explain packet v2 init", "from="},
	{"explain packet from=203.0.113.7 v2 init", "to="},
	{"explain packet from=203.0.113.7 to=192.0.2.1", "what it is"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 v2 main", "main: expected"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 v3 init", "v3: expected"},
	{"explain packet from=203.0.113.7 to=2001:db8::1 esp", "one family"},
	{"explain packet from=203.0.113 to=192.0.2.1 esp", "from=203.0.113: "},
	{"explain packet from=203.0.113.7:66000 to=192.0.2.1 esp", "ADDRESS"},
	{"explain packet from=203.0.113.7: to=192.0.2.1 esp", "ADDRESS"},
	{"explain packet from=[203.0.113.7]:500 to=192.0.2.1 esp", "ADDRESS"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 esp spi=1ffffffff", "spi"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 esp spi=-1", "spi"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 esp spi=", "spi"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 v2 init icookie=x", "icookie"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 v2 init flags=256", "flags"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 v2 init color=red", "no such key"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 esp direction=reply "
	 "direction=reply",
		"direction=reply: expected"},
	{"explain hex", "expected explain hex BYTES"},
	{"explain hex 450", "two a byte"},
	{"explain hex 45 0g", "0g: expected hexadecimal"},
	{"explain hex 45:0:0", "two a byte"},
	{"explain hex 4500 color=red", "color=red: expected"},
	{"explain hex 4500 wire_bytes=many", "a number"},
	{"explain hex 4500 mark=0xfg", "a number"},
	{"explain hex 4500 mark=", "a number"},
	{"explain packet from=203.0.113.7 to=192.0.2.1 tcp", "to=ADDRESS:PORT"},
	{"explain pcap", "expected explain pcap FILE"},
	{"explain pcap file 0", "0: expected"},
	{"explain pcap file 1x", "1x: expected"},
	{"explain pcap file all more", "more: expected"},
	{"explain pcap /nonexistent/file", "/nonexistent/file: "},
	{"explain client", "expected explain client ADDRESS"},
	{"explain client 203.0.113.7 203.0.113.8", "203.0.113.8: expected"},
	{"entry delete", "expected entry delete CLIENT"},
};

/** Nonsense is told before the daemon is asked. */
START_TEST(nonsense_is_told)
{
	for (size_t i = 0; i < COUNT(nonsenses); i++) {
		struct request request;

		ck_assert_msg(!request_of(nonsenses[i].line, &request), "%s",
			nonsenses[i].line);
		ck_assert_msg(strstr(request.message, nonsenses[i].words), "%s: %s",
			nonsenses[i].line, request.message);
	}
}
END_TEST

/** Digits may come as dumps have them. */
START_TEST(digits_are_read)
{
	static const char *const lines[] = {
		"explain hex 450000ff",
		"explain hex 4500 00FF",
		"explain hex 45:00:00:ff",
		"explain hex 0x450000ff",
		"explain hex 0x0000: 4500 0x0010: 00ff",
		"explain hex 45 00 00 ff direction=reply wire_bytes=255",
	};
	uint8_t bytes[IPB_EXPLAIN_BYTES];

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct request request;

		ck_assert_msg(request_of(lines[i], &request), "%s", request.message);
		ck_assert_uint_eq(packet_of(&request, bytes), 4);
		ck_assert_mem_eq(bytes, "\x45\x00\x00\xff", 4);
		if (i + 1 == COUNT(lines))
			ck_assert_int_eq(json_integer_value(json_object_get(
						 request.params, "wire_bytes")),
				255);
		request_free(&request);
	}
}
END_TEST

/** More bytes than a request may have are refused, as many as may be are taken. */
START_TEST(digits_are_bounded)
{
	static char line[2 * IPB_EXPLAIN_BYTES + 32];
	struct request request;

	strcpy(line, "explain hex ");
	memset(line + 12, '4', 2 * IPB_EXPLAIN_BYTES);
	ck_assert(request_of(line, &request));
	request_free(&request);
	memset(line + 12, '4', 2 * IPB_EXPLAIN_BYTES + 2);
	ck_assert(!request_of(line, &request));
	ck_assert_ptr_nonnull(strstr(request.message, "too many bytes"));
}
END_TEST

/** The IP packet is found behind each link layer, and nowhere else. */
START_TEST(links_are_stripped)
{
	static const struct {
		int link;
		const char *frame;
		size_t size_bytes;
		int offset; /**< -1: no IP packet */
	} frames[] = {
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\x45", 15, 14 },
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x86\xdd\x60", 15, 14 },
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x81\0\0\1\x08\0\x45", 19, 18 },
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x88\xa8\0\1\x81\0\0\2\x86\xdd\x60", 23, 22 },
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x08\x06\x45", 15, -1 },
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x08\0", 14, -1 },
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x81\0\0\1", 16, -1 },
		{ 1, "\0\0\0\0\0\0\0\0\0\0\0\0\x81", 13, -1 },
		{ 1, "", 0, -1 },
		{ 12, "\x45", 1, 0 },
		{ 101, "\x45", 1, 0 },
		{ 228, "\x45", 1, 0 },
		{ 229, "\x60", 1, 0 },
		{ 12, "", 0, -1 },
		{ 113, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\x45", 17, 16 },
		{ 276, "\x86\xdd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x60", 21, 20 },
		{ 0, "\2\0\0\0\x45", 5, 4 },
		{ 108, "\0\0\0\x18\x60", 5, 4 },
		{ 0, "\2\0\0\0", 4, -1 },
		{ 105, "\x45", 1, -1 },
	};
	size_t offset;

	for (size_t i = 0; i < COUNT(frames); i++) {
		bool found = capture_link_strip(frames[i].link,
			(const uint8_t *)frames[i].frame, frames[i].size_bytes, &offset);

		ck_assert_msg(found == (frames[i].offset >= 0), "frame %zu", i);
		if (found)
			ck_assert_uint_eq(offset, (size_t)frames[i].offset);
	}
	ck_assert(capture_link_known(1) && !capture_link_known(105));
}
END_TEST

/** Prints an answer as text. */
static char *shown(void (*show)(const json_t *, bool, FILE *), const char *json)
{
	char *text;
	size_t text_bytes;
	json_t *result = json_loads(json, 0, NULL);
	FILE *out = open_memstream(&text, &text_bytes);

	ck_assert_ptr_nonnull(result);
	show(result, false, out);
	fclose(out);
	json_decref(result);
	return text;
}

/** The server and the reason first, nothing that is not there, and no escape. */
START_TEST(explanation_is_shown)
{
	char *text = shown(writer_text_explain,
		"{\"action\":\"forward\",\"reason\":\"isakmp\",\"text\":\"ISAKMP of a "
		"known "
		"entry\",\"service\":\"vpn\",\"server\":\"gw\\u001b1\",\"method\":"
		"\"direct\","
		"\"mark\":65536,\"table\":9000,\"next_hop\":\"10.2.0.11\","
		"\"change_text\":\"the "
		"timer\",\"entry\":null,\"packet\":{\"kind\":\"ike\","
		"\"direction\":\"request\",\"client\":\"203.0.113.7:500\","
		"\"virtual\":\"192.0.2.1:500\",\"isakmp\":{\"icookie\":\"11\","
		"\"rcookie\":\"22\",\"version\":2,\"exchange\":35,\"message_id\":1},"
		"\"spi\":null},\"steps\":[\"first\",\"then\"]}");

	ck_assert_str_eq(text, "forward to gw?1: isakmp, ISAKMP of a known entry\n"
			       "  packet   ike, request, client 203.0.113.7:500, virtual "
			       "192.0.2.1:500\n"
			       "           IKEv2, exchange 35, message 1, cookies 11:22\n"
			       "  service  vpn, method direct, next hop 10.2.0.11, mark "
			       "0x10000, table 9000\n"
			       "  change   the timer\n"
			       "  because  first\n"
			       "           then\n");
	free(text);
	text = shown(writer_text_explain,
		"{\"action\":\"unreachable\",\"reason\":\"orphan\",\"text\":\"t\","
		"\"service\":\"vpn\",\"server\":null,\"method\":null,\"mark\":null,"
		"\"table\":null,\"next_hop\":null,\"change_text\":\"none\","
		"\"packet\":{\"kind\":\"esp\",\"direction\":\"request\","
		"\"client\":\"203.0.113.7\",\"virtual\":\"192.0.2.1\",\"isakmp\":null,"
		"\"spi\":\"c0ffee01\"},\"steps\":[]}");
	ck_assert_str_eq(text, "unreachable, dropped and answered with ICMP: orphan, t\n"
			       "  packet   esp, request, client 203.0.113.7, virtual "
			       "192.0.2.1\n"
			       "           SPI 0xc0ffee01\n"
			       "  service  vpn\n"
			       "  change   none\n");
	free(text);
}
END_TEST

/** A client, and one that is not known. */
START_TEST(client_is_shown)
{
	char *text = shown(writer_text_explain_client,
		"{\"services\":[{\"client\":\"203.0.113.7\",\"service\":\"vpn\","
		"\"server\":\"gw1\",\"entries\":1,\"established\":0,\"known\":[{"
		"\"state\":\"INITIAL\",\"client\":\"203.0.113.7:500\","
		"\"virtual\":\"192.0.2.1:500\",\"server\":\"gw1\",\"expires_s\":30}],"
		"\"next\":[{\"packet\":\"ESP\",\"action\":\"unreachable\","
		"\"reason\":\"orphan\",\"text\":\"t\",\"server\":null}]},"
		"{\"client\":\"203.0.113.7\",\"service\":\"b\",\"server\":null,"
		"\"known\":[],\"next\":[]}]}");

	ck_assert_str_eq(text,
		"203.0.113.7 in service vpn: server gw1, entries 1, established 0\n"
		"  INITIAL 203.0.113.7:500 > 192.0.2.1:500 at gw1, 30 s left\n"
		"  ESP: unreachable, dropped and answered with ICMP: orphan, t\n"
		"203.0.113.7 in service b: not known\n");
	free(text);
}
END_TEST

#ifdef HAVE_PCAP

/** Writes number in so many bytes, the lowest first. */
static void number_write(FILE *file, uint64_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		fputc((int)(number >> (8 * i) & 0xff), file);
}

/** Writes a frame: Ethernet of that type, then bytes. */
static void frame_write(
	FILE *file, unsigned int type, const uint8_t *bytes, size_t size_bytes)
{
	number_write(file, 0, 8);
	number_write(file, size_bytes + 14, 4);
	number_write(file, size_bytes + 14, 4);
	for (int i = 0; i < 12; i++)
		fputc(0, file);
	fputc((int)(type >> 8), file);
	fputc((int)(type & 0xff), file);
	fwrite(bytes, 1, size_bytes, file);
}

/** Begins a file of that link type (libpcap's format, pcap-savefile(5)). */
static FILE *file_begin(char path[static 32], uint32_t link)
{
	strcpy(path, "/tmp/ipb-explain-XXXXXX");
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	ck_assert_ptr_nonnull(file);
	number_write(file, 0xa1b2c3d4, 4);
	number_write(file, 2, 2);
	number_write(file, 4, 2);
	number_write(file, 0, 8);
	number_write(file, 65535, 4);
	number_write(file, link, 4);
	return file;
}

/** Makes a request of a file. */
static bool request_file(const char *path, const char *more, struct request *ret_request)
{
	char line[128];

	snprintf(line, sizeof(line), "explain pcap %s %s", path, more);
	return request_of(line, ret_request);
}

/** Packets come by number, or all of them one after the other without what is no IP. */
START_TEST(files_are_read)
{
	static const uint8_t first[] = { 0x45, 1 }, second[] = { 0x60, 2 };
	static uint8_t third[3000] = { 0x45, 3 };
	uint8_t bytes[IPB_EXPLAIN_BYTES];
	struct request request;
	char path[32];
	FILE *file = file_begin(path, 1);

	frame_write(file, 0x0800, first, sizeof(first));
	frame_write(file, 0x0806, first, sizeof(first));
	frame_write(file, 0x86dd, second, sizeof(second));
	frame_write(file, 0x0800, third, sizeof(third));
	fclose(file);
	ck_assert(request_file(path, "", &request));
	ck_assert_uint_eq(packet_of(&request, bytes), 2);
	ck_assert_uint_eq(bytes[1], 1);
	ck_assert_int_eq(request_next(&request), 0);
	request_free(&request);
	ck_assert(request_file(path, "3 direction=reply", &request));
	packet_of(&request, bytes);
	ck_assert_uint_eq(bytes[1], 2);
	ck_assert_str_eq(
		json_string_value(json_object_get(request.params, "direction")), "reply");
	request_free(&request);
	ck_assert(!request_file(path, "2", &request));
	ck_assert_str_eq(request.message, "packet 2 is no IP packet");
	ck_assert(!request_file(path, "9", &request));
	ck_assert_str_eq(request.message, "packet 9: the file has 4");
	ck_assert(request_file(path, "all", &request));
	ck_assert_uint_eq(request.number, 1);
	ck_assert_int_eq(request_next(&request), 1);
	ck_assert_uint_eq(request.number, 3);
	ck_assert_int_eq(request_next(&request), 1);
	ck_assert_uint_eq(packet_of(&request, bytes), IPB_EXPLAIN_BYTES);
	ck_assert_int_eq(
		json_integer_value(json_object_get(request.params, "wire_bytes")), 3000);
	ck_assert_int_eq(request_next(&request), 0);
	request_free(&request);
	unlink(path);
}
END_TEST

/** A file that is cut short, empty, of another link type, or no capture at all. */
START_TEST(bad_files_are_told)
{
	static const uint8_t packet[] = { 0x45, 1 };
	struct request request;
	char path[32];
	FILE *file = file_begin(path, 1);

	frame_write(file, 0x0800, packet, sizeof(packet));
	number_write(file, 0, 4);
	fclose(file);
	ck_assert(request_file(path, "all", &request));
	ck_assert_int_eq(request_next(&request), -1);
	ck_assert_uint_gt(strlen(request.message), 0);
	request_free(&request);
	unlink(path);
	file = file_begin(path, 1);
	fclose(file);
	ck_assert(!request_file(path, "all", &request));
	ck_assert_str_eq(request.message, "no IP packet in the file");
	ck_assert(!request_file(path, "1", &request));
	unlink(path);
	file = file_begin(path, 105);
	fclose(file);
	ck_assert(!request_file(path, "1", &request));
	ck_assert_ptr_nonnull(strstr(request.message, "link type"));
	unlink(path);
	ck_assert(!request_file("/dev/null", "1", &request));
	ck_assert_ptr_nonnull(strstr(request.message, "/dev/null: "));
}
END_TEST

#else

/** Without libpcap that is said. */
START_TEST(files_are_read)
{
	struct request request;

	ck_assert(!request_of("explain pcap /dev/null", &request));
	ck_assert_ptr_nonnull(strstr(request.message, "not built with libpcap"));
}
END_TEST

#define bad_files_are_told files_are_read

#endif

UNIT_MAIN("ctl_explain", words_are_the_scenarios, fields_are_made_up, nonsense_is_told,
	digits_are_read, digits_are_bounded, links_are_stripped, explanation_is_shown,
	client_is_shown, files_are_read, bad_files_are_told)
