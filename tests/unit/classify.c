/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes to packet: every kind with its fields, every reason, the borders on both sides,
 * and that no packet cut short at any byte makes the parser read beyond it. Packets are
 * written in the words of tests/scenario/README.md.
 */
#include "core/classify.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/packet_text.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/** Classifies from memory of exactly that size. */
static struct packet classify_exact(const uint8_t *bytes, size_t captured_bytes,
	size_t wire_bytes)
{
	uint8_t *data = malloc(captured_bytes + (captured_bytes == 0));
	struct packet packet;

	ck_assert_ptr_nonnull(data);
	memcpy(data, bytes, captured_bytes);
	memset(&packet, 0xee, sizeof(packet));
	classify(data, captured_bytes, wire_bytes, PACKET_TO_SERVER, &packet);
	free(data);
	return packet;
}

/** Builds the packet of a text. */
static void build(const char *text, struct packet_bytes *ret_bytes)
{
	char error[PACKET_TEXT_ERROR_BYTES] = "";

	ck_assert_msg(packet_text_build(text, ret_bytes, error) == 0, "%s: %s", text, error);
}

/** Builds and classifies. */
static struct packet classify_text(const char *text)
{
	struct packet_bytes bytes;

	build(text, &bytes);
	return classify_exact(bytes.data, bytes.size_bytes, bytes.wire_bytes);
}

/** A packet and what it is. */
struct kind_case {
	const char *text;
	enum packet_kind kind;
};

#define V4 "203.0.113.7:1024 > 192.0.2.1:500 "
#define V4N "203.0.113.7:1024 > 192.0.2.1:4500 "
#define V4P "203.0.113.7 > 192.0.2.1 "
#define V6 "[2001:db8:c::7]:1024 > [2001:db8::1]:500 "
#define V6N "[2001:db8:c::7]:1024 > [2001:db8::1]:4500 "
#define V6P "2001:db8:c::7 > 2001:db8::1 "

