/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads conntrack's tables, a family at a time, and picks what is about our services.
 */
#include "kernel/conntrack_sweep.h"

#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/netlink.h"

/** A sweep under way. */
struct sweep {
	struct conntrack *conntrack;
	const struct config *config;
	size_t count;
};

/** The direction that the connection began in. */
static bool read_flow(const struct nf_conntrack *object, struct packet_flow *ret_flow)
{
	const void *from, *to;

	memset(ret_flow, 0, sizeof(*ret_flow));
	if (nfct_get_attr_u8(object, ATTR_L3PROTO) == AF_INET) {
		from = nfct_get_attr(object, ATTR_ORIG_IPV4_SRC);
		to = nfct_get_attr(object, ATTR_ORIG_IPV4_DST);
		if (!from || !to)
			return false;
		ret_flow->client = address_v4(from);
		ret_flow->virtual = address_v4(to);
	} else {
		from = nfct_get_attr(object, ATTR_ORIG_IPV6_SRC);
		to = nfct_get_attr(object, ATTR_ORIG_IPV6_DST);
		if (!from || !to)
			return false;
		ret_flow->client = address_v6(from);
		ret_flow->virtual = address_v6(to);
	}
	ret_flow->client_port = ntohs(nfct_get_attr_u16(object, ATTR_ORIG_PORT_SRC));
	ret_flow->virtual_port = ntohs(nfct_get_attr_u16(object, ATTR_ORIG_PORT_DST));
	return true;
}

/** Tells whether one of the service's servers is behind NAT and, if address is not NULL,
 *  has that address. */
static bool has_nat_server(
	const struct config_service *service, const struct address *address)
{
	size_t i;

	for (i = 0; i < service->server_count; i++) {
		const struct config_server *server = &service->servers[i];

		if (server->method == METHOD_NAT &&
			(!address || address_equal(&server->address_v4, address) ||
				address_equal(&server->address_v6, address)))
			return true;
	}
	return false;
}

/** Tells whether the connection leads to the service or comes from a nat server of it. */
static bool is_of_service(
	const struct config_service *service, const struct packet_flow *flow)
{
	size_t i;

	if (has_nat_server(service, &flow->client))
		return true;
	for (i = 0; i < service->address_count; i++)
		if (address_equal(&service->addresses[i], &flow->virtual))
			return has_nat_server(service, NULL);
	return false;
}

/** Tells whether the connection is about one of our services. */
static bool is_ours(const struct config *config, const struct packet_flow *flow)
{
	size_t i;

	for (i = 0; i < config->service_count; i++)
		if (is_of_service(&config->services[i], flow))
			return true;
	return false;
}

/** Tells whether a port is one of ours. */
static bool is_port(uint16_t port)
{
	return port == PACKET_PORT_ISAKMP || port == PACKET_PORT_NATT;
}

/** Forgets the connection if it is ours. */
static void consider(struct sweep *sweep, const struct nf_conntrack *object)
{
	uint8_t protocol = nfct_get_attr_u8(object, ATTR_L4PROTO);
	struct packet_flow flow;

	if (!read_flow(object, &flow) || !is_ours(sweep->config, &flow))
		return;
	if (protocol == IPPROTO_ESP)
		conntrack_forget_esp(sweep->conntrack, &flow);
	else if (protocol == IPPROTO_UDP &&
		 (is_port(flow.client_port) || is_port(flow.virtual_port)))
		conntrack_forget_udp(sweep->conntrack, &flow);
	else
		return;
	sweep->count++;
}

/** Sees one connection. */
static int see(const struct nlmsghdr *message, void *user_data)
{
	struct nf_conntrack *object = nfct_new();

	if (!object)
		return -ENOMEM;
	if (nfct_nlmsg_parse(message, object) == 0)
		consider(user_data, object);
	nfct_destroy(object);
	return 0;
}

/** Reads one family's connections. */
static int sweep_family(struct netlink *netlink, uint8_t family, struct sweep *sweep)
{
	uint64_t buffer[NETLINK_REQUEST_BYTES / sizeof(uint64_t)];
	struct nlmsghdr *message = netlink_request(netlink, buffer,
		(NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET, 0);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	return netlink_dump(netlink, message, see, NULL, sweep);
}

/** Reads both families. */
int conntrack_sweep(
	struct conntrack *conntrack, const struct config *config, size_t *ret_count)
{
	struct sweep sweep = { conntrack, config, 0 };
	struct netlink netlink;
	int error = netlink_open(&netlink, NETLINK_NETFILTER, 0);

	if (error)
		return error;
	error = sweep_family(&netlink, AF_INET, &sweep);
	if (!error)
		error = sweep_family(&netlink, AF_INET6, &sweep);
	netlink_close(&netlink);
	conntrack_flush(conntrack);
	*ret_count = sweep.count;
	return error;
}
