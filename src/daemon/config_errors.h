/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a configuration, collected: an operator repairs a file once, not
 * once for each mistake. A fixed list; what does not fit is counted.
 */
#pragma once

#include <stddef.h>

#define CONFIG_ERRORS 32        /**< listed; further ones are counted */
#define CONFIG_WARNINGS 8
#define CONFIG_ERROR_BYTES 1024  /**< of one line of text, with its zero */

struct config_error {
	unsigned int line; /**< 0: about the file as a whole */
	char text[CONFIG_ERROR_BYTES]; /**< "file:line: what was found, expected what" */
};

struct config_errors {
	const char *name; /**< of the file, borrowed while it is being read */
	size_t count;
	size_t unlisted;
	struct config_error list[CONFIG_ERRORS];
	size_t warning_count;
	struct config_error warnings[CONFIG_WARNINGS]; /**< beside a config that is good */
};

/** Begins an empty list for a file of that name, which must outlive the additions. */
void config_errors_init(struct config_errors *errors, const char *name);

/** Adds one line. line 0 names the file alone. Bytes that could upset a terminal are
 *  replaced. */
void config_errors_add(struct config_errors *errors, unsigned int line,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Adds one line of what is not wrong but hardly wanted. */
void config_warnings_add(struct config_errors *errors, unsigned int line,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Puts the list in the order of lines. */
void config_errors_sort(struct config_errors *errors);
