/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the kernel's rules and routes what the config wants. What is wanted is computed
 * first, as a plan; then it is compared with what is there. Additions come before
 * removals, tables before the rules that lead to them, so that at no moment a marked
 * packet finds its way to the main table.
 */
#include "kernel/policy_route.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/netlink.h"
#include "kernel/rtnl.h"
#include "kernel/tunnel_device.h"

/** The next hop's route; IPv6 would make another figure of 0. */
#define METRIC_NEXT_HOP 1

/** The blackhole is the last that a table has to offer. */
#define METRIC_BLACKHOLE UINT32_MAX

static const uint8_t families[] = { AF_INET, AF_INET6 };

/** What there should be. */
struct plan {
	const struct config *config;
	struct rtnl_rules rules;
	struct rtnl_routes routes;
	struct policy_route_counters *counters;
	uint32_t tunnel_interface; /**< of the family being planned; 0: has none */
};

/** What there is. */
struct present {
	struct rtnl_rules rules;   /**< everybody's */
	struct rtnl_routes routes; /**< ours */
};

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

/** The rule to the local table as the kernel makes it when a namespace is born. */
static struct rtnl_rule local_at_zero(uint8_t family)
{
	return (struct rtnl_rule){
		.family = family,
		.action = FR_ACT_TO_TBL,
		.protocol = RTPROT_KERNEL,
		.table = RT_TABLE_LOCAL,
	};
}

/** Frees the lists of a plan. */
static void plan_fini(struct plan *plan)
{
	free(plan->rules.items);
	free(plan->routes.items);
}

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

/** How many bytes the outer header takes. */
static uint32_t tunnel_overhead_bytes(uint8_t family)
{
	return family == AF_INET ? 20 : 40;
}

/** Notes a server that has no way. */
static void note_unreachable(
	struct plan *plan, const struct config_server *server, uint8_t family)
{
	if (plan->counters->unreachable++)
		return;
	plan->counters->first_unreachable = server;
	plan->counters->first_unreachable_family = family;
}

/** Plans the way to a next hop, or notes that it is not on-link. */
static int plan_next_hop(struct plan *plan, struct netlink *netlink,
	const struct config_server *server, const struct address *next_hop)
{
	struct rtnl_route route = {
		.family = next_hop->family,
		.type = RTN_UNICAST,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.table = config_server_table(plan->config, server),
		.metric = METRIC_NEXT_HOP,
		.gateway = *next_hop,
	};
	int error = rtnl_on_link(netlink, next_hop, &route.interface);

	if (!error)
		return rtnl_routes_append(&plan->routes, &route);
	if (error != -EHOSTUNREACH)
		return error;
	note_unreachable(plan, server, next_hop->family);
	return 0;
}

/** Makes the family's tunnel device when the first server needs it. */
static int plan_tunnel_device(
	struct plan *plan, struct netlink *netlink, uint8_t family)
{
	int error;

	if (plan->tunnel_interface)
		return 0;
	error = tunnel_device_put(netlink, family, &plan->tunnel_interface);
	if (error) {
		plan->counters->tunnel_error = error;
		plan->counters->tunnel_family = family;
	}
	return error;
}

/** Plans the way into the tunnel and that of the tunnel itself, or notes that it has
 *  none. The first one's MTU is what fits into the second. */
static int plan_tunnel(struct plan *plan, struct netlink *netlink,
	const struct config_server *server, const struct address *end)
{
	struct rtnl_route way, outer = {
		.family = end->family,
		.type = RTN_UNICAST,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.table = config_server_table(plan->config, server),
		.metric = METRIC_NEXT_HOP,
	};
	struct rtnl_route inner = outer;
	int error = plan_tunnel_device(plan, netlink, end->family);

	if (!error)
		error = rtnl_way(netlink, end, &way);
	if (error == -EHOSTUNREACH) {
		note_unreachable(plan, server, end->family);
		return 0;
	}
	if (error)
		return error;
	outer.host = *end;
	outer.gateway = way.gateway;
	outer.interface = way.interface;
	inner.interface = plan->tunnel_interface;
	inner.tunnel = *end;
	inner.mtu_bytes = way.mtu_bytes - tunnel_overhead_bytes(end->family);
	error = rtnl_routes_append(&plan->routes, &outer);
	return error ? error : rtnl_routes_append(&plan->routes, &inner);
}

/** Plans the rule by which a server's mark leads to its table, for packets to one host
 *  or, if it is NULL, to any. */
