/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tool without its main, for tests.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum {
	CTL_DONE = 0,
	CTL_REFUSED = 1,     /**< the daemon said no */
	CTL_USAGE = 2,
	CTL_UNREACHABLE = 3, /**< no daemon, or it does not answer */
};

/** Does what argv says; the exit status. utf8: out can show it. */
int ctl_run(int argc, char **argv, bool utf8, FILE *out, FILE *err);
