/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a nat server sends to a client of its: the source becomes the service's address, and the
 * way is the one the kernel's routing tables have for it now. Whatever is not plain goes up as it
 * came, where conntrack does the same.
 */
#pragma once

#include "bpf/nat.bpf.h"

/** Tells whether the client is one of the server that sends. */
static __always_inline bool is_server_of(
	__u32 client, bool v6, const __be32 *source)
{
	const struct bpf_way *way = way_of(server_of(client), v6);
	const __be32 *server;

	if (!way || way->method != BPF_METHOD_NAT)
		return false;
	server = (const __be32 *)way->address;
	return server[0] == source[0] &&
	       (!v6 || (server[1] == source[1] && server[2] == source[2] &&
			       server[3] == source[3]));
}

/** Asks the routing tables for the way of a packet of IPv4 from a server to its client of that
 *  port; route has the family and is zero otherwise. Returns BPF_REASON_REPLY, or why it is not to be carried. */
static __always_inline __u32 reply_way4(struct __sk_buff *skb, const struct iphdr *ip,
	__be16 port, const __be32 *server, __be32 virtual, struct bpf_fib_lookup *route)
{
	__u32 client = client4(address4(ip->daddr, virtual), port, LOOK_ONLY);

	if (!client || !is_server_of(client, false, server))
		return BPF_REASON_REPLY_UNKNOWN;
	if (ip->ttl <= 1 || skb->gso_size)
		return BPF_REASON_REPLY_UNUSUAL;
	route->ifindex = skb->ingress_ifindex;
	route->tot_len = bpf_ntohs(ip->tot_len);
	route->tos = ip->tos;
	route->ipv4_src = ip->saddr;
	route->ipv4_dst = ip->daddr;
	if (bpf_fib_lookup(skb, route, sizeof(*route), 0))
		return BPF_REASON_REPLY_NO_WAY;
	return BPF_REASON_REPLY;
}

/** The same for IPv6. */
static __always_inline __u32 reply_way6(struct __sk_buff *skb, const struct ipv6hdr *ip,
	__be16 port, const __be32 *server, const struct bytes16 *virtual,
	struct bpf_fib_lookup *route)
{
	struct address6 address;
	__u32 client;

	copy16(address.words, &ip->daddr);
	copy16(address.words + 2, virtual);
	client = client6(&address, port, LOOK_ONLY);
	if (!client || !is_server_of(client, true, server))
		return BPF_REASON_REPLY_UNKNOWN;
	if (ip->hop_limit <= 1 || skb->gso_size)
		return BPF_REASON_REPLY_UNUSUAL;
	route->ifindex = skb->ingress_ifindex;
	route->tot_len = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	copy16(route->ipv6_src, &ip->saddr);
	copy16(route->ipv6_dst, &ip->daddr);
	if (bpf_fib_lookup(skb, route, sizeof(*route), 0))
		return BPF_REASON_REPLY_NO_WAY;
	return BPF_REASON_REPLY;
}

/** Has the packet leave where the routing tables say. */
static __always_inline int leave(void *packet, const struct bpf_fib_lookup *route)
{
	struct ethhdr *ethernet = packet - ETH_HLEN;

	__builtin_memcpy(ethernet->h_dest, route->dmac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, route->smac, ETH_ALEN);
	pass(BPF_REASON_REPLY);
	return bpf_redirect(route->ifindex, 0);
}

/** Carries a packet of IPv4 whose source is a nat server of the service. */
static __always_inline int reply4(struct __sk_buff *skb, struct packet4 *packet,
	__be16 port, const struct bytes4 *service)
{
	struct bpf_fib_lookup route = { .family = 2 };
	__be32 virtual = *(const __be32 *)service->bytes;
	__u32 reason = reply_way4(
		skb, &packet->ip, port, &packet->ip.saddr, virtual, &route);

	if (reason != BPF_REASON_REPLY)
		return pass(reason);
	packet = translate4(skb, packet, false, virtual);
	if (!packet)
		return pass(BPF_REASON_REPLY_NO_WAY);
	ttl_decrease(&packet->ip);
	return leave(packet, &route);
}

/** Carries a packet of IPv6 likewise. */
static __always_inline int reply6(struct __sk_buff *skb, struct packet6 *packet,
	__be16 port, const struct bytes16 *service)
{
	struct bpf_fib_lookup route = { .family = 10 };
	__u32 reason = reply_way6(skb, &packet->ip, port,
		packet->ip.saddr.in6_u.u6_addr32, service, &route);

	if (reason != BPF_REASON_REPLY)
		return pass(reason);
	packet = translate6(skb, packet, false, service);
	if (!packet)
		return pass(BPF_REASON_REPLY_NO_WAY);
	hops_decrease(skb, &packet->ip);
	return leave(packet, &route);
}
