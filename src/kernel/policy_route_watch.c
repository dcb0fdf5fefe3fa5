/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells when something changed that our routes depend on. An interface that goes down
 * takes the routes over it along, and nobody but us puts them back.
 */
#include "kernel/policy_route.h"

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <libmnl/libmnl.h>

#include "kernel/rtnl_watch.h"

static const int groups[] = {
	RTNLGRP_LINK,
	RTNLGRP_IPV4_IFADDR,
	RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE,
	RTNLGRP_IPV6_ROUTE,
	RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_RULE,
	RTNLGRP_NEXTHOP,
};

/** Opens the monitor. */
int policy_route_watch_open(void)
{
	return rtnl_watch_open(groups, sizeof(groups) / sizeof(groups[0]));
}

/** Tells whether a route leads to its destination without a gateway. */
static bool route_on_link(const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, message, sizeof(*route)) {
		switch (mnl_attr_get_type(attribute)) {
		case RTA_GATEWAY:
		case RTA_VIA:
		case RTA_MULTIPATH:
			return false;
		}
	}
	return route->rtm_type == RTN_UNICAST;
}

/** Tells whether a server is the end of a tunnel and in a network; one of family 0 has
 *  all. */
static bool is_end_in(const struct config_server *server, const struct address *network,
	uint8_t bits)
{
	if (server->method != METHOD_TUNNEL)
		return false;
	return !network->family || rtnl_is_in(&server->address_v4, network, bits) ||
	       rtnl_is_in(&server->address_v6, network, bits);
}

/** Tells whether some server is. */
static bool has_end_in(
	const struct config *config, const struct address *network, uint8_t bits)
{
	size_t i, j;

	for (i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];

		for (j = 0; j < service->server_count; j++) {
			if (is_end_in(&service->servers[j], network, bits))
				return true;
		}
	}
	return false;
}

/** Routes matter when they make a next hop on-link, when they may be the way of outer
 *  packets, or when they were ours and are gone. All others come and go by the
 *  thousand where a routing daemon runs. */
static bool route_matters(const struct nlmsghdr *message, const struct config *config)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct address network;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*route))
		return false;
	if (route->rtm_protocol == POLICY_ROUTE_PROTOCOL)
		return message->nlmsg_type == RTM_DELROUTE;
	if (route_on_link(message))
		return true;
	network = rtnl_route_network(message);
	return has_end_in(config, &network, route->rtm_dst_len);
}

/** Next hops that routes only refer to change without a word about the routes. */
static bool nexthop_matters(const struct config *config)
{
	const struct address any = { .family = 0 };

	return has_end_in(config, &any, 0);
}

/** Rules matter when somebody else's appear or any is gone: that may be one of ours,
 *  or the local rule came back to 0. */
static bool rule_matters(const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *rule = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*rule))
		return false;
	if (message->nlmsg_type == RTM_DELRULE)
		return true;
	mnl_attr_for_each (attribute, message, sizeof(*rule)) {
		if (mnl_attr_get_type(attribute) == FRA_PROTOCOL &&
			mnl_attr_get_u8(attribute) == POLICY_ROUTE_PROTOCOL)
			return false;
	}
	return true;
}

/** Whom notices matter to. */
struct watch {
	const struct config *config;
	bool matters;
};

/** Notes whether one notice matters. */
static void see_notice(const struct nlmsghdr *message, void *user)
{
	struct watch *watch = user;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_NEWADDR:
	case RTM_DELADDR:
		watch->matters = true;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		watch->matters |= route_matters(message, watch->config);
		break;
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		watch->matters |= nexthop_matters(watch->config);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		watch->matters |= rule_matters(message);
		break;
	}
}

/** Reads notices; lost ones may have mattered. */
bool policy_route_watch_read(int watch_fd, const struct config *config)
{
	struct watch watch = { config, false };

	return !rtnl_watch_read(watch_fd, see_notice, &watch) || watch.matters;
}
