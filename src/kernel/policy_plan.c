/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans servers of methods direct, nat and local, and what families need once.
 */
#include "kernel/policy_plan.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/policy_tunnel.h"

/** The blackhole is the last that a table has to offer. */
#define METRIC_BLACKHOLE UINT32_MAX

/** So many servers may have their rules in one row, a power of two. */
#define GROUP_SERVERS 8

static const uint8_t families[] = { AF_INET, AF_INET6 };

/** The rule to the local table as the kernel makes it when a namespace is born. */
struct rtnl_rule policy_plan_local_at_zero(uint8_t family)
{
	return (struct rtnl_rule){
		.family = family,
		.action = FR_ACT_TO_TBL,
		.protocol = RTPROT_KERNEL,
		.table = RT_TABLE_LOCAL,
	};
}

/** Frees lists and devices' descriptions. */
void policy_plan_fini(struct policy_plan *plan)
{
	free(plan->rules.items);
	free(plan->routes.items);
	free(plan->devices);
}

/** Notes a server that has no way. */
void policy_plan_unreachable(
	struct policy_plan *plan, const struct config_server *server, uint8_t family)
{
	if (plan->counters->unreachable++)
		return;
	plan->counters->first_unreachable = server;
	plan->counters->first_unreachable_family = family;
}

/** Plans the way to a next hop, or notes that it is not on-link. */
static int plan_next_hop(struct policy_plan *plan, struct netlink *netlink,
	const struct config_server *server, const struct address *next_hop)
{
	struct rtnl_route route = {
		.family = next_hop->family,
		.type = RTN_UNICAST,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.table = config_server_table(plan->config, server),
		.metric = POLICY_PLAN_METRIC,
		.gateway = *next_hop,
	};
	int error = rtnl_on_link(netlink, next_hop, &route.interface);

	if (!error)
		return rtnl_routes_append(&plan->routes, &route);
	if (error != -EHOSTUNREACH)
		return error;
	policy_plan_unreachable(plan, server, next_hop->family);
	return 0;
}

/** The bits of the marks that servers of one group have in common. */
static uint32_t group_mask(const struct config *config)
{
	uint32_t step = config->mark_mask & -config->mark_mask;

	return config->mark_mask & ~(step * GROUP_SERVERS - 1);
}

/** Tells whether the rule that leads to a server's group is planned. */
static bool has_group(const struct policy_plan *plan, const struct rtnl_rule *group)
{
	size_t i;

	for (i = 0; i < plan->rules.count; i++)
		if (rtnl_rule_equal(&plan->rules.items[i], group))
			return true;
	return false;
}

/** Where the rule for a server's mark stands. Where servers are many, one for the bits
 *  that a group's marks have in common leads there, so that a packet meets few rules. */
static int plan_place(struct policy_plan *plan, uint32_t mark, uint8_t family,
	uint32_t *ret_priority)
{
	const struct config *config = plan->config;
	uint32_t mask = group_mask(config);
	uint32_t step = (mask & -mask) ? (mask & -mask) : 1;
	struct rtnl_rule group = {
		.family = family,
		.action = FR_ACT_GOTO,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.priority = config->rule_priority,
		.mark = mark & mask,
		.mask = mask,
	};

	*ret_priority = group.priority;
	if (config->server_count <= GROUP_SERVERS)
		return 0;
	group.target = group.priority + POLICY_PLAN_GROUPS +
		((mark & mask) - (config->mark_base & mask)) / step;
	*ret_priority = group.target;
	return has_group(plan, &group) ? 0 : rtnl_rules_append(&plan->rules, &group);
}

/** Plans the rule by which a server's mark leads to its table, for packets to one host
 *  or, if it is NULL, to any. */
static int plan_rule(struct policy_plan *plan, const struct config_server *server,
	uint8_t family, const struct address *host)
{
	struct rtnl_rule rule = {
		.family = family,
		.action = FR_ACT_TO_TBL,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.mark = config_server_mark(plan->config, server),
		.mask = plan->config->mark_mask,
		.table = config_server_table(plan->config, server),
	};
	int error = plan_place(plan, rule.mark, family, &rule.priority);

	if (host)
		rule.host = *host;
	return error ? error : rtnl_rules_append(&plan->rules, &rule);
}

/** Plans that a nat server's packets go to the main table when they have its address and
 *  nowhere otherwise, or notes that the server has no way. */
static int plan_nat(struct policy_plan *plan, struct netlink *netlink,
	const struct config_server *server, const struct address *address)
{
	struct rtnl_route way;
	int error = rtnl_way(netlink, address, &way);

	if (error && error != -EHOSTUNREACH)
		return error;
	if (error)
		policy_plan_unreachable(plan, server, address->family);
	if (!plan->by_mark)
		return 0;
	return plan_rule(plan, server, address->family, address);
}

/** Plans rule and table of a server of method direct or tunnel for a family's clients. */
static int plan_table(struct policy_plan *plan, struct netlink *netlink,
	const struct config_server *server, uint8_t family,
	const struct address *address)
{
	const struct rtnl_route blackhole = {
		.family = family,
		.type = RTN_BLACKHOLE,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.table = config_server_table(plan->config, server),
		.metric = METRIC_BLACKHOLE,
	};
	int error = rtnl_routes_append(&plan->routes, &blackhole);

	if (!error && server->method == METHOD_TUNNEL)
		error = policy_tunnel_plan(plan, netlink, server, family, address);
	else if (!error)
		error = plan_next_hop(plan, netlink, server, address);
	return error ? error : plan_rule(plan, server, family, NULL);
}