static int plan_rule(struct plan *plan, const struct config_server *server,
	uint8_t family, const struct address *host)
{
	struct rtnl_rule rule = {
		.family = family,
		.action = FR_ACT_TO_TBL,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.priority = plan->config->rule_priority,
		.mark = config_server_mark(plan->config, server),
		.mask = plan->config->mark_mask,
		.table = config_server_table(plan->config, server),
	};

	if (host)
		rule.host = *host;
	return rtnl_rules_append(&plan->rules, &rule);
}

/** Plans that a nat server's packets go to the main table when they have its address and
 *  nowhere otherwise, or notes that the server has no way. */
static int plan_nat(struct plan *plan, struct netlink *netlink,
	const struct config_server *server, const struct address *address)
{
	struct rtnl_route way;
	int error = rtnl_way(netlink, address, &way);

	if (error && error != -EHOSTUNREACH)
		return error;
	if (error)
		note_unreachable(plan, server, address->family);
	return plan_rule(plan, server, address->family, address);
}

/** Plans rule and table of a server of method direct or tunnel in one family. */
static int plan_table(struct plan *plan, struct netlink *netlink,
	const struct config_server *server, const struct address *next_hop)
{
	const struct rtnl_route blackhole = {
		.family = next_hop->family,
		.type = RTN_BLACKHOLE,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.table = config_server_table(plan->config, server),
		.metric = METRIC_BLACKHOLE,
	};
	int error = rtnl_routes_append(&plan->routes, &blackhole);

	if (!error && server->method == METHOD_TUNNEL)
		error = plan_tunnel(plan, netlink, server, next_hop);
	else if (!error)
		error = plan_next_hop(plan, netlink, server, next_hop);
	return error ? error : plan_rule(plan, server, next_hop->family, NULL);
}

/** Plans what a family needs once: no other mark of ours gets past, and the local table
 *  comes after us. */
static int plan_family(struct plan *plan, uint8_t family)
{
	struct rtnl_rule others = {
		.family = family,
		.action = FR_ACT_BLACKHOLE,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.inverted = true,
		.priority = plan->config->rule_priority + 1,
		.mask = plan->config->mark_mask,
	};
	struct rtnl_rule local = local_at_zero(family);
	int error = rtnl_rules_append(&plan->rules, &others);

	local.protocol = POLICY_ROUTE_PROTOCOL;
	local.priority = plan->config->rule_priority + 2;
	return error ? error : rtnl_rules_append(&plan->rules, &local);
}

/** Plans that nothing comes in by the family's tunnel device: it is there to send, and
 *  anybody can send to it. */
static int plan_tunnel_input(struct plan *plan, uint8_t family)
{
	struct rtnl_rule input = {
		.family = family,
		.action = FR_ACT_BLACKHOLE,
		.protocol = POLICY_ROUTE_PROTOCOL,
		.priority = plan->config->rule_priority + 1,
	};

	if (!plan->tunnel_interface)
		return 0;
	strcpy(input.input, tunnel_device_name(family));
	return rtnl_rules_append(&plan->rules, &input);
}

