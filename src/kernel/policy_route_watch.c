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
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

/** Room for one datagram of notices. */
#define NOTICE_BYTES 16384

static const int groups[] = {
	RTNLGRP_LINK,
	RTNLGRP_IPV4_IFADDR,
	RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE,
	RTNLGRP_IPV6_ROUTE,
	RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_RULE,
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

/** Routes matter when they make a next hop on-link or were ours and are gone. All others
 *  come and go by the thousand where a routing daemon runs. */
static bool route_matters(const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*route))
		return false;
	if (route->rtm_protocol == POLICY_ROUTE_PROTOCOL)
		return message->nlmsg_type == RTM_DELROUTE;
	return route_on_link(message);
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
static bool notice_matters(const struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return true;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return route_matters(message);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return rule_matters(message);
	}
	return false;
}

/** Tells whether any notice of a datagram matters. */
static bool datagram_matters(const void *data, int left)
{
	const struct nlmsghdr *message = data;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (notice_matters(message))
			return true;
	}
	return false;
}

/** Reads all notices. */
bool policy_route_watch_read(int watch_fd)
{
	union {
		struct nlmsghdr header;
		char bytes[NOTICE_BYTES];
	} buffer;
	bool matters = false;
	ssize_t received;

	for (;;) {
		received = recv(watch_fd, &buffer, sizeof(buffer), MSG_DONTWAIT);
		if (received > 0)
			matters |= datagram_matters(&buffer, (int)received);
		else if (received == -1 && errno == ENOBUFS)
			matters = true;
		else if (received == 0 || errno != EINTR)
			return matters;
	}
}
