/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See packet_build.h. Written back to front: the body, then UDP, then IP around it.
 */
#include "tests/lib/packet_build.h"

#include <assert.h>
#include <string.h>

#include "tests/lib/checksum.h"

/** Appends size_bytes at data. */
static void put(struct packet_bytes *out, const void *data, size_t size_bytes)
{
	assert(out->size_bytes + size_bytes <= sizeof(out->data));
	memcpy(out->data + out->size_bytes, data, size_bytes);
	out->size_bytes += size_bytes;
}

/** Appends the lowest size_bytes bytes of value in network order. */
static void put_number(struct packet_bytes *out, uint64_t value, size_t size_bytes)
{
	for (size_t i = size_bytes; i > 0; i--) {
		uint8_t byte = (uint8_t)(value >> (8 * (i - 1)));

		put(out, &byte, 1);
	}
}

/** Appends size_bytes bytes of filler that is neither 0 nor 0xFF. */
static void put_filler(struct packet_bytes *out, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++)
		put_number(out, 0xa5, 1);
}

/** Writes value over two bytes that are there already. */
static void set_u16(struct packet_bytes *out, size_t offset, uint16_t value)
{
	out->data[offset] = (uint8_t)(value >> 8);
	out->data[offset + 1] = (uint8_t)value;
}

/** Gives told where the test set a value, else the right one. */
static uint64_t told_or(int64_t told, uint64_t right)
{
	return told == PACKET_BUILD_RIGHT ? right : (uint64_t)told;
}

/** Sets the fields that may lie. */
void packet_spec_init(struct packet_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	spec->isakmp_length = PACKET_BUILD_RIGHT;
	spec->marker = PACKET_BUILD_RIGHT;
	spec->ah_length = PACKET_BUILD_RIGHT;
	spec->udp_length = PACKET_BUILD_RIGHT;
	spec->protocol = PACKET_BUILD_RIGHT;
	spec->ip_length = PACKET_BUILD_RIGHT;
	spec->ip_header_words = PACKET_BUILD_RIGHT;
	spec->ip_version = PACKET_BUILD_RIGHT;
	spec->icmp_type = PACKET_BUILD_RIGHT;
	spec->icmp_code = PACKET_BUILD_RIGHT;
	spec->quote_bytes = PACKET_BUILD_RIGHT;
	spec->cut_bytes = PACKET_BUILD_RIGHT;
	spec->capture_bytes = PACKET_BUILD_RIGHT;
	spec->sequence = 1;
	spec->fragment_id = 0x4242;
}

/** Tells whether the body travels in UDP. */
static bool in_udp(const struct packet_spec *spec)
{
	return spec->body == BODY_ISAKMP || spec->body == BODY_KEEPALIVE ||
	       spec->body == BODY_ESP_IN_UDP || spec->body == BODY_DRAFT_ESP ||
	       spec->body == BODY_UDP;
}

/** ISAKMP header of 28 bytes and what follows it, behind the marker where one belongs. */
static void put_isakmp(struct packet_bytes *out, const struct packet_spec *spec)
{
	bool natt = spec->destination_port == 4500 || spec->source_port == 4500;
	bool marker = told_or(spec->marker, natt && spec->destination_port != 500) != 0;

	put_number(out, 0, marker ? 4 : 0);
	put_number(out, spec->icookie, 8);
	put_number(out, spec->rcookie, 8);
	put_number(out, spec->next_payload, 1);
	put_number(out, spec->version, 1);
	put_number(out, spec->exchange, 1);
	put_number(out, spec->flags, 1);
	put_number(out, spec->message_id, 4);
	put_number(out,
		told_or(spec->isakmp_length, 28 + spec->payload_bytes + spec->pad_bytes),
		4);
}

/** AH of 24 bytes: the twelve fixed ones and an ICV of twelve (RFC 4302 2). */
static void put_ah(struct packet_bytes *out, uint8_t next, int length, uint32_t spi,
	uint32_t sequence)
{
	put_number(out, next, 1);
	put_number(out, told_or(length, 4), 1);
	put_number(out, 0, 2);
	put_number(out, spi, 4);
	put_number(out, sequence, 4);
	put_filler(out, 12);
}

