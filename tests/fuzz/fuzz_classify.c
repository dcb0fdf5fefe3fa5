/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: packets through classify, decide and decide_commit on virtual time. The
 * input is a row of records, each one packet:
 *
 *   +------+----------------+------------------
 *   | how  | length 2 bytes | the packet
 *   +------+----------------+------------------
 *
 * how: bits 0-3 say how far the clock goes first, bit 4 that the capture is shorter than
 * the packet was, bit 5 that the destination is made one of ours, so that mutations stay
 * near what matters, bit 6 that a server's weight changes. A last packet may be short.
 *
 * After each packet everything that always holds must hold. It is built with libFuzzer,
 * or with replay.c, which feeds it files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/challenge.h"
#include "core/classify.h"
#include "core/decide.h"
#include "core/director.h"
#include "core/scheduler.h"
#include "core/unreachable.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/checksum.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"

#define HOW_CLOCK 0x0f
#define HOW_SHORT_CAPTURE 0x10
#define HOW_TO_VIP 0x20
#define HOW_WEIGHT 0x40
#define HOW_REPLY 0x80

/** One run. */
struct run {
	struct config *config;
	struct director *director;
	uint64_t now_ms;
	uint64_t packets;
	uint64_t established; /**< events */
	uint64_t removed;
};

/** Ends the process where a rule is broken, so that the fuzzer keeps the input. */
static void require(bool holds, const char *rule)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

/** Counts an event. */
static void on_established(void *user, struct session_entry *entry)
{
	struct run *run = user;

	require(entry->state == SESSION_ESTABLISHED, "announced entries are ESTABLISHED");
	run->established++;
}

/** Counts an event. */
static void on_removed(void *user, struct session_entry *entry)
{
	struct run *run = user;

	require(session_server(entry) != NULL, "removed entries still have their client");
	run->removed++;
}

/** Narrow limits and short times, so that little input reaches them. */
static void begin(struct run *run)
{
	static const struct hash_key key = { { 9, 10 } };
	struct session_events events = { .established = on_established,
		.removed = on_removed,
		.user = run };
	struct config_service *service;

	run->config = test_config(3);
	test_config_add_service(run->config, "other", "192.0.2.2");
	run->config->max_entries = 12;
	run->config->max_entries_per_client = 4;
	run->config->unreachable_rate = 2;
	run->config->unreachable_burst = 3;
	service = &run->config->services[0];
	service->scheduler = &scheduler_wrr;
	service->ah = true;
	service->soft_entries = 2;
	service->timeout_established_ms = 600000;
	service->servers[1].replies_seen = true;
	service->servers[2].address_v6.family = 0;
	service->servers[2].method = METHOD_NAT;
	service->servers[2].replies_seen = true;
	service->flood_rate = 3;
	service->challenge = service->greylist = SWITCH_AUTO;
	service->greylist_window_ms = 10000;
	service->initial = INITIAL_AUTO;
	run->config->services[1].affinity = AFFINITY_SESSION;
	run->config->services[1].initial = INITIAL_STATELESS;
	run->config->first_messages = 16;
	run->config->challenge_rate = 5;
	run->config->drop_packet = SWITCH_AUTO;
	require(director_new(run->config, &key, &events, &run->director) == 0,
		"a director");
}

/** Frees all: what was left is announced. */
static void end(struct run *run)
{
	uint64_t left = run->director->sessions.entry_count;
	uint64_t before = run->removed;

	director_free(run->director);
	require(run->removed == before + left, "each entry's removal is announced once");
	config_free(run->config);
}

/** Lets the clock go on and entries expire. */
static void advance(struct run *run, unsigned int how)
{
	static const uint32_t steps_ms[] = { 0, 1, 10, 100, 1000, 5000, 10000, 29999,
		30000, 30001, 60000, 300000, 599999, 600000, 600001, 5000000 };

	run->now_ms += steps_ms[how & HOW_CLOCK];
	while (director_expire(run->director, run->now_ms, 2) == 2)
		continue;
	require(director_next_expiry_ms(run->director) > run->now_ms,
		"nothing is due after expiry");
	require(invariants_broken(run->director, run->packets) == NULL,
		"state after expiry");
}

/** Makes the destination ours, or the source of a reply. */
static void redirect(uint8_t *data, size_t size_bytes, enum packet_direction direction)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	bool reply = direction == PACKET_TO_CLIENT;

	if (size_bytes >= 20 && data[0] >> 4 == 4)
		memcpy(data + (reply ? 12 : 16), (const uint8_t[]){ 192, 0, 2, 1 }, 4);
	else if (size_bytes >= 40 && data[0] >> 4 == 6)
		memcpy(data + (reply ? 8 : 24), v6, 16);
}

