/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>

#include "config.h"

enum {
	EXIT_USAGE = 2,
};

static const char help[] =
	"Usage: ipsec-balancer [OPTION]...\n"
	"Spreads IPsec clients over VPN gateways.\n\n"
	"  -c, --config FILE      configuration (" OPTIONS_DEFAULT_CONFIG ")\n"
	"      --check            check the configuration and exit\n"
	"      --cleanup          remove our nft table and routing rules and exit\n"
	"  -f, --foreground       do not go into the background\n"
	"      --log-level LEVEL  error, warning, info (default) or debug\n"
	"      --version          print the version and exit\n"
	"  -h, --help             print this and exit\n\n"
	"Stopping the daemon leaves the nft table and the routing: IPsec for a virtual\n"
	"service is not passed on unbalanced. --cleanup removes them.\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 'k' },
	{ "cleanup", no_argument, NULL, 'u' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "log-level", required_argument, NULL, 'l' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/** Ends with a status once what has to be printed is printed. */
static void leave(struct options *options, int status)
{
	options->action = OPTIONS_EXIT;
	options->exit_status = status;
}

/** Says that the usage is wrong; the reason was printed before. */
static void refuse(struct options *options)
{
	fputs("Try 'ipsec-balancer --help'.\n", stderr);
	leave(options, EXIT_USAGE);
}

/** Takes the log level. */
static void take_level(struct options *options)
{
	if (log_level_parse(optarg, &options->log_level))
		return;
	fprintf(stderr,
		"ipsec-balancer: log level '%s', expected error, warning, info or debug\n",
		optarg);
	refuse(options);
}

/** Takes one option. */
static void take(int letter, struct options *options)
{
	switch (letter) {
	case 'c':
		options->config_path = optarg;
		break;
	case 'k':
		options->action = OPTIONS_CHECK;
		break;
	case 'u':
		options->action = OPTIONS_CLEANUP;
		break;
	case 'f':
		options->foreground = true;
		break;
	case 'l':
		take_level(options);
		break;
	case 'v':
		puts(PACKAGE_STRING);
		leave(options, 0);
		break;
	case 'h':
		fputs(help, stdout);
		leave(options, 0);
		break;
	default:
		refuse(options);
	}
}

/** Reads argv. */
void options_parse(int argc, char **argv, struct options *ret_options)
{
	int letter;

	*ret_options = (struct options){
		.config_path = OPTIONS_DEFAULT_CONFIG,
		.log_level = LOG_LEVEL_INFO,
	};
	while (ret_options->action != OPTIONS_EXIT &&
		(letter = getopt_long(argc, argv, "c:fh", long_options, NULL)) != -1)
		take(letter, ret_options);
	if (ret_options->action == OPTIONS_EXIT || optind == argc)
		return;
	fprintf(stderr, "ipsec-balancer: '%s' is no option\n", argv[optind]);
	refuse(ret_options);
}
