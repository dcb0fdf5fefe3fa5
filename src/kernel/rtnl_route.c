/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads and writes routes (linux/rtnetlink.h, linux/lwtunnel.h), and asks for the way.
 */
#include "kernel/rtnl_route.h"

#include <errno.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rtnl_attribute.h"

/** First room of a list that grows. */
#define LIST_CAPACITY 32

/** Appends a route. */
int rtnl_routes_append(struct rtnl_routes *routes, const struct rtnl_route *route)
{
	size_t capacity = routes->capacity ? routes->capacity * 2 : LIST_CAPACITY;
	struct rtnl_route *items;

	if (routes->count == routes->capacity) {
		items = reallocarray(routes->items, capacity, sizeof(*items));
		if (!items)
			return -ENOMEM;
		routes->items = items;
		routes->capacity = capacity;
	}
	routes->items[routes->count++] = *route;
	return 0;
}

/** Compares all that a route says. */
bool rtnl_route_equal(const struct rtnl_route *one, const struct rtnl_route *other)
{
	return one->family == other->family && one->type == other->type &&
	       one->protocol == other->protocol && one->special == other->special &&
	       one->table == other->table && one->metric == other->metric &&
	       one->interface == other->interface &&
	       one->mtu_bytes == other->mtu_bytes &&
	       address_equal(&one->host, &other->host) &&
	       address_equal(&one->gateway, &other->gateway) &&
	       address_equal(&one->tunnel, &other->tunnel);
}

/** Where in what encapsulates a packet its destination stands, whatever the family. */
#define TUNNEL_DESTINATION LWTUNNEL_IP_DST
_Static_assert((int)LWTUNNEL_IP_DST == (int)LWTUNNEL_IP6_DST,
	"both families' destinations stand in the same place");

/** Takes the destination of what encapsulates. What it is was said in another attribute
 *  that may come later, but nobody but us makes routes of our protocol. */
static void route_tunnel(const struct nlattr *encap, struct rtnl_route *route)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, encap) {
		if (mnl_attr_get_type(attribute) == TUNNEL_DESTINATION)
			route->tunnel = rtnl_attribute_address(attribute,
				mnl_attr_get_payload_len(attribute) == 4 ? AF_INET
									 : AF_INET6);
	}
}

/** Takes the MTU, the only metric that we set. */
static void route_metrics(const struct nlattr *metrics, struct rtnl_route *route)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, metrics) {
		if (mnl_attr_get_type(attribute) == RTAX_MTU)
			route->mtu_bytes = rtnl_attribute_u32(attribute);
	}
}

/** Sets the MTU of a way that was found apart if it is one that the kernel learned and
 *  will forget: such a route has a time to live and is a copy. */
static void part_learned_mtu(const struct nlmsghdr *message, struct rtnl_route *route)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, message, sizeof(*header)) {
		const struct rta_cacheinfo *info = mnl_attr_get_payload(attribute);

		if (mnl_attr_get_type(attribute) == RTA_CACHEINFO &&
			mnl_attr_get_payload_len(attribute) >= sizeof(*info) &&
			info->rta_expires && (header->rtm_flags & RTM_F_CLONED)) {
			route->learned_mtu_bytes = route->mtu_bytes;
			route->mtu_bytes = 0;
		}
	}
}

/** The gateway of a family other than the route's. */
static struct address via_address(const struct nlattr *attribute)
{
	const struct rtvia *via = mnl_attr_get_payload(attribute);
	size_t size_bytes = mnl_attr_get_payload_len(attribute);
	struct address none = { .family = 0 };

	if (size_bytes == sizeof(*via) + 16 && via->rtvia_family == AF_INET6)
		return address_v6(via->rtvia_addr);
	return none;
}

/** Takes one attribute of a route. */
static void route_attribute(const struct nlattr *attribute, struct rtnl_route *route)
{
	switch (mnl_attr_get_type(attribute)) {
	case RTA_TABLE:
		route->table = rtnl_attribute_u32(attribute);
		break;
	case RTA_PRIORITY:
		route->metric = rtnl_attribute_u32(attribute);
		break;
	case RTA_OIF:
		route->interface = rtnl_attribute_u32(attribute);
		break;
	case RTA_GATEWAY:
		route->gateway = rtnl_attribute_address(attribute, route->family);
		break;
	case RTA_DST:
		route->host = rtnl_attribute_address(attribute, route->family);
		break;
	case RTA_PREFSRC:
		route->source = rtnl_attribute_address(attribute, route->family);
		break;
	case RTA_ENCAP:
		route->encapsulates = true;
		route_tunnel(attribute, route);
		break;
	case RTA_METRICS:
		route_metrics(attribute, route);
		break;
	case RTA_VIA:
		route->gateway = via_address(attribute);
		break;
	case RTA_MULTIPATH:
		route->special = true;
		break;
	}
}

