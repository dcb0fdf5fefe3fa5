/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * At tc ingress of every interface that carries a service's traffic: IPsec of clients the daemon
 * has established goes on to its server from here, in one step. What is not IPsec is left as
 * it came; so is what the daemon has to judge. What is a known client's but not plain enough
 * gets its server's mark and follows the routing rules. A packet is never dropped here. For
 * Linux from 6.1 on; needs no types of a certain kernel.
 *
 * What is written out here is a plain packet's way; all else is in functions that are not
 * inlined. Each instruction counts, and so do registers.
 */
#include <linux/if_packet.h>

#include "bpf/counted.bpf.h"
#include "bpf/direct.bpf.h"
#include "bpf/error.bpf.h"
#include "bpf/nat.bpf.h"
#include "bpf/reply.bpf.h"
#include "bpf/tunnel.bpf.h"
#include "bpf/unusual.bpf.h"

#define PORT_OF(kind, packet) ((kind) == KIND_ESP_IN_UDP ? (packet)->upper.udp.source : 0)

/** Sends a packet of a known client up with the mark. Several ESP packets in UDP that are one may
 *  have others among them, so they go to the daemon, one by one. */
static __noinline int hindered(
	struct __sk_buff *skb, const struct bpf_way *way, __u32 ttl, __u32 kind)
{
	__u32 reason = BPF_REASON_TOO_BIG;

	if (!way)
		return TC_ACT_UNSPEC;
	if (ttl <= 1)
		reason = BPF_REASON_TTL;
	if (skb->gso_size)
		reason = BPF_REASON_GSO;
	if (way->method == BPF_METHOD_LOCAL)
		reason = BPF_REASON_LOCAL;
	else if (way->method < BPF_METHOD_LOCAL || way->method > BPF_METHOD_NAT)
		reason = BPF_REASON_NO_WAY;
	else if (skb->gso_size && kind == KIND_ESP_IN_UDP)
		return pass(BPF_REASON_GSO_UDP);
	return pass_marked(skb, way, reason);
}

/** Tells whether a packet is what its headers say it is; behind it a frame may have padding. */
static __always_inline bool is_whole(struct __sk_buff *skb, const union upper *upper,
	enum kind kind, __u32 header_bytes, __u32 ip_bytes)
{
	if (ip_bytes + ETH_HLEN > skb->len)
		return false;
	return kind != KIND_ESP_IN_UDP || header_bytes + bpf_ntohs(upper->udp.len) <= ip_bytes;
}

/** Carries a plain packet of IPv4 whose client is known. */
static __always_inline int carry4(struct __sk_buff *skb, struct packet4 *packet,
	__u32 server, const struct bpf_way *way, enum kind kind)
{
	__u32 ip_bytes = bpf_ntohs(packet->ip.tot_len);
	bool carried = true;

	if (packet->ip.ttl <= 1 || ip_bytes > way->mtu_bytes || skb->gso_size)
		return hindered(skb, way, packet->ip.ttl, kind);
	if (way->method == BPF_METHOD_DIRECT)
		direct4(packet, way);
	else if (way->method == BPF_METHOD_NAT)
		carried = nat4(skb, packet, way);
	else if (way->method == BPF_METHOD_TUNNEL)
		carried = tunnel_of4(skb, server, way, PORT_OF(kind, packet));
	else
		return hindered(skb, way, packet->ip.ttl, kind);
	if (!carried)
		return pass_marked(skb, way, BPF_REASON_NO_ROOM);
	count(server, ip_bytes);
	return bpf_redirect(way->interface, 0);
}

/** Carries a plain packet of IPv6 whose client is known. */
static __always_inline int carry6(struct __sk_buff *skb, struct packet6 *packet,
	__u32 server, const struct bpf_way *way, enum kind kind)
{
	__u32 ip_bytes = sizeof(packet->ip) + bpf_ntohs(packet->ip.payload_len);
	bool carried = true;

	if (packet->ip.hop_limit <= 1 || ip_bytes > way->mtu_bytes || skb->gso_size)
		return hindered(skb, way, packet->ip.hop_limit, kind);
	if (way->method == BPF_METHOD_DIRECT)
		direct6(skb, packet, way);
	else if (way->method == BPF_METHOD_NAT)
		carried = nat6(skb, packet, way);
	else if (way->method == BPF_METHOD_TUNNEL)
		carried = tunnel_of6(skb, server, way, PORT_OF(kind, packet));
	else
		return hindered(skb, way, packet->ip.hop_limit, kind);
	if (!carried)
		return pass_marked(skb, way, BPF_REASON_NO_ROOM);
	count(server, ip_bytes);
	return bpf_redirect(way->interface, 0);
}

