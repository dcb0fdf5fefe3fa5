/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of all scenarios: each is explained before it passes, and the explanation
 * must come true. What the scenarios expect is the runner's business; here it is only that
 * explain and decide never differ, whatever the configuration.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"
#include "tests/unit/explain_fixture.h"
#include "tests/unit/unit.h"

/** What was seen on the way. */
struct walk {
	struct explain_fixture fixture;
	size_t packets;
	bool reasons[REASON_COUNT];
};

/** The same of the defences. */
static void configure_defence(struct config *config, unsigned int choice)
{
	struct config_service *service = &config->services[0];

	service->challenge = choice & 16 ? SWITCH_ON : SWITCH_OFF;
	service->initial = choice & 4 ? INITIAL_STATELESS : INITIAL_TABLE;
	service->greylist = (choice & 20) == 20 ? SWITCH_ON : SWITCH_OFF;
	service->greylist_window_ms = 30000;
	service->flood_rate = 1000;
	service->servers[0].new_rate = choice & 2 ? 1 : 0;
	service->servers[1].new_rate = choice & 2 ? 1 : 0;
	service->servers[2].new_rate = choice & 2 ? 1 : 0;
	config->max_memory_bytes = (choice & 3) == 1 ? 1000 : 0;
	config->challenge_rate = 3;
	config->drop_packet = choice & 8 ? SWITCH_ON : SWITCH_OFF;
	config->drop_packet_one_in = 50;
	config->drop_entry = choice & 8 ? SWITCH_AUTO : SWITCH_OFF;
}

/** Turns on what a service may have, as the bits of choice say. */
static void configure(struct explain_fixture *fixture, unsigned int choice)
{
	struct config_service *service = &fixture->config->services[0];

	service->affinity = choice & 1 ? AFFINITY_SESSION : AFFINITY_CLIENT;
	service->learn_spi = choice & 2;
	service->sloppy = choice & 4;
	service->ah = !(choice & 4);
	service->persistence_ms = choice & 2 ? 60000 : 0;
	service->persistence_prefix_v4 = 24;
	service->persistence_prefix_v6 = 64;
	if (choice & 4) {
		service->servers[2].spi_first = 0xc0000000;
		service->servers[2].spi_last = 0xcfffffff;
	}
	fixture->config->max_entries = choice & 1 ? 4 : 1000;
	fixture->config->max_entries_per_client = 3;
	fixture->config->unreachable_burst = 2;
	configure_defence(fixture->config, choice);
	explain_renew(fixture);
}

/** Tells whether a sentence has these words. */
static bool has_step(const json_t *told, const char *words)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(told, "steps"), i, step)
	{
		if (strstr(json_string_value(step), words))
			return true;
	}
	return false;
}

/** Explains the packet of a line, lets it pass, and compares. What a limit makes of it must
 *  have been announced. */
static void walk_packet(struct walk *walk, const char *text, bool is_reply)
{
	struct explain_fixture *fixture = &walk->fixture;
	json_t *told = json_incref(explain_packet_text(
		fixture, text, is_reply ? "reply" : "request"));
	struct decision decision = explain_pass(
		fixture, text, is_reply ? PACKET_TO_CLIENT : PACKET_TO_SERVER);
	const char *reason = json_string_value(json_object_get(told, "reason"));
	const char *server = json_string_value(json_object_get(told, "server"));

	ck_assert_msg(!strcmp(reason, reason_name(decision.reason)) ||
			has_step(told, reason_name(decision.reason)),
		"%s: %s, explained as %s", text, reason_name(decision.reason), reason);
	if (decision.action == DECISION_FORWARD)
		ck_assert_msg(server && !strcmp(server, decision.server->config->name),
			"%s: to %s, explained as %s", text, decision.server->config->name,
			server ? server : "none");
	ck_assert_uint_ge(json_array_size(json_object_get(told, "steps")), 1);
	ck_assert_uint_eq(invariants_counted(fixture->director), fixture->packets);
	walk->packets++;
	walk->reasons[decision.reason] = true;
	json_decref(told);
}

/** Walks the packets of a file, seconds apart. */
static void walk_file(struct walk *walk, const char *path)
{
	static char line[16384];
	FILE *file = fopen(path, "r");
	char error[PACKET_TEXT_ERROR_BYTES];
	struct packet_bytes bytes;

	ck_assert_msg(file != NULL, "%s", path);
	while (fgets(line, sizeof(line), file)) {
		bool is_reply = strncmp(line, "reply ", 6) == 0;
		char *text = strchr(line, ' ');

		line[strcspn(line, "#\n")] = '\0';
		if (!is_reply && strncmp(line, "send ", 5) != 0)
			continue;
		if (packet_text_build(text, &bytes, error) != 0 || bytes.size_bytes == 0 ||
			bytes.size_bytes > IPB_EXPLAIN_BYTES)
			continue;
		walk_packet(walk, text, is_reply);
		walk->fixture.now_ms += 100;
	}
	fclose(file);
}

/** Walks all files with one choice of options. */
static void walk_all(struct walk *walk, unsigned int choice)
{
	const char *root = getenv("srcdir");
	const struct dirent *entry;
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/scenario", root ? root : ".");
	DIR *directory = opendir(path);

	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory)) != NULL) {
		const char *end = strrchr(entry->d_name, '.');

		if (!end || strcmp(end, ".scenario") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/tests/scenario/%s", root ? root : ".",
			entry->d_name);
		explain_begin(&walk->fixture, choice & 8 ? METHOD_NAT : METHOD_DIRECT);
		configure(&walk->fixture, choice);
		walk_file(walk, path);
		explain_end(&walk->fixture);
	}
	closedir(directory);
}

/** With every choice of options, and nearly every reason there is. */
START_TEST(scenarios_come_true)
{
	struct walk walk = { .packets = 0 };
	size_t reasons = 0;

	for (unsigned int choice = 0; choice < 32; choice++)
		walk_all(&walk, choice);
	for (size_t i = 0; i < REASON_COUNT; i++)
		reasons += walk.reasons[i];
	printf("%zu packets, %zu of %d reasons\n", walk.packets, reasons, REASON_COUNT);
	ck_assert_uint_ge(walk.packets, 5000);
	ck_assert_uint_ge(reasons, REASON_COUNT - 8);
}
END_TEST

UNIT_MAIN("rpc_explain_scenarios", scenarios_come_true)
