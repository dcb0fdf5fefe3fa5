/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/record.h"

#include <stdio.h>
#include <string.h>

#include "core/service.h"

enum {
	FLAG_ESTABLISHED = 1, /**< of an entry */
	FLAG_BY_SERVER = 1,   /**< of a handshake */
};

static const char magic[8] = { 'I', 'P', 'B', 'S', 'T', 'A', 'T', 'E' };

/** Takes size_bytes more into the seal. */
static void seal(struct record_seal *seal, const uint8_t *data, size_t size_bytes)
{
	const struct hash_key key = { { seal->hash, seal->count } };

	seal->hash = hash_keyed(&key, data, size_bytes);
}

/** Lets the writer go on. */
void record_portion(struct record_writer *writer, uint8_t *buffer, size_t size_bytes)
{
	writer->buffer = buffer;
	writer->size_bytes = size_bytes;
	writer->used_bytes = 0;
}

/** Writes bytes. */
static void put_bytes(struct record_writer *writer, const void *data, size_t size_bytes)
{
	memcpy(writer->buffer + writer->used_bytes, data, size_bytes);
	writer->used_bytes += size_bytes;
}

/** Writes a number of size_bytes bytes. */
static void put_number(struct record_writer *writer, uint64_t number, size_t size_bytes)
{
	uint8_t *at = writer->buffer + writer->used_bytes;

	for (size_t i = 0; i < size_bytes; i++)
		at[i] = (uint8_t)(number >> 8 * (size_bytes - 1 - i));
	writer->used_bytes += size_bytes;
}

/** Writes an address. */
static void put_address(struct record_writer *writer, const struct address *address)
{
	put_number(writer, address->family == AF_INET ? 4 : 6, 1);
	put_bytes(writer, address->bytes, address_size_bytes(address));
}

/** Writes the header. */
void record_header(struct record_writer *writer, uint64_t wall_ms)
{
	writer->seal = (struct record_seal){ 0 };
	put_bytes(writer, magic, sizeof(magic));
	put_number(writer, RECORD_VERSION, 4);
	put_number(writer, wall_ms, 8);
	seal(&writer->seal, writer->buffer, writer->used_bytes);
}

/** Writes what an entry has behind its kind. */
static void put_entry(struct record_writer *writer, const struct record *record)
{
	put_number(writer, record->server, 2);
	put_address(writer, &record->address);
	put_number(writer, record->client_port, 2);
	put_number(writer, record->virtual_port, 2);
	put_number(writer, record->established ? FLAG_ESTABLISHED : 0, 1);
	put_number(writer, record->created_age_ms, 8);
	put_number(writer, record->last_age_ms, 8);
	put_number(writer, record->proof_age_ms, 8);
	put_number(writer, record->packets, 8);
	put_number(writer, record->mark, 4);
}

/** Writes what a handshake has behind its kind. */
static void put_handshake(struct record_writer *writer, const struct record *record)
{
	put_number(writer, record->server, 2);
	put_number(writer, record->icookie, 8);
	put_number(writer, record->rcookie, 8);
	for (size_t i = 0; i < HANDSHAKE_OFFERS; i++)
		put_number(writer, record->offered[i], 8);
	put_number(writer, record->version, 1);
	put_number(writer, record->by_server ? FLAG_BY_SERVER : 0, 1);
}

/** Writes what a record has behind kind and length. */
static void put_body(struct record_writer *writer, const struct record *record)
{
	switch (record->kind) {
	case RECORD_END:
		put_number(writer, writer->seal.count, 8);
		put_number(writer, writer->seal.hash, 8);
		break;
	case RECORD_SERVER:
		put_number(writer, record->service, 1);
		put_bytes(writer, record->name, strlen(record->name));
		break;
	case RECORD_SERVICE:
		put_bytes(writer, record->name, strlen(record->name));
		break;
	case RECORD_CLIENT:
		put_number(writer, record->server, 2);
		put_address(writer, &record->address);
		break;
	case RECORD_ENTRY:
		put_entry(writer, record);
		break;
	case RECORD_HANDSHAKE:
		put_handshake(writer, record);
		break;
	case RECORD_TEMPLATE:
		put_number(writer, record->server, 2);
		put_address(writer, &record->address);
		put_number(writer, record->last_age_ms, 8);
		break;
	case RECORD_WEIGHT:
		put_number(writer, record->server, 2);
		put_number(writer, record->config_weight, 4);
		put_number(writer, record->live_weight, 4);
		break;
	}
}

