/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statements that compare: what was decided, what stands in the tables, what was counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/invariants.h"
#include "tests/lib/packet_text.h"
#include "tests/scenario/scenario.h"

#define TEXT_BYTES 256

/** A number that a statement may ask for by name. */
struct figure {
	const char *name;
	uint64_t value;
};

/** Compares each "NAME=N" of rest with the figures. */
static void compare_figures(
	struct scenario *scenario, char *rest, const struct figure *figures, size_t count)
{
	char *words = rest;
	char *word;

	while ((word = strtok_r(NULL, " \t", &words)) != NULL) {
		char *value = strchr(word, '=');
		char *end = "";
		uint64_t expected;
		size_t i;

		if (value == NULL) {
			scenario_fail(scenario, "found %s, expected NAME=N", word);
			return;
		}
		*value++ = '\0';
		expected = strtoull(value, &end, 10);
		for (i = 0; i < count && strcmp(figures[i].name, word) != 0; i++)
			continue;
		if (i == count || *value == '\0' || *end != '\0')
			scenario_fail(scenario,
				"found %s=%s, expected a known name and a number", word,
				value);
		else if (figures[i].value != expected)
			scenario_fail(scenario,
				"expected %s=%" PRIu64 ", found %s=%" PRIu64, word,
				expected, word, figures[i].value);
	}
}

/** Takes the first word off rest; NULL when there is none. */
static char *take_word(char **rest)
{
	return strtok_r(NULL, " \t", rest);
}

/** Takes a service's name off rest if rest begins with one; NULL else. */
static struct service *take_service(struct scenario *scenario, char **rest)
{
	char copy[TEXT_BYTES];
	char *words = copy;
	char *word;
	struct service *service;

	snprintf(copy, sizeof(copy), "%s", *rest);
	word = take_word(&words);
	service = word == NULL ? NULL : director_service(scenario->director, word);
	if (service != NULL)
		take_word(rest);
	return service;
}

/** Takes a service's name off rest; a failure when there is none. */
static struct service *need_service(struct scenario *scenario, char **rest)
{
	struct service *service = take_service(scenario, rest);

	if (service == NULL)
		scenario_fail(
			scenario, "found %s, expected the name of a service", *rest);
	return service;
}

/** Writes a decision as expect has it. */
static void decision_text(
	const struct decision *decision, bool any_server, char out[static TEXT_BYTES])
{
	const char *server = "";

	if (decision->action == DECISION_FORWARD && any_server)
		server = " any";
	else if (decision->action == DECISION_FORWARD && decision->server == NULL)
		server = " (no server)";
	snprintf(out, TEXT_BYTES, "%s%s%s%s %s", decision_action_name(decision->action),
		server,
		*server == '\0' && decision->server != NULL &&
				decision->action == DECISION_FORWARD
			? " "
			: "",
		*server == '\0' && decision->server != NULL &&
				decision->action == DECISION_FORWARD
			? decision->server->config->name
			: "",
		reason_name(decision->reason));
}

/** Compares the decision. */
void judge_expect(struct scenario *scenario, char *rest)
{
	bool any_server = strncmp(rest, "forward any ", 12) == 0;
	char found[TEXT_BYTES];

	if (scenario->unexpected_line == 0) {
		scenario_fail(scenario, "found expect, expected a send before it");
		return;
	}
	scenario->unexpected_line = 0;
	decision_text(&scenario->decision, any_server, found);
	if (strcmp(found, rest) != 0)
		scenario_fail(scenario, "expected %s, found %s (kind %s)", rest, found,
			packet_kind_name(scenario->packet.kind));
}

/** Compares the kind of the packet sent last. */
void judge_kind(struct scenario *scenario, char *rest)
{
	const char *found = packet_kind_name(scenario->packet.kind);

	if (strcmp(found, rest) != 0)
		scenario_fail(scenario, "expected kind %s, found %s", rest, found);
}

/** Compares how much stands in a service, or in all. */
void judge_table(struct scenario *scenario, char *rest)
{
	const struct service *only = take_service(scenario, &rest);
	struct figure figures[] = {
		{ "initial", 0 },
		{ "established", 0 },
		{ "soft", 0 },
		{ "clients", 0 },
		{ "entries", scenario->director->sessions.entry_count },
		{ "cookies", scenario->director->sessions.cookies.count },
	};

	for (size_t i = 0; i < scenario->director->service_count; i++) {
		const struct service *service = &scenario->director->services[i];

		if (only != NULL && service != only)
			continue;
		figures[0].value += service->initial_count;
		figures[1].value += service->established_count;
		figures[2].value += service->soft_count;
		figures[3].value += service->client_count;
	}
	compare_figures(scenario, rest, figures, sizeof(figures) / sizeof(*figures));
}

/** Compares a server's figures. */
void judge_server(struct scenario *scenario, char *rest)
{
	struct service *service = need_service(scenario, &rest);
	const struct server *server;
	char *name;

	if (service == NULL)
		return;
	name = take_word(&rest);
	server = name == NULL ? NULL : service_server(service, name);
	if (server == NULL) {
		scenario_fail(scenario, "found %s, expected the name of a server",
			name == NULL ? "nothing" : name);
		return;
	}
	compare_figures(scenario, rest,
		(struct figure[]){ { "clients", server->clients },
			{ "initial", server->initial },
			{ "established", server->established },
			{ "packets", server->packets }, { "bytes", server->bytes },
			{ "weight", server->weight } },
		6);
}

