/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/answer.h"

#include <string.h>

#define HOP_LIMIT 64

/** Writes two bytes in network order. */
void answer_put_u16(uint8_t *out, size_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

/** Adds bytes to a ones' complement sum, as 16-bit words (RFC 1071). */
static uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

/** Folds and complements the sum. */
static uint16_t fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

/** Of bytes alone. */
uint16_t answer_checksum_plain(const uint8_t *bytes, size_t size_bytes)
{
	return fold(sum_bytes(0, bytes, size_bytes));
}

/** With the addresses, the length and the protocol. */
uint16_t answer_checksum(const struct packet_flow *flow, uint8_t protocol,
	const uint8_t *message, size_t message_bytes)
{
	size_t address_bytes = address_size_bytes(&flow->client);
	uint32_t sum = (uint32_t)message_bytes + protocol;

	sum = sum_bytes(sum, flow->virtual.bytes, address_bytes);
	sum = sum_bytes(sum, flow->client.bytes, address_bytes);
	return fold(sum_bytes(sum, message, message_bytes));
}

/** Bytes of the IP header. */
size_t answer_header_bytes(const struct packet_flow *flow)
{
	return flow->client.family == AF_INET ? ANSWER_IPV4_BYTES : ANSWER_IPV6_BYTES;
}

/** IPv4 (RFC 791 3.1): no options, id 0, so that whoever sends it may choose one. */
static void header_v4(const struct packet_flow *flow, uint8_t protocol, size_t payload_bytes,
	uint8_t *out)
{
	memset(out, 0, ANSWER_IPV4_BYTES);
	out[0] = 0x45;
	answer_put_u16(out + 2, ANSWER_IPV4_BYTES + payload_bytes);
	out[8] = HOP_LIMIT;
	out[9] = protocol;
	memcpy(out + 12, flow->virtual.bytes, 4);
	memcpy(out + 16, flow->client.bytes, 4);
	answer_put_u16(out + 10, answer_checksum_plain(out, ANSWER_IPV4_BYTES));
}

/** IPv6 (RFC 8200 3). */
static void header_v6(const struct packet_flow *flow, uint8_t protocol, size_t payload_bytes,
	uint8_t *out)
{
	memset(out, 0, ANSWER_IPV6_BYTES);
	out[0] = 0x60;
	answer_put_u16(out + 4, payload_bytes);
	out[6] = protocol;
	out[7] = HOP_LIMIT;
	memcpy(out + 8, flow->virtual.bytes, 16);
	memcpy(out + 24, flow->client.bytes, 16);
}

/** Writes the IP header. */
void answer_header(const struct packet_flow *flow, uint8_t protocol, size_t payload_bytes,
	uint8_t *out)
{
	if (flow->client.family == AF_INET)
		header_v4(flow, protocol, payload_bytes, out);
	else
		header_v6(flow, protocol, payload_bytes, out);
}
