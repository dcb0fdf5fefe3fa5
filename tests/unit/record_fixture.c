/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/record_fixture.h"

#include <check.h>

#include "core/decide.h"
#include "core/handshake.h"
#include "core/snapshot.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"

const struct hash_key fixture_key = { { 1, 2 } };
const struct hash_key fixture_other_key = { { 3, 4 } };

/** A director for config. */
struct director *fixture_director(const struct config *config,
	const struct hash_key *with, const struct session_events *events)
{
	struct director *director = NULL;

	ck_assert_int_eq(director_new(config, with, events, &director), 0);
	return director;
}

/** An ISAKMP packet of 203.0.113.number. */
struct packet fixture_isakmp(
	unsigned int number, uint16_t port, uint64_t icookie, uint64_t rcookie)
{
	uint8_t bytes[4] = { 203, 0, 113, (uint8_t)number };
	struct packet packet = { .kind = rcookie ? PACKET_IKE : PACKET_IKE_FIRST };

	packet.flow.client = address_v4(bytes);
	packet.flow.virtual = test_address("192.0.2.1");
	packet.flow.client_port = port;
	packet.flow.virtual_port = port == 500 ? 500 : 4500;
	packet.protocol = 17;
	packet.version = 2;
	packet.icookie = icookie;
	packet.rcookie = rcookie;
	return packet;
}

/** Passes one packet through the tables. */
void fixture_pass(struct director *director, const struct packet *packet, uint64_t now_ms)
{
	struct decision decision;

	decide(director, packet, &decision);
	decide_commit(director, packet, now_ms, 100, &decision);
	ck_assert_int_eq(decision.action, DECISION_FORWARD);
}

/** A first message of client number, and its proof on port, at those moments. */
void fixture_establish(struct director *director, unsigned int number, uint16_t port,
	uint64_t now_ms)
{
	struct packet first = fixture_isakmp(number, 500, number * 16, 0);
	struct packet second = fixture_isakmp(number, port, number * 16, number * 16 + 1);

	fixture_pass(director, &first, now_ms);
	fixture_pass(director, &second, now_ms + 10);
}

/** Saves all in portions that are as small as they may be. */
void fixture_save(
	const struct director *director, uint64_t now_ms, struct fixture_file *file)
{
	struct snapshot snapshot;

	snapshot_begin(&snapshot, director, now_ms, WALL_MS);
	file->size_bytes = 0;
	while (!snapshot_done(&snapshot)) {
		size_t needs_bytes = snapshot_needs_bytes(&snapshot);
		size_t used_bytes;

		ck_assert_uint_le(file->size_bytes + needs_bytes, sizeof(file->data));
		used_bytes = snapshot_portion(
			&snapshot, file->data + file->size_bytes, needs_bytes);
		ck_assert_uint_le(used_bytes, needs_bytes);
		file->size_bytes += used_bytes;
	}
}

/** Restores a file that was saved away_ms ago. */
bool fixture_restore(struct director *director, const struct fixture_file *file,
	uint64_t away_ms, struct restore_report *report)
{
	bool taken = restore(director, file->data, file->size_bytes, NOW_MS,
		WALL_MS + away_ms, report);

	ck_assert_ptr_null(invariants_broken(director, 0));
	ck_assert_int_eq(taken, report->refusal[0] == '\0');
	return taken;
}

/** Client number, which must be there. */
static struct session_client *director_client(
	const struct director *director, unsigned int number)
{
	struct packet packet = fixture_isakmp(number, 500, 1, 0);
	struct session_client *client = session_find_client(
		&director->sessions, &director->services[0], &packet.flow.client);

	ck_assert_ptr_nonnull(client);
	return client;
}

/** Three clients at three servers: one on port 500, one that has floated, one that has only
 *  begun, with as many offers and packets as there may be. */
void fixture_fill(struct director *director)
{
	struct packet again = fixture_isakmp(3, 500, 48, 0), reply = again;
	struct handshake *handshake;

	fixture_establish(director, 1, 500, NOW_MS - 60000);
	fixture_establish(director, 2, 4500, NOW_MS - 20000);
	fixture_pass(director, &again, NOW_MS - 5000);
	again.mark = 0x1234;
	fixture_pass(director, &again, NOW_MS - 4000);
	handshake = handshake_find(&director->sessions, &director->services[0],
		&again.flow.client, 48);
	ck_assert_ptr_nonnull(handshake);
	/* As after a move to a flow that another session had before. */
	handshake_find(&director->sessions, &director->services[0],
		&director_client(director, 1)->address, 16)
		->server = 1;
	for (reply.rcookie = 78; reply.rcookie >= 77; reply.rcookie--)
		handshake_offer(&director->sessions,
			handshake_entry(&director->sessions, handshake), &reply);
}
