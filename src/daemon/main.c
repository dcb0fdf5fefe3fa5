/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/daemon.h"

/** Does what the command line says. */
static int run(const struct options *options)
{
	switch (options->action) {
	case OPTIONS_RUN:
		return daemon_run(options);
	case OPTIONS_CHECK:
		return daemon_check(options);
	case OPTIONS_CLEANUP:
		return daemon_cleanup();
	case OPTIONS_EXIT:
		break;
	}
	return options->exit_status;
}

/** The daemon. */
int main(int argc, char **argv)
{
	struct options options;

	options_parse(argc, argv, &options);
	log_open(options.log_level);
	return run(&options);
}