static const struct kind_case kind_cases[] = {
	{ V4 "v1 base icookie=1", PACKET_IKE_FIRST },
	{ V4 "v1 main icookie=1", PACKET_IKE_FIRST },
	{ V4 "v1 aggressive icookie=1", PACKET_IKE_FIRST },
	{ V4 "v2 init icookie=1", PACKET_IKE_FIRST },
	{ V4 "v2 resume icookie=1", PACKET_IKE_FIRST },
	{ V4 "v2 init icookie=1 flags=0xdf", PACKET_IKE_FIRST },
	{ V4 "v1 main icookie=1 flags=0xfe", PACKET_IKE_FIRST },
	{ V4N "v2 init icookie=1", PACKET_IKE_FIRST },
	{ V6 "v2 init icookie=1", PACKET_IKE_FIRST },
	{ V6N "v1 aggressive icookie=1", PACKET_IKE_FIRST },
	{ V4 "v1 main icookie=1 rcookie=2", PACKET_IKE },
	{ V4 "v1 main icookie=1 flags=1", PACKET_IKE },
	{ V4 "v1 main icookie=1 mid=1", PACKET_IKE },
	{ V4 "v1 info icookie=1 mid=0", PACKET_IKE },
	{ V4 "v1 info icookie=1 exch=0 mid=0", PACKET_IKE },
	{ V4 "v1 main icookie=1 exch=33", PACKET_IKE },
	{ V4 "v1 main icookie=1 exch=240", PACKET_IKE },
	{ V4 "v1 main icookie=1 exch=255", PACKET_IKE },
	{ V4 "v2 init icookie=1 rcookie=2", PACKET_IKE },
	{ V4 "v2 init icookie=1 flags=0x20", PACKET_IKE },
	{ V4 "v2 init icookie=1 mid=1", PACKET_IKE },
	{ V4 "v2 auth icookie=1", PACKET_IKE },
	{ V4 "v2 auth icookie=1 exch=255", PACKET_IKE },
	{ V4 "v2 info icookie=0", PACKET_IKE },
	{ V6N "v2 auth icookie=1 rcookie=2", PACKET_IKE },
	{ V4N "keepalive", PACKET_KEEPALIVE },
	{ V6N "keepalive", PACKET_KEEPALIVE },
	{ V4N "esp-in-udp spi=100", PACKET_ESP_IN_UDP },
	{ V4N "esp-in-udp spi=ffffffff pad=1", PACKET_ESP_IN_UDP },
	{ V4 "draft-esp spi=100 pad=1", PACKET_DRAFT_ESP },
	{ V6 "draft-esp spi=c0000001", PACKET_DRAFT_ESP },
	{ V4P "esp spi=100 pad=1", PACKET_ESP },
	{ V6P "esp spi=ffffffff", PACKET_ESP },
	{ V6P "esp spi=c0000001 ext=0,43,60/3", PACKET_ESP },
	{ V4P "ah spi=100 pad=0", PACKET_AH },
	{ V4P "ah spi=100 pad=0 ah-length=1", PACKET_AH },
	{ V6P "esp spi=c0000001 ext=60,51", PACKET_AH },
	{ V4P "esp spi=c0000001 options=94040000", PACKET_ESP },
	{ V4P "esp spi=c0000001 more", PACKET_ESP },
	{ V6P "esp spi=c0000001 more", PACKET_ESP },
	{ V4P "fragment proto=17 offset=8", PACKET_FRAGMENT },
	{ V4P "fragment proto=50 offset=65528 pad=1", PACKET_FRAGMENT },
	{ V4P "fragment proto=51 offset=1480 more", PACKET_FRAGMENT },
	{ V6P "fragment proto=17 offset=8", PACKET_FRAGMENT },
	{ V4P "fragment proto=6 offset=8", PACKET_OTHER },
	{ V4P "fragment proto=17 offset=8 pad=0", PACKET_FRAGMENT },
	{ V4P "ip proto=6 pad=20", PACKET_OTHER },
	{ V6P "ip proto=59", PACKET_OTHER },
	{ "203.0.113.7:500 > 192.0.2.1:501 v2 init icookie=1", PACKET_OTHER },
	{ "203.0.113.7:500 > 192.0.2.1:4501 udp", PACKET_OTHER },
	{ "192.0.2.1:500 > 203.0.113.7:1024 v2 init icookie=1", PACKET_OTHER },
	{ "9.9.9.9 > 192.0.2.1 icmp-error quoting 192.0.2.1 > 203.0.113.7 esp spi=1", PACKET_ICMP_ERROR },
	{ "9.9.9.9 > 192.0.2.1 icmp-error quoting 192.0.2.1 > 203.0.113.7 ah spi=0", PACKET_ICMP_ERROR },
	{ "9.9.9.9 > 192.0.2.1 icmp-error type=12 code=0 quoting 192.0.2.1:500 > 203.0.113.7:500 keepalive", PACKET_ICMP_ERROR },
	{ "9.9.9.9 > 192.0.2.1 icmp-error quoting 192.0.2.1 > 203.0.113.7 fragment proto=17 offset=8", PACKET_ICMP_ERROR },
	{ "9.9.9.9 > 192.0.2.1 icmp-error type=5 quoting 192.0.2.1 > 203.0.113.7 esp spi=1", PACKET_OTHER },
	{ "9.9.9.9 > 192.0.2.1 icmp-error quoting 192.0.2.1 > 203.0.113.7 ip proto=6", PACKET_OTHER },
	{ "2001:db8::9 > 2001:db8::1 icmp-error type=1 quoting 2001:db8::1 > 2001:db8:c::7 esp spi=1 ext=60", PACKET_ICMP_ERROR },
	{ "2001:db8::9 > 2001:db8::1 icmp-error type=4 quoting 2001:db8::1 > 2001:db8:c::7 esp spi=1", PACKET_ICMP_ERROR },
	{ "2001:db8::9 > 2001:db8::1 icmp-error type=5 quoting 2001:db8::1 > 2001:db8:c::7 esp spi=1", PACKET_OTHER },
	{ "2001:db8::9 > 2001:db8::1 icmp-error type=128 quoting 2001:db8::1 > 2001:db8:c::7 esp spi=1", PACKET_OTHER },
};

