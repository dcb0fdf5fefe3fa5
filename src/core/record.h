/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format of the state file: what the session table knows, so that a daemon that starts
 * again goes on where the one before ended. Numbers are in network order. Bytes in, bytes
 * out: files and clocks are others' business, and so is what the records mean.
 *
 *   header    magic "IPBSTATE", version (4 bytes), wall clock of saving in ms (8)
 *   records   kind (1), length of what follows (1), then
 *     1 service    name
 *     2 server     number of its service in this file (1), name
 *     3 client     server (2), address
 *     4 entry      server (2), virtual address, client's port (2), virtual port (2),
 *                  flags (1), ms since it was made, last packet, last proof (8 each),
 *                  packets (8), firewall mark (4)
 *     5 handshake  server (2), cookies: initiator's, responder's, two offered (8 each),
 *                  version (1), flags (1)
 *     6 template   server (2), network, ms since last use (8)
 *     7 weight     server (2), its weight by the configuration (4), and while running (4)
 *     0 end        number of records before (8), seal over all before (8)
 *
 * An address is its family (1: 4 or 6) and 4 or 16 bytes. Servers are numbered in the order
 * of their records, services too, and come before what names them. An entry is of the
 * client before it, a handshake of the entry before it. The seal is a SipHash from record to
 * record with a key that everybody knows: it finds what is torn or has changed by accident,
 * not forgery.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/cursor.h"
#include "core/config.h"
#include "core/handshake.h"

#define RECORD_VERSION 1
#define RECORD_HEADER_BYTES 20
#define RECORD_BYTES 64 /**< no record is longer, the end included */

enum record_kind {
	RECORD_END,
	RECORD_SERVICE,
	RECORD_SERVER,
	RECORD_CLIENT,
	RECORD_ENTRY,
	RECORD_HANDSHAKE,
	RECORD_TEMPLATE,
	RECORD_WEIGHT,
};

/** The seal so far, and what it is over. */
struct record_seal {
	uint64_t hash;
	uint64_t count; /**< records */
};

/** One record; each kind uses what the format says of it. */
struct record {
	enum record_kind kind;
	uint16_t server;                /**< number in this file */
	uint8_t service;                /**< of a server */
	char name[CONFIG_NAME_BYTES];
	struct address address;         /**< of a client, network or virtual */
	uint16_t client_port;
	uint16_t virtual_port;
	bool established;
	uint64_t created_age_ms;
	uint64_t last_age_ms;
	uint64_t proof_age_ms;
	uint32_t config_weight;
	uint32_t live_weight;
	uint64_t packets;
	uint32_t mark;
	uint64_t icookie;
	uint64_t rcookie;
	uint64_t offered[HANDSHAKE_OFFERS];
	uint8_t version;
	bool by_server;
};

/** Writes into the caller's buffer, portion after portion. */
struct record_writer {
	uint8_t *buffer;
	size_t size_bytes;
	size_t used_bytes;
	struct record_seal seal;
};

/** Reads a whole file. */
struct record_reader {
	struct cursor cursor;
	struct record_seal seal;
	uint64_t saved_wall_ms;
	uint32_t services;
	uint32_t servers;
	enum record_kind before; /**< CLIENT and ENTRY last as long as what is theirs */
	bool is_foreign;         /**< somebody else's, and to be left alone */
	char refusal[80];        /**< why the file is no good; empty while it is */
};

/** Lets the writer go on at buffer, of at least RECORD_BYTES bytes. */
void record_portion(struct record_writer *writer, uint8_t *buffer, size_t size_bytes);

/** Writes the header, which begins a file. */
void record_header(struct record_writer *writer, uint64_t wall_ms);

/** Writes one record; RECORD_END needs nothing but its kind, and is the last. There must be
 *  room for RECORD_BYTES. */
void record_put(struct record_writer *writer, const struct record *record);

/** Begins reading size_bytes at data, which must outlive the reader. False: refused. */
bool record_open(struct record_reader *reader, const uint8_t *data, size_t size_bytes);

/** Reads the next record; false at the end or where the file is refused. */
bool record_next(struct record_reader *reader, struct record *ret_record);

/** Tells whether the file is whole and unchanged: reads all of it. The reasons why it is not
 *  are in the reader. */
bool record_verify(struct record_reader *reader, const uint8_t *data, size_t size_bytes);
