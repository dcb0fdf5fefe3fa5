/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: lines of the control protocol, from a peer that may do everything. Each
 * answer is one line of JSON-RPC, weights stay within their bounds, nothing is counted as
 * a packet, and entries go by being deleted alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/handshake.h"
#include "core/scheduler.h"
#include "daemon/rpc.h"
#include "tests/fuzz/fuzz.h"

/** Ends the process where a rule is broken, so that the fuzzer keeps the input. */
static void require(bool holds, const char *rule)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

/** A director with one service, one server and two entries, one of them ESTABLISHED. */
static struct director *director_make(const struct config *config)
{
	static const struct hash_key key = { { 3, 4 } };
	struct packet packet = { .icookie = 1, .rcookie = 2 };
	struct director *director;

	require(director_new(config, &key, NULL, &director) == 0, "a director");
	for (uint8_t i = 1; i <= 2; i++) {
		struct session_entry *entry;

		packet.flow.client = address_v4((const uint8_t[]){ 203, 0, 113, i });
		packet.flow.virtual = config->services[0].addresses[0];
		packet.flow.client_port = packet.flow.virtual_port = PACKET_PORT_ISAKMP;
		require(session_add(&director->sessions, &director->services[0],
				&director->services[0].servers[0], &packet.flow, 0, &entry) == 0,
			"an entry");
		require(handshake_note(&director->sessions, entry, &packet) == 0,
			"a handshake");
		if (i == 1)
			session_establish(&director->sessions, entry, 0);
	}
	return director;
}

/** Checks what no request may have done; deleted tells whether one may have deleted. */
static void check_director(const struct director *director, bool deleted)
{
	for (size_t i = 0; i < REASON_COUNT; i++)
		require(director_count(director, (enum reason)i) == 0,
			"what is asked is no packet");
	require(director->sessions.entry_count == 2 ||
			(deleted && director->sessions.entry_count < 2),
		"entries stay");
	require(director->services[0].servers[0].weight <= SERVER_WEIGHT_MAX,
		"weights have a limit");
}

/** Checks an answer and frees it; there is none to a notification. */
static void check_answer(char *text)
{
	if (!text)
		return;
	json_t *answer = json_loads(text, 0, NULL);

	require(strchr(text, '\n') == NULL, "an answer is one line");
	require(json_is_object(answer), "of JSON");
	require(!json_object_get(answer, "result") != !json_object_get(answer, "error"),
		"a result or an error");
	json_decref(answer);
	free(text);
}

/** Answers each line of the input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static const struct rpc_rights rights = { .read = true, .write = true };
	struct config_server server = { .name = "gw1", .weight = 1 };
	struct config_service service = { .name = "vpn", .scheduler = &scheduler_wlc,
		.timeout_initial_ms = 30000, .timeout_established_ms = 60000,
		.servers = &server, .server_count = 1, .address_count = 1 };
	struct config config;
	static struct counting counting;
	struct rpc_context context = { .config = &config, .counting = &counting };
	const char *at = (const char *)data;
	size_t left = size_bytes;

	config_defaults(&config);
	service.addresses[0] = address_v4((const uint8_t[]){ 192, 0, 2, 1 });
	config.services = &service;
	config.service_count = config.server_count = 1;
	config.max_entries = 16;
	context.director = director_make(&config);
	if (counting_init(&counting, &context.director->sessions.key))
		abort();
	while (left > 0) {
		const char *end = memchr(at, '\n', left);
		size_t length = end ? (size_t)(end - at) : left;

		check_answer(rpc_answer(&context, &rights, at, length, 5000));
		at += length + (end != NULL);
		left -= length + (end != NULL);
	}
	check_director(context.director, memmem(data, size_bytes, "delete", 6) != NULL ||
						 memmem(data, size_bytes, "\\u", 2) != NULL);
	counting_fini(&counting);
	director_free(context.director);
	return 0;
}
