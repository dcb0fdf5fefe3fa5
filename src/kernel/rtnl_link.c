/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads links (linux/rtnetlink.h, linux/if_link.h).
 */
#include "kernel/rtnl_link.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kernel/rtnl_attribute.h"

/** Tells whether what is said of a link's kind is that it is a bridge. */
static bool is_bridge(const struct nlattr *about)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, about) {
		if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND &&
			mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
			return strcmp(mnl_attr_get_str(attribute), "bridge") == 0;
	}
	return false;
}

/** Takes one attribute. */
static void link_attribute(const struct nlattr *attribute, struct rtnl_link *link)
{
	uint16_t size_bytes = mnl_attr_get_payload_len(attribute);

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		if (size_bytes && size_bytes <= sizeof(link->name))
			memcpy(link->name, mnl_attr_get_payload(attribute), size_bytes - 1);
		break;
	case IFLA_ADDRESS:
		if (size_bytes == sizeof(link->address))
			memcpy(link->address, mnl_attr_get_payload(attribute), size_bytes);
		else
			link->ethernet = false;
		break;
	case IFLA_MTU:
		link->mtu_bytes = rtnl_attribute_u32(attribute);
		break;
	case IFLA_MASTER:
		link->master = rtnl_attribute_u32(attribute);
		break;
	case IFLA_GROUP:
		link->group = rtnl_attribute_u32(attribute);
		break;
	case IFLA_LINKINFO:
		link->bridge = is_bridge(attribute);
		break;
	}
}

/** Reads a link. A bridge's own messages about its ports are of another family. */
bool rtnl_link_read(const struct nlmsghdr *message, struct rtnl_link *ret_link)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;

	if ((message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) ||
		mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
		header->ifi_family != AF_UNSPEC)
		return false;
	*ret_link = (struct rtnl_link){
		.interface = (uint32_t)header->ifi_index,
		.ethernet = header->ifi_type == ARPHRD_ETHER,
		.loopback = header->ifi_flags & IFF_LOOPBACK,
		.up = header->ifi_flags & IFF_UP,
		.running = (header->ifi_flags & IFF_UP) && (header->ifi_flags & IFF_RUNNING),
	};
	mnl_attr_for_each (attribute, message, sizeof(*header))
		link_attribute(attribute, ret_link);
	return true;
}

/** Keeps the link that was asked for. */
static int keep_link(const struct nlmsghdr *message, void *user_data)
{
	rtnl_link_read(message, user_data);
	return 0;
}

/** Asks for one. */
int rtnl_link_get(struct netlink *netlink, uint32_t interface, struct rtnl_link *ret_link)
{
	union rtnl_request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETLINK, 0);
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	*ret_link = (struct rtnl_link){ .interface = 0 };
	header->ifi_index = (int)interface;
	return netlink_talk(netlink, message, keep_link, ret_link);
}

/** Whom a walk is for. */
struct walk {
	rtnl_link_fn *see;
	void *user;
};

/** Shows one link of a dump. */
static int show_link(const struct nlmsghdr *message, void *user_data)
{
	const struct walk *walk = user_data;
	struct rtnl_link link;

	return rtnl_link_read(message, &link) ? walk->see(&link, walk->user) : 0;
}

/** Dumps all. */
int rtnl_link_walk(struct netlink *netlink, rtnl_link_fn *see, void *user)
{
	struct walk walk = { see, user };
	union rtnl_request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETLINK, 0);

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	return netlink_dump(netlink, message, show_link, NULL, &walk);
}
