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
	ANSWER_EACH,   /**< an object for each call of the request, shown as items */
};

struct request;

struct command {
	const char *words[2];
	const char *arguments;    /**< for the help */
	const char *const *names; /**< of arguments that have no key; NULL behind, or NULL */
	const char *const *keys;  /**< that key=value arguments may have; NULL behind */
	const char *const *needs; /**< parameters that there must be; NULL behind, or NULL */
	/** Makes the request of the arguments; NULL: of names and keys. False with its
	 *  message set. */
	bool (*make)(struct request *request, const struct command *command, int count,
		char *const *arguments);
	const char *method;
	enum command_answer answer;
	const struct column *columns; /**< for pages, lists, and one call for each packet */
	/** Shows an object as text. */
	void (*show)(const json_t *result, bool utf8, FILE *out);
	bool repeats; /**< --watch makes sense */
	const char *help;
};

/** The command of these words, or NULL. */
const struct command *command_find(const char *first, const char *second);

/** The i-th command, NULL behind the last. */
const struct command *command_at(size_t index);
