/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes and removes the devices by RTM_NEWLINK and RTM_DELLINK (linux/if_link.h,
 * linux/if_tunnel.h).
 */
#include "kernel/tunnel_device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/** So large that the routes' MTU, which knows the link, is always the smaller one. */
#define DEVICE_MTU_BYTES 65000

/** Hop limit of outer IPv6 packets; to IPv4 ones the kernel gives one without asking. */
#define HOP_LIMIT 64

/** A request buffer, aligned as netlink wants it. */
union request {
	struct nlmsghdr header;
	char bytes[NETLINK_REQUEST_BYTES];
};

/** What a device of that name is. */
struct found {
	const struct tunnel_device *wanted;
	uint32_t interface; /**< 0: there is none */
	uint32_t mtu_bytes;
	bool name;  /**< begins as ours do */
	bool group; /**< is the one of ours */
	bool up;
	bool kind; /**< is of the wanted kind */
	bool external;
	struct address remote;
	struct address local;
	uint16_t gue_port;
};

/** The kind. */
const char *tunnel_device_kind(const struct tunnel_device *device)
{
	if (device->family == AF_INET6)
		return "ip6tnl";
	return device->inner == AF_INET6 ? "sit" : "ipip";
}

/** An end of a tunnel; none if it is all zeros, or of no family's size. */
static struct address end_of(const struct nlattr *attribute)
{
	static const uint8_t zeros[16];
	const uint8_t *bytes = mnl_attr_get_payload(attribute);
	uint16_t size_bytes = mnl_attr_get_payload_len(attribute);
	struct address none = { .family = 0 };

	if (size_bytes > sizeof(zeros) || memcmp(bytes, zeros, size_bytes) == 0)
		return none;
	if (size_bytes == sizeof(zeros))
		return address_v6(bytes);
	return size_bytes == 4 ? address_v4(bytes) : none;
}

/** Takes one attribute of a tunnel. */
static void tunnel_attribute(const struct nlattr *attribute, struct found *found)
{
	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IPTUN_COLLECT_METADATA:
		found->external = true;
		break;
	case IFLA_IPTUN_REMOTE:
		found->remote = end_of(attribute);
		break;
	case IFLA_IPTUN_LOCAL:
		found->local = end_of(attribute);
		break;
	case IFLA_IPTUN_ENCAP_DPORT:
		found->gue_port = ntohs(mnl_attr_get_u16(attribute));
		break;
	}
}

/** Takes what kind of device it is. */
static void device_info(const struct nlattr *info, struct found *found)
{
	const char *wanted = tunnel_device_kind(found->wanted);
	const struct nlattr *attribute, *data;

	mnl_attr_for_each_nested (attribute, info) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_INFO_KIND:
			found->kind = strcmp(mnl_attr_get_str(attribute), wanted) == 0;
			break;
		case IFLA_INFO_DATA:
			mnl_attr_for_each_nested (data, attribute)
				tunnel_attribute(data, found);
			break;
		}
	}
}

/** Takes the description of a device. */
static int device_see(const struct nlmsghdr *message, void *user_data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct found *found = user_data;
	const struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWLINK ||
		mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return 0;
	found->interface = (uint32_t)header->ifi_index;
	found->up = header->ifi_flags & IFF_UP;
	mnl_attr_for_each (attribute, message, sizeof(*header)) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			found->name = strncmp(mnl_attr_get_str(attribute),
					      TUNNEL_DEVICE_PREFIX,
					      strlen(TUNNEL_DEVICE_PREFIX)) == 0;
			break;
		case IFLA_GROUP:
			found->group =
				mnl_attr_get_u32(attribute) == TUNNEL_DEVICE_GROUP;
			break;
		case IFLA_MTU:
			found->mtu_bytes = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINKINFO:
			device_info(attribute, found);
			break;
		}
	}
	return 0;
}

/** Looks for a device of the wanted one's name. */
static int device_find(struct netlink *netlink, const struct tunnel_device *wanted,
	struct found *ret_found)
{
	union request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETLINK, 0);
	int error;

	*ret_found = (struct found){ .wanted = wanted };
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, wanted->name);
	error = netlink_talk(netlink, message, device_see, ret_found);
	return error == -ENODEV ? 0 : error;
}

/** Puts an end of the tunnel, unless there is none. */
static void put_end(
	struct nlmsghdr *message, uint16_t type, const struct address *address)
{
	if (address->family)
		mnl_attr_put(message, type, address_size_bytes(address), address->bytes);
}

/** Puts that the outer packet is UDP with GUE, from a port that the inner flow gives, and
 *  over IPv6 with the checksum that RFC 8200 8.1 wants. */
static void put_gue(struct nlmsghdr *message, const struct tunnel_device *device)
{
	uint16_t flags = device->family == AF_INET6 ? TUNNEL_ENCAP_FLAG_CSUM6 : 0;

	mnl_attr_put_u16(message, IFLA_IPTUN_ENCAP_TYPE, TUNNEL_ENCAP_GUE);
	mnl_attr_put_u16(message, IFLA_IPTUN_ENCAP_FLAGS, flags);
	mnl_attr_put_u16(message, IFLA_IPTUN_ENCAP_SPORT, 0);
	mnl_attr_put_u16(message, IFLA_IPTUN_ENCAP_DPORT, htons(device->gue_port));
}

/** Puts what a tunnel to one server is. No DF of its own accord on IPv4, nor on IPv6 the
 *  destination option that counts tunnels in tunnels (RFC 2473 4.1.1). */
