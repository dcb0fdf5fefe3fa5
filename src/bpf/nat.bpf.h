/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method nat, without state: towards the server the destination becomes its address, and what
 * it sends to a client of its gets the service's. Ports stay, as conntrack keeps them for the
 * same client's ISAKMP. A checksum of UDP is put right; one of zero stays (RFC 3948 2.2).
 */
#pragma once

#include "bpf/frame.bpf.h"

#define CHECK4_AT (ETH_HLEN + sizeof(struct iphdr) + offsetof(struct udphdr, check))
#define CHECK6_AT (ETH_HLEN + sizeof(struct ipv6hdr) + offsetof(struct udphdr, check))
#define CHECK_FLAGS (BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0)

/** A header checksum after one address has changed. RFC 1624 eqn. 3, the sum being of 32-bit
 *  words until it is folded. */
static __always_inline __sum16 sum4_changed(__sum16 check, __be32 from, __be32 to)
{
	__u64 sum = (__u64)(__u16)~check + (__u32)~from + to;

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__sum16)~(__u16)(sum + (sum >> 16));
}

/** Replaces one address of IPv4. By the helper, which knows of checksums that a device has
 *  still to make. Returns the packet, which may have moved, or NULL. */
static __always_inline struct packet4 *translate4(
	struct __sk_buff *skb, struct packet4 *packet, bool destination, __be32 to)
{
	__be32 from = destination ? packet->ip.daddr : packet->ip.saddr;

	if (packet->ip.protocol == IPPROTO_UDP && packet->upper.udp.check) {
		if (bpf_l4_csum_replace(
			    skb, CHECK4_AT, from, to, CHECK_FLAGS | sizeof(to)))
			return NULL;
		packet = packet_again(skb, sizeof(*packet));
		if (!packet)
			return NULL;
	}
	if (destination)
		packet->ip.daddr = to;
	else
		packet->ip.saddr = to;
	packet->ip.check = sum4_changed(packet->ip.check, from, to);
	return packet;
}

/** Replaces one address of IPv6. The sum that a device may have made changes by the address;
 *  the helper has only taken off what the checksum changed by. */
static __always_inline struct packet6 *translate6(
	struct __sk_buff *skb, struct packet6 *packet, bool destination, const void *to)
{
	struct in6_addr *address = destination ? &packet->ip.daddr : &packet->ip.saddr;
	__be32 from[4];
	__s64 diff;

	copy16(from, address);
	diff = bpf_csum_diff(from, sizeof(from), (__be32 *)to, sizeof(from), 0);
	if (packet->ip.nexthdr == IPPROTO_UDP && packet->upper.udp.check) {
		if (bpf_l4_csum_replace(skb, CHECK6_AT, 0, (__u32)diff, CHECK_FLAGS))
			return NULL;
		packet = packet_again(skb, sizeof(*packet));
		if (!packet)
			return NULL;
	}
	address = destination ? &packet->ip.daddr : &packet->ip.saddr;
	copy16(address, to);
	bpf_csum_update(skb, (__wsum)diff);
	return packet;
}

/** Sends a packet of IPv4 to the server; false if it could not be changed, and is as it
 *  was. */
static __always_inline bool nat4(
	struct __sk_buff *skb, struct packet4 *packet, const struct bpf_way *way)
{
	packet = translate4(skb, packet, true, *(const __be32 *)way->address);
	if (!packet)
		return false;
	ttl_decrease(&packet->ip);
	ethernet_write(packet, way);
	return true;
}

/** Sends a packet of IPv6 to the server likewise. */
static __always_inline bool nat6(
	struct __sk_buff *skb, struct packet6 *packet, const struct bpf_way *way)
{
	packet = translate6(skb, packet, true, way->address);
	if (!packet)
		return false;
	hops_decrease(skb, &packet->ip);
	ethernet_write(packet, way);
	return true;
}
