/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statements that let something happen: time, packets, weights.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/challenge.h"
#include "core/classify.h"
#include "tests/lib/packet_text.h"
#include "tests/scenario/scenario.h"

#define EXPIRE_AT_ONCE                                                                   \
	3 /**< small, so that scenarios pass the "there may be more" path */

/** Handles all that is due now, in small portions as the daemon does; returns how many.
 */
static size_t expire_due(struct scenario *scenario)
{
	size_t handled = 0;
	size_t portion;

	do {
		portion = director_expire(
			scenario->director, scenario->now_ms, EXPIRE_AT_ONCE);
		handled += portion;
	} while (portion == EXPIRE_AT_ONCE);
	judge_invariants(scenario);
	return handled;
}

/** Lets entries expire, each at its own moment, until then_ms. */
static void run_until(struct scenario *scenario, uint64_t then_ms)
{
	uint64_t next_ms;

	expire_due(scenario);
	while ((next_ms = director_next_expiry_ms(scenario->director)) <= then_ms) {
		if (next_ms > scenario->now_ms)
			scenario->now_ms = next_ms;
		if (expire_due(scenario) == 0) {
			scenario_fail(scenario, "expiry is due but nothing expires");
			break;
		}
	}
	scenario->now_ms = then_ms;
	if (expire_due(scenario) != 0)
		scenario_fail(scenario, "something expired before its announced time");
}

/** Goes to a moment. */
void act_at(struct scenario *scenario, char *rest)
{
	char *end;
	double seconds = strtod(rest, &end);
	uint64_t then_ms = SCENARIO_START_MS + (uint64_t)(seconds * 1000 + 0.5);

	if (end == rest || *end != '\0') {
		scenario_fail(scenario, "found at %s, expected seconds", rest);
		return;
	}
	if (then_ms < scenario->now_ms) {
		scenario_fail(scenario, "found at %s, expected a moment that is not over",
			rest);
		return;
	}
	run_until(scenario, then_ms);
}

/** Asks twice: deciding must change nothing and give the same answer. */
static void decide_twice(struct scenario *scenario)
{
	struct decision again;

	decide(scenario->director, &scenario->packet, &scenario->decision);
	decide(scenario->director, &scenario->packet, &again);
	if (again.action != scenario->decision.action ||
		again.change != scenario->decision.change ||
		again.reason != scenario->decision.reason ||
		again.server != scenario->decision.server ||
		again.entry != scenario->decision.entry)
		scenario_fail(scenario, "two decisions about the same packet differ");
}

/** Makes the answer to a challenged packet, and keeps its cookie, which ends it. */
static void keep_cookie(struct scenario *scenario, const struct packet_bytes *bytes)
{
	uint8_t answer[CHALLENGE_BYTES];
	size_t size_bytes = challenge_build(&scenario->director->defence.key,
		&scenario->packet, scenario->now_ms, answer);

	if (size_bytes > bytes->wire_bytes)
		scenario_fail(scenario, "an answer of %zu bytes to %zu", size_bytes,
			bytes->wire_bytes);
	for (size_t i = 0; i < PACKET_COOKIE_BYTES; i++)
		sprintf(scenario->cookie + 2 * i, "%02x",
			answer[size_bytes - PACKET_COOKIE_BYTES + i]);
}

/** One packet through classify, decide and commit. */
static void pass(struct scenario *scenario, const struct packet_bytes *bytes)
{
	/* A copy of just this size, so that a sanitizer sees a read beyond it. */
	uint8_t *data = malloc(bytes->size_bytes > 0 ? bytes->size_bytes : 1);

	if (data == NULL)
		abort();
	memcpy(data, bytes->data, bytes->size_bytes);
	classify(data, bytes->size_bytes, bytes->wire_bytes, scenario->direction,
		&scenario->packet);
	free(data);
	if (scenario->direction == PACKET_TO_CLIENT)
		director_name_sender(scenario->director, &scenario->packet);
	defence_advance(scenario->director, scenario->now_ms);
	decide_twice(scenario);
	decide_commit(scenario->director, &scenario->packet, scenario->now_ms,
		bytes->wire_bytes, &scenario->decision);
	scenario->packets++;
	if (scenario->decision.action == DECISION_CHALLENGE)
		keep_cookie(scenario, bytes);
	judge_invariants(scenario);
}