/** Plans what a family needs before its servers: what has no mark of ours passes them by.
 *  Nearly all lookups are of that kind, and be it for where a packet comes from. */
static int plan_bypass(struct policy_plan *plan, uint8_t family)
{
	const struct rtnl_rule unmarked = {
		.family = family,
		.action = FR_ACT_GOTO,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.priority = plan->config->rule_priority,
		.mask = plan->config->mark_mask,
		.target = plan->config->rule_priority + POLICY_PLAN_LOCAL,
	};

	return rtnl_rules_append(&plan->rules, &unmarked);
}

/** Sees to it that what has no mark meets the rules about tunnel devices too, if the
 *  family has any. */
static void bypass_less(struct policy_plan *plan, uint8_t family)
{
	const struct config *config = plan->config;
	struct rtnl_rule *bypass = NULL;
	size_t i;

	for (i = 0; i < plan->rules.count; i++) {
		struct rtnl_rule *rule = &plan->rules.items[i];

		if (rule->family != family)
			continue;
		if (!bypass)
			bypass = rule; /* the family's first */
		else if (rule->input[0])
			bypass->target = config->rule_priority + POLICY_PLAN_INPUT;
	}
}

/** Plans what a family needs behind its servers: no other mark of ours gets past, and the
 *  local table comes after us. */
static int plan_family(struct policy_plan *plan, uint8_t family)
{
	struct rtnl_rule others = {
		.family = family,
		.action = FR_ACT_BLACKHOLE,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.inverted = true,
		.priority = plan->config->rule_priority + POLICY_PLAN_OTHERS,
		.mask = plan->config->mark_mask,
	};
	struct rtnl_rule local = policy_plan_local_at_zero(family);
	int error = rtnl_rules_append(&plan->rules, &others);

	bypass_less(plan, family);
	local.protocol = POLICY_ROUTE_PROTOCOL;
	local.priority = plan->config->rule_priority + POLICY_PLAN_LOCAL;
	return error ? error : rtnl_rules_append(&plan->rules, &local);
}

/** Tells whether the plan has a rule of the family. */
static bool has_rules(const struct policy_plan *plan, uint8_t family)
{
	size_t i;

	for (i = 0; i < plan->rules.count; i++) {
		if (plan->rules.items[i].family == family)
			return true;
	}
	return false;
}

/** Tells whether the service has a virtual address of the family. */
static bool has_family(const struct config_service *service, uint8_t family)
{
	size_t i;

	for (i = 0; i < service->address_count; i++) {
		if (service->addresses[i].family == family)
			return true;
	}
	return false;
}

/** Plans what a server needs for a family's clients, which may be nothing. */
static int plan_server(struct policy_plan *plan, struct netlink *netlink,
	const struct config_service *service, const struct config_server *server,
	uint8_t family)
{
	const struct address *address = config_server_address(server, family);

	if (!has_family(service, family))
		return 0;
	switch (server->method) {
	case METHOD_DIRECT:
	case METHOD_TUNNEL:
		return address ? plan_table(plan, netlink, server, family, address) : 0;
	case METHOD_LOCAL:
		return plan_rule(plan, server, family, NULL);
	case METHOD_NAT:
		return address ? plan_nat(plan, netlink, server, address) : 0;
	}
	return 0;
}

/** Plans all servers of a service for a family's clients. */
static int plan_service(struct policy_plan *plan, struct netlink *netlink,
	const struct config_service *service, uint8_t family)
{
	size_t i;

	for (i = 0; i < service->server_count; i++) {
		int error = plan_server(
			plan, netlink, service, &service->servers[i], family);

		if (error)
			return error;
	}
	return 0;
}

/** Plans the servers of all services. */
static int plan_services(struct policy_plan *plan, struct netlink *netlink)
{
	const struct config *config = plan->config;
	size_t i, j;
	int error = 0;

	for (i = 0; i < sizeof(families) && !error; i++) {
		size_t first = plan->rules.count;

		error = plan_bypass(plan, families[i]);
		for (j = 0; j < config->service_count && !error; j++)
			error = plan_service(
				plan, netlink, &config->services[j], families[i]);
		if (plan->rules.count == first + 1)
			plan->rules.count = first; /* no servers: nothing to pass by */
	}
	return error;
}

/** Removes the devices that were made. */
void policy_plan_undo(struct policy_plan *plan, struct netlink *netlink)
{
	size_t i;

	for (i = 0; i < plan->device_count; i++) {
		if (plan->devices[i].made)
			tunnel_device_delete(netlink, plan->devices[i].interface);
	}
}

/** Plans everything. */
int policy_plan_make(struct policy_plan *plan, struct netlink *netlink)
{
	size_t i;
	int error = plan_services(plan, netlink);

	if (!error)
		error = policy_tunnel_plan_input(plan);
	for (i = 0; i < sizeof(families) && !error; i++) {
		if (has_rules(plan, families[i]))
			error = plan_family(plan, families[i]);
	}
	if (error)
		policy_plan_undo(plan, netlink);
	return error;
}
