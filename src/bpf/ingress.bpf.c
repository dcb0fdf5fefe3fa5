/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * At tc ingress of every interface that carries a service's traffic: IPsec of clients the daemon
 * has established goes on to its server from here, in one step. What is not IPsec is left as
 * it came; so is what the daemon has to judge. What is a known client's but not plain enough
 * gets its server's mark and follows the routing rules. A packet is never dropped here. For the
 * linux kernel from 6.1 on; needs no types of a certain one.
 */
#include <linux/if_packet.h>

#include "bpf/direct.bpf.h"
#include "bpf/nat.bpf.h"
#include "bpf/reply.bpf.h"
#include "bpf/tunnel.bpf.h"
#include "bpf/unusual.bpf.h"

/** What both families have in common of a packet whose client is known. */
struct passage {
	struct __sk_buff *skb;
	struct bpf_client *client;
	const struct bpf_way *way;
	enum kind kind;
	__u32 ip_bytes;
	__u8 ttl;
};

/** Tells why the packet cannot be carried on, or BPF_REASON_COUNT if it can. */
static __always_inline __u32 obstacle(const struct passage *passage)
{
	const struct bpf_way *way = passage->way;

	if (way->method <= BPF_METHOD_LOCAL)
		return way->method == BPF_METHOD_LOCAL ? BPF_REASON_LOCAL
						       : BPF_REASON_NO_WAY;
	if (passage->skb->gso_size)
		return BPF_REASON_GSO;
	if (passage->ttl <= 1)
		return BPF_REASON_TTL;
	return passage->ip_bytes > way->mtu_bytes ? BPF_REASON_TOO_BIG : BPF_REASON_COUNT;
}

/** Sends the packet up with the mark, unless the daemon has to see it. Several ESP packets in
 *  UDP that are one may have others among them, so they are taken apart there. */
static __always_inline int go_up(const struct passage *passage, __u32 reason)
{
	if (reason == BPF_REASON_GSO && passage->kind == KIND_ESP_IN_UDP)
		return pass(BPF_REASON_GSO_UDP);
	return pass_marked(passage->skb, passage->client, passage->way, reason);
}

/** Puts the right headers around. */
static __always_inline bool tunnel(
	const struct passage *passage, const struct inner *inner)
{
	const struct bpf_way *way = passage->way;
	struct bpf_counters *counters;
	__u32 packets = 0;

	if (way->outer_bytes == OUTER6_BYTES)
		return tunnel6(passage->skb, way, inner, OUTER6_BYTES);
	if (way->outer_bytes == OUTER6_BYTES + GUE_BYTES)
		return tunnel6(passage->skb, way, inner, OUTER6_BYTES + GUE_BYTES);
	counters = bpf_map_lookup_elem(&ipb1_counters, &passage->client->server);
	if (counters)
		packets = (__u32)counters->packets;
	if (way->outer_bytes == OUTER4_BYTES)
		return tunnel4(passage->skb, way, inner, OUTER4_BYTES, packets);
	return tunnel4(passage->skb, way, inner, OUTER4_BYTES + GUE_BYTES, packets);
}

/** Carries a plain packet of IPv4 whose client is known. */
static __always_inline int carry4(struct passage *passage, struct packet4 *packet)
{
	struct __sk_buff *skb = passage->skb;
	const struct bpf_way *way = passage->way;
	bool carried = true;

	if (way->method == BPF_METHOD_DIRECT) {
		direct4(packet, way);
	} else if (way->method == BPF_METHOD_NAT) {
		carried = nat4(skb, packet, way);
	} else {
		__u32 port = passage->kind == KIND_ESP_IN_UDP ?
			packet->upper.udp.source : 0;
		struct inner inner = {
			.ip_bytes = passage->ip_bytes,
			.flow = flow_of(packet->ip.saddr, port),
			.tos = packet->ip.tos,
			.ttl = passage->ttl - 1,
			.df = packet->ip.frag_off,
		};

		if (way->outer_bytes == OUTER6_BYTES + GUE_BYTES)
			carried = sum_of4(skb, packet, inner.ip_bytes, &inner.sum);
		carried = carried && tunnel(passage, &inner);
	}
	if (!carried)
		return go_up(passage, BPF_REASON_NO_ROOM);
	count(passage->client->server, passage->ip_bytes);
	return bpf_redirect(way->interface, 0);
}

