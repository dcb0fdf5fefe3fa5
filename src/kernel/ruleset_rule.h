/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of core/ruleset_rules.h as expressions of the kernel's.
 */
#pragma once

#include "core/ruleset_rules.h"
#include "kernel/nft_transaction.h"
#include "kernel/ruleset.h"

/** A rule under construction. */
struct ruleset_rule_build {
	struct nft_transaction *transaction;
	const struct config *config;
	const struct ruleset_info *info;
	unsigned int features;
	struct nftnl_rule *rule;
};

/** Adds one rule of the table. */
void ruleset_rule_add(struct ruleset_rule_build *build, const struct ruleset_rule *rule);

/** Adds the rule whose presence turns on reassembly, if there is a way to. */
void ruleset_rule_add_defrag(struct ruleset_rule_build *build);