/** What stands behind the UDP or IP header, without the ICMP error. */
static void put_body(struct packet_bytes *out, const struct packet_spec *spec)
{
	switch (spec->body) {
	case BODY_ISAKMP:
		put_isakmp(out, spec);
		break;
	case BODY_KEEPALIVE:
		put_number(out, 0xff, 1);
		break;
	case BODY_DRAFT_ESP:
		put_number(out, 0, 8);
		put_number(out, spec->spi, 4);
		put_number(out, spec->sequence, 4);
		break;
	case BODY_ESP_IN_UDP:
	case BODY_ESP:
		put_number(out, spec->spi, 4);
		put_number(out, spec->sequence, 4);
		break;
	case BODY_AH:
		put_ah(out, 50, spec->ah_length, spec->spi, spec->sequence);
		break;
	case BODY_UDP:
	case BODY_BARE:
	case BODY_ICMP_ERROR:
		break;
	}
	put(out, spec->payload, spec->payload_bytes);
	put_filler(out, spec->pad_bytes);
}

/** The IP protocol of the body. */
static uint8_t body_protocol(const struct packet_spec *spec)
{
	if (spec->protocol != PACKET_BUILD_RIGHT)
		return (uint8_t)spec->protocol;
	if (in_udp(spec))
		return 17;
	if (spec->body == BODY_ICMP_ERROR)
		return spec->source.family == AF_INET6 ? 58 : 1;
	return spec->body == BODY_AH ? 51 : 50;
}

/** UDP header and body, with its checksum (RFC 768). */
static void put_udp(struct packet_bytes *out, const struct packet_spec *spec)
{
	uint16_t sum;

	put_number(out, spec->source_port, 2);
	put_number(out, spec->destination_port, 2);
	put_number(out, 0, 4);
	put_body(out, spec);
	set_u16(out, 4, (uint16_t)told_or(spec->udp_length, out->size_bytes));
	sum = checksum_finish(
		checksum_add(checksum_add_pseudo(0, &spec->source, &spec->destination, 17,
				     out->size_bytes),
			out->data, out->size_bytes));
	set_u16(out, 6, sum == 0 ? 0xffff : sum);
}

/** ICMP error with its quote: fragmentation needed, or packet too big, unless told. */
static void put_icmp(struct packet_bytes *out, const struct packet_spec *spec,
	const struct packet_bytes *quoted)
{
	bool v6 = spec->source.family == AF_INET6;
	uint32_t sum = 0;

	put_number(out, told_or(spec->icmp_type, v6 ? 2 : 3), 1);
	put_number(out, told_or(spec->icmp_code, v6 ? 0 : 4), 1);
	put_number(out, 0, 2);
	put_number(out, 1280, 4);
	if (quoted != NULL) {
		size_t quote_bytes = told_or(spec->quote_bytes, quoted->size_bytes);

		put(out, quoted->data,
			quote_bytes < quoted->size_bytes ? quote_bytes
							 : quoted->size_bytes);
	}
	put_body(out, spec);
	if (v6)
		sum = checksum_add_pseudo(
			0, &spec->source, &spec->destination, 58, out->size_bytes);
	set_u16(out, 2, checksum_finish(checksum_add(sum, out->data, out->size_bytes)));
}

/** IPv4 header (RFC 791 3.1) around upper. */
static void put_ipv4(struct packet_bytes *out, const struct packet_spec *spec,
	const struct packet_bytes *upper)
{
	size_t header_bytes = 20 + spec->option_bytes;
	unsigned int words =
		(unsigned int)told_or(spec->ip_header_words, header_bytes / 4);

	put_number(out, told_or(spec->ip_version, 4) << 4 | words, 1);
	put_number(out, 0, 1);
	put_number(out, told_or(spec->ip_length, header_bytes + upper->size_bytes), 2);
	put_number(out, spec->fragment_id, 2);
	put_number(
		out, spec->fragment_offset / 8 | (spec->more_fragments ? 0x2000 : 0), 2);
	put_number(out, 64, 1);
	put_number(out, body_protocol(spec), 1);
	put_number(out, 0, 2);
	put(out, spec->source.bytes, 4);
	put(out, spec->destination.bytes, 4);
	put(out, spec->options, spec->option_bytes);
	set_u16(out, 10, checksum_finish(checksum_add(0, out->data, header_bytes)));
	put(out, upper->data, upper->size_bytes);
}