/** Writes a record, its length when that is known. */
void record_put(struct record_writer *writer, const struct record *record)
{
	uint8_t *at = writer->buffer + writer->used_bytes;

	put_number(writer, record->kind, 1);
	put_number(writer, 0, 1);
	put_body(writer, record);
	at[1] = (uint8_t)(writer->buffer + writer->used_bytes - at - 2);
	writer->seal.count++;
	seal(&writer->seal, at, (size_t)at[1] + 2);
}

/** Says why the file is no good; the first reason stays. Returns false. */
static bool refuse(struct record_reader *reader, const char *reason)
{
	if (!reader->refusal[0])
		snprintf(reader->refusal, sizeof(reader->refusal), "%s", reason);
	return false;
}

/** Tells whether there is nothing but zeros, as some file systems leave after a power
 *  failure what they had no time to write. */
static bool is_blank(const uint8_t *data, size_t size_bytes)
{
	static const uint8_t zeros[sizeof(magic)];

	return size_bytes >= sizeof(zeros) && !memcmp(data, zeros, sizeof(zeros));
}

/** Begins reading. */
bool record_open(struct record_reader *reader, const uint8_t *data, size_t size_bytes)
{
	char begin[sizeof(magic)];
	uint32_t version;

	*reader = (struct record_reader){ .cursor = cursor_init(data, size_bytes) };
	cursor_copy(&reader->cursor, begin, sizeof(begin));
	version = cursor_u32(&reader->cursor);
	reader->saved_wall_ms = cursor_u64(&reader->cursor);
	if (memcmp(data, magic, size_bytes < sizeof(magic) ? size_bytes : sizeof(magic)) &&
		!is_blank(data, size_bytes)) {
		reader->is_foreign = true;
		return refuse(reader, "it is no state file of ours");
	}
	if (!cursor_ok(&reader->cursor) || is_blank(data, size_bytes))
		return refuse(reader, "it is torn: its beginning is missing");
	if (version != RECORD_VERSION) {
		snprintf(reader->refusal, sizeof(reader->refusal),
			"it has version %u of the format, expected %d", version,
			RECORD_VERSION);
		return false;
	}
	seal(&reader->seal, data, RECORD_HEADER_BYTES);
	return true;
}

/** Reads an address; a family that there is not makes the cursor fail. */
static void get_address(struct cursor *cursor, struct address *ret_address)
{
	uint8_t family = cursor_u8(cursor);

	*ret_address = (struct address){ .family = family == 4 ? AF_INET : AF_INET6 };
	if (family != 4 && family != 6)
		cursor->failed = true;
	cursor_copy(cursor, ret_address->bytes, address_size_bytes(ret_address));
}

/** Reads a name, all that is left; one that cannot be makes the cursor fail. */
static void get_name(struct cursor *cursor, char ret_name[static CONFIG_NAME_BYTES])
{
	size_t length = cursor_left(cursor);

	if (length == 0 || length >= CONFIG_NAME_BYTES)
		cursor->failed = true;
	else
		cursor_copy(cursor, ret_name, length);
	if (strlen(ret_name) != length)
		cursor->failed = true;
}

/** Reads the number of a server that was named before. */
static void get_server(struct record_reader *reader, struct cursor *cursor,
	struct record *record)
{
	record->server = cursor_u16(cursor);
	if (record->server >= reader->servers)
		cursor->failed = true;
}

/** Reads flags; ones that there are not make the cursor fail. */
static uint8_t get_flags(struct cursor *cursor, uint8_t known)
{
	uint8_t flags = cursor_u8(cursor);

	if (flags & ~known)
		cursor->failed = true;
	return flags;
}

/** Reads an entry. */
static void get_entry(struct record_reader *reader, struct cursor *cursor,
	struct record *record)
{
	get_server(reader, cursor, record);
	get_address(cursor, &record->address);
	record->client_port = cursor_u16(cursor);
	record->virtual_port = cursor_u16(cursor);
	record->established = get_flags(cursor, FLAG_ESTABLISHED);
	record->created_age_ms = cursor_u64(cursor);
	record->last_age_ms = cursor_u64(cursor);
	record->proof_age_ms = cursor_u64(cursor);
	record->packets = cursor_u64(cursor);
	record->mark = cursor_u32(cursor);
	if (reader->before != RECORD_CLIENT && reader->before != RECORD_ENTRY)
		cursor->failed = true;
}

