/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/capture.h"
#include "ctl/command.h"
#include "ctl/explain.h"

/** Sets the message. */
bool request_refuse(struct request *request, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(request->message, sizeof(request->message), format, arguments);
	va_end(arguments);
	return false;
}

/** Says what the command expects. */
bool request_expected(struct request *request, const struct command *command,
	const char *found)
{
	return request_refuse(request, "%.64s%sexpected %s %s %s", found ? found : "",
		found ? ": " : "", command->words[0], command->words[1],
		command->arguments);
}

/** The key that argument begins with and that the command has, or NULL. */
const char *request_key(const struct command *command, const char *argument)
{
	for (const char *const *key = command->keys; *key; key++) {
		size_t length = strlen(*key);

		if (strncmp(argument, *key, length) == 0 && argument[length] == '=')
			return *key;
	}
	return NULL;
}

/** Tells whether the daemon wants a number for key. */
static bool is_number(const char *key)
{
	return strcmp(key, "weight") == 0 || strcmp(key, "rate") == 0 ||
		strcmp(key, "wire_bytes") == 0 || strcmp(key, "mark") == 0 ||
		strcmp(key, "seconds") == 0;
}

/** The value of key=value as JSON: a number, decimal or with 0x, or text. NULL if it is
 *  neither. */
static json_t *value_json(const char *key, const char *text)
{
	char *end;

	if (!is_number(key))
		return json_string(text);
	if (*text < '0' || *text > '9' || strlen(text) > 10)
		return NULL;
	json_int_t number = strtoll(text, &end, text[1] == 'x' ? 16 : 10);

	return *end ? NULL : json_integer(number);
}

/** Adds one key=value argument to params. */
static bool key_add(struct request *request, const struct command *command,
	const char *argument)
{
	const char *key = request_key(command, argument);

	if (!key || json_object_get(request->params, key))
		return request_expected(request, command, argument);
	json_t *value = value_json(key, argument + strlen(key) + 1);

	if (value && json_object_set_new(request->params, key, value) == 0)
		return true;
	return request_refuse(request, "%.64s: expected %s%s", argument,
		is_number(key) ? key : "",
		is_number(key) ? "=N, a number" : "text in UTF-8");
}

/** Adds a name to params. */
static bool name_add(struct request *request, const char *name, const char *text)
{
	return json_object_set_new(request->params, name, json_string(text)) == 0 ||
		request_refuse(request, "%.64s: expected text in UTF-8", text);
}

/** Reads names, then keys. */
bool request_arguments(struct request *request, const struct command *command, int count,
	char *const *arguments)
{
	const char *const *name = command->names;
	int taken = 0;

	for (; name && *name && taken < count && !strchr(arguments[taken], '='); name++)
		if (!name_add(request, *name, arguments[taken++]))
			return false;
	for (; taken < count; taken++)
		if (!key_add(request, command, arguments[taken]))
			return false;
	for (const char *const *need = command->needs; need && *need; need++)
		if (!json_object_get(request->params, *need))
			return request_expected(request, command, NULL);
	return true;
}

/** Makes the request. */
bool request_make(const struct command *command, int count, char *const *arguments,
	struct request *ret_request)
{
	bool made;

	*ret_request = (struct request){ .params = json_object() };
	made = command->make ? command->make(ret_request, command, count, arguments) :
			       request_arguments(ret_request, command, count, arguments);
	if (!made)
		request_free(ret_request);
	return made;
}

/** Goes on to the next packet, where there are several. */
int request_next(struct request *request)
{
	return request->each ? explain_next(request) : 0;
}

/** Frees what it owns. */
void request_free(struct request *request)
{
	json_decref(request->params);
	request->params = NULL;
	capture_close(request->capture);
	request->capture = NULL;
}