static void put_tunnel(struct nlmsghdr *message, const struct tunnel_device *device)
{
	put_end(message, IFLA_IPTUN_REMOTE, &device->remote);
	put_end(message, IFLA_IPTUN_LOCAL, &device->local);
	if (device->family == AF_INET6) {
		mnl_attr_put_u8(message, IFLA_IPTUN_PROTO, 0);
		mnl_attr_put_u8(message, IFLA_IPTUN_TTL, HOP_LIMIT);
		mnl_attr_put_u32(message, IFLA_IPTUN_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT);
	} else {
		mnl_attr_put_u8(message, IFLA_IPTUN_PROTO,
			device->inner == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IPIP);
		mnl_attr_put_u8(message, IFLA_IPTUN_PMTUDISC, 0);
	}
	if (device->gue_port)
		put_gue(message, device);
}

/** Makes the device, all in one message, so that it is never half ours. */
static int device_make(struct netlink *netlink, const struct tunnel_device *device)
{
	union request request;
	struct nlmsghdr *message = netlink_request(
		netlink, &request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *header =
		mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct nlattr *info, *data;

	header->ifi_flags = IFF_UP;
	header->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, device->name);
	mnl_attr_put_u32(message, IFLA_GROUP, TUNNEL_DEVICE_GROUP);
	mnl_attr_put_u32(message, IFLA_MTU, DEVICE_MTU_BYTES);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, tunnel_device_kind(device));
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	if (device->remote.family)
		put_tunnel(message, device);
	else
		mnl_attr_put(message, IFLA_IPTUN_COLLECT_METADATA, 0, NULL);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	return netlink_talk(netlink, message, NULL, NULL);
}

/** Opens a socket that says it encapsulates. Of the kinds of encapsulation L2TP's is the
 *  one that hangs no receiver on the socket. */
int tunnel_device_hear_errors(void)
{
	int kind = UDP_ENCAP_L2TPINUDP, error;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -errno;
	if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &kind, sizeof(kind)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/** Removes a device. */
int tunnel_device_delete(struct netlink *netlink, uint32_t interface)
{
	union request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_DELLINK, 0);
	struct ifinfomsg *header =
		mnl_nlmsg_put_extra_header(message, sizeof(*header));
	int error;

	header->ifi_index = (int)interface;
	error = netlink_talk(netlink, message, NULL, NULL);
	return error == -ENODEV ? 0 : error;
}

/** Tells whether we made the device. */
static bool device_is_ours(const struct found *found)
{
	return found->interface && found->name && found->group;
}

/** Tells whether the device does what is wanted. */
static bool device_is_right(const struct found *found)
{
	const struct tunnel_device *wanted = found->wanted;

	return found->kind && found->external == !wanted->remote.family && found->up &&
	       found->mtu_bytes == DEVICE_MTU_BYTES &&
	       found->gue_port == wanted->gue_port &&
	       address_equal(&found->remote, &wanted->remote) &&
	       address_equal(&found->local, &wanted->local);
}

/** Keeps, replaces or makes the device. */
int tunnel_device_put(struct netlink *netlink, const struct tunnel_device *device,
	bool replace, uint32_t *ret_interface, bool *ret_made)
{
	struct found found;
	int error = device_find(netlink, device, &found);
	bool is_right = !error && device_is_ours(&found) && device_is_right(&found);

	*ret_made = false;
	if (error)
		return error;
	if (found.interface && !is_right && !(replace && device_is_ours(&found)))
		return -EEXIST;
	if (!is_right) {
		if (found.interface)
			error = tunnel_device_delete(netlink, found.interface);
		if (!error)
			error = device_make(netlink, device);
		if (!error)
			error = device_find(netlink, device, &found);
		if (error)
			return error;
		*ret_made = true;
	}
	*ret_interface = found.interface;
	return found.interface ? 0 : -ENODEV;
}

/** Devices of ours that a dump finds. */
struct others {
	const uint32_t *kept;
	size_t kept_count;
	uint32_t *found; /**< owned */
	size_t found_count;
};

/** Tells whether the device of that index is to stay. */
static bool is_kept(const struct others *others, uint32_t interface)
{
	size_t i;

	for (i = 0; i < others->kept_count; i++) {
		if (others->kept[i] == interface)
			return true;
	}
	return false;
}

/** Collects a device if it is ours and is not to stay. */
static int others_see(const struct nlmsghdr *message, void *user_data)
{
	const struct tunnel_device none = { .family = 0 };
	struct found found = { .wanted = &none };
	struct others *others = user_data;
	uint32_t *grown;

	device_see(message, &found);
	if (!device_is_ours(&found) || is_kept(others, found.interface))
		return 0;
	grown = reallocarray(others->found, others->found_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	others->found = grown;
	others->found[others->found_count++] = found.interface;
	return 0;
}

/** Forgets what an interrupted dump brought. */
static void others_begin(void *user_data)
{
	struct others *others = user_data;

	others->found_count = 0;
}

/** Removes the others. */
int tunnel_device_delete_others(
	struct netlink *netlink, const uint32_t *interfaces, size_t count)
{
	struct others others = { .kept = interfaces, .kept_count = count };
	union request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETLINK, 0);
	size_t i;
	int error;

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	error = netlink_dump(netlink, message, others_see, others_begin, &others);
	for (i = 0; i < others.found_count && !error; i++)
		error = tunnel_device_delete(netlink, others.found[i]);
	free(others.found);
	return error;
}