/** Carries a plain packet of IPv6 whose client is known. */
static __always_inline int carry6(struct passage *passage, struct packet6 *packet)
{
	struct __sk_buff *skb = passage->skb;
	const struct bpf_way *way = passage->way;
	bool carried = true;

	if (way->method == BPF_METHOD_DIRECT) {
		direct6(skb, packet, way);
	} else if (way->method == BPF_METHOD_NAT) {
		carried = nat6(skb, packet, way);
	} else {
		const __be32 *client = packet->ip.saddr.in6_u.u6_addr32;
		__u32 port = passage->kind == KIND_ESP_IN_UDP ?
			packet->upper.udp.source : 0;
		struct inner inner = {
			.ip_bytes = passage->ip_bytes,
			.flow = flow_of(client[0] ^ client[1] ^ client[2] ^ client[3], port),
			.tos = (__u8)(bpf_ntohs(*(__be16 *)&packet->ip) >> 4),
			.ttl = passage->ttl - 1,
			.v6 = true,
		};

		if (way->outer_bytes == OUTER6_BYTES + GUE_BYTES)
			carried = sum_of6(skb, packet, inner.ip_bytes, &inner.sum);
		carried = carried && tunnel(passage, &inner);
	}
	if (!carried)
		return go_up(passage, BPF_REASON_NO_ROOM);
	count(passage->client->server, passage->ip_bytes);
	return bpf_redirect(way->interface, 0);
}

/** Tells why a packet of a known client has to be judged by the daemon, or BPF_REASON_COUNT.
 *  Behind the IP packet a frame may have padding. */
static __always_inline __u32 oddity(const struct passage *passage,
	const union upper *upper, __be32 spi, __u32 header_bytes)
{
	__u32 upper_bytes = 8;

	if (passage->kind == KIND_ESP_IN_UDP)
		upper_bytes = bpf_ntohs(upper->udp.len);
	if (passage->ip_bytes + ETH_HLEN > passage->skb->len ||
		header_bytes + upper_bytes > passage->ip_bytes)
		return BPF_REASON_TRUNCATED;
	if (bpf_ntohl(spi) < SPI_FIRST)
		return BPF_REASON_SPI;
	if (!passage->way)
		return BPF_REASON_NO_SERVER;
	if (passage->kind == KIND_AH && !(passage->way->flags & BPF_WAY_AH))
		return BPF_REASON_AH_REFUSED;
	return BPF_REASON_COUNT;
}

/** A packet of IPv4 that is nobody's: perhaps a nat server's. */
static __always_inline int stranger4(
	struct __sk_buff *skb, struct packet4 *packet, enum kind kind)
{
	const struct bytes4 *service =
		bpf_map_lookup_elem(&ipb1_replies4, &packet->ip.saddr);

	if (!service || kind == KIND_AH)
		return kind == KIND_REPLY_UDP ? TC_ACT_UNSPEC : pass(BPF_REASON_UNKNOWN);
	if (kind == KIND_ESP)
		return reply4(skb, packet, 0, service);
	if (packet->upper.udp.source != PORT_NATT)
		return pass(BPF_REASON_UNKNOWN);
	return reply4(skb, packet, packet->upper.udp.dest, service);
}

/** A packet of IPv6 likewise. */
static __always_inline int stranger6(
	struct __sk_buff *skb, struct packet6 *packet, enum kind kind)
{
	const struct bytes16 *service =
		bpf_map_lookup_elem(&ipb1_replies6, &packet->ip.saddr);

	if (!service || kind == KIND_AH)
		return kind == KIND_REPLY_UDP ? TC_ACT_UNSPEC : pass(BPF_REASON_UNKNOWN);
	if (kind == KIND_ESP)
		return reply6(skb, packet, 0, service);
	if (packet->upper.udp.source != PORT_NATT)
		return pass(BPF_REASON_UNKNOWN);
	return reply6(skb, packet, packet->upper.udp.dest, service);
}

