/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manual pages, examples and snippets against the program: nothing that a user can type
 * or see is left out, and every example works.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reason.h"
#include "core/ruleset_text.h"
#include "ctl/command.h"
#include "daemon/config_file.h"
#include "daemon/rpc.h"
#include "tests/unit/unit.h"

#define TEXT_BYTES 65536

/** The path of a file of the source tree. */
static const char *source_path(const char *name)
{
	static char path[512];
	const char *root = getenv("srcdir");

	snprintf(path, sizeof(path), "%s/%s", root ? root : ".", name);
	return path;
}

/** The text of a file of the source tree; valid until the next call. */
static const char *source_text(const char *name)
{
	static char text[TEXT_BYTES];
	FILE *file = fopen(source_path(name), "r");

	ck_assert_msg(file != NULL, "%s cannot be opened", source_path(name));
	size_t size_bytes = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	ck_assert_uint_lt(size_bytes, sizeof(text) - 1);
	text[size_bytes] = '\0';
	return text;
}

/** Each reason is explained. */
START_TEST(reasons_are_explained)
{
	const char *page = source_text("man/ipsec-balancerctl.8");
	char item[64];

	for (size_t i = 0; i < REASON_COUNT; i++) {
		snprintf(
			item, sizeof(item), "\n.It Cm %s\n", reason_name((enum reason)i));
		ck_assert_msg(strstr(page, item) != NULL, "reason %s is not explained",
			reason_name((enum reason)i));
	}
}
END_TEST

/** No reason is explained that there is not. */
START_TEST(explained_reasons_exist)
{
	const char *at = strstr(source_text("man/ipsec-balancerctl.8"), "\n.Sh REASONS");
	const char *end = at ? strstr(at, "\n.Sh PROTOCOL") : NULL;

	ck_assert_ptr_nonnull(end);
	while ((at = strstr(at, "\n.It Cm ")) != NULL && at < end) {
		size_t i = 0, length;

		at += strlen("\n.It Cm ");
		length = strcspn(at, "\n");
		while (i < REASON_COUNT &&
			(strlen(reason_name((enum reason)i)) != length ||
				strncmp(reason_name((enum reason)i), at, length) != 0))
			i++;
		ck_assert_msg(i < REASON_COUNT, "no reason %.*s", (int)length, at);
	}
}
END_TEST

/** Each key of the configuration is explained. */
START_TEST(keys_are_explained)
{
	const char *page = source_text("man/ipsec-balancer.conf.5");
	const char *key;
	char item[64], section[64];

	for (size_t i = 0; (key = config_file_key(i)) != NULL; i++) {
		snprintf(item, sizeof(item), "\n.It Cm %s No = ", key);
		snprintf(section, sizeof(section), "\n%s NAME { ... }\n", key);
		ck_assert_msg(strstr(page, item) || strstr(page, section),
			"key %s is not explained", key);
	}
}
END_TEST

/** Each command, its filters and each method are explained. */
START_TEST(commands_are_explained)
{
	const char *page = source_text("man/ipsec-balancerctl.8");
	const struct command *command;
	const char *method;
	char item[64];

	for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
		snprintf(item, sizeof(item), "\n.It Cm %s %s", command->words[0],
			command->words[1]);
		ck_assert_msg(
			strstr(page, item) != NULL, "%s is not explained", item + 8);
		for (const char *const *key = command->keys; *key; key++) {
			snprintf(item, sizeof(item), "Cm %s", *key);
			ck_assert_msg(
				strstr(page, item) != NULL, "%s is not explained", *key);
		}
	}
	for (size_t i = 0; (method = rpc_method_at(i)) != NULL; i++)
		ck_assert_msg(
			strstr(page, method) != NULL, "%s is not explained", method);
}
END_TEST

/** Every configuration that is shipped is good. */
START_TEST(examples_are_good)
{
	static struct config_errors errors;
	DIR *directory = opendir(source_path("conf"));
	const struct dirent *entry;
	size_t count = 0;
	char name[300];

	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory)) != NULL) {
		const char *end = strrchr(entry->d_name, '.');
		struct config *config;

		if (!end || strcmp(end, ".conf") != 0)
			continue;
		snprintf(name, sizeof(name), "conf/%s", entry->d_name);
		int rc = config_file_load(source_path(name), &config, &errors);

		ck_assert_msg(rc == 0, "%s", errors.list[0].text);
		config_free(config);
		count++;
	}
	closedir(directory);
	ck_assert_uint_ge(count, 5);
}
END_TEST

