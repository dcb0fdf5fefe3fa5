/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's life: a list of named steps up, the loop, and the same steps down.
 */
#pragma once

#include "daemon/options.h"

/** Runs until SIGTERM or SIGINT, or until the start fails. Returns the exit status. */
int daemon_run(const struct options *options);

/** --check: reads the configuration and says what is wrong. Returns the exit status. */
int daemon_check(const struct options *options);

/** --cleanup: removes our nft table and routing. Returns the exit status. */
int daemon_cleanup(void);
