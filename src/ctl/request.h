/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the arguments behind a command's words ask for: the parameters of one call, or of
 * one for each packet of a file.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct capture;
struct command;

#define REQUEST_MESSAGE_BYTES 512

struct request {
	json_t *params;       /**< owned: of the call that is next */
	bool each;            /**< one call for each packet of capture */
	struct capture *capture; /**< owned: where the packets come from, or NULL */
	unsigned long long number; /**< of the packet in params, 0: it is from no file */
	char message[REQUEST_MESSAGE_BYTES]; /**< what is wrong */
};

/** Makes the request; false with its message set. */
bool request_make(const struct command *command, int count, char *const *arguments,
	struct request *ret_request);

/** Makes params those of the next call. 1: there is one, 0: no more, -1: message says what
 *  is wrong. */
int request_next(struct request *request);

/** Frees what it owns. */
void request_free(struct request *request);

/* For makers of requests, see struct command. */

/** Sets the message; false. */
bool request_refuse(struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Says what the command expects; false. found may be NULL. */
bool request_expected(struct request *request, const struct command *command,
	const char *found);

/** The key that argument begins with and that the command has, or NULL. */
const char *request_key(const struct command *command, const char *argument);

/** Reads names and key=value arguments as the command has them into params. */
bool request_arguments(struct request *request, const struct command *command, int count,
	char *const *arguments);
