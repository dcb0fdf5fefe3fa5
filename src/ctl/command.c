/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tool can do. A new command is a row here, and columns or a function that shows
 * its answer.
 */
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/writer.h"
#include "ipsec-balancer/control.h"

static const char *const keys_none[] = { NULL };
static const char *const keys_entries[] = {"service", "server", "client", "state", NULL};
static const char *const keys_clients[] = { "service", "server", "client", NULL };
static const char *const keys_services[] = { "service", NULL };
static const char *const keys_servers[] = { "service", "server", NULL };
static const char *const keys_weight[] = { "weight", NULL };

#define FILTERS_ENTRIES                                                                  \
	"[service=NAME] [server=NAME] [client=ADDRESS[/BITS]] [state=STATE]"

static const struct command commands[] = {
	{{"show", "entries"}, FILTERS_ENTRIES, 0, keys_entries, IPB_SHOW_ENTRIES,
		ANSWER_PAGES, column_entries, NULL, true, "the ISAKMP table"},
	{{"show", "clients"}, "[service=NAME] [server=NAME] [client=ADDRESS[/BITS]]", 0,
		keys_clients, IPB_SHOW_CLIENTS, ANSWER_PAGES, column_clients, NULL, true,
		"client addresses and their servers"},
	{{"show", "services"}, "[service=NAME]", 0, keys_services, IPB_SHOW_SERVICES,
		ANSWER_LIST, column_services, NULL, true, "virtual services"},
	{{"show", "servers"}, "[service=NAME] [server=NAME]", 0, keys_servers,
		IPB_SHOW_SERVERS, ANSWER_LIST, column_servers, NULL, true,
		"real servers"},
	{{"show", "stats"}, "", 0, keys_none, IPB_SHOW_STATS, ANSWER_OBJECT, NULL,
		writer_text_stats, true, "counters, by reason"},
	{{"show", "ruleset"}, "", 0, keys_none, IPB_SHOW_RULESET, ANSWER_OBJECT, NULL,
		writer_text_ruleset, false, "the nftables rules that bring packets"},
	{{"show", "version"}, "", 0, keys_none, IPB_SHOW_VERSION, ANSWER_OBJECT, NULL,
		writer_text_version, false, "version of the daemon"},
	{{"server", "set"}, "SERVICE SERVER weight=N", 2, keys_weight, IPB_SERVER_SET,
		ANSWER_OBJECT, NULL, writer_text_weight, false,
		"change a weight; 0 takes no new clients"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/** The i-th command. */
const struct command *command_at(size_t index)
{
	return index < COMMANDS ? &commands[index] : NULL;
}

/** The command of these words. */
const struct command *command_find(const char *first, const char *second)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].words[0], first) == 0 &&
			strcmp(commands[i].words[1], second) == 0)
			return &commands[i];
	return NULL;
}

/** The key that argument begins with and that the command has, or NULL. */
static const char *key_find(const struct command *command, const char *argument)
{
	for (const char *const *key = command->keys; *key; key++) {
		size_t length = strlen(*key);

		if (strncmp(argument, *key, length) == 0 && argument[length] == '=')
			return *key;
	}
	return NULL;
}

/** The value of key=value as JSON: a weight is a number, all else text. NULL if it is
 *  neither. */
static json_t *value_json(const char *key, const char *text)
{
	char *end;

	if (strcmp(key, "weight") != 0)
		return json_string(text);
	if (strspn(text, "0123456789") != strlen(text) || !*text || strlen(text) > 9)
		return NULL;
	return json_integer(strtol(text, &end, 10));
}

/** Adds one key=value argument to params; false with a message if it cannot be. */
static bool argument_add(const struct command *command, const char *argument,
	json_t *params, char *message, size_t message_bytes)
{
	const char *key = key_find(command, argument);

	if (!key || json_object_get(params, key)) {
		snprintf(message, message_bytes, "%s: expected %s %s %s", argument,
			command->words[0], command->words[1], command->arguments);
		return false;
	}
	json_t *value = value_json(key, argument + strlen(key) + 1);

	if (value && json_object_set_new(params, key, value) == 0)
		return true;
	snprintf(message, message_bytes, "%s: expected %s", argument,
		strcmp(key, "weight") == 0 ? "weight=N, a number" : "text in UTF-8");
	return false;
}

/** Makes the method's parameters. */
json_t *command_params(const struct command *command, int count, char *const *arguments,
	char *message, size_t message_bytes)
{
	static const char *const names[] = { "service", "server" };
	json_t *params = json_object();
	int taken = 0;

	if (count < (int)command->names) {
		snprintf(message, message_bytes, "expected %s %s %s", command->words[0],
			command->words[1], command->arguments);
		goto refuse;
	}
	for (; taken < (int)command->names; taken++)
		json_object_set_new(params, names[taken], json_string(arguments[taken]));
	for (; taken < count; taken++)
		if (!argument_add(
			    command, arguments[taken], params, message, message_bytes))
			goto refuse;
	if (command->names && json_object_size(params) != command->names + 1) {
		snprintf(message, message_bytes, "expected %s %s %s", command->words[0],
			command->words[1], command->arguments);
		goto refuse;
	}
	return params;

refuse:
	json_decref(params);
	return NULL;
}
