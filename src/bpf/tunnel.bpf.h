/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method tunnel: IPv4 or IPv6, with or without UDP and GUE, around the packet. The headers are
 * those that the kernel's devices would write (kernel/tunnel_device.c): DSCP 0 and the inner
 * packet's ECN (RFC 6040 4.1, compatibility: CE becomes ECT(0)), its TTL unless the way says
 * another, its DF only if the way says so, a checksum of UDP only over IPv6.
 */
#pragma once

#include "bpf/checksum.bpf.h"

#define GUE_BYTES (sizeof(struct udphdr) + 4)
#define OUTER4_BYTES sizeof(struct iphdr)
#define OUTER6_BYTES sizeof(struct ipv6hdr)
#define PORT_FIRST 49152 /**< of those that RFC 6335 6 leaves to anyone */
#define PORT_BITS 14
#define FLOW_LABEL_MASK 0xfffff

/** What the outer headers take from the inner packet. */
struct inner {
	__u32 ip_bytes;
	__u32 flow; /**< the same for all packets of a client */
	__u8 tos;
	__u8 ttl; /**< already one less */
	__be16 df;
	bool v6;
	__u32 sum; /**< of the packet, if GUE over IPv6 needs it */
};

/** Headers as they leave. */
struct outer4 {
	struct iphdr ip;
	struct udphdr udp;
	__u32 gue;
};

struct outer6 {
	struct ipv6hdr ip;
	struct udphdr udp;
	__u32 gue;
};

/** A client's flow in a number whose high bits are good. */
static __always_inline __u32 flow_of(__u32 address, __u32 port)
{
	return (address ^ (port << 16)) * 0x9e3779b1;
}

/** ECN as it is put into an outer header. */
static __always_inline __u8 ecn_of(__u8 tos)
{
	__u8 ecn = tos & 3;

	return ecn == 3 ? 2 : ecn;
}

/** Writes UDP's varying fields; the template has the port and the GUE header. */
static __always_inline void gue_write(
	struct udphdr *udp, const struct bpf_way *way, const struct inner *inner, __u32 at)
{
	*(__u64 *)udp = *(const __u64 *)(way->outer + at);
	*(__u32 *)(udp + 1) = *(const __u32 *)(way->outer + at + 8);
	udp->source = bpf_htons(PORT_FIRST | (inner->flow >> (32 - PORT_BITS)));
	udp->len = bpf_htons((__u16)(GUE_BYTES + inner->ip_bytes));
}

/** Writes an IPv4 header. The identification counts up on each CPU, whose number is in its
 *  highest bits: what differs in time differs. */
static __always_inline void outer4_write(struct iphdr *ip, const struct bpf_way *way,
	const struct inner *inner, __u32 outer_bytes, __u32 packets)
{
	__u32 sum;

	*(__u64 *)ip = *(const __u64 *)way->outer;
	*(__u64 *)((void *)ip + 8) = *(const __u64 *)(way->outer + 8);
	*(__u32 *)((void *)ip + 16) = *(const __u32 *)(way->outer + 16);
	ip->tos = ecn_of(inner->tos);
	ip->tot_len = bpf_htons((__u16)(outer_bytes + inner->ip_bytes));
	ip->id = (__be16)(packets + (bpf_get_smp_processor_id() << 11));
	ip->frag_off = way->flags & BPF_WAY_DF ? inner->df : 0;
	ip->ttl = inner->ttl;
	sum = (__u32)ip->check + ip->tot_len + ip->id + ip->frag_off +
	      bpf_htons(ip->tos) + bpf_htons((__u16)(ip->ttl << 8));
	ip->check = (__sum16)~fold(sum);
}

/** Writes an IPv6 header. */
static __always_inline void outer6_write(struct ipv6hdr *ip, const struct bpf_way *way,
	const struct inner *inner, __u32 outer_bytes)
{
	__u32 label = inner->flow >> 12 & FLOW_LABEL_MASK;
	__u32 i;

	for (i = 0; i < OUTER6_BYTES; i += 8)
		*(__u64 *)((void *)ip + i) = *(const __u64 *)(way->outer + i);
	*(__be32 *)ip = bpf_htonl(6u << 28 | (__u32)ecn_of(inner->tos) << 20 | label);
	ip->payload_len = bpf_htons((__u16)(outer_bytes - OUTER6_BYTES + inner->ip_bytes));
	if (!(way->flags & BPF_WAY_HOPS))
		ip->hop_limit = inner->ttl;
}

/** Makes room for headers of another family or the same. */
static __always_inline int make_room(
	struct __sk_buff *skb, __u32 outer_bytes, bool outer_v6, bool inner_v6)
{
	__u64 flags = outer_v6 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV6
			       : BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;

	return bpf_skb_adjust_room(
		skb, (__s32)outer_bytes, BPF_ADJ_ROOM_MAC, outer_v6 == inner_v6 ? 0 : flags);
}

/** Takes one off the inner packet's TTL. */
static __always_inline void inner_decrease(
	struct __sk_buff *skb, void *packet, const struct inner *inner)
{
	if (inner->v6)
		hops_decrease(skb, packet);
	else
		ttl_decrease(packet);
}

/** Adds what is in front now to the sum that a device may have made. An IPv4 header alone adds
 *  nothing, for it has a checksum. */
