/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum log_level threshold = LOG_LEVEL_INFO;
static bool journal;

static const struct {
	const char *name;
	int syslog;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARNING] = { "warning", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

/** Sets the level. */
void log_open(enum log_level level)
{
	threshold = level;
	journal = getenv("JOURNAL_STREAM") != NULL;
}

/** Reads a level's name. */
bool log_level_parse(const char *text, enum log_level *ret_level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (!strcmp(levels[i].name, text)) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/** Is the level printed. */
bool log_enabled(enum log_level level)
{
	return level <= threshold;
}

/** Prints one line in one write, so that lines of several processes do not mix. */
void log_line(enum log_level level, const char *format, ...)
{
	char message[1024];
	va_list arguments;

	if (!log_enabled(level))
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (journal)
		fprintf(stderr, "<%d>%s\n", levels[level].syslog, message);
	else
		fprintf(stderr, "ipsec-balancer: %s: %s\n", levels[level].name, message);
}
