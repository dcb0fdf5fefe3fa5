/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the options before and between the words of a command.
 */
#include "ctl/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ipsec-balancer/control.h"

enum {
	WATCH_DEFAULT_S = 2,
	WATCH_MOST_S = 3600,
};

static const struct option table[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "socket", required_argument, NULL, 's' },
	{ "watch", optional_argument, NULL, 'w' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/** Reads the seconds of --watch=SECONDS. */
static bool watch_parse(const char *text, struct options *options, FILE *err)
{
	options->watch_s = WATCH_DEFAULT_S;
	if (!text)
		return true;
	if (*text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 6)
		options->watch_s = (unsigned int)strtoul(text, NULL, 10);
	else
		options->watch_s = 0;
	if (options->watch_s >= 1 && options->watch_s <= WATCH_MOST_S)
		return true;
	fprintf(err, "ipsec-balancerctl: --watch=%s: expected seconds from 1 to %d\n",
		text, WATCH_MOST_S);
	return false;
}

/** Takes one option. */
static bool option_take(int option, struct options *options, char **argv, FILE *err)
{
	switch (option) {
	case 'j':
		options->json = true;
		return true;
	case 's':
		options->socket_path = optarg;
		return true;
	case 'w':
		return watch_parse(optarg, options, err);
	case 'V':
		options->version = true;
		return true;
	case 'h':
		options->help = true;
		return true;
	}
	fprintf(err, "ipsec-balancerctl: %s: %s; see --help\n", argv[optind - 1],
		option == ':' ? "argument missing" : "no such option");
	return false;
}

/** Reads argv. */
bool options_parse(int argc, char **argv, struct options *ret_options, FILE *err)
{
	int option;

	*ret_options = (struct options){ .socket_path = IPB_CONTROL_SOCKET };
	optind = 0; /* GNU: begin anew, for callers that parse more than once */
	while ((option = getopt_long(argc, argv, ":jhV", table, NULL)) != -1)
		if (!option_take(option, ret_options, argv, err))
			return false;
	ret_options->first = optind;
	return true;
}

/** Prints what there is to type. */
void options_help(FILE *out)
{
	const struct command *command;

	fputs("Usage: ipsec-balancerctl [OPTION...] COMMAND\n\nCommands:\n", out);
	for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
		fprintf(out, "  %s %s%s%s\n", command->words[0], command->words[1],
			command->arguments[0] ? " " : "", command->arguments);
		fprintf(out, "      %s\n", command->help);
	}
	fprintf(out,
		"\nOptions:\n"
		"  --json             print JSON\n"
		"  --socket PATH      control socket of the daemon\n"
		"                     (%s)\n"
		"  --watch[=SECONDS]  show again and again\n"
		"  --version          print the version of this tool\n"
		"  --help             print this\n"
		"\nExit status: 0 done, 1 the daemon said no, 2 usage, 3 daemon not "
		"reachable.\n",
		IPB_CONTROL_SOCKET);
}