/** Every kind. */
START_TEST(classify_kinds)
{
	for (size_t i = 0; i < COUNT(kind_cases); i++) {
		struct packet packet = classify_text(kind_cases[i].text);

		ck_assert_msg(packet.kind == kind_cases[i].kind, "%s: found %s, reason %s",
			kind_cases[i].text, packet_kind_name(packet.kind),
			reason_name(packet.reason));
	}
}
END_TEST

/** A packet and why it is malformed; REASON_COUNT: the nearest one that is not. */
struct reason_case {
	const char *text;
	enum reason reason;
};

static const struct reason_case reason_cases[] = {
	{ "raw ", REASON_IP_TRUNCATED },
	{ V4 "v2 init icookie=1 cut=19", REASON_IP_TRUNCATED },
	{ V4 "v2 init icookie=1 options=01010101 cut=23", REASON_IP_TRUNCATED },
	{ V6 "v2 init icookie=1 cut=39", REASON_IP_TRUNCATED },
	{ V4 "v2 init icookie=1 ip-version=3", REASON_IP_VERSION },
	{ V4 "v2 init icookie=1 ip-version=5", REASON_IP_VERSION },
	{ V4 "v2 init icookie=1 ip-version=15", REASON_IP_VERSION },
	{ V4 "v2 init icookie=1 ip-words=4", REASON_IP_HEADER_LENGTH },
	{ V4 "v2 init icookie=1 ip-length=19", REASON_IP_TOTAL_LENGTH },
	{ V4 "v2 init icookie=1 ip-length=57", REASON_IP_TOTAL_LENGTH },
	{ V4 "v2 init icookie=1 cut=55", REASON_IP_TOTAL_LENGTH },
	{ V6 "v2 init icookie=1 ip-length=37", REASON_IP_TOTAL_LENGTH },
	{ V6P "esp spi=100 ext=60,60,60,60,60,60,60,60,60", REASON_IP_EXTENSIONS },
	{ V6P "esp spi=100 ext=60,60,60,60,60,60,60,60", REASON_COUNT },
	{ V6P "esp spi=100 ext=60!10 pad=64", REASON_IP_EXTENSIONS },
	{ V6P "esp spi=100 ext=60 ip-length=7", REASON_IP_EXTENSIONS },
	{ "0.0.0.0:500 > 192.0.2.1:500 v2 init icookie=1", REASON_IP_SOURCE },
	{ "224.0.0.1 > 192.0.2.1 esp spi=100", REASON_IP_SOURCE },
	{ "224.0.0.1 > 192.0.2.1 fragment proto=50 offset=8", REASON_IP_SOURCE },
	{ V4P "ip proto=17 pad=7", REASON_UDP_TRUNCATED },
	{ V4P "ip proto=17 pad=0", REASON_UDP_TRUNCATED },
	{ V4 "v2 init icookie=1 udp-length=7", REASON_UDP_LENGTH },
	{ V4 "v2 init icookie=1 udp-length=37", REASON_UDP_LENGTH },
	{ V4 "v2 init icookie=1 udp-length=37 more", REASON_COUNT },
	{ V4 "v2 init icookie=1 pad=1 udp-length=36 length=28", REASON_COUNT },
	{ V4 "udp", REASON_UDP_EMPTY },
	{ V4N "udp", REASON_UDP_EMPTY },
	{ "203.0.113.7:0 > 192.0.2.1:500 v2 init icookie=1", REASON_UDP_SOURCE_PORT },
	{ V4N "udp payload=fe", REASON_NATT_SHORT },
	{ V4N "udp payload=00", REASON_NATT_SHORT },
	{ V4N "udp payload=ffff", REASON_NATT_SHORT },
	{ V4N "udp payload=ffffff", REASON_NATT_SHORT },
	{ V4N "udp payload=ffffffff", REASON_ESP_TRUNCATED },
	{ V4N "udp payload=00000000", REASON_ISAKMP_TRUNCATED },
	{ V4 "udp pad=27", REASON_ISAKMP_TRUNCATED },
	{ V4 "udp pad=1", REASON_ISAKMP_TRUNCATED },
	{ V4N "udp payload=00000000 pad=27", REASON_ISAKMP_TRUNCATED },
	{ V4 "v2 init icookie=1 length=27", REASON_ISAKMP_LENGTH_SHORT },
	{ V4 "v2 init icookie=1 length=0", REASON_ISAKMP_LENGTH_SHORT },
	{ V4 "v2 init icookie=1 length=29", REASON_ISAKMP_LENGTH_LONG },
	{ V4N "v2 init icookie=1 length=29", REASON_ISAKMP_LENGTH_LONG },
	{ V4 "v2 init icookie=1 pad=1 length=29", REASON_COUNT },
	{ V4 "v2 init icookie=1 pad=16 length=28", REASON_COUNT },
	{ V4 "v2 init icookie=1 version=0x0f", REASON_ISAKMP_VERSION },
	{ V4 "v2 init icookie=1 version=0x30", REASON_ISAKMP_VERSION },
	{ V4 "v1 main icookie=1 exch=34", REASON_ISAKMP_EXCHANGE },
	{ V4 "v1 main icookie=1 exch=239", REASON_ISAKMP_EXCHANGE },
	{ V4 "v2 init icookie=1 exch=33", REASON_ISAKMP_EXCHANGE },
	{ V4 "v2 init icookie=1 exch=0", REASON_ISAKMP_EXCHANGE },
	{ V4 "v2 init icookie=0", REASON_ISAKMP_ZERO_COOKIE },
	{ V4 "v2 info icookie=0 rcookie=1", REASON_ISAKMP_ZERO_COOKIE },
	{ V4 "v1 info icookie=0", REASON_ISAKMP_ZERO_COOKIE },
	{ V4P "ip proto=50 pad=7", REASON_ESP_TRUNCATED },
	{ V4P "esp spi=100 pad=0", REASON_ESP_TRUNCATED },
	{ V4P "esp spi=100 pad=1", REASON_COUNT },
	{ V4N "esp-in-udp spi=100 pad=0", REASON_ESP_TRUNCATED },
	{ V4 "draft-esp spi=ff", REASON_SPI_RESERVED },
	{ V4P "ip proto=51 payload=3201000000000100000001", REASON_AH_TRUNCATED },
	{ V4P "ip proto=51 payload=320100000000010000000001", REASON_COUNT },
	{ V4P "ip proto=51 payload=320200000000010000000001", REASON_AH_TRUNCATED },
	{ V4P "ip proto=51 payload=320200000000010000000001 more", REASON_COUNT },
	{ V4P "ah spi=100 ah-length=0", REASON_AH_LENGTH },
	{ V4P "esp spi=0", REASON_SPI_ZERO },
	{ V4P "ah spi=0", REASON_SPI_ZERO },
	{ V4P "esp spi=1", REASON_SPI_RESERVED },
	{ V4P "esp spi=ff", REASON_SPI_RESERVED },
	{ V4P "ah spi=ff", REASON_SPI_RESERVED },
	{ V4N "esp-in-udp spi=ff", REASON_SPI_RESERVED },
	{ V4P "icmp-error", REASON_ICMP_TRUNCATED },
	{ V4P "ip proto=1 payload=03040000000000", REASON_ICMP_TRUNCATED },
	{ V6P "ip proto=58 payload=02", REASON_ICMP_TRUNCATED },
	{ V4P "icmp-error quote=23 quoting 192.0.2.1:500 > 203.0.113.7:9 keepalive", REASON_ICMP_TRUNCATED },
	{ V4P "icmp-error quote=24 quoting 192.0.2.1:500 > 203.0.113.7:9 keepalive", REASON_COUNT },
	{ V4P "icmp-error ip-length=51 quoting 192.0.2.1:500 > 203.0.113.7:9 keepalive", REASON_ICMP_TRUNCATED },
	{ V4P "icmp-error ip-length=52 quoting 192.0.2.1:500 > 203.0.113.7:9 keepalive", REASON_COUNT },
	{ V4P "icmp-error quote=19 quoting 192.0.2.1 > 203.0.113.7 esp spi=100", REASON_ICMP_TRUNCATED },
	{ V4P "icmp-error quote=20 quoting 192.0.2.1 > 203.0.113.7 esp spi=100", REASON_COUNT },
};

