/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings the kernel's rules to a plan: what is missing first, then what is wrong. The
 * local table's rule is moved behind ours and back.
 */
#pragma once

#include "kernel/policy_plan.h"

/** Adds the planned rules that present, which has everybody's, lacks, and sees to the
 *  local rule's place. Negative errno. */
int policy_rules_add(struct netlink *netlink, const struct policy_plan *plan,
	const struct rtnl_rules *present);

/** Removes the rules of ours in present that are not planned. Negative errno. */
int policy_rules_remove(struct netlink *netlink, const struct policy_plan *plan,
	const struct rtnl_rules *present);
