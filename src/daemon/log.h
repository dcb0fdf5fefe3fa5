/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's voice: one line a message on stderr, with the syslog level in front when
 * the journal reads it. Floors below never log; they return and count.
 */
#pragma once

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,   /**< something does not work and an operator must act */
	LOG_LEVEL_WARNING, /**< something is not as it should be, work goes on */
	LOG_LEVEL_INFO,    /**< start, stop, what was chosen; few lines a day */
	LOG_LEVEL_DEBUG,   /**< each entry's life */
};

/** Sets what is printed; finds out whether the journal reads stderr. */
void log_open(enum log_level level);

/** Reads "error", "warning", "info" or "debug". Returns false for anything else. */
bool log_level_parse(const char *text, enum log_level *ret_level);

/** Tells whether messages of the level are printed. */
bool log_enabled(enum log_level level);

/** Prints one line. */
__attribute__((format(printf, 2, 3))) void log_line(enum log_level level,
	const char *format, ...);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
