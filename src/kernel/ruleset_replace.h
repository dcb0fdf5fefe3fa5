/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One of our nft tables in the place of an earlier one, inside of the transaction that then
 * fills it: elements that outlive the daemon stay, if they are for the same servers. Chains
 * with hooks stay, without rules, where they are wanted: with any hook that goes the kernel
 * drops all packets that are queued, as those may be by then that were carried before.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/ruleset_rules.h"
#include "kernel/nft_transaction.h"

/** The kernel's number of a table's family. */
uint16_t ruleset_family(enum ruleset_table table);

/** Tells whether the table that is there has been made for the same servers: marks in its
 *  maps then mean the same. kept as for nft_list.h. */
bool ruleset_is_same(
	struct netlink *kept, const struct config *config, enum ruleset_table table);

/** Adds what replaces a table, but for what is in the new one. The kernel refuses it all
 *  (-EEXIST, from some version on -EOPNOTSUPP) where a chain of that name has another hook.
 *  Negative errno. */
int ruleset_replace(struct nft_transaction *transaction, const struct config *config,
	enum ruleset_table table, unsigned int features);

/** The same for such a table: nothing of it stays. */
void ruleset_replace_all(struct nft_transaction *transaction);