/** A frame of IPv4. */
static __always_inline int ingress4(struct __sk_buff *skb)
{
	void *frame = frame_of(skb, sizeof(struct packet4));
	struct passage passage = { .skb = skb };
	struct packet4 *packet;
	struct bpf_client4 key;
	__u32 reason;
	__be32 spi;

	if (!frame || ethertype_of(frame) != bpf_htons(ETH_P_IP))
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	if (*(__u8 *)&packet->ip != 0x45 || packet->ip.frag_off & bpf_htons(V4_FRAGMENT))
		return unusual4(skb);
	passage.kind = kind_of(packet->ip.protocol, &packet->upper, &spi);
	if (passage.kind == KIND_OTHER)
		return TC_ACT_UNSPEC;
	*(__be32 *)key.client = packet->ip.saddr;
	*(__be32 *)key.virtual = packet->ip.daddr;
	key.client_port = 0;
	key.zero = 0;
	if (passage.kind == KIND_ESP_IN_UDP)
		key.client_port = packet->upper.udp.source;
	passage.client = passage.kind == KIND_REPLY_UDP ?
		NULL : bpf_map_lookup_elem(&ipb1_clients4, &key);
	if (!passage.client)
		return stranger4(skb, packet, passage.kind);
	see(passage.client);
	passage.way = way_of(passage.client, false);
	passage.ip_bytes = bpf_ntohs(packet->ip.tot_len);
	passage.ttl = packet->ip.ttl;
	reason = oddity(&passage, &packet->upper, spi, sizeof(packet->ip));
	if (reason != BPF_REASON_COUNT)
		return pass(reason);
	reason = obstacle(&passage);
	if (reason != BPF_REASON_COUNT)
		return go_up(&passage, reason);
	return carry4(&passage, packet);
}

/** A frame of IPv6. */
static __always_inline int ingress6(struct __sk_buff *skb)
{
	void *frame = frame_of(skb, sizeof(struct packet6));
	struct passage passage = { .skb = skb };
	struct packet6 *packet;
	struct bpf_client6 key;
	__u32 reason;
	__be32 spi;

	if (!frame || ethertype_of(frame) != bpf_htons(ETH_P_IPV6))
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	switch (packet->ip.nexthdr) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_FRAGMENT:
		return unusual6(skb);
	}
	passage.kind = kind_of(packet->ip.nexthdr, &packet->upper, &spi);
	if (passage.kind == KIND_OTHER)
		return TC_ACT_UNSPEC;
	__builtin_memcpy(key.client, &packet->ip.saddr, sizeof(key.client));
	__builtin_memcpy(key.virtual, &packet->ip.daddr, sizeof(key.virtual));
	key.client_port = 0;
	key.zero = 0;
	if (passage.kind == KIND_ESP_IN_UDP)
		key.client_port = packet->upper.udp.source;
	passage.client = passage.kind == KIND_REPLY_UDP ?
		NULL : bpf_map_lookup_elem(&ipb1_clients6, &key);
	if (!passage.client)
		return stranger6(skb, packet, passage.kind);
	see(passage.client);
	passage.way = way_of(passage.client, true);
	passage.ip_bytes = sizeof(packet->ip) + bpf_ntohs(packet->ip.payload_len);
	passage.ttl = packet->ip.hop_limit;
	reason = oddity(&passage, &packet->upper, spi, sizeof(packet->ip));
	if (reason != BPF_REASON_COUNT)
		return pass(reason);
	reason = obstacle(&passage);
	if (reason != BPF_REASON_COUNT)
		return go_up(&passage, reason);
	return carry6(&passage, packet);
}

/** Only what is for this machine, and has no VLAN tag: what has comes again at the VLAN's own
 *  device. */
SEC("tc")
int ipb_ingress(struct __sk_buff *skb)
{
	if (skb->pkt_type != PACKET_HOST || skb->vlan_present)
		return TC_ACT_UNSPEC;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return ingress4(skb);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return ingress6(skb);
	return TC_ACT_UNSPEC;
}

/** Some of the helpers are for programs of this licence only. */
char ipb_license[] SEC("license") = "GPL";
