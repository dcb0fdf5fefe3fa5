/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames as the program reads and writes them, and what of them is IPsec. Agrees with the
 * nft rules (core/ruleset_rules.c): of UDP, port 4500 to a virtual address with at least 17
 * bytes and no zero marker; no SPI below 256 (RFC 3948 2, RFC 4303 2.1).
 */
#pragma once

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "bpf/clients.bpf.h"

#define PORT_NATT bpf_htons(4500)
#define ESP_IN_UDP_BYTES 17 /**< with the UDP header: one more than a keepalive can have */
#define SPI_FIRST 256       /**< those below are reserved */
#define V4_DF 0x4000
#define V4_MORE 0x2000
#define V4_FRAGMENT 0x3fff /**< more fragments, or an offset */
#define V4_OFFSET 0x1fff

/** What stands behind the IP header, as far as it matters. */
union upper {
	struct {
		__be32 spi;
		__be32 sequence;
		__u32 unused;
	} esp;
	struct {
		__u32 next_length_reserved;
		__be32 spi;
		__be32 sequence;
	} ah;
	struct {
		__be16 source;
		__be16 dest;
		__be16 len;
		__sum16 check;
		__be32 spi;
	} udp;
};

/** Without options. Stands behind the Ethernet header, which is no multiple of four bytes
 *  long, so the two are not one struct. */
struct packet4 {
	struct iphdr ip;
	union upper upper;
};

/** Without extension headers. */
struct packet6 {
	struct ipv6hdr ip;
	union upper upper;
};

/** What a packet may be. */
enum kind {
	KIND_OTHER, /**< nothing of ours */
	KIND_ESP,
	KIND_AH,
	KIND_ESP_IN_UDP,
	KIND_REPLY_UDP, /**< ESP in UDP from port 4500 to another */
};

#define data_of(skb) ((void *)(long)(skb)->data)
#define end_of(skb) ((void *)(long)(skb)->data_end)

/** Tells what a packet is by protocol and ports. */
static __always_inline enum kind kind_of(__u8 protocol, const union upper *upper)
{
	if (__builtin_expect(protocol == IPPROTO_ESP, 1))
		return KIND_ESP;
	if (protocol != IPPROTO_UDP)
		return protocol == IPPROTO_AH ? KIND_AH : KIND_OTHER;
	if (upper->udp.dest != PORT_NATT && upper->udp.source != PORT_NATT)
		return KIND_OTHER;
	if (!upper->udp.spi || bpf_ntohs(upper->udp.len) < ESP_IN_UDP_BYTES)
		return KIND_OTHER;
	return upper->udp.dest == PORT_NATT ? KIND_ESP_IN_UDP : KIND_REPLY_UDP;
}

/** The SPI of such a packet. */
static __always_inline __be32 spi_of(enum kind kind, const union upper *upper)
{
	if (kind == KIND_ESP)
		return upper->esp.spi;
	return kind == KIND_AH ? upper->ah.spi : upper->udp.spi;
}

/** Has size_bytes of a packet behind the Ethernet header where they can be read; returns the
 *  frame, or NULL if there are not so many. */
static __always_inline void *frame_of(struct __sk_buff *skb, __u32 size_bytes)
{
	if (data_of(skb) + ETH_HLEN + size_bytes <= end_of(skb))
		return data_of(skb);
	if (bpf_skb_pull_data(skb, ETH_HLEN + size_bytes))
		return NULL;
	if (data_of(skb) + ETH_HLEN + size_bytes <= end_of(skb))
		return data_of(skb);
	return NULL;
}

/** What a frame bears. */
#define ethertype_of(frame) (*(__be16 *)((frame) + 2 * ETH_ALEN))

/** Finds it again after a helper that may have moved it. */
static __always_inline void *packet_again(struct __sk_buff *skb, __u32 size_bytes)
{
	void *packet = data_of(skb) + ETH_HLEN;

	return packet + size_bytes <= end_of(skb) ? packet : NULL;
}

/** Copies an address of IPv6, in words: the compiler would take it for unaligned. */
static __always_inline void copy16(void *to, const void *from)
{
	__u32 *words = to;
	const __u32 *source = from;

	words[0] = source[0];
	words[1] = source[1];
	words[2] = source[2];
	words[3] = source[3];
}

/** Folds a sum of 16-bit words. */
static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)(sum + (sum >> 16));
}

/** Takes one off the TTL (RFC 1624 eqn. 3 with m' = m - 0x0100). */
static __always_inline void ttl_decrease(struct iphdr *ip)
{
	__u32 sum = (__u32)ip->check + bpf_htons(0x0100);

	ip->check = (__sum16)(sum + (sum >= 0xffff));
	ip->ttl--;
}

/** Writes, before the packet, the Ethernet header that leads to the next hop. */
static __always_inline void ethernet_write(void *packet, const struct bpf_way *way)
{
	void *ethernet = packet - ETH_HLEN;

	/* Fourteen bytes in as few pieces as there can be. */
	*(__u64 *)ethernet = *(const __u64 *)way->ethernet;
	*(__u32 *)(ethernet + 8) = *(const __u32 *)(way->ethernet + 8);
	*(__u16 *)(ethernet + 12) = *(const __u16 *)(way->ethernet + 12);
}

/** Takes one off the hop limit. If the device summed the packet up, which nothing in an IPv6
 *  header makes up for, the sum changes, too. */
static __always_inline void hops_decrease(struct __sk_buff *skb, struct ipv6hdr *ip)
{
	ip->hop_limit--;
	/* The word with the hop limit in its low half, one less: plus its complement. */
	bpf_csum_update(skb, bpf_htons(0xfffe));
}
