/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's command line.
 */
#pragma once

#include <stdbool.h>

#include "daemon/log.h"

#define OPTIONS_DEFAULT_CONFIG IPB_SYSCONFDIR "/ipsec-balancer/ipsec-balancer.conf"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_CHECK,   /**< read the configuration, say what is wrong, end */
	OPTIONS_CLEANUP, /**< remove what is left in the kernel, end */
	OPTIONS_EXIT,    /**< help or version was printed, or usage; see exit_status */
};

struct options {
	enum options_action action;
	const char *config_path; /**< borrowed from argv or a literal */
	bool foreground;
	enum log_level log_level;
	int exit_status;
};

/** Reads argv; prints help, version or what is wrong with the usage. */
void options_parse(int argc, char **argv, struct options *ret_options);