/** Writes text to out with {c} replaced by the last challenge's cookie. */
static void cookie_text(const struct scenario *scenario, const char *text,
	char out[static SCENARIO_LINE_BYTES])
{
	const char *place = strstr(text, "{c}");

	if (place == NULL)
		snprintf(out, SCENARIO_LINE_BYTES, "%s", text);
	else
		snprintf(out, SCENARIO_LINE_BYTES, "%.*s%s%s", (int)(place - text), text,
			scenario->cookie, place + 3);
}

/** Builds the packet of a text and lets it pass. */
static bool send_text(struct scenario *scenario, const char *words)
{
	char error[PACKET_TEXT_ERROR_BYTES];
	char text[SCENARIO_LINE_BYTES];
	struct packet_bytes bytes;

	cookie_text(scenario, words, text);
	if (packet_text_build(text, &bytes, error) != 0) {
		scenario_fail(scenario, "%s", error);
		return false;
	}
	pass(scenario, &bytes);
	return true;
}

/** Sends one packet that the next expect is about. */
static void send_expected(
	struct scenario *scenario, enum packet_direction direction, const char *rest)
{
	if (scenario->unexpected_line != 0)
		scenario_fail(scenario,
			"expected an expect for the send of line %u first",
			scenario->unexpected_line);
	scenario->unexpected_line = scenario->line;
	scenario->direction = direction;
	send_text(scenario, rest);
	scenario->direction = PACKET_TO_SERVER;
}

/** Sends one packet of a client. */
void act_send(struct scenario *scenario, char *rest)
{
	send_expected(scenario, PACKET_TO_SERVER, rest);
}

/** Sends one packet of a server, as the director sees it. */
void act_reply(struct scenario *scenario, char *rest)
{
	send_expected(scenario, PACKET_TO_CLIENT, rest);
}

/** Writes text to out with {i} and {d} replaced by number. */
static void number_text(
	const char *text, unsigned int number, char out[static SCENARIO_LINE_BYTES])
{
	size_t used = 0;

	while (*text != '\0' && used < SCENARIO_LINE_BYTES - 16) {
		if (strncmp(text, "{i}", 3) == 0 || strncmp(text, "{d}", 3) == 0) {
			used += (size_t)sprintf(
				out + used, text[1] == 'i' ? "%x" : "%u", number);
			text += 3;
			continue;
		}
		out[used++] = *text++;
	}
	out[used] = '\0';
}

/** Sends many packets. */
void act_flood(struct scenario *scenario, char *rest)
{
	char text[SCENARIO_LINE_BYTES];
	char *packet;
	unsigned long count = strtoul(rest, &packet, 10);

	if (packet == rest || *packet != ' ') {
		scenario_fail(
			scenario, "found flood %s, expected a number and a packet", rest);
		return;
	}
	for (unsigned int i = 1; i <= count; i++) {
		number_text(packet, i, text);
		if (!send_text(scenario, text))
			return;
	}
}

/** Sets a server's live weight. */
void act_weight(struct scenario *scenario, char *rest)
{
	char service_name[CONFIG_NAME_BYTES];
	char server_name[CONFIG_NAME_BYTES];
	struct service *service;
	struct server *server = NULL;
	uint32_t weight;

	if (sscanf(rest, "%31s %31s %" SCNu32, service_name, server_name, &weight) != 3) {
		scenario_fail(
			scenario, "found weight %s, expected SERVICE SERVER N", rest);
		return;
	}
	service = director_service(scenario->director, service_name);
	if (service != NULL)
		server = service_server(service, server_name);
	if (server == NULL)
		scenario_fail(scenario, "no server %s in a service %s", server_name,
			service_name);
	else
		server->weight = weight;
}