/** Every reason, and the nearest packet that is well formed. */
START_TEST(classify_reasons)
{
	bool seen[REASON_COUNT + 1] = { false };

	for (size_t i = 0; i < COUNT(reason_cases); i++) {
		const struct reason_case *one = &reason_cases[i];
		struct packet packet = classify_text(one->text);

		seen[one->reason] = true;
		if (one->reason == REASON_COUNT)
			ck_assert_msg(packet.kind != PACKET_MALFORMED, "%s: found %s", one->text,
				reason_name(packet.reason));
		else
			ck_assert_msg(packet.kind == PACKET_MALFORMED &&
					packet.reason == one->reason,
				"%s: expected %s, found %s %s", one->text,
				reason_name(one->reason), packet_kind_name(packet.kind),
				reason_name(packet.reason));
	}
	for (int reason = REASON_IP_TRUNCATED; reason < REASON_COUNT; reason++)
		ck_assert_msg(seen[reason], "no case for %s", reason_name((enum reason)reason));
}
END_TEST

/** Every field of an ISAKMP message. */
START_TEST(classify_isakmp_fields)
{
	struct packet packet = classify_text(V4N
		"v1 quick icookie=1122334455667788 rcookie=99aabbccddeeff01 mid=0x01020304 flags=0x81");
	struct address client = test_address("203.0.113.7");
	struct address virtual = test_address("192.0.2.1");

	ck_assert_int_eq(packet.kind, PACKET_IKE);
	ck_assert(address_equal(&packet.flow.client, &client));
	ck_assert(address_equal(&packet.flow.virtual, &virtual));
	ck_assert_uint_eq(packet.flow.client_port, 1024);
	ck_assert_uint_eq(packet.flow.virtual_port, 4500);
	ck_assert_uint_eq(packet.protocol, 17);
	ck_assert_uint_eq(packet.next_header_offset, 9);
	ck_assert_uint_eq(packet.icookie, 0x1122334455667788);
	ck_assert_uint_eq(packet.rcookie, 0x99aabbccddeeff01);
	ck_assert_uint_eq(packet.message_id, 0x01020304);
	ck_assert_uint_eq(packet.version, 1);
	ck_assert_uint_eq(packet.exchange, 32);
	ck_assert_uint_eq(packet.flags, 0x81);
	ck_assert(!packet.first_fragment);
}
END_TEST

