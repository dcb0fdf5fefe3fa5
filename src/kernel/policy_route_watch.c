/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells when something changed that our routes depend on. An interface that goes down
 * takes the routes over it along, and nobody but us puts them back.
 */
#include "kernel/policy_route.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

/** Room for one datagram of notices. */
#define NOTICE_BYTES 16384

/** Datagrams read in one turn: a routing daemon may send them without an end. */
#define DATAGRAMS_A_TURN 256

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

/** Joins the groups. */
static int join_groups(int fd)
{
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			    sizeof(groups[i])) == -1)
			return -errno;
	}
	return 0;
}

/** Opens the monitor. */
int policy_route_watch_open(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int error;
	int fd = socket(
		AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd == -1)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == -1)
		error = -errno;
	else
		error = join_groups(fd);
	if (!error)
		return fd;
	close(fd);
	return error;
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

/** The network that a route is to; all zeros for a default route. */
static struct address route_network(const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct address network = { .family = route->rtm_family };
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, message, sizeof(*route)) {
		if (mnl_attr_get_type(attribute) == RTA_DST &&
			mnl_attr_get_payload_len(attribute) <= sizeof(network.bytes))
			memcpy(network.bytes, mnl_attr_get_payload(attribute),
				mnl_attr_get_payload_len(attribute));
	}
	return network;
}

/** Tells whether an address is in a network of so many bits. */
static bool is_in(
	const struct address *address, const struct address *network, uint8_t bits)
{
	uint8_t whole = bits / 8, rest = bits % 8;

	if (address->family != network->family ||
		bits > address_size_bytes(address) * 8 ||
		memcmp(address->bytes, network->bytes, whole) != 0)
		return false;
	return !rest ||
	       (address->bytes[whole] ^ network->bytes[whole]) >> (8 - rest) == 0;
}

/** Tells whether a server is the end of a tunnel and in a network; one of family 0 has
 *  all. */
static bool is_end_in(const struct config_server *server, const struct address *network,
	uint8_t bits)
{
	if (server->method != METHOD_TUNNEL)
		return false;
	return !network->family || is_in(&server->address_v4, network, bits) ||
	       is_in(&server->address_v6, network, bits);
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
	network = route_network(message);
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

/** Tells whether one notice matters. */
static bool notice_matters(const struct nlmsghdr *message, const struct config *config)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return true;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return route_matters(message, config);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return nexthop_matters(config);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return rule_matters(message);
	}
	return false;
}

/** Tells whether any notice of a datagram matters. */
static bool datagram_matters(const void *data, int left, const struct config *config)
{
	const struct nlmsghdr *message = data;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (notice_matters(message, config))
			return true;
	}
	return false;
}

/** Reads notices, datagram by datagram. */
bool policy_route_watch_read(int watch_fd, const struct config *config)
{
	union {
		struct nlmsghdr header;
		char bytes[NOTICE_BYTES];
	} buffer;
	bool matters = false;
	size_t i;

	for (i = 0; i < DATAGRAMS_A_TURN; i++) {
		ssize_t received = recv(watch_fd, &buffer, sizeof(buffer), MSG_DONTWAIT);

		if (received > 0)
			matters |= datagram_matters(&buffer, (int)received, config);
		else if (received == -1 && errno == ENOBUFS)
			matters = true;
		else if (received == 0 || errno != EINTR)
			break;
	}
	return matters;
}
