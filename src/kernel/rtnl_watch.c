/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/rtnl_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/** Room for one datagram of notices. */
#define NOTICE_BYTES 16384

/** Datagrams read in one turn: a routing daemon may send them without an end. */
#define DATAGRAMS_A_TURN 256

/** Joins the groups. */
static int join_groups(int fd, const int *groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			    sizeof(groups[i])) == -1)
			return -errno;
	}
	return 0;
}

/** Opens the monitor. */
int rtnl_watch_open(const int *groups, size_t count)
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
		error = join_groups(fd, groups, count);
	if (!error)
		return fd;
	close(fd);
	return error;
}

/** Shows the notices of one datagram. */
static void see_datagram(const void *data, int left, rtnl_notice_fn *see, void *user)
{
	const struct nlmsghdr *message = data;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		see(message, user);
}

/** Reads notices, datagram by datagram. */
bool rtnl_watch_read(int watch_fd, rtnl_notice_fn *see, void *user)
{
	union {
		struct nlmsghdr header;
		char bytes[NOTICE_BYTES];
	} buffer;
	bool complete = true;

	for (size_t i = 0; i < DATAGRAMS_A_TURN; i++) {
		ssize_t received = recv(watch_fd, &buffer, sizeof(buffer), MSG_DONTWAIT);

		if (received > 0)
			see_datagram(&buffer, (int)received, see, user);
		else if (received == -1 && errno == ENOBUFS)
			complete = false;
		else if (received == 0 || errno != EINTR)
			break;
	}
	return complete;
}

/** The network of a route. */
struct address rtnl_route_network(const struct nlmsghdr *message)
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

/** Compares the network's bits. */
bool rtnl_is_in(
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