/** Reads a route from its message; false when it is none. */
static bool route_read(const struct nlmsghdr *message, struct rtnl_route *route)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWROUTE ||
		mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return false;
	memset(route, 0, sizeof(*route));
	route->family = header->rtm_family;
	route->type = header->rtm_type;
	route->protocol = header->rtm_protocol;
	route->table = header->rtm_table;
	route->special = header->rtm_src_len || header->rtm_tos;
	mnl_attr_for_each (attribute, message, sizeof(*header))
		route_attribute(attribute, route);
	if (header->rtm_dst_len != address_size_bytes(&route->host) * 8)
		route->special = true;
	part_learned_mtu(message, route);
	/* IPv6 says that its blackholes go out on the loopback interface. */
	if (route->type == RTN_BLACKHOLE)
		route->interface = 0;
	return true;
}

/** Where a dump collects to, to begin again there. */
struct collection {
	struct rtnl_routes *routes;
	size_t first;
	uint8_t protocol;
};

/** Forgets what an interrupted dump brought. */
static void collection_begin(void *user_data)
{
	struct collection *collection = user_data;

	collection->routes->count = collection->first;
}

/** Collects one route of a dump. An old kernel does not select by protocol. */
static int collection_route(const struct nlmsghdr *message, void *user_data)
{
	struct collection *collection = user_data;
	struct rtnl_route route;

	if (!route_read(message, &route) || route.protocol != collection->protocol)
		return 0;
	return rtnl_routes_append(collection->routes, &route);
}

/** Dumps the routes of one maker. */
int rtnl_routes_read(struct netlink *netlink, uint8_t family, uint8_t protocol,
	struct rtnl_routes *routes)
{
	struct collection collection = { routes, routes->count, protocol };
	union rtnl_request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETROUTE, 0);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->rtm_family = family;
	header->rtm_protocol = protocol;
	return netlink_dump(
		netlink, message, collection_route, collection_begin, &collection);
}

/** Puts the MTU, locked: the kernel honours an IPv6 route's for forwarded packets only
 *  when it is, and old kernels an IPv4 route's. */
static void put_mtu(struct nlmsghdr *message, uint32_t mtu_bytes)
{
	struct nlattr *metrics = mnl_attr_nest_start(message, RTA_METRICS);

	mnl_attr_put_u32(message, RTAX_LOCK, 1u << RTAX_MTU);
	mnl_attr_put_u32(message, RTAX_MTU, mtu_bytes);
	mnl_attr_nest_end(message, metrics);
}

/** Puts that packets go to a tunnel's other end. */
static void put_tunnel(struct nlmsghdr *message, const struct address *tunnel)
{
	bool v4 = tunnel->family == AF_INET;
	struct nlattr *encap;

	mnl_attr_put_u16(message, RTA_ENCAP_TYPE,
		v4 ? LWTUNNEL_ENCAP_IP : LWTUNNEL_ENCAP_IP6);
	encap = mnl_attr_nest_start(message, RTA_ENCAP);
	rtnl_attribute_put_address(message, TUNNEL_DESTINATION, tunnel);
	mnl_attr_nest_end(message, encap);
}

/** Puts the gateway, which may be an IPv6 one for IPv4 packets (RFC 8950). */
static void put_gateway(struct nlmsghdr *message, const struct rtnl_route *route)
{
	struct {
		struct rtvia via;
		uint8_t bytes[16];
	} via = { .via.rtvia_family = AF_INET6 };

	if (route->gateway.family == route->family) {
		rtnl_attribute_put_address(message, RTA_GATEWAY, &route->gateway);
	} else if (route->gateway.family == AF_INET6) {
		memcpy(via.bytes, route->gateway.bytes, sizeof(via.bytes));
		mnl_attr_put(message, RTA_VIA, sizeof(via), &via);
	}
}

