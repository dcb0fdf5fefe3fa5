/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands as a table: words, method, parameters, how the answer is shown.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "ctl/column.h"

enum command_answer {
	ANSWER_PAGES,  /**< an object with items and cursor */
	ANSWER_LIST,   /**< an array of items */
	ANSWER_OBJECT, /**< anything else */
};

struct command {
	const char *words[2];
	const char *arguments;   /**< for the help */
	unsigned int names;      /**< leading arguments that are names, not key=value */
	const char *const *keys; /**< that key=value arguments may have; NULL behind */
	const char *method;
	enum command_answer answer;
	const struct column *columns; /**< for pages and lists */
	/** Shows an object as text. */
	void (*show)(const json_t *result, bool utf8, FILE *out);
	bool repeats; /**< --watch makes sense */
	const char *help;
};

/** The command of these words, or NULL. */
const struct command *command_find(const char *first, const char *second);

/** The i-th command, NULL behind the last. */
const struct command *command_at(size_t index);

/**
 * Makes the method's parameters of the arguments behind the words. NULL: message says
 * what is wrong.
 */
json_t *command_params(const struct command *command, int count, char *const *arguments,
	char *message, size_t message_bytes);
