/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Internet checksums (RFC 1071) over whole packets, which only GUE over IPv6 asks for: its UDP
 * may not go without (RFC 8200 8.1).
 */
#pragma once

#include "bpf/frame.bpf.h"

#define CHUNK_BYTES 128 /**< read at a time, a power of two; of the stack's 512 */
#define CHUNKS 80       /**< more than the longest packet that is carried */

/** Folds a sum of any words. */
static __always_inline __u16 fold64(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)((sum & 0xffff) + (sum >> 16));
}

/** Adds the packet's bytes from offset on, at least one, to sum; false if there are too few or
 *  too many. The last piece is read first, over zeros, and is never empty: the verifier of
 *  Linux 6.1 does not see that a number that was compared with zero is not zero. */
static __always_inline bool sum_bytes(
	struct __sk_buff *skb, __u32 offset, __u32 size_bytes, __u32 *sum)
{
	__u8 chunk[CHUNK_BYTES] = { 0 };
	__u32 i, rest = ((size_bytes - 1) & (CHUNK_BYTES - 1)) + 1;

	if (bpf_skb_load_bytes(skb, offset + size_bytes - rest, chunk, rest))
		return false;
	*sum = (__u32)bpf_csum_diff(NULL, 0, (__be32 *)chunk, sizeof(chunk), *sum);
	for (i = 0; i < CHUNKS; i++) {
		if (i == (size_bytes - rest) / CHUNK_BYTES)
			return true;
		if (bpf_skb_load_bytes(skb, offset + i * CHUNK_BYTES, chunk, sizeof(chunk)))
			return false;
		*sum = (__u32)bpf_csum_diff(NULL, 0, (__be32 *)chunk, sizeof(chunk), *sum);
	}
	return false;
}

/** The sum of a UDP datagram whose checksum is right, or is still to be filled in by a device:
 *  with its pseudo header it is zero, so it is what the pseudo header lacks. */
static __always_inline __u32 sum_of_udp(__u32 pseudo_addresses, __be16 udp_length)
{
	__u64 pseudo = (__u64)pseudo_addresses + bpf_htons(IPPROTO_UDP) + udp_length;

	return (__u16)~fold64(pseudo);
}

/** Sums up a packet of IPv4 as it will be inside of the tunnel. Its header makes nothing, for
 *  it has a checksum itself. */
static __always_inline bool sum_of4(
	struct __sk_buff *skb, const struct packet4 *packet, __u32 ip_bytes, __u32 *ret_sum)
{
	const struct iphdr *ip = &packet->ip;
	__be16 length = packet->upper.udp.len;

	*ret_sum = 0;
	if (ip->protocol != IPPROTO_UDP || !packet->upper.udp.check ||
		sizeof(*ip) + bpf_ntohs(length) != ip_bytes)
		return sum_bytes(skb, ETH_HLEN, ip_bytes, ret_sum);
	*ret_sum = sum_of_udp(
		fold64((__u64)ip->saddr + (__u64)ip->daddr), length);
	return true;
}

/** Sums up a packet of IPv6 likewise. Its addresses are in both headers, and with UDP only
 *  what is before them is left. */
static __always_inline bool sum_of6(
	struct __sk_buff *skb, const struct packet6 *packet, __u32 ip_bytes, __u32 *ret_sum)
{
	const __be32 *words = (const __be32 *)&packet->ip;
	__be16 length = packet->upper.udp.len;
	__u64 sum = bpf_htons(0xfffe); /* the hop limit, one less */

	*ret_sum = (__u32)sum;
	if (packet->ip.nexthdr != IPPROTO_UDP ||
		sizeof(packet->ip) + bpf_ntohs(length) != ip_bytes)
		return sum_bytes(skb, ETH_HLEN, ip_bytes, ret_sum);
	sum += (__u64)words[0] + words[1] + sum_of_udp(0, length);
	*ret_sum = fold64(sum);
	return true;
}

/** The checksum of UDP, its own field being zero, over IPv6 and before a packet of that
 *  sum. */
static __always_inline __sum16 udp6_checksum(
	struct ipv6hdr *ip, struct udphdr *udp, __u32 packet_sum)
{
	__u64 sum = (__u32)bpf_csum_diff(
		NULL, 0, (__be32 *)&ip->saddr, 2 * sizeof(ip->saddr), 0);
	__u16 checksum;

	sum += (__u32)bpf_csum_diff(NULL, 0, (__be32 *)udp, sizeof(*udp) + 4, 0);
	sum += (__u64)bpf_htons(IPPROTO_UDP) + udp->len + packet_sum;
	checksum = (__u16)~fold64(sum);
	return checksum ? checksum : 0xffff;
}
