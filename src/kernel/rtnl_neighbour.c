/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads and keeps neighbours (linux/rtnetlink.h, linux/neighbour.h).
 */
#include "kernel/rtnl_neighbour.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/policy_route.h"
#include "kernel/rtnl_attribute.h"

/** States in which the kernel itself would send to the hardware address. */
#define NUD_USABLE \
	(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)

/** Takes one attribute; ret_has_hardware: the hardware address. */
static void neighbour_attribute(const struct nlattr *attribute, uint8_t family,
	struct rtnl_neighbour *neighbour, bool *ret_has_hardware)
{
	switch (mnl_attr_get_type(attribute)) {
	case NDA_DST:
		neighbour->address = rtnl_attribute_address(attribute, family);
		break;
	case NDA_LLADDR:
		if (mnl_attr_get_payload_len(attribute) != sizeof(neighbour->hardware))
			break;
		memcpy(neighbour->hardware, mnl_attr_get_payload(attribute),
			sizeof(neighbour->hardware));
		*ret_has_hardware = true;
		break;
	case NDA_FLAGS_EXT:
		neighbour->managed = rtnl_attribute_u32(attribute) & NTF_EXT_MANAGED;
		break;
	case NDA_PROTOCOL:
		if (mnl_attr_get_payload_len(attribute) == sizeof(uint8_t))
			neighbour->ours =
				mnl_attr_get_u8(attribute) == POLICY_ROUTE_PROTOCOL;
		break;
	}
}

/** Reads a neighbour. */
bool rtnl_neighbour_read(
	const struct nlmsghdr *message, struct rtnl_neighbour *ret_neighbour)
{
	const struct ndmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	bool has_hardware = false;

	if ((message->nlmsg_type != RTM_NEWNEIGH && message->nlmsg_type != RTM_DELNEIGH) ||
		mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
		(header->ndm_family != AF_INET && header->ndm_family != AF_INET6))
		return false;
	*ret_neighbour = (struct rtnl_neighbour){
		.interface = (uint32_t)header->ndm_ifindex,
		.permanent = header->ndm_state & (NUD_PERMANENT | NUD_NOARP),
	};
	mnl_attr_for_each (attribute, message, sizeof(*header))
		neighbour_attribute(
			attribute, header->ndm_family, ret_neighbour, &has_hardware);
	ret_neighbour->usable = has_hardware && (header->ndm_state & NUD_USABLE) &&
		message->nlmsg_type == RTM_NEWNEIGH;
	return true;
}

/** Begins a request about one neighbour. */
static struct nlmsghdr *request_about(struct netlink *netlink, union rtnl_request *request,
	uint16_t type, uint32_t interface, const struct address *address)
{
	struct nlmsghdr *message = netlink_request(netlink, request, type, 0);
	struct ndmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->ndm_family = address->family;
	header->ndm_ifindex = (int)interface;
	rtnl_attribute_put_address(message, NDA_DST, address);
	return message;
}

/** Keeps the neighbour that was asked for. */
static int keep_answer(const struct nlmsghdr *message, void *user_data)
{
	rtnl_neighbour_read(message, user_data);
	return 0;
}

/** Asks for one. */
int rtnl_neighbour_get(struct netlink *netlink, uint32_t interface,
	const struct address *address, struct rtnl_neighbour *ret_neighbour)
{
	union rtnl_request request;
	struct nlmsghdr *message =
		request_about(netlink, &request, RTM_GETNEIGH, interface, address);

	*ret_neighbour = (struct rtnl_neighbour){ .interface = 0 };
	return netlink_talk(netlink, message, keep_answer, ret_neighbour);
}

/** Tells the kernel that the neighbour is used; NTF_USE leaves its state as it is. */
static int use(struct netlink *netlink, uint32_t interface, const struct address *address,
	uint16_t flags, uint32_t more_flags)
{
	union rtnl_request request;
	struct nlmsghdr *message =
		request_about(netlink, &request, RTM_NEWNEIGH, interface, address);
	struct ndmsg *header = mnl_nlmsg_get_payload(message);

	message->nlmsg_flags |= flags;
	header->ndm_flags = NTF_USE;
	mnl_attr_put_u8(message, NDA_PROTOCOL, POLICY_ROUTE_PROTOCOL);
	if (more_flags)
		mnl_attr_put_u32(message, NDA_FLAGS_EXT, more_flags);
	return netlink_talk(netlink, message, NULL, NULL);
}

/** A kernel that does not know the flag either passes over it or refuses all. */
int rtnl_neighbour_keep(
	struct netlink *netlink, uint32_t interface, const struct address *address)
{
	uint16_t flags = NLM_F_CREATE | NLM_F_REPLACE;
	int error = use(netlink, interface, address, flags, NTF_EXT_MANAGED);

	if (error == -EINVAL || error == -EOPNOTSUPP)
		error = use(netlink, interface, address, flags, 0);
	return error;
}

/** Takes the flag back, which leaves a neighbour like any other. */
static int release(struct netlink *netlink, const struct rtnl_neighbour *neighbour)
{
	int error = use(
		netlink, neighbour->interface, &neighbour->address, NLM_F_REPLACE, 0);

	return error == -ENODEV || error == -ENOENT ? 0 : error;
}

/** Those to be released: the kernel cannot be asked while it lists. */
struct releases {
	rtnl_neighbour_fn *is_wanted;
	void *user;
	struct rtnl_neighbour *items; /**< owned */
	size_t count;
};

/** Notes a neighbour that we had kept and that is not wanted any more. */
static int note_release(const struct nlmsghdr *message, void *user_data)
{
	struct releases *releases = user_data;
	struct rtnl_neighbour neighbour, *items;

	if (!rtnl_neighbour_read(message, &neighbour) || !neighbour.managed ||
		!neighbour.ours || releases->is_wanted(&neighbour, releases->user))
		return 0;
	items = reallocarray(releases->items, releases->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	releases->items = items;
	items[releases->count++] = neighbour;
	return 0;
}

/** Lists, then releases. */
int rtnl_neighbour_release_others(
	struct netlink *netlink, rtnl_neighbour_fn *is_wanted, void *user)
{
	struct releases releases = { is_wanted, user, NULL, 0 };
	union rtnl_request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETNEIGH, 0);
	int error;

	mnl_nlmsg_put_extra_header(message, sizeof(struct ndmsg));
	error = netlink_dump(netlink, message, note_release, NULL, &releases);
	for (size_t i = 0; i < releases.count && !error; i++)
		error = release(netlink, &releases.items[i]);
	free(releases.items);
	return error;
}
