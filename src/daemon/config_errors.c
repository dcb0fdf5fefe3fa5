/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of what is wrong with a configuration. It never prints: main does.
 */
#include "daemon/config_errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** Begins an empty list. */
void config_errors_init(struct config_errors *errors, const char *name)
{
	memset(errors, 0, sizeof(*errors));
	errors->name = name;
}

/** Replaces what is not printable ASCII: texts quote a file that may hold anything. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

/** Writes "file:line: " and the text. */
static __attribute__((format(printf, 4, 0))) void error_write(struct config_error *error,
	const char *name, unsigned int line, const char *format, va_list arguments)
{
	int used;

	error->line = line;
	if (line)
		used = snprintf(error->text, sizeof(error->text), "%s:%u: ", name, line);
	else
		used = snprintf(error->text, sizeof(error->text), "%s: ", name);
	if (used >= 0 && (size_t)used < sizeof(error->text))
		vsnprintf(error->text + used, sizeof(error->text) - (size_t)used, format,
			arguments);
	make_printable(error->text);
}

/** Adds one line. */
void config_errors_add(
	struct config_errors *errors, unsigned int line, const char *format, ...)
{
	va_list arguments;

	if (errors->count == CONFIG_ERRORS) {
		errors->unlisted++;
		return;
	}
	va_start(arguments, format);
	error_write(&errors->list[errors->count++], errors->name, line, format, arguments);
	va_end(arguments);
}

/** Adds one line; those that do not fit are as the others. */
void config_warnings_add(
	struct config_errors *errors, unsigned int line, const char *format, ...)
{
	va_list arguments;

	if (errors->warning_count == CONFIG_WARNINGS)
		return;
	va_start(arguments, format);
	error_write(&errors->warnings[errors->warning_count++], errors->name, line, format,
		arguments);
	va_end(arguments);
}

/** Puts the list in the order of lines; insertion keeps the order of equal ones. */
void config_errors_sort(struct config_errors *errors)
{
	for (size_t i = 1; i < errors->count; i++) {
		struct config_error moving = errors->list[i];
		size_t at = i;

		for (; at > 0 && errors->list[at - 1].line > moving.line; at--)
			errors->list[at] = errors->list[at - 1];
		errors->list[at] = moving;
	}
}
