/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `show stats` says beyond the counters by reason.
 */
#pragma once

#include <jansson.h>

#include "daemon/mirror.h"
#include "daemon/pace.h"
#include "daemon/packets.h"
#include "daemon/state_file.h"
#include "daemon/upkeep.h"
#include "kernel/ruleset.h"

struct stats_sources {
	const struct packets *packets;
	const struct mirror *mirror;
	const struct state_file *state;
	const struct upkeep *upkeep;
	const struct pace *pace;
	const struct ruleset_info *ruleset; /**< NULL when the ruleset is not ours */
	char fast_path_why[160]; /**< what better backends could not be had; may be empty */
};

/** A new object, NULL when out of memory. user is a struct stats_sources. */
json_t *stats_collect(void *user);
