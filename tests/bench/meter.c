/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meter.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "netns.h"

/** Makes the socket there. */
int meter_open(struct meter *meter, const char *path, const char *device)
{
	meter->fd = netns_route_socket(path, device, &meter->interface);
	return meter->fd < 0 ? meter->fd : 0;
}

/** Finds the counter in the answer. */
static uint64_t received_of(const struct nlmsghdr *message)
{
	struct rtnl_link_stats64 stats;
	const struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWSTATS)
		return 0;
	mnl_attr_for_each (attribute, message, sizeof(struct if_stats_msg)) {
		if (mnl_attr_get_type(attribute) != IFLA_STATS_LINK_64 ||
			mnl_attr_get_payload_len(attribute) < sizeof(stats))
			continue;
		memcpy(&stats, mnl_attr_get_payload(attribute), sizeof(stats));
		return stats.rx_packets;
	}
	return 0;
}

/** Asks once. */
uint64_t meter_read(const struct meter *meter)
{
	union {
		struct nlmsghdr header;
		char bytes[2048];
	} buffer;
	struct nlmsghdr *message = mnl_nlmsg_put_header(&buffer);
	struct if_stats_msg *request;
	ssize_t received;

	message->nlmsg_type = RTM_GETSTATS;
	message->nlmsg_flags = NLM_F_REQUEST;
	request = mnl_nlmsg_put_extra_header(message, sizeof(*request));
	request->ifindex = meter->interface;
	request->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	if (send(meter->fd, message, message->nlmsg_len, 0) == -1)
		return 0;
	received = recv(meter->fd, &buffer, sizeof(buffer), 0);
	if (!mnl_nlmsg_ok(&buffer.header, (int)received))
		return 0;
	return received_of(&buffer.header);
}
