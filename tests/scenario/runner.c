/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs scenario files on virtual time: packets in words go through classify, decide and
 * decide_commit, and the file says what must come of them. The grammar is in README.md.
 * No clock, no kernel. Exit status 1 when an expectation failed, 2 for a wrong file.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config_file.h"
#include "tests/scenario/scenario.h"

#define CONFIG_TEXT_BYTES 16384

/** A statement by its first word. */
struct statement {
	const char *name;
	void (*run)(struct scenario *scenario, char *rest);
};

static const struct statement statements[] = {
	{ "at", act_at },
	{ "send", act_send },
	{ "reply", act_reply },
	{ "flood", act_flood },
	{ "weight", act_weight },
	{ "expect", judge_expect },
	{ "kind", judge_kind },
	{ "table", judge_table },
	{ "server", judge_server },
	{ "state", judge_state },
	{ "client", judge_client },
	{ "count", judge_count },
	{ "events", judge_events },
};

/** Counts and prints a failure. */
void scenario_fail(struct scenario *scenario, const char *format, ...)
{
	va_list arguments;

	scenario->failures++;
	fprintf(stderr, "%s:%u: ", scenario->file, scenario->line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/** Counts an announced establishment; the entry must look like one. */
static void on_established(void *user, struct session_entry *entry)
{
	struct scenario *scenario = user;

	scenario->established++;
	if (entry->state != SESSION_ESTABLISHED)
		scenario_fail(scenario, "announced as established, but is not");
}

/** Counts an announced removal. */
static void on_removed(void *user, struct session_entry *entry)
{
	struct scenario *scenario = user;

	scenario->removed++;
	if (entry->client == NULL)
		scenario_fail(scenario, "announced as removed without its client");
}

/** Prints every fault that the configuration has. */
static void print_faults(struct scenario *scenario, const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		scenario_fail(scenario, "configuration: %s", errors->list[i].text);
}

/** Parses the configuration and makes the director. */
bool scenario_configure(struct scenario *scenario, const char *text)
{
	/* Any fixed key does: nobody attacks a scenario, and runs must repeat. */
	static const struct hash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	struct session_events events = {
		.established = on_established,
		.removed = on_removed,
		.user = scenario,
	};
	struct config_errors errors = { .count = 0 };
	int result;

	if (scenario->director != NULL) {
		scenario_fail(scenario, "found a second config");
		return false;
	}
	result = config_file_parse(scenario->file, text, &scenario->config, &errors);
	if (result != 0) {
		print_faults(scenario, &errors);
		return false;
	}
	result = director_new(scenario->config, &key, &events, &scenario->director);
	if (result != 0)
		scenario_fail(scenario, "no director: %s", strerror(-result));
	return result == 0;
}

/** Cuts comment, line end and spaces on both sides off a line. */
static char *strip(char *line)
{
	size_t length;

	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	length = strlen(line);
	while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		line[--length] = '\0';
	return line;
}

/** Appends the lines up to "end" of stream to text. False when the end is missing. */
static bool read_block(
	struct scenario *scenario, FILE *stream, char text[static CONFIG_TEXT_BYTES])
{
	char line[SCENARIO_LINE_BYTES];
	size_t used = 0;

	while (fgets(line, sizeof(line), stream) != NULL) {
		size_t length = strlen(line);

		scenario->line++;
		if (strcmp(line, "end\n") == 0)
			return true;
		if (used + length >= CONFIG_TEXT_BYTES)
			break;
		memcpy(text + used, line, length + 1);
		used += length;
	}
	scenario_fail(scenario, "config without end, or too long");
	return false;
}

/** Reads NAME.conf that stands beside the scenario. */
static bool read_named(
	struct scenario *scenario, const char *name, char text[static CONFIG_TEXT_BYTES])
{
	const char *slash = strrchr(scenario->file, '/');
	int folder_bytes = slash == NULL ? 0 : (int)(slash - scenario->file + 1);
	char path[4096];
	FILE *stream;
	size_t size_bytes;

	snprintf(path, sizeof(path), "%.*s%s.conf", folder_bytes, scenario->file, name);
	stream = fopen(path, "r");
	if (stream == NULL) {
		scenario_fail(scenario, "%s: %s", path, strerror(errno));
		return false;
	}
	size_bytes = fread(text, 1, CONFIG_TEXT_BYTES - 1, stream);
	text[size_bytes] = '\0';
	fclose(stream);
	return true;
}

/** config [NAME]: a configuration from the file NAME.conf, or the lines up to "end". */
static bool run_config(struct scenario *scenario, FILE *stream, const char *name)
{
	char text[CONFIG_TEXT_BYTES] = "";
	bool found = *name == '\0' ? read_block(scenario, stream, text)
				   : read_named(scenario, name, text);

	return found && scenario_configure(scenario, text);
}

/** Runs one statement; false where going on makes no sense. */
static bool run_statement(struct scenario *scenario, FILE *stream, char *line)
{
	size_t name_bytes = strcspn(line, " \t");
	char *rest = line + name_bytes;

	if (*rest != '\0')
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	if (strcmp(line, "config") == 0)
		return run_config(scenario, stream, rest);
	if (scenario->director == NULL) {
		scenario_fail(scenario, "found %s, expected config first", line);
		return false;
	}
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		if (strcmp(statements[i].name, line) == 0) {
			statements[i].run(scenario, rest);
			return true;
		}
	}
	scenario_fail(scenario, "found %s, expected a statement", line);
	return false;
}

/** Reads and runs the whole file. */
static void run_stream(struct scenario *scenario, FILE *stream)
{
	char buffer[SCENARIO_LINE_BYTES];

	while (fgets(buffer, sizeof(buffer), stream) != NULL) {
		char *line;

		scenario->line++;
		line = strip(buffer);
		if (*line != '\0' && !run_statement(scenario, stream, line))
			return;
	}
	if (scenario->unexpected_line != 0)
		scenario_fail(scenario, "expected an expect for the send of line %u",
			scenario->unexpected_line);
	if (scenario->packets == 0)
		scenario_fail(scenario, "a scenario without packets shows nothing");
}

/** Frees the director; what it still had must be announced as removed then. */
static void finish(struct scenario *scenario)
{
	uint64_t expected;

	if (scenario->director != NULL) {
		expected = scenario->removed + scenario->director->sessions.entry_count;
		director_free(scenario->director);
		if (scenario->removed != expected)
			scenario_fail(scenario,
				"expected %lu removals announced, found %lu",
				(unsigned long)expected,
				(unsigned long)scenario->removed);
	}
	config_free(scenario->config);
}

/** Runs one file; returns its failures. */
static unsigned int run_file(const char *file)
{
	struct scenario scenario = { .file = file, .now_ms = SCENARIO_START_MS };
	FILE *stream = fopen(file, "r");

	if (stream == NULL) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return 1;
	}
	run_stream(&scenario, stream);
	fclose(stream);
	finish(&scenario);
	printf("%s: %lu packets, %u failures\n", file, (unsigned long)scenario.packets,
		scenario.failures);
	return scenario.failures;
}

/** Runs every file named. */
int main(int argc, char **argv)
{
	unsigned int failures = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE.scenario ...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		failures += run_file(argv[i]);
	return failures == 0 ? 0 : 1;
}
