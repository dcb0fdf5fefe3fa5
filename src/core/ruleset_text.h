/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet filter rules in nft's own syntax, for operators who keep their own
 * ruleset, and the names by which both they and the installed table are known.
 */
#pragma once

#include "core/config.h"

#define RULESET_TABLE "ipsec-balancer"
#define RULESET_CHAIN_PREROUTING "prerouting"
#define RULESET_CHAIN_DIVERT "divert"
#define RULESET_SET_V4 "virtual4"
#define RULESET_SET_V6 "virtual6"
/** After defragmentation (-400), before conntrack (-200): nft's "raw". */
#define RULESET_PRIORITY (-300)

/** Writes a file for `nft -f` that (re)places the table. *ret_text is the caller's to
 *  free. -ENOMEM. */
int ruleset_text(const struct config *config, char **ret_text);