/** What the main example says is the default is the default. */
START_TEST(shown_defaults_are_true)
{
	static struct config_errors errors;
	static char text[TEXT_BYTES];
	struct config *plain, *shown;

	strcpy(text, source_text("conf/ipsec-balancer.conf"));
	ck_assert_int_eq(config_file_parse("plain", text, &plain, &errors), 0);
	for (char *at = text; (at = strchr(at, '#')) != NULL; at++)
		if (at[1] >= 'a' && at[1] <= 'z' && strncmp(at, "#socket", 7) != 0)
			*at = ' ';
	ck_assert_msg(config_file_parse("shown", text, &shown, &errors) == 0, "%s",
		errors.list[0].text);
	ck_assert_uint_eq(shown->mark_base, plain->mark_base);
	ck_assert_uint_eq(shown->mark_mask, plain->mark_mask);
	ck_assert_uint_eq(shown->table_base, plain->table_base);
	ck_assert_uint_eq(shown->rule_priority, plain->rule_priority);
	ck_assert_uint_eq(shown->queue, plain->queue);
	ck_assert_uint_eq(shown->queue_length, plain->queue_length);
	ck_assert_uint_eq(shown->socket_buffer_bytes, plain->socket_buffer_bytes);
	ck_assert_uint_eq(shown->max_entries, plain->max_entries);
	ck_assert_uint_eq(shown->max_entries_per_client, plain->max_entries_per_client);
	ck_assert_uint_eq(shown->unreachable_rate, plain->unreachable_rate);
	ck_assert_uint_eq(shown->unreachable_burst, plain->unreachable_burst);
	ck_assert_int_eq(shown->ruleset, plain->ruleset);
	ck_assert_ptr_eq(shown->services[0].scheduler, plain->services[0].scheduler);
	ck_assert_uint_eq(shown->services[0].timeout_initial_ms,
		plain->services[0].timeout_initial_ms);
	ck_assert_uint_eq(shown->services[0].timeout_established_ms,
		plain->services[0].timeout_established_ms);
	ck_assert_uint_eq(
		shown->services[0].soft_entries, plain->services[0].soft_entries);
	ck_assert_uint_eq(shown->services[0].servers[1].weight,
		plain->services[0].servers[1].weight);
	config_free(plain);
	config_free(shown);
}
END_TEST

/** Takes comments, empty lines and indentation out; what nft calls "raw" becomes -300. */
static char *rules_only(const char *text)
{
	static const char raw[] = "priority raw;";
	char *out = calloc(2, strlen(text) + 1), *end = out;

	ck_assert_ptr_nonnull(out);
	while (*text) {
		size_t length = strcspn(text, "\n");
		size_t blanks = strspn(text, " \t");

		if (blanks < length && text[blanks] != '#')
			end += sprintf(
				end, "%.*s\n", (int)(length - blanks), text + blanks);
		text += length + (text[length] == '\n');
	}
	char *priority = strstr(out, raw);

	if (priority) {
		memmove(priority + 14, priority + strlen(raw),
			strlen(priority + strlen(raw)) + 1);
		memcpy(priority, "priority -300;", 14);
	}
	return out;
}

/** The snippet for an operator's own ruleset is what the program prints for its example.
 */
START_TEST(ruleset_snippet_is_current)
{
	static struct config_errors errors;
	struct config *config;
	char *printed;
	int rc = config_file_load(
		source_path("conf/external-ruleset.conf"), &config, &errors);

	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(config->ruleset, RULESET_EXTERNAL);
	ck_assert_int_eq(ruleset_text(config, &printed), 0);
	char *expected = rules_only(printed);
	char *snippet = rules_only(source_text("conf/external-ruleset.nft"));

	ck_assert_str_eq(snippet, expected);
	free(snippet);
	free(expected);
	free(printed);
	config_free(config);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("documents");
	TCase *cases = tcase_create("documents");

	tcase_add_test(cases, reasons_are_explained);
	tcase_add_test(cases, explained_reasons_exist);
	tcase_add_test(cases, keys_are_explained);
	tcase_add_test(cases, commands_are_explained);
	tcase_add_test(cases, examples_are_good);
	tcase_add_test(cases, shown_defaults_are_true);
	tcase_add_test(cases, ruleset_snippet_is_current);
	suite_add_tcase(suite, cases);
	return unit_run_suite(suite);
}