/** Reads a handshake. */
static void get_handshake(struct record_reader *reader, struct cursor *cursor,
	struct record *record)
{
	get_server(reader, cursor, record);
	record->icookie = cursor_u64(cursor);
	record->rcookie = cursor_u64(cursor);
	for (size_t i = 0; i < HANDSHAKE_OFFERS; i++)
		record->offered[i] = cursor_u64(cursor);
	record->version = cursor_u8(cursor);
	record->by_server = get_flags(cursor, FLAG_BY_SERVER);
	if (reader->before != RECORD_ENTRY)
		cursor->failed = true;
}

/** Reads a server. */
static void get_named_server(struct record_reader *reader, struct cursor *cursor,
	struct record *record)
{
	record->service = cursor_u8(cursor);
	get_name(cursor, record->name);
	if (record->service >= reader->services || reader->servers >= CONFIG_SERVERS)
		cursor->failed = true;
	record->server = (uint16_t)reader->servers++;
}

/** Reads a service. */
static void get_service(struct record_reader *reader, struct cursor *cursor,
	struct record *record)
{
	get_name(cursor, record->name);
	if (reader->services >= CONFIG_SERVICES)
		cursor->failed = true;
	record->service = (uint8_t)reader->services++;
}

/** Reads what is in a record; whatever cannot be makes the cursor fail. */
static void get_body(struct record_reader *reader, struct cursor *cursor,
	struct record *record)
{
	switch (record->kind) {
	case RECORD_SERVICE:
		get_service(reader, cursor, record);
		break;
	case RECORD_SERVER:
		get_named_server(reader, cursor, record);
		break;
	case RECORD_CLIENT:
		get_server(reader, cursor, record);
		get_address(cursor, &record->address);
		break;
	case RECORD_ENTRY:
		get_entry(reader, cursor, record);
		break;
	case RECORD_HANDSHAKE:
		get_handshake(reader, cursor, record);
		break;
	case RECORD_TEMPLATE:
		get_server(reader, cursor, record);
		get_address(cursor, &record->address);
		record->last_age_ms = cursor_u64(cursor);
		break;
	case RECORD_WEIGHT:
		get_server(reader, cursor, record);
		record->config_weight = cursor_u32(cursor);
		record->live_weight = cursor_u32(cursor);
		if (record->live_weight > SERVER_WEIGHT_MAX)
			cursor->failed = true;
		break;
	case RECORD_END:
		break;
	}
}

/** Reads the end: it closes the file, and the seal holds. */
static bool get_end(struct record_reader *reader, struct cursor *cursor)
{
	uint64_t count = cursor_u64(cursor), hash = cursor_u64(cursor);

	if (!cursor_ok(cursor) || cursor_left(cursor))
		return refuse(reader, "its end cannot be read");
	if (count != reader->seal.count || hash != reader->seal.hash)
		return refuse(reader, "its checksum is wrong");
	if (cursor_left(&reader->cursor))
		return refuse(reader, "there is more behind its end");
	return false;
}

/** Reads one record that is there as a whole. */
static bool get_record(struct record_reader *reader, struct cursor *cursor,
	struct record *ret_record)
{
	if (ret_record->kind == RECORD_END)
		return get_end(reader, cursor);
	get_body(reader, cursor, ret_record);
	if (!cursor_ok(cursor) || cursor_left(cursor) || ret_record->kind > RECORD_WEIGHT)
		return refuse(reader, "a record in it cannot be read");
	if (ret_record->kind != RECORD_HANDSHAKE)
		reader->before = ret_record->kind;
	return true;
}

/** Reads the next record. */
bool record_next(struct record_reader *reader, struct record *ret_record)
{
	const uint8_t *at = reader->cursor.data + reader->cursor.position;
	struct cursor body;
	uint8_t size_bytes;
	bool more;

	*ret_record = (struct record){ .kind = (enum record_kind)cursor_u8(&reader->cursor) };
	size_bytes = cursor_u8(&reader->cursor);
	body = cursor_init(at + 2, size_bytes);
	cursor_skip(&reader->cursor, size_bytes);
	if (!cursor_ok(&reader->cursor))
		return refuse(reader, "it is torn: its end is missing");
	more = get_record(reader, &body, ret_record);
	reader->seal.count++;
	seal(&reader->seal, at, (size_t)size_bytes + 2);
	return more;
}

/** Reads all of it. */
bool record_verify(struct record_reader *reader, const uint8_t *data, size_t size_bytes)
{
	struct record record;

	if (!record_open(reader, data, size_bytes))
		return false;
	while (record_next(reader, &record))
		continue;
	return !reader->refusal[0];
}
