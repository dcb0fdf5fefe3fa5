/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes deletions one behind the other with libnetfilter_conntrack, and sends them over
 * our own netlink socket: the kernel takes any number of them in one datagram, and has
 * dealt with all when the send returns.
 */
#include "kernel/conntrack.h"

#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/netlink.h"

/** Room for more than a batch of packets brings about. */
#define BUFFER_BYTES 16384

/** No deletion is longer: header, two IPv6 addresses, protocol, two ports. */
#define MESSAGE_BYTES 256

struct conntrack {
	struct netlink netlink;
	struct nf_conntrack *v4; /**< owned; addresses are written over again and again */
	struct nf_conntrack *v6;
	struct conntrack_counters counters;
	size_t used_bytes;
	_Alignas(NLMSG_ALIGNTO) char buffer[BUFFER_BYTES];
};

/** Makes the object that carries one family's addresses. */
static struct nf_conntrack *make_object(uint8_t family)
{
	struct nf_conntrack *object = nfct_new();

	if (object)
		nfct_set_attr_u8(object, ATTR_L3PROTO, family);
	return object;
}

/** Opens the socket. */
int conntrack_open(struct conntrack **ret_conntrack)
{
	struct conntrack *conntrack = calloc(1, sizeof(*conntrack));
	int error = -ENOMEM;

	if (!conntrack)
		return error;
	conntrack->v4 = make_object(AF_INET);
	conntrack->v6 = make_object(AF_INET6);
	if (conntrack->v4 && conntrack->v6)
		error = netlink_open(&conntrack->netlink, NETLINK_NETFILTER, 0);
	if (error) {
		conntrack_close(conntrack);
		return error;
	}
	*ret_conntrack = conntrack;
	return 0;
}

/** Frees everything. */
void conntrack_close(struct conntrack *conntrack)
{
	if (!conntrack)
		return;
	netlink_close(&conntrack->netlink);
	if (conntrack->v4)
		nfct_destroy(conntrack->v4);
	if (conntrack->v6)
		nfct_destroy(conntrack->v6);
	free(conntrack);
}

/** Puts client and virtual address into the family's object, which is returned. */
static struct nf_conntrack *fill_addresses(
	struct conntrack *conntrack, const struct packet_flow *flow)
{
	if (flow->client.family == AF_INET) {
		nfct_set_attr(conntrack->v4, ATTR_ORIG_IPV4_SRC, flow->client.bytes);
		nfct_set_attr(conntrack->v4, ATTR_ORIG_IPV4_DST, flow->virtual.bytes);
		return conntrack->v4;
	}
	nfct_set_attr(conntrack->v6, ATTR_ORIG_IPV6_SRC, flow->client.bytes);
	nfct_set_attr(conntrack->v6, ATTR_ORIG_IPV6_DST, flow->virtual.bytes);
	return conntrack->v6;
}

/** Adds one deletion to those that wait. */
static void put_deletion(
	struct conntrack *conntrack, const struct packet_flow *flow, uint8_t protocol)
{
	struct nf_conntrack *object = fill_addresses(conntrack, flow);
	struct nlmsghdr *message;
	struct nfgenmsg *header;

	if (conntrack->used_bytes + MESSAGE_BYTES > BUFFER_BYTES)
		conntrack_flush(conntrack);
	nfct_set_attr_u8(object, ATTR_L4PROTO, protocol);
	nfct_set_attr_u16(object, ATTR_PORT_SRC, htons(flow->client_port));
	nfct_set_attr_u16(object, ATTR_PORT_DST, htons(flow->virtual_port));
	message = netlink_request(&conntrack->netlink,
		conntrack->buffer + conntrack->used_bytes,
		(NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE, 0);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = flow->client.family;
	header->version = NFNETLINK_V0;
	if (nfct_nlmsg_build(message, object) == -1) {
		conntrack->counters.errors++;
		conntrack->counters.last_error = -EINVAL;
		return;
	}
	conntrack->used_bytes += MNL_ALIGN(message->nlmsg_len);
	conntrack->counters.deletions++;
}

/** A UDP connection. */
void conntrack_forget_udp(struct conntrack *conntrack, const struct packet_flow *flow)
{
	put_deletion(conntrack, flow, IPPROTO_UDP);
}

/** An ESP connection; ports are not looked at. */
void conntrack_forget_esp(struct conntrack *conntrack, const struct packet_flow *flow)
{
	put_deletion(conntrack, flow, IPPROTO_ESP);
}

/** Counts one deletion that failed. */
static void count_error(int error, void *user_data)
{
	struct conntrack_counters *counters = user_data;

	if (error == -ENOENT) {
		counters->absent++;
		return;
	}
	counters->errors++;
	counters->last_error = error;
}

/** Sends what was collected. */
void conntrack_flush(struct conntrack *conntrack)
{
	int error;

	if (!conntrack->used_bytes)
		return;
	error = netlink_post(&conntrack->netlink, conntrack->buffer,
		conntrack->used_bytes, count_error, &conntrack->counters);
	if (error)
		count_error(error, &conntrack->counters);
	conntrack->counters.batches++;
	conntrack->used_bytes = 0;
}

/** What was counted. */
const struct conntrack_counters *conntrack_counters(const struct conntrack *conntrack)
{
	return &conntrack->counters;
}
