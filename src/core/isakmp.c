/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/isakmp.h"

#include "core/ike_init.h"

enum {
	VERSION_1 = 1,
	VERSION_2 = 2,
};

/* Exchange types: RFC 2408 3.1, RFC 2409 5, RFC 7296 3.1, RFC 5723 4.3.1. */
enum {
	EXCHANGE_BASE = 1,
	EXCHANGE_MAIN = 2,
	EXCHANGE_AGGRESSIVE = 4,
	EXCHANGE_IKE_SA_INIT = 34,
	EXCHANGE_INFORMATIONAL = 37,
	EXCHANGE_SESSION_RESUME = 38,
	EXCHANGE_PRIVATE = 240,
};

enum {
	FLAG_1_ENCRYPTED = 0x01,
	FLAG_2_INITIATOR = 0x08,
	FLAG_2_RESPONSE = 0x20,
};

/** Tells whether the exchange type belongs to the version. */
static bool exchange_fits(const struct packet *packet)
{
	if (packet->version == VERSION_2)
		return packet->exchange >= EXCHANGE_IKE_SA_INIT;
	return packet->exchange < EXCHANGE_IKE_SA_INIT || packet->exchange >= EXCHANGE_PRIVATE;
}

/** Tells whether this exchange and these flags can begin a handshake. */
static bool begins_exchange(const struct packet *packet)
{
	if (packet->version == VERSION_2)
		return (packet->exchange == EXCHANGE_IKE_SA_INIT ||
			packet->exchange == EXCHANGE_SESSION_RESUME) &&
			!(packet->flags & FLAG_2_RESPONSE);
	return (packet->exchange == EXCHANGE_BASE || packet->exchange == EXCHANGE_MAIN ||
		packet->exchange == EXCHANGE_AGGRESSIVE) &&
		!(packet->flags & FLAG_1_ENCRYPTED);
}

/** Only a first message may make an entry: no responder cookie, message id 0. */
static bool is_first(const struct packet *packet)
{
	return packet->icookie && !packet->rcookie && !packet->message_id &&
		begins_exchange(packet);
}

/** The one message without cookies: an unprotected notice of IKEv2 (RFC 7296 1.5). */
static bool is_notice(const struct packet *packet)
{
	return packet->version == VERSION_2 && packet->exchange == EXCHANGE_INFORMATIONAL &&
		!packet->rcookie;
}

/** Judges the fields; REASON_COUNT when nothing is wrong. */
static enum reason judge(const struct packet *packet, uint32_t length_bytes,
	size_t message_bytes)
{
	if (packet->version != VERSION_1 && packet->version != VERSION_2)
		return REASON_ISAKMP_VERSION;
	if (length_bytes < ISAKMP_HEADER_BYTES)
		return REASON_ISAKMP_LENGTH_SHORT;
	if (length_bytes > message_bytes)
		return REASON_ISAKMP_LENGTH_LONG;
	if (!exchange_fits(packet))
		return REASON_ISAKMP_EXCHANGE;
	if (!packet->icookie && !is_notice(packet))
		return REASON_ISAKMP_ZERO_COOKIE;
	return REASON_COUNT;
}

/** The flags of RFC 7296 3.1: I set, R clear. */
bool isakmp_is_init(const struct packet *packet)
{
	return packet->version == VERSION_2 && packet->exchange == EXCHANGE_IKE_SA_INIT &&
		(packet->flags & (FLAG_2_INITIATOR | FLAG_2_RESPONSE)) == FLAG_2_INITIATOR;
}

/** Such a header. */
void isakmp_make_init(struct packet *packet)
{
	packet->kind = PACKET_IKE_FIRST;
	packet->version = VERSION_2;
	packet->exchange = EXCHANGE_IKE_SA_INIT;
	packet->flags = FLAG_2_INITIATOR;
}

/** Reads and judges the header. */
bool isakmp_parse(struct cursor *cursor, size_t message_bytes, struct packet *packet)
{
	uint32_t length_bytes;
	uint8_t next_payload;

	packet->icookie = cursor_u64(cursor);
	packet->rcookie = cursor_u64(cursor);
	next_payload = cursor_u8(cursor);
	packet->version = cursor_u8(cursor) >> 4;
	packet->exchange = cursor_u8(cursor);
	packet->flags = cursor_u8(cursor);
	packet->message_id = cursor_u32(cursor);
	length_bytes = cursor_u32(cursor);
	packet->reason = REASON_ISAKMP_TRUNCATED;
	if (cursor_ok(cursor) && message_bytes >= ISAKMP_HEADER_BYTES)
		packet->reason = judge(packet, length_bytes, message_bytes);
	packet->kind = is_first(packet) ? PACKET_IKE_FIRST : PACKET_IKE;
	if (packet->reason != REASON_COUNT)
		return false;
	if (packet->kind == PACKET_IKE_FIRST && isakmp_is_init(packet))
		ike_init_parse(cursor, next_payload, packet);
	return true;
}
