/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/ike_init.h"

#include "base/hash.h"
#include "core/isakmp.h"

enum {
	PAYLOAD_NONE = 0,
	PAYLOAD_NONCE = 40,
	PAYLOAD_NOTIFY = 41,
	PAYLOAD_HEADER_BYTES = 4,
	NOTIFY_FIELDS_BYTES = 4, /**< protocol, SPI size, type */
	NONCE_BYTES_MAX = 256,   /**< RFC 7296 3.9 */
	PAYLOADS_MAX = 64,       /**< looked at: a message has some ten */
};

/** Ni, as a number. Who knows that number has to have seen the message: the key of a
 *  cookie is secret, this one need not be. */
static void read_nonce(struct cursor *cursor, size_t body_bytes, struct packet *packet)
{
	static const struct hash_key no_key;
	uint8_t nonce[NONCE_BYTES_MAX];

	if (body_bytes > sizeof(nonce))
		return;
	cursor_copy(cursor, nonce, body_bytes);
	if (cursor_ok(cursor))
		packet->nonce = hash_keyed(&no_key, nonce, body_bytes);
}

/** A notification: of interest only if it is a cookie of a length that ours have. */
static void read_notify(struct cursor *cursor, size_t body_bytes, struct packet *packet)
{
	uint8_t spi_bytes;

	cursor_skip(cursor, 1);
	spi_bytes = cursor_u8(cursor);
	if (cursor_u16(cursor) != ISAKMP_NOTIFY_COOKIE || spi_bytes ||
		body_bytes != NOTIFY_FIELDS_BYTES + PACKET_COOKIE_BYTES)
		return;
	cursor_copy(cursor, packet->cookie, sizeof(packet->cookie));
	packet->cookie_bytes = cursor_ok(cursor) ? PACKET_COOKIE_BYTES : 0;
}

/** Reads one payload's body. */
static void read_body(struct cursor cursor, uint8_t type, size_t body_bytes,
	struct packet *packet)
{
	cursor_limit(&cursor, body_bytes);
	if (type == PAYLOAD_NONCE)
		read_nonce(&cursor, body_bytes, packet);
	else if (type == PAYLOAD_NOTIFY && !packet->cookie_bytes)
		read_notify(&cursor, body_bytes, packet);
}

/** Goes from payload to payload until Ni, which comes behind a cookie. */
void ike_init_parse(struct cursor *cursor, uint8_t first, struct packet *packet)
{
	uint8_t type = first;

	for (int i = 0; i < PAYLOADS_MAX && type != PAYLOAD_NONE && !packet->nonce; i++) {
		uint8_t next = cursor_u8(cursor);
		uint16_t payload_bytes;

		cursor_skip(cursor, 1);
		payload_bytes = cursor_u16(cursor);
		if (!cursor_ok(cursor) || payload_bytes < PAYLOAD_HEADER_BYTES)
			return;
		read_body(*cursor, type, payload_bytes - PAYLOAD_HEADER_BYTES, packet);
		cursor_skip(cursor, payload_bytes - PAYLOAD_HEADER_BYTES);
		type = next;
	}
}