/** A packet of IPv4 that is nobody's: perhaps a nat server's. */
__noinline int stranger4(struct __sk_buff *skb)
{
	void *frame = frame_of(skb, sizeof(struct packet4));
	const struct bytes4 *service;
	struct packet4 *packet;
	enum kind kind;

	if (!frame)
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	kind = kind_of(packet->ip.protocol, &packet->upper);
	service = bpf_map_lookup_elem(&ipb2_replies4, &packet->ip.saddr);
	if (!service || kind == KIND_AH)
		return kind == KIND_REPLY_UDP ? TC_ACT_UNSPEC : pass(BPF_REASON_UNKNOWN);
	if (kind != KIND_ESP && packet->upper.udp.source != PORT_NATT)
		return pass(BPF_REASON_UNKNOWN);
	return reply4(skb, packet, kind == KIND_ESP ? 0 : packet->upper.udp.dest,
		service);
}

/** A packet of IPv6 likewise. */
__noinline int stranger6(struct __sk_buff *skb)
{
	void *frame = frame_of(skb, sizeof(struct packet6));
	const struct bytes16 *service;
	struct packet6 *packet;
	enum kind kind;

	if (!frame)
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	kind = kind_of(packet->ip.nexthdr, &packet->upper);
	service = bpf_map_lookup_elem(&ipb2_replies6, &packet->ip.saddr);
	if (!service || kind == KIND_AH)
		return kind == KIND_REPLY_UDP ? TC_ACT_UNSPEC : pass(BPF_REASON_UNKNOWN);
	if (kind != KIND_ESP && packet->upper.udp.source != PORT_NATT)
		return pass(BPF_REASON_UNKNOWN);
	return reply6(skb, packet, kind == KIND_ESP ? 0 : packet->upper.udp.dest,
		service);
}

/** Looks for the client of a packet of IPv4. */
static __always_inline int judge4(
	struct __sk_buff *skb, struct packet4 *packet, enum kind kind, __be32 spi)
{
	/* Both addresses at once, from wherever they are, as with all words of packets. */
	__u64 address = *(__u64 *)((void *)packet + offsetof(struct iphdr, saddr));
	const struct bpf_way *way;
	__u32 client;

	client = client4_look(address, PORT_OF(kind, packet), LOOK_CARRY);
	if (!client)
		client = client4(address, PORT_OF(kind, packet), LOOK_CARRY);
	if (!client)
		return stranger4(skb);
	if (!is_whole(skb, &packet->upper, kind, sizeof(packet->ip),
		    bpf_ntohs(packet->ip.tot_len)))
		return pass(BPF_REASON_TRUNCATED);
	if (bpf_ntohl(spi) < SPI_FIRST)
		return pass(BPF_REASON_SPI);
	way = way_of(server_of(client), false);
	if (!way)
		return client == TAIL_STALE ? unusual4(skb) : pass(BPF_REASON_NO_SERVER);
	if (kind == KIND_AH && !(way->flags & BPF_WAY_AH))
		return pass(BPF_REASON_AH_REFUSED);
	if (is_counted(client))
		count_client(skb, false, PORT_OF(kind, packet),
			bpf_ntohs(packet->ip.tot_len));
	return carry4(skb, packet, server_of(client), way, kind);
}

/** Looks for the client of a packet of IPv6. */
static __always_inline int judge6(
	struct __sk_buff *skb, struct packet6 *packet, enum kind kind, __be32 spi)
{
	const struct bpf_way *way;
	struct address6 address;
	__u32 client;

