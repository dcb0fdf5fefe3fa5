/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of memory at every allocation that base and core make: an error or a drop with its
 * reason, nothing half done, nothing leaked, and the next packet is served. The linker
 * puts the functions below in front of malloc, calloc and pool_take (see local.mk); what a
 * pool does without memory is seen in pool.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/decide.h"
#include "core/director.h"
#include "core/restore.h"
#include "core/snapshot.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"
#include "tests/unit/unit.h"

#define NEVER UINT64_MAX

/** Allocations until one fails; NEVER outside of the calls that are tested. */
static uint64_t allocations_left = NEVER;

void *__real_malloc(size_t size_bytes);
void *__real_calloc(size_t count, size_t size_bytes);
void *__real_pool_take(struct pool *pool);
void *__wrap_malloc(size_t size_bytes);
void *__wrap_calloc(size_t count, size_t size_bytes);
void *__wrap_pool_take(struct pool *pool);

/** Tells whether this allocation is the one to fail. */
static bool fails_now(void)
{
	if (allocations_left == NEVER)
		return false;
	if (allocations_left == 0)
		return true;
	allocations_left--;
	return false;
}

/** Stands before malloc. */
void *__wrap_malloc(size_t size_bytes)
{
	return fails_now() ? NULL : __real_malloc(size_bytes);
}

/** Stands before calloc. */
void *__wrap_calloc(size_t count, size_t size_bytes)
{
	return fails_now() ? NULL : __real_calloc(count, size_bytes);
}

/** Stands before pool_take. */
void *__wrap_pool_take(struct pool *pool)
{
	return fails_now() ? NULL : __real_pool_take(pool);
}

static const struct hash_key key = { { 3, 4 } };

/** An ISAKMP packet of 203.0.113.number. */
static struct packet isakmp(
	unsigned int number, uint16_t port, uint64_t icookie, uint64_t rcookie)
{
	uint8_t bytes[4] = { 203, 0, 113, (uint8_t)number };
	struct packet packet;

	memset(&packet, 0, sizeof(packet));
	packet.kind = rcookie == 0 ? PACKET_IKE_FIRST : PACKET_IKE;
	packet.flow.client = address_v4(bytes);
	packet.flow.virtual = test_address("192.0.2.1");
	packet.flow.client_port = port;
	packet.flow.virtual_port = 500;
	packet.protocol = 17;
	packet.version = 2;
	packet.icookie = icookie;
	packet.rcookie = rcookie;
	return packet;
}

/** Decides and commits with so many allocations allowed. */
static struct decision pass(
	struct director *director, const struct packet *packet, uint64_t allowed)
{
	struct decision decision;

	decide(director, packet, &decision);
	allocations_left = allowed;
	decide_commit(director, packet, 1000, 100, &decision);
	allocations_left = NEVER;
	return decision;
}

/** director_new fails cleanly at each of its allocations and then succeeds. */
START_TEST(memory_director_new)
{
	struct config *config = test_config(3);
	struct director *director = NULL;
	int result = -ENOMEM;
	uint64_t allowed;

	test_config_add_service(config, "other", "192.0.2.2");
	config->services[0].learn_spi = true;
	config->services[0].persistence_ms = 1000;
	config->services[0].challenge = SWITCH_ON;
	for (allowed = 0; result != 0 && allowed < 100; allowed++) {
		allocations_left = allowed;
		result = director_new(config, &key, NULL, &director);
		allocations_left = NEVER;
		ck_assert_msg(result == 0 || result == -ENOMEM, "%d", result);
	}
	ck_assert_int_eq(result, 0);
	ck_assert_uint_gt(allowed, 3);
	director_free(director);
	config_free(config);
}
END_TEST

/** A first message that finds no memory is dropped without a trace; sent again it passes.
 */
START_TEST(memory_first_message)
{
	struct config *config = test_config(2);
	struct packet packet = isakmp(7, 500, 11, 0);
	struct director *director;
	struct decision decision;
	uint64_t allowed = 0;

	ck_assert_int_eq(director_new(config, &key, NULL, &director), 0);
	while ((decision = pass(director, &packet, allowed)).action != DECISION_FORWARD) {
		ck_assert_int_eq(decision.action, DECISION_DROP);
		ck_assert_int_eq(decision.reason, REASON_NO_MEMORY);
		ck_assert_ptr_null(decision.entry);
		ck_assert_ptr_null(decision.client);
		ck_assert_uint_eq(director->sessions.entry_count, 0);
		ck_assert_uint_eq(director->services[0].client_count, 0);
		ck_assert_ptr_null(invariants_broken(director, ++allowed));
	}
	ck_assert_uint_eq(allowed, 3);
	ck_assert_uint_eq(director_count(director, REASON_NO_MEMORY), allowed);
	ck_assert_ptr_eq(decision.server, &director->services[0].servers[0]);
	director_free(director);
	config_free(config);
}
END_TEST

/** The proven second half of a handshake without memory: the first half stays, the client
 *  repeats itself and is served. */
START_TEST(memory_establish)
{
	struct config *config = test_config(2);
	struct packet first = isakmp(7, 500, 11, 0);
	struct packet second = isakmp(7, 4500, 11, 22);
	struct director *director;
	struct decision decision;

	ck_assert_int_eq(director_new(config, &key, NULL, &director), 0);
	pass(director, &first, NEVER);
	decision = pass(director, &second, 0);
	ck_assert_int_eq(decision.action, DECISION_DROP);
	ck_assert_int_eq(decision.reason, REASON_NO_MEMORY);
	ck_assert_uint_eq(director->sessions.entry_count, 1);
	ck_assert_ptr_null(invariants_broken(director, 2));
	decision = pass(director, &second, NEVER);
	ck_assert_int_eq(decision.reason, REASON_ESTABLISH);
	ck_assert_ptr_null(invariants_broken(director, 3));
	director_free(director);
	config_free(config);
}
END_TEST

