/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon looks after once a second: whether the nft tables are still as it made
 * them, since an administrator's `nft flush ruleset` takes ours too; and what the kernel
 * has carried to each server meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/director.h"
#include "daemon/adopt.h"
#include "daemon/mirror.h"
#include "kernel/ruleset.h"

struct upkeep {
	const struct config *config;
	struct director *director;
	struct mirror *mirror;
	struct ruleset_info *ruleset; /**< NULL: the tables are the administrator's */
	struct netlink asks;          /**< what is in the tables */
	int rules;                    /**< that ours had when it was made */
	uint64_t repairs;
	struct adopt *adopt;
	uint64_t limited[LIMITS];      /**< packets that were dropped for a limit */
	uint64_t limited_seen[LIMITS]; /**< of those, the kernel's count */
};

/** Notes how the tables are now, after they were installed. */
void upkeep_begin(struct upkeep *upkeep);

/** Asks no more. */
void upkeep_end(struct upkeep *upkeep);

/** Makes the tables anew, as config is now, and loses no count by it. Negative errno: they
 *  are as they were. */
int upkeep_reinstall(struct upkeep *upkeep);

/** Looks, repairs and counts. */
void upkeep_look(struct upkeep *upkeep, uint64_t now_ms);
