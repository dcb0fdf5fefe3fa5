/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our tables as messages: chains, sets and rules of core/ruleset_rules.h in the kernel's
 * terms. Sends nothing.
 */
#pragma once

#include "core/ruleset_rules.h"
#include "kernel/nft_transaction.h"
#include "kernel/ruleset.h"

/** Adds all that config asks for in a table, which must be there and empty but for the maps
 *  of the fast path. features: what of it is wanted. */
void ruleset_build(struct nft_transaction *transaction, const struct config *config,
	const struct ruleset_info *info, unsigned int features, enum ruleset_table table);