/** A pair that cannot be noted: its entry forwards all the same. */
START_TEST(memory_learn_pair)
{
	struct config *config = test_config(2);
	struct packet first = isakmp(7, 500, 11, 0);
	struct packet second = isakmp(7, 500, 11, 22);
	struct packet rekeyed = isakmp(7, 500, 33, 44);
	struct director *director;
	struct decision decision;

	ck_assert_int_eq(director_new(config, &key, NULL, &director), 0);
	pass(director, &first, NEVER);
	pass(director, &second, NEVER);
	decision = pass(director, &rekeyed, 0);
	ck_assert_int_eq(decision.action, DECISION_FORWARD);
	ck_assert_int_eq(decision.reason, REASON_KNOWN_ENTRY);
	ck_assert_uint_eq(director->sessions.cookies.count, 1);
	ck_assert_ptr_null(invariants_broken(director, 3));
	director_free(director);
	config_free(config);
}
END_TEST

/** A new handshake of a known entry without memory is dropped; the entry stays. */
START_TEST(memory_second_handshake)
{
	struct config *config = test_config(2);
	struct packet first = isakmp(7, 500, 11, 0);
	struct packet other = isakmp(7, 500, 12, 0);
	struct director *director;
	struct decision decision;

	ck_assert_int_eq(director_new(config, &key, NULL, &director), 0);
	pass(director, &first, NEVER);
	decision = pass(director, &other, 0);
	ck_assert_int_eq(decision.reason, REASON_NO_MEMORY);
	ck_assert_uint_eq(director->sessions.entry_count, 1);
	ck_assert_ptr_null(invariants_broken(director, 2));
	director_free(director);
	config_free(config);
}
END_TEST

/** What the server sent cannot be noted: its answer goes its way, and counts when it is sent
 *  again. */
START_TEST(memory_offer)
{
	struct config *config = test_config(2);
	struct packet first = isakmp(7, 500, 11, 0);
	struct packet reply = isakmp(7, 500, 11, 22);
	struct director *director;
	struct decision decision;

	config->services[0].servers[0].replies_seen = true;
	reply.direction = PACKET_TO_CLIENT;
	ck_assert_int_eq(director_new(config, &key, NULL, &director), 0);
	pass(director, &first, NEVER);
	decision = pass(director, &reply, 0);
	ck_assert_int_eq(decision.action, DECISION_PASS);
	ck_assert_int_eq(decision.reason, REASON_NO_MEMORY);
	ck_assert_ptr_null(invariants_broken(director, 2));
	decision = pass(director, &reply, 1);
	ck_assert_int_eq(decision.reason, REASON_REPLY_COOKIE);
	ck_assert_ptr_null(invariants_broken(director, 3));
	director_free(director);
	config_free(config);
}
END_TEST

/** Restores a file of size_bytes with so many allocations allowed; returns how many of the
 *  two entries came back, which keep the tables' rules. */
static size_t restore_with(const struct config *config, const uint8_t *data,
	size_t size_bytes, uint64_t allowed)
{
	struct restore_report report;
	struct director *director;
	bool taken;

	ck_assert_int_eq(director_new(config, &key, NULL, &director), 0);
	allocations_left = allowed;
	taken = restore(director, data, size_bytes, 2000, 1, &report);
	allocations_left = NEVER;
	ck_assert(taken);
	ck_assert_ptr_null(invariants_broken(director, 0));
	ck_assert_uint_eq(report.entries, director->sessions.entry_count);
	ck_assert_uint_eq(report.entries + report.no_room, 2);
	ck_assert_uint_eq(report.handshakes, director->sessions.cookies.count);
	director_free(director);
	return report.entries;
}

/** A state file without memory: what finds none is left out, the rest is restored. */
START_TEST(memory_restore)
{
	struct config *config = test_config(2);
	struct packet one = isakmp(7, 500, 11, 0), other = isakmp(8, 500, 12, 0);
	struct director *director;
	struct snapshot snapshot;
	uint8_t data[1024];
	size_t size_bytes = 0, entries = 0;
	uint64_t allowed = 0;

	ck_assert_int_eq(director_new(config, &key, NULL, &director), 0);
	pass(director, &one, NEVER);
	pass(director, &other, NEVER);
	snapshot_begin(&snapshot, director, 2000, 1);
	while (!snapshot_done(&snapshot)) {
		ck_assert_uint_le(
			snapshot_needs_bytes(&snapshot), sizeof(data) - size_bytes);
		size_bytes += snapshot_portion(
			&snapshot, data + size_bytes, sizeof(data) - size_bytes);
	}
	director_free(director);
	ck_assert_uint_eq(restore_with(config, data, size_bytes, 0), 0);
	while (allowed < 6)
		entries = restore_with(config, data, size_bytes, allowed++);
	ck_assert_uint_eq(entries, 2);
	ck_assert_uint_eq(restore_with(config, data, size_bytes, NEVER), 2);
	config_free(config);
}
END_TEST

UNIT_MAIN("session_memory", memory_director_new, memory_first_message, memory_establish,
	memory_learn_pair, memory_second_handshake, memory_offer, memory_restore)