/** Sends a message about a route. */
static int route_talk(struct netlink *netlink, const struct rtnl_route *route,
	uint16_t type, uint16_t flags)
{
	union rtnl_request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, type, flags);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->rtm_family = route->family;
	header->rtm_protocol = route->protocol;
	header->rtm_type = route->type;
	header->rtm_scope = RT_SCOPE_UNIVERSE;
	header->rtm_dst_len = (unsigned char)(address_size_bytes(&route->host) * 8);
	mnl_attr_put_u32(message, RTA_TABLE, route->table);
	mnl_attr_put_u32(message, RTA_PRIORITY, route->metric);
	if (route->interface)
		mnl_attr_put_u32(message, RTA_OIF, route->interface);
	rtnl_attribute_put_address(message, RTA_DST, &route->host);
	put_gateway(message, route);
	if (route->mtu_bytes)
		put_mtu(message, route->mtu_bytes);
	if (route->tunnel.family)
		put_tunnel(message, &route->tunnel);
	return netlink_talk(netlink, message, NULL, NULL);
}

/** Adds or replaces a route. */
int rtnl_route_put(struct netlink *netlink, const struct rtnl_route *route)
{
	return route_talk(netlink, route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
}

/** Deletes a route. */
int rtnl_route_delete(struct netlink *netlink, const struct rtnl_route *route)
{
	int error = route_talk(netlink, route, RTM_DELROUTE, 0);

	return error == -ESRCH ? 0 : error;
}

/** Keeps the route that a lookup found. */
static int lookup_see(const struct nlmsghdr *message, void *user_data)
{
	route_read(message, user_data);
	return 0;
}

/** Asks the kernel which way it would send to the address. */
static int lookup(struct netlink *netlink, const struct address *address, uint32_t mark,
	struct rtnl_route *ret_route)
{
	size_t size_bytes = address_size_bytes(address);
	union rtnl_request request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETROUTE, 0);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	int error;

	*ret_route = (struct rtnl_route){ .type = RTN_UNREACHABLE };
	header->rtm_family = address->family;
	header->rtm_dst_len = (unsigned char)(size_bytes * 8);
	mnl_attr_put(message, RTA_DST, size_bytes, address->bytes);
	if (mark)
		mnl_attr_put_u32(message, RTA_MARK, mark);
	error = netlink_talk(netlink, message, lookup_see, ret_route);
	if (error == -EPERM || error == -ENOMEM || error == -ENOBUFS)
		return error;
	/* special is no sign here: the found route is one to a single address. */
	if (error || ret_route->type != RTN_UNICAST || !ret_route->interface)
		return -EHOSTUNREACH;
	return 0;
}

/** Takes the way only if it has no gateway. */
int rtnl_on_link(
	struct netlink *netlink, const struct address *address, uint32_t *ret_interface)
{
	struct rtnl_route route;
	int error = lookup(netlink, address, 0, &route);

	if (error)
		return error;
	if (route.gateway.family)
		return -EHOSTUNREACH;
	*ret_interface = route.interface;
	return 0;
}

/** Takes a link's MTU. */
static int mtu_see(const struct nlmsghdr *message, void *user_data)
{
	const struct nlattr *attribute;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	mnl_attr_for_each (attribute, message, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(attribute) == IFLA_MTU)
			*(uint32_t *)user_data = rtnl_attribute_u32(attribute);
	}
	return 0;
}

/** Without a mark. */
int rtnl_way(struct netlink *netlink, const struct address *address,
	struct rtnl_route *ret_route)
{
	return rtnl_way_marked(netlink, address, 0, ret_route);
}

/** Looks the way up, and the link's MTU where the way has none of its own. */
int rtnl_way_marked(struct netlink *netlink, const struct address *address, uint32_t mark,
	struct rtnl_route *ret_route)
{
	union rtnl_request request;
	struct nlmsghdr *message;
	struct ifinfomsg *header;
	int error = lookup(netlink, address, mark, ret_route);

	if (error || ret_route->mtu_bytes)
		return error;
	message = netlink_request(netlink, &request, RTM_GETLINK, 0);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifi_index = (int)ret_route->interface;
	error = netlink_talk(netlink, message, mtu_see, &ret_route->mtu_bytes);
	/* It went between the two questions; the watch will tell. */
	return error == -ENODEV ? -EHOSTUNREACH : error;
}
