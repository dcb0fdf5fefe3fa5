/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors about what was sent to a nat server in the client's name, of the server or of a
 * router before it: the client knows the service's address alone. Of ESP only, for which
 * conntrack has nothing as it never saw any; errors about UDP it translates itself.
 *
 *   IP    from the server or a router, to the client
 *   ICMP  destination unreachable, too big, time exceeded, parameter problem (8 bytes)
 *   IP    from the client to the server: quoted
 *   ESP   its first 8 bytes at least (RFC 792, RFC 4443 2.4)
 */
#pragma once

#include "bpf/reply.bpf.h"

/* The kernel's headers of ICMP want those of a C library. */
#define ICMP_UNREACHABLE 3
#define ICMP_EXCEEDED 11
#define ICMP_PARAMETER 12
#define ICMP6_INFORMATION 128 /**< types below are errors */
#define ICMP6_CHECK_AT                                                                   \
	(ETH_HLEN + sizeof(struct ipv6hdr) + offsetof(struct icmp_header, check))

struct icmp_header {
	__u8 type;
	__u8 code;
	__sum16 check;
	__be32 rest;
};

/** An error of IPv4, of which neither header has options. */
struct error4 {
	struct iphdr ip;
	struct icmp_header icmp;
	struct iphdr quoted;
	__be32 upper[2];
};

/** An error of IPv6, neither header with extensions. */
struct error6 {
	struct ipv6hdr ip;
	struct icmp_header icmp;
	struct ipv6hdr quoted;
	__be32 upper[2];
};

/** Tells whether the packet is one, about ESP. */
static __always_inline bool is_error4(const struct error4 *packet)
{
	return (packet->icmp.type == ICMP_UNREACHABLE ||
		       packet->icmp.type == ICMP_EXCEEDED ||
		       packet->icmp.type == ICMP_PARAMETER) &&
	       *(const __u8 *)&packet->quoted == 0x45 &&
	       packet->quoted.protocol == IPPROTO_ESP &&
	       packet->quoted.saddr == packet->ip.daddr;
}

/** Tells whether the packet is one, about ESP. */
static __always_inline bool is_error6(const struct error6 *packet)
{
	const __be32 *client = packet->quoted.saddr.in6_u.u6_addr32;
	const __be32 *to = packet->ip.daddr.in6_u.u6_addr32;

	return packet->icmp.type < ICMP6_INFORMATION &&
	       packet->quoted.nexthdr == IPPROTO_ESP && client[3] == to[3] &&
	       client[2] == to[2] && client[1] == to[1] && client[0] == to[0];
}

/** Puts the service's address where the server's is. The checksum of the quoted header takes
 *  up what its address changes by, so that ICMP's stays right. */
static __always_inline void error4_translate(struct error4 *packet, __be32 virtual)
{
	__be32 server = packet->quoted.daddr;

	packet->quoted.daddr = virtual;
	packet->quoted.check = sum4_changed(packet->quoted.check, server, virtual);
	if (packet->ip.saddr != server)
		return;
	packet->ip.saddr = virtual;
	packet->ip.check = sum4_changed(packet->ip.check, server, virtual);
}

/** An ICMP packet of IPv4. */
__noinline int error4(struct __sk_buff *skb)
{
	struct bpf_fib_lookup route = { .family = 2 };
	void *frame = frame_of(skb, sizeof(struct error4));
	const struct bytes4 *service;
	struct error4 *packet;
	__be32 virtual;
	__u32 reason;

	if (!frame)
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	if (!is_error4(packet))
		return TC_ACT_UNSPEC;
	service = bpf_map_lookup_elem(&ipb2_replies4, &packet->quoted.daddr);
	if (!service)
		return TC_ACT_UNSPEC;
	virtual = *(const __be32 *)service->bytes;
	reason = reply_way4(
		skb, &packet->ip, 0, &packet->quoted.daddr, virtual, &route);
	if (reason != BPF_REASON_REPLY)
		return pass(reason);
	error4_translate(packet, virtual);
	ttl_decrease(&packet->ip);
	return leave(packet, &route);
}

/** Puts the service's address where the server's is, twice if it was the server that spoke:
 *  then the pseudo header changes, too. Returns the packet again, or NULL. */
static __always_inline struct error6 *error6_translate(
	struct __sk_buff *skb, struct error6 *packet, const void *virtual)
{
	__be32 server[4];
	__s64 diff;
	bool own;

	copy16(server, &packet->quoted.daddr);
	own = packet->ip.saddr.in6_u.u6_addr32[0] == server[0] &&
	      packet->ip.saddr.in6_u.u6_addr32[1] == server[1] &&
	      packet->ip.saddr.in6_u.u6_addr32[2] == server[2] &&
	      packet->ip.saddr.in6_u.u6_addr32[3] == server[3];
	diff = bpf_csum_diff(server, sizeof(server), (__be32 *)virtual, sizeof(server), 0);
	if (bpf_l4_csum_replace(skb, ICMP6_CHECK_AT, 0, (__u32)diff, 0))
		return NULL;
	if (own && bpf_l4_csum_replace(skb, ICMP6_CHECK_AT, 0, (__u32)diff, BPF_F_PSEUDO_HDR))
		return NULL;
	packet = packet_again(skb, sizeof(*packet));
	if (!packet)
		return NULL;
	copy16(&packet->quoted.daddr, virtual);
	if (own) {
		copy16(&packet->ip.saddr, virtual);
		bpf_csum_update(skb, (__wsum)diff);
	}
	return packet;
}

/** An ICMP packet of IPv6. */
__noinline int error6(struct __sk_buff *skb)
{
	struct bpf_fib_lookup route = { .family = 10 };
	void *frame = frame_of(skb, sizeof(struct error6));
	const struct bytes16 *service;
	struct error6 *packet;
	__u32 reason;

	if (!frame)
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	if (!is_error6(packet))
		return TC_ACT_UNSPEC;
	service = bpf_map_lookup_elem(&ipb2_replies6, &packet->quoted.daddr);
	if (!service)
		return TC_ACT_UNSPEC;
	reason = reply_way6(skb, &packet->ip, 0, packet->quoted.daddr.in6_u.u6_addr32,
		service, &route);
	if (reason != BPF_REASON_REPLY)
		return pass(reason);
	packet = error6_translate(skb, packet, service);
	if (!packet)
		return pass(BPF_REASON_REPLY_NO_WAY);
	hops_decrease(skb, &packet->ip);
	return leave(packet, &route);
}
