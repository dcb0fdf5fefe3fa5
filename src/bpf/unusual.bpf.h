/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragments, IPv4 options and IPv6 extension headers, and any packet while ways are stale: such
 * a one is never carried here. If it is a known client's it gets the mark and goes up the
 * stack.
 */
#pragma once

#include "bpf/counted.bpf.h"
#include "bpf/frame.bpf.h"

#define FRAGMENT_BYTES 8 /**< of IPv6's header */
#define EXTENSIONS 6 /**< that are walked over; what has more goes to the daemon */

/** What the walk to the upper header finds. */
struct found {
	__u32 offset; /**< of the upper header in the frame */
	/** As one packet, whatever fragments it comes in. 0: another one of them says it. */
	__u32 ip_bytes;
	__u32 fragment_bytes; /**< of a fragment header, which only fragments have */
	__u8 protocol;
	bool plain; /**< nothing is unusual about it but the time */
	bool fragment;
	bool later; /**< not the first fragment: nothing of the upper header is there */
};

/** Takes the fragment fields, at being the offset. How long it all is the last fragment tells, and
 *  of UDP the first one (found_kind), for later ones have no port. */
static __always_inline void found_fragment(struct found *found, __u32 at, bool more)
{
	found->fragment = at || more;
	found->later = at;
	found->ip_bytes = more ? 0 : found->ip_bytes + at;
}

/** Tells by what is found whether the packet is IPsec, and of what port. */
static __always_inline enum kind found_kind(
	struct __sk_buff *skb, struct found *found, __be16 *ret_port)
{
	union upper upper = { { 0 } };
	enum kind kind;

	*ret_port = 0;
	if (found->later)
		return found->protocol == IPPROTO_ESP ? KIND_ESP :
		       found->protocol == IPPROTO_AH  ? KIND_AH :
							KIND_OTHER;
	if (bpf_skb_load_bytes(skb, found->offset, &upper, sizeof(upper)))
		return KIND_OTHER;
	kind = kind_of(found->protocol, &upper);
	if (bpf_ntohl(spi_of(kind, &upper)) < SPI_FIRST)
		return KIND_OTHER;
	if (kind != KIND_ESP_IN_UDP)
		return kind;
	*ret_port = upper.udp.source;
	if (found->fragment)
		found->ip_bytes = found->offset - ETH_HLEN - found->fragment_bytes +
				  bpf_ntohs(upper.udp.len);
	return kind;
}

/** Marks what has a client, and counts it. */
static __always_inline int found_mark(struct __sk_buff *skb, const struct found *found,
	enum kind kind, __be16 port, __u32 client, bool v6)
{
	const struct bpf_way *way;

	if (!client)
		return pass(BPF_REASON_UNKNOWN);
	way = way_of(server_of(client), v6);
	if (!way)
		return pass(BPF_REASON_NO_SERVER);
	if (kind == KIND_AH && !(way->flags & BPF_WAY_AH))
		return pass(BPF_REASON_AH_REFUSED);
	if (skb->gso_size && kind == KIND_ESP_IN_UDP)
		return pass(BPF_REASON_GSO_UDP);
	if (is_counted(client) && found->ip_bytes)
		count_client(skb, v6, port, found->ip_bytes);
	if (found->plain)
		return pass_marked(skb, way, BPF_REASON_STALE);
	return pass_marked(skb, way,
		found->fragment ? BPF_REASON_FRAGMENT : BPF_REASON_OPTIONS);
}

/** Judges a packet of IPv4. */
__noinline int unusual4(struct __sk_buff *skb)
{
	struct found found;
	struct iphdr ip;
	enum kind kind;
	__be16 port;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.ihl < 5)
		return TC_ACT_UNSPEC;
	found.protocol = ip.protocol;
	found.offset = ETH_HLEN + ip.ihl * 4;
	found.ip_bytes = bpf_ntohs(ip.tot_len);
	found.fragment_bytes = 0;
	found_fragment(&found, (bpf_ntohs(ip.frag_off) & V4_OFFSET) * 8,
		ip.frag_off & bpf_htons(V4_MORE));
	found.plain = ip.ihl == 5 && !found.fragment;
	kind = found_kind(skb, &found, &port);
	if (kind == KIND_OTHER)
		return TC_ACT_UNSPEC;
	if (bpf_map_lookup_elem(&ipb2_replies4, &ip.saddr))
		return pass(BPF_REASON_REPLY_UNUSUAL);
	if (kind == KIND_REPLY_UDP)
		return TC_ACT_UNSPEC;
	return found_mark(skb, &found, kind, port,
		client4(address4(ip.saddr, ip.daddr), port, LOOK_SEE), false);
}

/** Tells whether a header of IPv6 has another one behind it that matters here. */
static __always_inline bool is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_FRAGMENT;
}

/** Steps over one extension header (RFC 8200 4); false when there is none. */
static __always_inline bool extension_skip(struct __sk_buff *skb, struct found *found)
{
	struct {
		__u8 next;
		__u8 length;
		__be16 offset;
	} header;

	if (!is_extension(found->protocol))
		return false;
	if (bpf_skb_load_bytes(skb, found->offset, &header, sizeof(header)))
		return false;
	if (found->protocol == IPPROTO_FRAGMENT) {
		found->fragment_bytes = FRAGMENT_BYTES;
		found->ip_bytes -= FRAGMENT_BYTES;
		found_fragment(found, bpf_ntohs(header.offset) & 0xfff8,
			header.offset & bpf_htons(1));
		found->fragment = true;
		found->offset += FRAGMENT_BYTES;
	} else {
		found->offset += (header.length + 1) * 8;
	}
	found->protocol = header.next;
	return !found->later;
}

/** Judges a packet of IPv6. */
__noinline int unusual6(struct __sk_buff *skb)
{
	struct found found = { .offset = ETH_HLEN + sizeof(struct ipv6hdr) };
	struct ipv6hdr ip;
	struct address6 address;
	enum kind kind;
	__be16 port;
	__u32 i;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return TC_ACT_UNSPEC;
	found.protocol = ip.nexthdr;
	found.ip_bytes = sizeof(ip) + bpf_ntohs(ip.payload_len);
	found.plain = !is_extension(ip.nexthdr);
	for (i = 0; i < EXTENSIONS && extension_skip(skb, &found); i++)
		;
	kind = found_kind(skb, &found, &port);
	if (kind == KIND_OTHER)
		return TC_ACT_UNSPEC;
	copy16(address.words, &ip.saddr);
	copy16(address.words + 2, &ip.daddr);
	if (bpf_map_lookup_elem(&ipb2_replies6, &ip.saddr))
		return pass(BPF_REASON_REPLY_UNUSUAL);
	if (kind == KIND_REPLY_UDP)
		return TC_ACT_UNSPEC;
	return found_mark(
		skb, &found, kind, port, client6(&address, port, LOOK_SEE), true);
}
