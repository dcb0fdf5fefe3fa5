/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tool's command line.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct options {
	const char *socket_path;
	bool json;
	bool help;
	bool version;
	unsigned int watch_s; /**< 0: once */
	int first;            /**< index of the first word in argv */
};

/** Reads argv. Returns false with a message on err if it makes no sense. */
bool options_parse(int argc, char **argv, struct options *ret_options, FILE *err);

/** Prints what there is to type. */
void options_help(FILE *out);