static __always_inline void outer_sum(struct __sk_buff *skb, void *outer, __u32 outer_bytes)
{
	if (outer_bytes != OUTER4_BYTES)
		bpf_csum_update(skb, (__wsum)bpf_csum_diff(
			NULL, 0, (__be32 *)outer, outer_bytes, 0));
}

/** Bytes of an inner packet that are written to. */
#define inner_header_bytes(inner) ((inner)->v6 ? OUTER6_BYTES : OUTER4_BYTES)

/** Puts IPv4 around. False if there is no room, and then the packet is as it was. */
static __always_inline bool put4(struct __sk_buff *skb, const struct bpf_way *way,
	const struct inner *inner, __u32 outer_bytes, __u32 packets)
{
	struct outer4 *outer;
	void *data;

	if (make_room(skb, outer_bytes, false, inner->v6))
		return false;
	data = data_of(skb);
	outer = data + ETH_HLEN;
	if (data + ETH_HLEN + outer_bytes + inner_header_bytes(inner) > end_of(skb))
		return false;
	inner_decrease(skb, (void *)outer + outer_bytes, inner);
	outer4_write(&outer->ip, way, inner, outer_bytes, packets);
	if (outer_bytes > OUTER4_BYTES)
		gue_write(&outer->udp, way, inner, OUTER4_BYTES);
	outer_sum(skb, outer, outer_bytes);
	ethernet_write(outer, way);
	return true;
}

/** Puts IPv6 around. */
static __always_inline bool put6(struct __sk_buff *skb, const struct bpf_way *way,
	const struct inner *inner, __u32 outer_bytes)
{
	struct outer6 *outer;
	void *data;

	if (make_room(skb, outer_bytes, true, inner->v6))
		return false;
	data = data_of(skb);
	outer = data + ETH_HLEN;
	if (data + ETH_HLEN + outer_bytes + inner_header_bytes(inner) > end_of(skb))
		return false;
	inner_decrease(skb, (void *)outer + outer_bytes, inner);
	outer6_write(&outer->ip, way, inner, outer_bytes);
	if (outer_bytes > OUTER6_BYTES) {
		gue_write(&outer->udp, way, inner, OUTER6_BYTES);
		outer->udp.check = udp6_checksum(&outer->ip, &outer->udp, inner->sum);
	}
	outer_sum(skb, outer, outer_bytes);
	ethernet_write(outer, way);
	return true;
}

/** Puts the right headers around a packet. */
static __always_inline bool tunnel(struct __sk_buff *skb, __u32 server,
	const struct bpf_way *way, const struct inner *inner)
{
	struct bpf_counters *counters;
	__u32 packets = 0;

	if (way->outer_bytes == OUTER6_BYTES)
		return put6(skb, way, inner, OUTER6_BYTES);
	if (way->outer_bytes == OUTER6_BYTES + GUE_BYTES)
		return put6(skb, way, inner, OUTER6_BYTES + GUE_BYTES);
	counters = bpf_map_lookup_elem(&ipb2_counters, &server);
	if (counters)
		packets = (__u32)counters->packets;
	if (way->outer_bytes == OUTER4_BYTES)
		return put4(skb, way, inner, OUTER4_BYTES, packets);
	return put4(skb, way, inner, OUTER4_BYTES + GUE_BYTES, packets);
}

/** Has a packet of IPv4 in a tunnel. False if there is no room, and then it is as it was. */
static __noinline bool tunnel_of4(
	struct __sk_buff *skb, __u32 server, const struct bpf_way *way, __u32 port)
{
	struct packet4 *packet = packet_again(skb, sizeof(*packet));
	struct inner inner = { .v6 = false };

	if (!packet || !way)
		return false;
	inner.ip_bytes = bpf_ntohs(packet->ip.tot_len);
	inner.flow = flow_of(packet->ip.saddr, port);
	inner.tos = packet->ip.tos;
	inner.ttl = packet->ip.ttl - 1;
	inner.df = packet->ip.frag_off;
	if (way->outer_bytes == OUTER6_BYTES + GUE_BYTES &&
		!sum_of4(skb, packet, inner.ip_bytes, &inner.sum))
		return false;
	return tunnel(skb, server, way, &inner);
}

/** Has a packet of IPv6 in a tunnel. */
static __noinline bool tunnel_of6(
	struct __sk_buff *skb, __u32 server, const struct bpf_way *way, __u32 port)
{
	struct packet6 *packet = packet_again(skb, sizeof(*packet));
	struct inner inner = { .v6 = true };
	const __be32 *source;

	if (!packet || !way)
		return false;
	source = packet->ip.saddr.in6_u.u6_addr32;
	inner.ip_bytes = sizeof(packet->ip) + bpf_ntohs(packet->ip.payload_len);
	inner.flow = flow_of(source[0] ^ source[1] ^ source[2] ^ source[3], port);
	inner.tos = (__u8)(bpf_ntohs(*(__be16 *)&packet->ip) >> 4);
	inner.ttl = packet->ip.hop_limit - 1;
	if (way->outer_bytes == OUTER6_BYTES + GUE_BYTES &&
		!sum_of6(skb, packet, inner.ip_bytes, &inner.sum))
		return false;
	return tunnel(skb, server, way, &inner);
}
