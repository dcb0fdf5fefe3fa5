/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The templates of outer headers. What varies from packet to packet is zero in them.
 */
#include "kernel/bpf_way.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <string.h>

/** Hop limit of GUE packets over IPv6, as our devices have it. */
#define HOP_LIMIT 64

/** GUE, version 0, no flags: what follows is its second byte (draft-ietf-intarea-gue-09 3.1). */
struct gue {
	struct udphdr udp;
	uint8_t version;
	uint8_t protocol;
	uint16_t flags;
};

/** Puts the Ethernet header. */
void bpf_way_link(struct bpf_way *way, uint32_t interface, const uint8_t *destination,
	const uint8_t *source, uint8_t family)
{
	struct ethhdr header = {
		.h_proto = htons(family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP),
	};

	memcpy(header.h_dest, destination, sizeof(header.h_dest));
	memcpy(header.h_source, source, sizeof(header.h_source));
	memcpy(way->ethernet, &header, sizeof(header));
	way->interface = interface;
}

/** Sums 16-bit words up and folds the carries (RFC 1071). */
static uint16_t sum_words(const void *data, size_t size_bytes)
{
	uint32_t sum = 0;
	uint16_t word;
	size_t i;

	for (i = 0; i + sizeof(word) <= size_bytes; i += sizeof(word)) {
		memcpy(&word, (const uint8_t *)data + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/** Puts an IPv4 header; returns its length. */
static uint8_t put_ipv4(uint8_t *out, const struct address *source,
	const struct address *destination, uint8_t protocol)
{
	struct iphdr header = { .version = 4, .ihl = 5, .protocol = protocol };

	memcpy(&header.saddr, source->bytes, sizeof(header.saddr));
	memcpy(&header.daddr, destination->bytes, sizeof(header.daddr));
	header.check = sum_words(&header, sizeof(header));
	memcpy(out, &header, sizeof(header));
	return sizeof(header);
}

/** Puts an IPv6 header; returns its length. */
static uint8_t put_ipv6(uint8_t *out, const struct address *source,
	const struct address *destination, uint8_t protocol)
{
	struct ipv6hdr header = {
		.version = 6,
		.nexthdr = protocol,
		.hop_limit = HOP_LIMIT,
	};

	memcpy(&header.saddr, source->bytes, sizeof(header.saddr));
	memcpy(&header.daddr, destination->bytes, sizeof(header.daddr));
	memcpy(out, &header, sizeof(header));
	return sizeof(header);
}

/** Puts the headers, and what they take from each packet. */
void bpf_way_tunnel(struct bpf_way *way, const struct address *source,
	const struct address *destination, uint8_t inner, uint16_t gue_port)
{
	uint8_t carried = inner == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	uint8_t protocol = gue_port ? IPPROTO_UDP : carried;
	struct gue gue = { .udp.dest = htons(gue_port), .protocol = carried };

	way->method = BPF_METHOD_TUNNEL;
	if (source->family == AF_INET6)
		way->outer_bytes = put_ipv6(way->outer, source, destination, protocol);
	else
		way->outer_bytes = put_ipv4(way->outer, source, destination, protocol);
	if (!gue_port)
		return;
	memcpy(way->outer + way->outer_bytes, &gue, sizeof(gue));
	way->outer_bytes += sizeof(gue);
	if (source->family == AF_INET6)
		way->flags |= BPF_WAY_HOPS;
	else if (inner == AF_INET)
		way->flags |= BPF_WAY_DF;
}

/** Puts the server's address. */
void bpf_way_nat(struct bpf_way *way, const struct address *server)
{
	way->method = BPF_METHOD_NAT;
	memcpy(way->address, server->bytes, sizeof(way->address));
}
