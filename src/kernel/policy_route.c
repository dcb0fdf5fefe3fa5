/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the kernel's rules and routes what the config wants. What is wanted is computed
 * first, as a plan; then it is compared with what is there. Additions come before
 * removals, tables before the rules that lead to them, so that at no moment a marked
 * packet finds its way to the main table.
 */
#include "kernel/policy_route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/policy_plan.h"
#include "kernel/policy_rules.h"
#include "kernel/policy_tunnel.h"

static const uint8_t families[] = { AF_INET, AF_INET6 };

/** What there is. */
struct present {
	struct rtnl_rules rules;   /**< everybody's */
	struct rtnl_routes routes; /**< ours */
};

/** Frees the lists. */
static void present_fini(struct present *present)
{
	free(present->rules.items);
	free(present->routes.items);
}

/** Reads both families. A kernel without IPv6 has nothing there. */
static int present_read(struct netlink *netlink, struct present *present)
{
	size_t i;

	for (i = 0; i < sizeof(families); i++) {
		int error = rtnl_rules_read(netlink, families[i], &present->rules);

		if (!error)
			error = rtnl_routes_read(netlink, families[i],
				POLICY_ROUTE_PROTOCOL, &present->routes);
		if (families[i] == AF_INET6 &&
			(error == -EAFNOSUPPORT || error == -EOPNOTSUPP))
			continue;
		if (error)
			return error;
	}
	return 0;
}

/** Tells whether a list has the route. */
static bool has_route(const struct rtnl_routes *routes, const struct rtnl_route *route)
{
	size_t i;

	for (i = 0; i < routes->count; i++) {
		if (rtnl_route_equal(&routes->items[i], route))
			return true;
	}
	return false;
}

/** Adds the planned routes that are missing. */
static int add_routes(struct netlink *netlink, const struct policy_plan *plan,
	const struct present *present)
{
	size_t i;
	int error;

	for (i = 0; i < plan->routes.count; i++) {
		if (has_route(&present->routes, &plan->routes.items[i])) {
			plan->counters->routes_kept++;
			continue;
		}
		error = rtnl_route_put(netlink, &plan->routes.items[i]);
		if (error)
			return error;
		plan->counters->routes_added++;
	}
	return 0;
}

/** Tells whether a planned route has taken the route's place. */
static bool is_replaced(const struct rtnl_routes *routes, const struct rtnl_route *route)
{
	size_t i;

	for (i = 0; i < routes->count; i++) {
		const struct rtnl_route *planned = &routes->items[i];

		if (planned->family == route->family && planned->table == route->table &&
			planned->metric == route->metric &&
			address_equal(&planned->host, &route->host))
			return true;
	}
	return false;
}

/** Removes the routes of ours that are not planned. One that was replaced is gone; IPv6
 *  would take a request about it for one about its successor. */
static int remove_routes(struct netlink *netlink, const struct policy_plan *plan,
	const struct present *present)
{
	size_t i;
	int error;

	for (i = 0; i < present->routes.count; i++) {
		const struct rtnl_route *route = &present->routes.items[i];

		if (is_replaced(&plan->routes, route))
			continue;
		error = rtnl_route_delete(netlink, route);
		if (error)
			return error;
		plan->counters->routes_removed++;
	}
	return 0;
}

/** Brings the kernel to the plan. */
static int reconcile(struct netlink *netlink, const struct policy_plan *plan)
{
	struct present present = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	int error = present_read(netlink, &present);

	if (!error)
		error = add_routes(netlink, plan, &present);
	if (!error)
		error = policy_rules_add(netlink, plan, &present.rules);
	if (!error)
		error = policy_rules_remove(netlink, plan, &present.rules);
	if (!error)
		error = remove_routes(netlink, plan, &present);
	if (!error)
		error = policy_tunnel_delete_others(netlink, plan);
	present_fini(&present);
	return error;
}

/** Tells whether marks shall lead to servers. Where rules of ours are already, from
 *  whatever configuration, they are kept up: the kernel would not forget that it has ever
 *  had any, so nothing would be gained. */
static int is_by_mark(
	const struct config *config, struct netlink *netlink, bool *ret_by_mark)
{
	struct present present = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	int error = 0;
	size_t i;

	*ret_by_mark = config_routes_by_mark(config);
	if (!*ret_by_mark)
		error = present_read(netlink, &present);
	for (i = 0; i < present.rules.count; i++)
		*ret_by_mark |= present.rules.items[i].protocol == POLICY_ROUTE_PROTOCOL;
	present_fini(&present);
	return error;
}

struct policy_route {
	struct policy_plan plan;
	struct netlink netlink;
	bool committed;
};

/** Plans. */
int policy_route_prepare(const struct config *config, struct policy_route_counters *counters,
	struct policy_route **ret_change)
{
	struct policy_route *change = calloc(1, sizeof(*change));
	int error;

	memset(counters, 0, sizeof(*counters));
	if (!change)
		return -ENOMEM;
	change->plan.config = config;
	change->plan.counters = counters;
	error = netlink_open(&change->netlink, NETLINK_ROUTE, 0);
	if (error) {
		free(change);
		return error;
	}
	error = is_by_mark(config, &change->netlink, &change->plan.by_mark);
	if (!error)
		error = policy_plan_make(&change->plan, &change->netlink);
	if (error) {
		change->committed = true; /* there is nothing to undo any more */
		policy_route_close(change);
		return error;
	}
	*ret_change = change;
	return 0;
}

/** Plans and reconciles once more where a device of before had a server's place: nothing leads
 *  into that one any more, so it is gone. */
static int settle(struct policy_route *change)
{
	struct policy_route_counters counters = { .unreachable = 0 };
	struct policy_plan plan = {
		.config = change->plan.config,
		.counters = &counters,
		.by_mark = change->plan.by_mark,
	};
	int error = policy_plan_make(&plan, &change->netlink);

	if (!error)
		error = reconcile(&change->netlink, &plan);
	policy_plan_fini(&plan);
	return error;
}

/** Reconciles. */
int policy_route_commit(struct policy_route *change)
{
	int error;

	change->committed = true;
	error = reconcile(&change->netlink, &change->plan);
	if (!error && change->plan.counters->tunnels_in_the_way)
		error = settle(change);
	if (!error && change->plan.counters->unreachable)
		error = -EHOSTUNREACH;
	return error;
}

/** Frees. */
void policy_route_close(struct policy_route *change)
{
	if (!change)
		return;
	if (!change->committed)
		policy_plan_undo(&change->plan, &change->netlink);
	policy_plan_fini(&change->plan);
	netlink_close(&change->netlink);
	free(change);
}

/** Plans and reconciles. */
int policy_route_apply(
	const struct config *config, struct policy_route_counters *ret_counters)
{
	struct policy_route *change = NULL;
	int error = policy_route_prepare(config, ret_counters, &change);

	if (!error)
		error = policy_route_commit(change);
	policy_route_close(change);
	return error;
}

/** Reconciles with a plan in which there is nothing. */
int policy_route_remove(void)
{
	struct policy_route_counters counters = { .unreachable = 0 };
	struct policy_plan plan = { .config = NULL, .counters = &counters };
	struct netlink netlink;
	int error = netlink_open(&netlink, NETLINK_ROUTE, 0);

	if (error)
		return error;
	error = reconcile(&netlink, &plan);
	netlink_close(&netlink);
	return error;
}