/** Reads "CLIENT:PORT > VIRTUAL:PORT". */
static bool read_flow(
	struct scenario *scenario, char **rest, struct packet_flow *ret_flow)
{
	char *client = take_word(rest);
	char *arrow = take_word(rest);
	char *virtual = take_word(rest);

	memset(ret_flow, 0, sizeof(*ret_flow));
	if (virtual != NULL && strcmp(arrow, ">") == 0 &&
		packet_text_endpoint(client, &ret_flow->client, &ret_flow->client_port) ==
			0 &&
		packet_text_endpoint(
			virtual, &ret_flow->virtual, &ret_flow->virtual_port) == 0)
		return true;
	scenario_fail(scenario, "expected CLIENT:PORT > VIRTUAL:PORT");
	return false;
}

/** Compares and takes away "NAME=WORD" from rest, so that numbers alone are left. */
static void compare_word(
	struct scenario *scenario, char *rest, const char *name, const char *found)
{
	size_t name_bytes = strlen(name);
	char *place = strstr(rest, name);
	size_t value_bytes;

	if (place == NULL)
		return;
	value_bytes = strcspn(place + name_bytes, " \t");
	if (strlen(found) != value_bytes ||
		memcmp(found, place + name_bytes, value_bytes) != 0)
		scenario_fail(scenario, "expected %.*s, found %s%s",
			(int)(name_bytes + value_bytes), place, name, found);
	memset(place, ' ', name_bytes + value_bytes);
}

/** Milliseconds until the entry expires as "12.5"; "0" when that is over. */
static void expires_text(const struct scenario *scenario,
	const struct session_entry *entry, char out[static TEXT_BYTES])
{
	uint64_t expires_ms = session_expires_ms(entry);
	uint64_t left_ms =
		expires_ms > scenario->now_ms ? expires_ms - scenario->now_ms : 0;

	snprintf(out, TEXT_BYTES, "%g", (double)left_ms / 1000);
}

/** Compares one entry. */
void judge_state(struct scenario *scenario, char *rest)
{
	const struct session_entry *entry;
	struct packet_flow flow;
	char expires[TEXT_BYTES];
	const char *found;
	char *state;

	if (!read_flow(scenario, &rest, &flow))
		return;
	state = take_word(&rest);
	entry = session_find_flow(&scenario->director->sessions, &flow);
	found = entry == NULL ? "none" : session_state_name(entry);
	if (state == NULL || strcmp(state, found) != 0)
		scenario_fail(scenario, "expected state %s, found %s",
			state == NULL ? "(nothing)" : state, found);
	if (entry == NULL)
		return;
	expires_text(scenario, entry, expires);
	compare_word(scenario, rest, "expires=", expires);
	compare_word(scenario, rest, "server=", session_server(entry)->config->name);
	compare_figures(scenario, rest,
		(struct figure[]){ { "handshakes", entry->handshake_count },
			{ "packets", entry->packets } },
		2);
}

/** Compares one client. */
void judge_client(struct scenario *scenario, char *rest)
{
	struct service *service = need_service(scenario, &rest);
	const struct session_client *client;
	struct address address;
	char *word;

	if (service == NULL)
		return;
	word = take_word(&rest);
	if (word == NULL || address_parse(word, &address) != 0) {
		scenario_fail(scenario, "expected the address of a client");
		return;
	}
	client = session_find_client(&scenario->director->sessions, service, &address);
	if ((client == NULL) != (strncmp(rest, "none", 4) == 0)) {
		scenario_fail(scenario, "expected client %s, found %s", rest,
			client == NULL ? "none" : session_client_server(client)->config->name);
		return;
	}
	if (client == NULL)
		return;
	compare_word(scenario, rest, "server=", session_client_server(client)->config->name);
	compare_figures(scenario, rest,
		(struct figure[]){ { "entries", client->entry_count },
			{ "established", client->established_count } },
		2);
}

/** Compares counters; REASON "packets" is all of them together. */
void judge_count(struct scenario *scenario, char *rest)
{
	const struct service *service = take_service(scenario, &rest);
	struct figure figures[REASON_COUNT + 1];
	uint64_t sum = 0;

	for (int i = 0; i < REASON_COUNT; i++) {
		figures[i].name = reason_name((enum reason)i);
		figures[i].value = service != NULL ? service->counters[i]
						   : director_count(scenario->director,
							     (enum reason)i);
		sum += figures[i].value;
	}
	figures[REASON_COUNT] = (struct figure){ "packets", sum };
	compare_figures(scenario, rest, figures, REASON_COUNT + 1);
}

/** Compares what was announced since the beginning. */
void judge_events(struct scenario *scenario, char *rest)
{
	compare_figures(scenario, rest,
		(struct figure[]){ { "established", scenario->established },
			{ "removed", scenario->removed } },
		2);
}

/** Fails when a rule that always holds is broken. */
void judge_invariants(struct scenario *scenario)
{
	const char *broken = invariants_broken(scenario->director, scenario->packets);

	if (broken != NULL)
		scenario_fail(scenario, "no longer true: %s", broken);
}
