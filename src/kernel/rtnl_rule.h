/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink's rules as far as policy routing needs them: read, added and deleted one by
 * one. Which ones there should be is policy_plan.c's.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "kernel/netlink.h"

struct rtnl_rule {
	uint8_t family;
	uint8_t action;   /**< FR_ACT_TO_TBL, FR_ACT_BLACKHOLE, FR_ACT_GOTO */
	uint8_t protocol; /**< who made it */
	bool inverted;    /**< holds when the mark does not match */
	bool special;     /**< read: has conditions beside those below */
	char input[IFNAMSIZ]; /**< interface that packets come in by; empty: any */
	struct address host;  /**< that packets go to; family 0: any */
	uint32_t priority;
	uint32_t mark;
	uint32_t mask;
	uint32_t table;
	uint32_t target; /**< of FR_ACT_GOTO: the priority that it goes on at */
};

struct rtnl_rules {
	struct rtnl_rule *items; /**< owned; free() it */
	size_t count;
	size_t capacity;
};

/** Appends all rules of a family. -EAFNOSUPPORT, -EOPNOTSUPP: the kernel has none. */
int rtnl_rules_read(struct netlink *netlink, uint8_t family, struct rtnl_rules *rules);

/** Appends a rule. -ENOMEM. */
int rtnl_rules_append(struct rtnl_rules *rules, const struct rtnl_rule *rule);

/** Tells whether two rules say the same and were made by the same. */
bool rtnl_rule_equal(const struct rtnl_rule *one, const struct rtnl_rule *other);

/** Adds a rule; 0 also when there is one like it. */
int rtnl_rule_add(struct netlink *netlink, const struct rtnl_rule *rule);

/** Deletes a rule; 0 also when there is none like it. */
int rtnl_rule_delete(struct netlink *netlink, const struct rtnl_rule *rule);