/** One IPv6 extension header that names next (RFC 8200 4, RFC 4302 for AH). */
static void put_extension(struct packet_bytes *out, const struct packet_spec *spec,
	const struct packet_extension *extension, uint8_t next)
{
	if (extension->number == 44) {
		put_number(out, next, 1);
		put_number(out, 0, 1);
		put_number(
			out, spec->fragment_offset | (spec->more_fragments ? 1 : 0), 2);
		put_number(out, spec->fragment_id, 4);
		return;
	}
	if (extension->number == 51) {
		put_ah(out, next,
			extension->lies ? extension->length : PACKET_BUILD_RIGHT,
			0xc0ffee, 1);
		return;
	}
	put_number(out, next, 1);
	put_number(out, extension->length, 1);
	put_number(out, 0, 6);
	if (!extension->lies)
		put_filler(out, (size_t)extension->length * 8);
}

/** The extension headers with the fragment header at the end where one is needed. */
static size_t list_extensions(const struct packet_spec *spec,
	struct packet_extension out[static PACKET_BUILD_EXTENSIONS + 1])
{
	bool named = false;
	size_t count = spec->extension_count;

	memcpy(out, spec->extensions, count * sizeof(*out));
	for (size_t i = 0; i < count; i++)
		named = named || out[i].number == 44;
	if ((spec->more_fragments || spec->fragment_offset > 0) && !named)
		out[count++] = (struct packet_extension){ .number = 44 };
	return count;
}

/** IPv6 header (RFC 8200 3) and extensions around upper. */
static void put_ipv6(struct packet_bytes *out, const struct packet_spec *spec,
	const struct packet_bytes *upper)
{
	struct packet_extension list[PACKET_BUILD_EXTENSIONS + 1];
	size_t count = list_extensions(spec, list);

	put_number(out, told_or(spec->ip_version, 6) << 28, 4);
	put_number(out, 0, 2);
	put_number(out, count > 0 ? list[0].number : body_protocol(spec), 1);
	put_number(out, 64, 1);
	put(out, spec->source.bytes, 16);
	put(out, spec->destination.bytes, 16);
	for (size_t i = 0; i < count; i++)
		put_extension(out, spec, &list[i],
			i + 1 < count ? list[i + 1].number : body_protocol(spec));
	put(out, upper->data, upper->size_bytes);
	set_u16(out, 4, (uint16_t)told_or(spec->ip_length, out->size_bytes - 40));
}

/** Builds a packet. */
void packet_build(const struct packet_spec *spec, const struct packet_bytes *quoted,
	struct packet_bytes *ret_packet)
{
	struct packet_bytes upper = { .size_bytes = 0 };

	if (in_udp(spec))
		put_udp(&upper, spec);
	else if (spec->body == BODY_ICMP_ERROR)
		put_icmp(&upper, spec, quoted);
	else
		put_body(&upper, spec);
	ret_packet->size_bytes = 0;
	if (spec->source.family == AF_INET6)
		put_ipv6(ret_packet, spec, &upper);
	else
		put_ipv4(ret_packet, spec, &upper);
	if (told_or(spec->cut_bytes, SIZE_MAX) < ret_packet->size_bytes)
		ret_packet->size_bytes = (size_t)spec->cut_bytes;
	ret_packet->wire_bytes = ret_packet->size_bytes;
	if (told_or(spec->capture_bytes, SIZE_MAX) < ret_packet->size_bytes)
		ret_packet->size_bytes = (size_t)spec->capture_bytes;
}