/** The server's next hop in a family; its family is 0 where there is none. */
static const struct address *next_hop_of(
	const struct config_server *server, uint8_t family)
{
	return family == AF_INET ? &server->address_v4 : &server->address_v6;
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

/** Plans what a server needs in one family, which may be nothing. */
static int plan_server(struct plan *plan, struct netlink *netlink,
	const struct config_service *service, const struct config_server *server,
	uint8_t family)
{
	const struct address *next_hop = next_hop_of(server, family);

	switch (server->method) {
	case METHOD_DIRECT:
	case METHOD_TUNNEL:
		return next_hop->family ? plan_table(plan, netlink, server, next_hop)
					: 0;
	case METHOD_LOCAL:
		return has_family(service, family)
			       ? plan_rule(plan, server, family, NULL)
			       : 0;
	case METHOD_NAT:
		return next_hop->family ? plan_nat(plan, netlink, server, next_hop) : 0;
	}
	return 0;
}

/** Plans all servers of a service in one family. */
static int plan_service(struct plan *plan, struct netlink *netlink,
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

/** Plans everything. */
static int plan_make(struct plan *plan, struct netlink *netlink)
{
	const struct config *config = plan->config;
	size_t i, j;

	for (i = 0; i < sizeof(families); i++) {
		size_t before = plan->rules.count;
		int error = 0;

		plan->tunnel_interface = 0;
		for (j = 0; j < config->service_count && !error; j++)
			error = plan_service(
				plan, netlink, &config->services[j], families[i]);
		if (!error && plan->rules.count > before)
			error = plan_family(plan, families[i]);
		if (!error)
			error = plan_tunnel_input(plan, families[i]);
		if (error)
			return error;
	}
	return 0;
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
static int add_routes(
	struct netlink *netlink, const struct plan *plan, const struct present *present)
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

/** Adds the planned rules that are missing. */
static int add_rules(
	struct netlink *netlink, const struct plan *plan, const struct present *present)
{
	size_t i;
	int error;

	for (i = 0; i < plan->rules.count; i++) {
		if (has_rule(&present->rules, &plan->rules.items[i])) {
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
	struct netlink *netlink, const struct present *present, uint8_t family)
{
	size_t i;
	int error;

	for (i = 0; i < present->rules.count; i++) {
		const struct rtnl_rule *rule = &present->rules.items[i];

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
	struct netlink *netlink, const struct present *present, uint8_t family)
{
	struct rtnl_rule zero = local_at_zero(family);

	if (!has_local(&present->rules, family, true))
		return 0;
	if (has_local(&present->rules, family, false))
		return 0;
	return rtnl_rule_add(netlink, &zero);
}

/** Sees to the local rule's place, once the one after our rules is there. */
static int settle_local(
	struct netlink *netlink, const struct plan *plan, const struct present *present)
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

/** Removes the rules of ours that are not planned. */
static int remove_rules(
	struct netlink *netlink, const struct plan *plan, const struct present *present)
{
	size_t i;
	int error;

	for (i = 0; i < present->rules.count; i++) {
		const struct rtnl_rule *rule = &present->rules.items[i];

		if (!is_ours(rule) || has_rule(&plan->rules, rule))
			continue;
		error = rtnl_rule_delete(netlink, rule);
		if (error)
			return error;
		plan->counters->rules_removed++;
	}
	return 0;
}

/** Removes the routes of ours that are not planned. One that was replaced is gone. */
static int remove_routes(
	struct netlink *netlink, const struct plan *plan, const struct present *present)
{
	size_t i;
	int error;

	for (i = 0; i < present->routes.count; i++) {
		const struct rtnl_route *route = &present->routes.items[i];

		if (has_route(&plan->routes, route))
			continue;
		error = rtnl_route_delete(netlink, route);
		if (error)
			return error;
		plan->counters->routes_removed++;
	}
	return 0;
}

/** Removes the tunnel devices that the plan has no rule about. */
static int remove_devices(struct netlink *netlink, const struct plan *plan)
{
	size_t i, j;
	int error;

	for (i = 0; i < sizeof(families); i++) {
		bool used = false;

		for (j = 0; j < plan->rules.count; j++)
			used |= plan->rules.items[j].family == families[i] &&
				plan->rules.items[j].input[0];
		error = used ? 0 : tunnel_device_delete(netlink, families[i]);
		if (error)
			return error;
	}
	return 0;
}

/** Brings the kernel to the plan. */
static int reconcile(struct netlink *netlink, const struct plan *plan)
{
	struct present present = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	int error = present_read(netlink, &present);

	if (!error)
		error = add_routes(netlink, plan, &present);
	if (!error)
		error = add_rules(netlink, plan, &present);
	if (!error)
		error = settle_local(netlink, plan, &present);
	if (!error)
		error = remove_rules(netlink, plan, &present);
	if (!error)
		error = remove_routes(netlink, plan, &present);
	if (!error)
		error = remove_devices(netlink, plan);
	present_fini(&present);
	return error;
}

/** Plans and reconciles. */
int policy_route_apply(
	const struct config *config, struct policy_route_counters *ret_counters)
{
	struct plan plan = { .config = config, .counters = ret_counters };
	struct netlink netlink;
	int error;

	memset(ret_counters, 0, sizeof(*ret_counters));
	error = netlink_open(&netlink, NETLINK_ROUTE, 0);
	if (error)
		return error;
	error = plan_make(&plan, &netlink);
	if (!error)
		error = reconcile(&netlink, &plan);
	if (!error && ret_counters->unreachable)
		error = -EHOSTUNREACH;
	plan_fini(&plan);
	netlink_close(&netlink);
	return error;
}

/** Reconciles with a plan in which there is nothing. */
int policy_route_remove(void)
{
	struct policy_route_counters counters = { .unreachable = 0 };
	struct plan plan = { .config = NULL, .counters = &counters };
	struct netlink netlink;
	int error = netlink_open(&netlink, NETLINK_ROUTE, 0);

	if (error)
		return error;
	error = reconcile(&netlink, &plan);
	netlink_close(&netlink);
	return error;
}
