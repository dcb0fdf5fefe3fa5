/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules, routes and tunnel devices there should be, worked out from the config and
 * from where the main table leads. Tunnel devices alone are made at once, since routes
 * need to know them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/netlink.h"
#include "kernel/policy_route.h"
#include "kernel/rtnl_route.h"
#include "kernel/rtnl_rule.h"
#include "kernel/tunnel_device.h"

/** A tunnel device that the plan has routes into. */
struct policy_plan_device {
	struct tunnel_device device;
	uint32_t interface; /**< its index */
	bool made;          /**< for this plan */
};

/** Of the routes that lead somewhere; IPv6 would make another figure of 0. */
#define POLICY_PLAN_METRIC 1

/** Where rules stand, counted from the config's rule_priority, which has what leads to the
 *  others, or where servers are few these themselves. Fixed, so that no rule is ever in the
 *  way of another configuration's. */
#define POLICY_PLAN_GROUPS 1  /**< servers' rules, a priority for each group of eight */
#define POLICY_PLAN_OTHERS 34 /**< behind CONFIG_SERVERS of them, one group being cut */
#define POLICY_PLAN_INPUT 35
#define POLICY_PLAN_LOCAL 36

struct policy_plan {
	const struct config *config; /**< not owned; NULL: there should be nothing */
	struct policy_route_counters *counters; /**< not owned */
	bool by_mark; /**< servers of method nat have rules */
	struct rtnl_rules rules;
	struct rtnl_routes routes;
	struct policy_plan_device *devices; /**< owned */
	size_t device_count;
};

/** The rule to the local table as the kernel makes it when a namespace is born. */
struct rtnl_rule policy_plan_local_at_zero(uint8_t family);

/** Plans all that plan->config asks for. Negative errno; devices that were made are gone
 *  again then. */
int policy_plan_make(struct policy_plan *plan, struct netlink *netlink);

/** Removes the devices that were made for a plan that is given up. */
void policy_plan_undo(struct policy_plan *plan, struct netlink *netlink);

/** Plans that a server has no way in a family: its table has the blackhole alone. */
void policy_plan_unreachable(
	struct policy_plan *plan, const struct config_server *server, uint8_t family);

/** Frees what plan owns. */
void policy_plan_fini(struct policy_plan *plan);