	address6_set(&address, &packet->ip.saddr, &packet->ip.daddr);
	client = client6_look(&address, PORT_OF(kind, packet), LOOK_CARRY);
	if (!client)
		client = client6(&address, PORT_OF(kind, packet), LOOK_CARRY);
	if (!client)
		return stranger6(skb);
	if (!is_whole(skb, &packet->upper, kind, sizeof(packet->ip),
		    sizeof(packet->ip) + bpf_ntohs(packet->ip.payload_len)))
		return pass(BPF_REASON_TRUNCATED);
	if (bpf_ntohl(spi) < SPI_FIRST)
		return pass(BPF_REASON_SPI);
	way = way_of(server_of(client), true);
	if (!way)
		return client == TAIL_STALE ? unusual6(skb) : pass(BPF_REASON_NO_SERVER);
	if (kind == KIND_AH && !(way->flags & BPF_WAY_AH))
		return pass(BPF_REASON_AH_REFUSED);
	if (is_counted(client))
		count_client(skb, true, PORT_OF(kind, packet),
			sizeof(packet->ip) + bpf_ntohs(packet->ip.payload_len));
	return carry6(skb, packet, server_of(client), way, kind);
}

/** AH of IPv4: the same way, by itself. */
__noinline int authentic4(struct __sk_buff *skb)
{
	void *frame = frame_of(skb, sizeof(struct packet4));
	struct packet4 *packet;

	if (!frame)
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	return judge4(skb, packet, KIND_AH, packet->upper.ah.spi);
}

/** AH of IPv6. */
__noinline int authentic6(struct __sk_buff *skb)
{
	void *frame = frame_of(skb, sizeof(struct packet6));
	struct packet6 *packet;

	if (!frame)
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	return judge6(skb, packet, KIND_AH, packet->upper.ah.spi);
}

/** A packet of IPv4. */
static __always_inline int ingress4(struct __sk_buff *skb, struct packet4 *packet)
{
	if (*(__u8 *)&packet->ip != 0x45 || packet->ip.frag_off & bpf_htons(V4_FRAGMENT))
		return unusual4(skb);
	switch (kind_of(packet->ip.protocol, &packet->upper)) {
	case KIND_ESP:
		return judge4(skb, packet, KIND_ESP, packet->upper.esp.spi);
	case KIND_ESP_IN_UDP:
		return judge4(skb, packet, KIND_ESP_IN_UDP, packet->upper.udp.spi);
	case KIND_AH:
		return authentic4(skb);
	case KIND_REPLY_UDP:
		return stranger4(skb);
	case KIND_OTHER:
		break;
	}
	return packet->ip.protocol == IPPROTO_ICMP ? error4(skb) : TC_ACT_UNSPEC;
}

/** A packet of IPv6. */
__noinline int ingress6(struct __sk_buff *skb)
{
	void *frame = frame_of(skb, sizeof(struct packet6));
	struct packet6 *packet;

	if (!frame)
		return TC_ACT_UNSPEC;
	packet = frame + ETH_HLEN;
	if (is_extension(packet->ip.nexthdr))
		return unusual6(skb);
	switch (kind_of(packet->ip.nexthdr, &packet->upper)) {
	case KIND_ESP:
		return judge6(skb, packet, KIND_ESP, packet->upper.esp.spi);
	case KIND_ESP_IN_UDP:
		return judge6(skb, packet, KIND_ESP_IN_UDP, packet->upper.udp.spi);
	case KIND_AH:
		return authentic6(skb);
	case KIND_REPLY_UDP:
		return stranger6(skb);
	case KIND_OTHER:
		break;
	}
	return packet->ip.nexthdr == IPPROTO_ICMPV6 ? error6(skb) : TC_ACT_UNSPEC;
}

/** Only what is for this machine, and has no VLAN tag: what has comes again at the VLAN's own
 *  device. */
SEC("tc")
int ipb_ingress(struct __sk_buff *skb)
{
	void *frame;

	if (skb->pkt_type != PACKET_HOST || skb->vlan_present)
		return TC_ACT_UNSPEC;
	frame = frame_of(skb, sizeof(struct packet4));
	if (!frame)
		return TC_ACT_UNSPEC;
	if (ethertype_of(frame) == bpf_htons(ETH_P_IP))
		return ingress4(skb, frame + ETH_HLEN);
	if (ethertype_of(frame) != bpf_htons(ETH_P_IPV6))
		return TC_ACT_UNSPEC;
	return ingress6(skb);
}

/** Some of the helpers are for programs of this licence only. */
char ipb_license[] SEC("license") = "GPL";
