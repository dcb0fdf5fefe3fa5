/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares rules and adds, moves, removes.
 */
#include "kernel/policy_rules.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static const uint8_t families[] = { AF_INET, AF_INET6 };

/** Tells whether we made a rule. */
static bool is_ours(const struct rtnl_rule *rule)
{
	return rule->protocol == POLICY_ROUTE_PROTOCOL;
}

/** Tells whether a rule leads everything to the local table. */
static bool is_local(const struct rtnl_rule *rule)
{
	return rule->action == FR_ACT_TO_TBL && rule->table == RT_TABLE_LOCAL &&
	       !rule->mask && !rule->inverted && !rule->special && !rule->input[0] &&
	       !rule->host.family;
}

/** Tells whether a list has the rule. */
static bool has_rule(const struct rtnl_rules *rules, const struct rtnl_rule *rule)
{
	size_t i;

	for (i = 0; i < rules->count; i++) {
		if (rtnl_rule_equal(&rules->items[i], rule))
			return true;
	}
	return false;
}

/** Adds the planned rules that are missing. */
static int add_rules(struct netlink *netlink, const struct policy_plan *plan,
	const struct rtnl_rules *present)
{
	size_t i;
	int error;

	for (i = 0; i < plan->rules.count; i++) {
		if (has_rule(present, &plan->rules.items[i])) {
			plan->counters->rules_kept++;
			continue;
		}
		error = rtnl_rule_add(netlink, &plan->rules.items[i]);
		if (error)
			return error;
		plan->counters->rules_added++;
	}
	return 0;
}

/** Tells whether a list has a local rule in the family, made by us or by another. */
static bool has_local(const struct rtnl_rules *rules, uint8_t family, bool ours)
{
	size_t i;

	for (i = 0; i < rules->count; i++) {
		const struct rtnl_rule *rule = &rules->items[i];

		if (rule->family == family && is_ours(rule) == ours && is_local(rule))
			return true;
	}
	return false;
}

/** Removes the family's local rules at 0, whoever put them there. */
static int remove_local_at_zero(
	struct netlink *netlink, const struct rtnl_rules *present, uint8_t family)
{
	size_t i;
	int error;

	for (i = 0; i < present->count; i++) {
		const struct rtnl_rule *rule = &present->items[i];

		if (rule->family != family || rule->priority != 0 || !is_local(rule))
			continue;
		error = rtnl_rule_delete(netlink, rule);
		if (error)
			return error;
	}
	return 0;
}

/** Puts the family's local rule back to 0 if we had moved it and it is nowhere else. */
static int restore_local(
	struct netlink *netlink, const struct rtnl_rules *present, uint8_t family)
{
	struct rtnl_rule zero = policy_plan_local_at_zero(family);

	if (!has_local(present, family, true))
		return 0;
	if (has_local(present, family, false))
		return 0;
	return rtnl_rule_add(netlink, &zero);
}

/** Sees to the local rule's place, once the one after our rules is there. */
static int settle_local(struct netlink *netlink, const struct policy_plan *plan,
	const struct rtnl_rules *present)
{
	size_t i;
	int error;

	for (i = 0; i < sizeof(families); i++) {
		if (has_local(&plan->rules, families[i], true))
			error = remove_local_at_zero(netlink, present, families[i]);
		else
			error = restore_local(netlink, present, families[i]);
		if (error)
			return error;
	}
	return 0;
}

/** Adds first: what is behind is still there. */
int policy_rules_add(struct netlink *netlink, const struct policy_plan *plan,
	const struct rtnl_rules *present)
{
	int error = add_rules(netlink, plan, present);

	return error ? error : settle_local(netlink, plan, present);
}

/** Removes the rules of ours that are not planned, the last first: what one of them led
 *  to must not meet another that an earlier release had there. */
int policy_rules_remove(struct netlink *netlink, const struct policy_plan *plan,
	const struct rtnl_rules *present)
{
	size_t i;
	int error;

	for (i = present->count; i-- > 0;) {
		const struct rtnl_rule *rule = &present->items[i];

		if (!is_ours(rule) || has_rule(&plan->rules, rule))
			continue;
		error = rtnl_rule_delete(netlink, rule);
		if (error)
			return error;
		plan->counters->rules_removed++;
	}
	return 0;
}