/** An answer must be whole: its length and the checksum of its ICMP part. */
static void check_answer(
	const struct packet *packet, const uint8_t *data, size_t size_bytes)
{
	uint8_t *out = malloc(UNREACHABLE_BYTES);
	size_t answer_bytes;
	size_t header_bytes = packet->flow.client.family == AF_INET ? 20 : 40;
	uint32_t sum = 0;

	require(out != NULL, "memory");
	answer_bytes = unreachable_build(packet, data, size_bytes, out);
	require(answer_bytes > header_bytes + 8 && answer_bytes <= UNREACHABLE_BYTES,
		"an answer has a length");
	if (header_bytes == 40)
		sum = checksum_add_pseudo(0, &packet->flow.virtual, &packet->flow.client,
			58, answer_bytes - 40);
	sum = checksum_add(sum, out + header_bytes, answer_bytes - header_bytes);
	require(checksum_finish(sum) == 0, "an answer's checksum is right");
	free(out);
}

/** A challenge is shorter than what it answers. */
static void check_challenge(
	const struct run *run, const struct packet *packet, size_t wire_bytes)
{
	uint8_t answer[CHALLENGE_BYTES];
	size_t size_bytes = challenge_build(
		&run->director->defence.key, packet, run->now_ms, answer);

	require(size_bytes <= wire_bytes && size_bytes <= sizeof(answer),
		"a challenge is shorter");
}

/** What must be true of a decision. */
static void check_decision(const struct packet *packet, const struct decision *decision)
{
	if (decision->action == DECISION_FORWARD)
		require(decision->server != NULL && decision->service != NULL &&
				server_reachable(
					decision->server, packet->flow.client.family),
			"what is forwarded has a server of its family");
	else if (packet->direction == PACKET_TO_SERVER)
		require(decision->change == CHANGE_NONE || decision->entry == NULL,
			"what is not forwarded changes nothing");
	else
		require(decision->action == DECISION_PASS, "replies pass");
	require(decision->action != DECISION_UNREACHABLE || packet->kind == PACKET_ESP ||
			packet->kind == PACKET_AH,
		"only ESP and AH are answered");
	require(decision->action != DECISION_CHALLENGE || challenge_fits(packet),
		"only what fits is challenged");
	require(packet->kind != PACKET_MALFORMED || decision->action == DECISION_DROP ||
			packet->direction == PACKET_TO_CLIENT,
		"malformed packets are dropped");
	require(decision->reason < REASON_COUNT, "a reason");
}

/** One packet, of which data holds size_bytes. */
static void pass(struct run *run, enum packet_direction direction, const uint8_t *data,
	size_t size_bytes, size_t wire_bytes)
{
	struct decision decision;
	struct decision again;
	struct packet packet;

	classify(data, size_bytes, wire_bytes, direction, &packet);
	if (direction == PACKET_TO_CLIENT)
		director_name_sender(run->director, &packet);
	require(packet.kind <= PACKET_FRAGMENT, "a kind");
	require(packet.kind != PACKET_MALFORMED || packet.reason < REASON_COUNT,
		"why malformed");
	decide(run->director, &packet, &decision);
	decide(run->director, &packet, &again);
	require(decision.action == again.action && decision.reason == again.reason &&
			decision.change == again.change &&
			decision.server == again.server,
		"deciding changes nothing");
	decide_commit(run->director, &packet, run->now_ms, wire_bytes, &decision);
	run->packets++;
	check_decision(&packet, &decision);
	if (decision.action == DECISION_UNREACHABLE)
		check_answer(&packet, data, size_bytes);
	if (decision.action == DECISION_CHALLENGE)
		check_challenge(run, &packet, wire_bytes);
	again.reason = decision.reason;
	if (invariants_broken(run->director, run->packets) != NULL) {
		fprintf(stderr, "after %s: %s\n", reason_name(again.reason),
			invariants_broken(run->director, run->packets));
		abort();
	}
}

/** One record with a copy of its packet of exactly that size. */
static void run_record(
	struct run *run, unsigned int how, const uint8_t *bytes, size_t size_bytes)
{
	enum packet_direction direction =
		how & HOW_REPLY ? PACKET_TO_CLIENT : PACKET_TO_SERVER;
	uint8_t *data = malloc(size_bytes + (size_bytes == 0));

	require(data != NULL, "memory");
	memcpy(data, bytes, size_bytes);
	if (how & HOW_TO_VIP)
		redirect(data, size_bytes, direction);
	if (how & HOW_WEIGHT)
		run->director->services[0].servers[run->packets % 3].weight =
			(uint32_t)(size_bytes % 4);
	advance(run, how);
	pass(run, direction, data, size_bytes,
		size_bytes + (how & HOW_SHORT_CAPTURE ? 1000 : 0));
	free(data);
}

/** libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct run run = { .now_ms = 1000 };

	begin(&run);
	while (size_bytes >= 3) {
		size_t length = (size_t)data[1] << 8 | data[2];

		if (length > size_bytes - 3)
			length = size_bytes - 3;
		run_record(&run, data[0], data + 3, length);
		data += 3 + length;
		size_bytes -= 3 + length;
	}
	end(&run);
	return 0;
}
