/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes and removes the devices by RTM_NEWLINK and RTM_DELLINK (linux/if_link.h,
 * linux/if_tunnel.h).
 */
#include "kernel/tunnel_device.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/** So large that the routes' MTU, which knows the link, is always the smaller one. */
#define DEVICE_MTU_BYTES 65000

/** A request buffer, aligned as netlink wants it. */
union request {
	struct nlmsghdr header;
	char bytes[NETLINK_REQUEST_BYTES];
};

/** What a device of that name is. */
struct device {
	uint32_t interface; /**< 0: there is none */
	uint32_t group;
	uint32_t mtu_bytes;
	bool up;
	bool kind;     /**< is of the kind that we make */
	bool external;
	const char *wanted_kind;
};

/** What rtnetlink calls the kind of device. */
static const char *kind_name(uint8_t family)
{
	return family == AF_INET ? "ipip" : "ip6tnl";
}

/** The name. */
const char *tunnel_device_name(uint8_t family)
{
	return family == AF_INET ? TUNNEL_DEVICE_PREFIX "4" : TUNNEL_DEVICE_PREFIX "6";
}

/** Takes what kind of device it is. */
static void device_info(const struct nlattr *info, struct device *device)
{
	const struct nlattr *attribute, *data;

	mnl_attr_for_each_nested (attribute, info) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_INFO_KIND:
			device->kind = strcmp(mnl_attr_get_str(attribute),
					       device->wanted_kind) == 0;
			break;
		case IFLA_INFO_DATA:
			mnl_attr_for_each_nested (data, attribute)
				device->external |= mnl_attr_get_type(data) ==
						    IFLA_IPTUN_COLLECT_METADATA;
			break;
		}
	}
}

/** Takes the description of a device. */
static int device_see(const struct nlmsghdr *message, void *user_data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct device *device = user_data;
	const struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWLINK ||
		mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return 0;
	device->interface = (uint32_t)header->ifi_index;
	device->up = header->ifi_flags & IFF_UP;
	mnl_attr_for_each (attribute, message, sizeof(*header)) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_GROUP:
			device->group = mnl_attr_get_u32(attribute);
			break;
		case IFLA_MTU:
			device->mtu_bytes = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINKINFO:
			device_info(attribute, device);
			break;
		}
	}
	return 0;
}

/** Looks for the device by its name. */
static int device_find(struct netlink *netlink, uint8_t family, struct device *ret_device)
{
	union request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETLINK, 0);
	int error;

	*ret_device = (struct device){ .wanted_kind = kind_name(family) };
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, tunnel_device_name(family));
	error = netlink_talk(netlink, message, device_see, ret_device);
	return error == -ENODEV ? 0 : error;
}

/** Makes the device, all in one message, so that it is never half ours. */
static int device_make(struct netlink *netlink, uint8_t family)
{
	union request request;
	struct nlmsghdr *message = netlink_request(
		netlink, &request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *header =
		mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct nlattr *info, *data;

	header->ifi_flags = IFF_UP;
	header->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, tunnel_device_name(family));
	mnl_attr_put_u32(message, IFLA_GROUP, TUNNEL_DEVICE_GROUP);
	mnl_attr_put_u32(message, IFLA_MTU, DEVICE_MTU_BYTES);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, kind_name(family));
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put(message, IFLA_IPTUN_COLLECT_METADATA, 0, NULL);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	return netlink_talk(netlink, message, NULL, NULL);
}

/** Removes a device. */
static int device_delete(struct netlink *netlink, const struct device *device)
{
	union request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_DELLINK, 0);
	struct ifinfomsg *header =
		mnl_nlmsg_put_extra_header(message, sizeof(*header));
	int error;

	header->ifi_index = (int)device->interface;
	error = netlink_talk(netlink, message, NULL, NULL);
	return error == -ENODEV ? 0 : error;
}

/** Tells whether we made the device. */
static bool device_is_ours(const struct device *device)
{
	return device->interface && device->group == TUNNEL_DEVICE_GROUP;
}

/** Tells whether the device does what we need. */
static bool device_is_right(const struct device *device)
{
	return device->kind && device->external && device->up &&
	       device->mtu_bytes == DEVICE_MTU_BYTES;
}

/** Keeps, replaces or makes the device. */
int tunnel_device_put(struct netlink *netlink, uint8_t family, uint32_t *ret_interface)
{
	struct device device;
	int error = device_find(netlink, family, &device);

	if (error)
		return error;
	if (device.interface && !device_is_ours(&device))
		return -EEXIST;
	if (!device.interface || !device_is_right(&device)) {
		if (device.interface)
			error = device_delete(netlink, &device);
		if (!error)
			error = device_make(netlink, family);
		if (!error)
			error = device_find(netlink, family, &device);
		if (error)
			return error;
	}
	*ret_interface = device.interface;
	return device.interface ? 0 : -ENODEV;
}

/** Removes the device. */
int tunnel_device_delete(struct netlink *netlink, uint8_t family)
{
	struct device device;
	int error = device_find(netlink, family, &device);

	if (error || !device_is_ours(&device))
		return error;
	return device_delete(netlink, &device);
}