/** SPIs, fragments, and where the byte stands that named the protocol. */
START_TEST(classify_other_fields)
{
	struct packet packet = classify_text(V4N "esp-in-udp spi=c1020304");

	ck_assert_uint_eq(packet.spi, 0xc1020304);
	ck_assert_uint_eq(packet.icookie, 0);
	packet = classify_text(V4P "ah spi=c1020304 options=01010101 more");
	ck_assert_uint_eq(packet.spi, 0xc1020304);
	ck_assert_uint_eq(packet.protocol, 51);
	ck_assert_uint_eq(packet.flow.client_port, 0);
	ck_assert(packet.first_fragment);
	ck_assert_uint_eq(packet.next_header_offset, 9);
	packet = classify_text(V6P "esp spi=c0000001");
	ck_assert_uint_eq(packet.next_header_offset, 6);
	packet = classify_text(V6P "esp spi=c0000001 ext=0");
	ck_assert_uint_eq(packet.next_header_offset, 40);
	packet = classify_text(V6P "ah spi=c0000001 ext=0/2,60");
	ck_assert_uint_eq(packet.next_header_offset, 64);
	packet = classify_text(V6P "esp spi=c0000001 more");
	ck_assert(packet.first_fragment);
	ck_assert_uint_eq(packet.next_header_offset, 40);
}
END_TEST

/** An ICMP error bears the quote's flow, turned round. */
START_TEST(classify_icmp_fields)
{
	struct packet packet = classify_text("9.9.9.9 > 192.0.2.1 icmp-error quoting "
		"192.0.2.1:4500 > 203.0.113.7:61000 esp-in-udp spi=c1");
	struct address client = test_address("203.0.113.7");
	struct address virtual = test_address("192.0.2.1");

	ck_assert_int_eq(packet.kind, PACKET_ICMP_ERROR);
	ck_assert(address_equal(&packet.flow.client, &client));
	ck_assert(address_equal(&packet.flow.virtual, &virtual));
	ck_assert_uint_eq(packet.flow.client_port, 61000);
	ck_assert_uint_eq(packet.flow.virtual_port, 4500);
	ck_assert_uint_eq(packet.protocol, 17);
	packet = classify_text("2001:db8::9 > 2001:db8::1 icmp-error quoting "
		"2001:db8::1 > 2001:db8:c::7 esp spi=c1");
	client = test_address("2001:db8:c::7");
	ck_assert(address_equal(&packet.flow.client, &client));
	ck_assert_uint_eq(packet.flow.client_port, 0);
	ck_assert_uint_eq(packet.protocol, 50);
}
END_TEST

/** Every valid packet cut at every byte, on the wire and in the capture alone: no read
 *  beyond (the sanitizer watches), the same answer twice, and a cut on the wire is never
 *  taken for something whole that may begin an entry. */
START_TEST(classify_truncated_everywhere)
{
	for (size_t i = 0; i < COUNT(kind_cases); i++) {
		struct packet_bytes bytes;

		build(kind_cases[i].text, &bytes);
		for (size_t cut = 0; cut < bytes.size_bytes; cut++) {
			struct packet wire = classify_exact(bytes.data, cut, cut);
			struct packet capture =
				classify_exact(bytes.data, cut, bytes.wire_bytes);
			struct packet again =
				classify_exact(bytes.data, cut, bytes.wire_bytes);

			ck_assert_msg(wire.kind == PACKET_MALFORMED, "%s cut at %zu: found %s",
				kind_cases[i].text, cut, packet_kind_name(wire.kind));
			ck_assert_int_eq(capture.kind, again.kind);
			ck_assert_msg(capture.kind == PACKET_MALFORMED ||
					capture.kind == kind_cases[i].kind,
				"%s captured to %zu: found %s", kind_cases[i].text, cut,
				packet_kind_name(capture.kind));
		}
	}
}
END_TEST

/** Padding that the link put behind the IP packet changes nothing. */
START_TEST(classify_link_padding)
{
	for (size_t i = 0; i < COUNT(kind_cases); i++) {
		struct packet_bytes bytes;
		struct packet packet;

		build(kind_cases[i].text, &bytes);
		memset(bytes.data + bytes.size_bytes, 0, 18);
		packet = classify_exact(bytes.data, bytes.size_bytes + 18,
			bytes.wire_bytes + 18);
		ck_assert_msg(packet.kind == kind_cases[i].kind, "%s: found %s",
			kind_cases[i].text, packet_kind_name(packet.kind));
	}
}
END_TEST

/** Each byte of each packet replaced by each value: an answer without a read beyond. */
START_TEST(classify_any_byte)
{
	for (size_t i = 0; i < COUNT(kind_cases); i++) {
		struct packet_bytes bytes;

		build(kind_cases[i].text, &bytes);
		for (size_t place = 0; place < bytes.size_bytes && place < 120; place++) {
			uint8_t right = bytes.data[place];

			for (int value = 0; value < 256; value += 3) {
				bytes.data[place] = (uint8_t)value;
				classify_exact(bytes.data, bytes.size_bytes, bytes.wire_bytes);
			}
			bytes.data[place] = right;
		}
	}
}
END_TEST

UNIT_MAIN("classify", classify_kinds, classify_reasons, classify_isakmp_fields,
	classify_other_fields, classify_icmp_fields, classify_truncated_everywhere,
	classify_link_padding, classify_any_byte)
