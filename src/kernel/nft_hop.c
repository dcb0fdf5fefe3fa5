/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_hop.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "kernel/ruleset_expression.h"

#define COUNTER "server-"
#define ICMP_BYTES 8      /**< before the packet that is quoted */
#define IPV6_BYTES 40     /**< what its payload length leaves out */
#define PLAIN_IPV4 0x45u  /**< version 4, no options */

/** Where an address or a checksum is, from an IP header on. */
struct place {
	uint32_t source;
	uint32_t destination;
	uint32_t size_bytes;
};

static const struct place place_v4 = { 12, 16, 4 };
static const struct place place_v6 = { 8, 24, 16 };
#define IPV4_CHECKSUM 10
#define ICMPV6_CHECKSUM 2

/** Names a way's chain. */
void nft_hop_name(const struct server_way *way, char out[static NFT_HOP_NAME_BYTES])
{
	snprintf(out, NFT_HOP_NAME_BYTES, "hop%c-%u", way->family == AF_INET ? '4' : '6',
		way->server->index);
}

/** Names a server's counter: for scripts by its index, for people by its name. */
void nft_hop_counter(
	const struct config_server *server, char out[static NFT_HOP_NAME_BYTES])
{
	snprintf(out, NFT_HOP_NAME_BYTES, COUNTER "%u-%s", server->index, server->name);
}

/** Takes the index. */
bool nft_hop_counter_read(const char *name, uint32_t *ret_index)
{
	return sscanf(name, COUNTER "%u-", ret_index) == 1;
}

/** The smaller one. */
static uint32_t at_most(uint32_t value, uint32_t most)
{
	return value < most ? value : most;
}

/** The rule's matches for IPv4. What comes here has a header of version 4 and of at least five
 *  words, or what is behind it could not have been looked at: so whatever has options, or is
 *  too long, is a greater number. */
static void match_v4(struct ruleset_rule_build *build, const struct nft_hop *hop)
{
	const struct ruleset_match plain_length = { .load = RULESET_LOAD_NETWORK,
		.offset_bytes = 0, .size_bytes = 4, .mask = 0xff00ffff,
		.compare = RULESET_AT_MOST, .value = PLAIN_IPV4 << 24 | at_most(hop->mtu_bytes, UINT16_MAX) };
	const struct ruleset_match hops = { .load = RULESET_LOAD_NETWORK,
		.offset_bytes = 8, .size_bytes = 1, .compare = RULESET_AT_LEAST, .value = 2 };

	ruleset_expression_match(build, &plain_length);
	ruleset_expression_match(build, &hops);
}

/** The rule's matches for IPv6. */
static void match_v6(struct ruleset_rule_build *build, const struct nft_hop *hop)
{
	const struct ruleset_match hops = { .load = RULESET_LOAD_NETWORK,
		.offset_bytes = 7, .size_bytes = 1, .compare = RULESET_AT_LEAST, .value = 2 };
	const struct ruleset_match length = { .load = RULESET_LOAD_NETWORK,
		.offset_bytes = 4, .size_bytes = 2, .compare = RULESET_AT_MOST,
		.value = at_most(hop->mtu_bytes - IPV6_BYTES, UINT16_MAX) };

	ruleset_expression_match(build, &length);
	ruleset_expression_match(build, &hops);
}

/** Puts bytes into a register. */
static void put_data(struct ruleset_rule_build *build, uint32_t reg, const void *data,
	uint32_t size_bytes)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "immediate");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_IMM_DREG, reg);
	if (expression)
		nftnl_expr_set(expression, NFTNL_EXPR_IMM_DATA, data, size_bytes);
}

/** What is written of a packet, and where its checksum is: both from base on. */
struct change {
	uint32_t base;
	uint32_t offset;
	bool has_checksum;
	uint32_t checksum;
	uint32_t flags; /**< NFT_PAYLOAD_L4CSUM_PSEUDOHDR: that behind IP counts it, too */
};

/** Writes an address into the packet. */
static void put_address(struct ruleset_rule_build *build, const struct change *change,
	const struct address *address)
{
	uint32_t size_bytes = (uint32_t)address_size_bytes(address);
	struct nftnl_expr *expression;

	put_data(build, NFT_REG_1, address->bytes, size_bytes);
	expression = ruleset_expression_add(build, "payload");
	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_SREG, NFT_REG_1);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_BASE, change->base);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET, change->offset);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_LEN, size_bytes);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_CSUM_TYPE,
		change->has_checksum ? NFT_PAYLOAD_CSUM_INET : NFT_PAYLOAD_CSUM_NONE);
	ruleset_expression_set_u32(
		expression, NFTNL_EXPR_PAYLOAD_CSUM_OFFSET, change->checksum);
	if (change->flags)
		ruleset_expression_set_u32(
			expression, NFTNL_EXPR_PAYLOAD_FLAGS, change->flags);
}

/** Writes an address into the packet's own header. */
static void put_own(
	struct ruleset_rule_build *build, uint32_t offset, const struct address *address)
{
	const struct change change = {
		.base = NFT_PAYLOAD_NETWORK_HEADER,
		.offset = offset,
		.has_checksum = address->family == AF_INET,
		.checksum = IPV4_CHECKSUM,
		.flags = NFT_PAYLOAD_L4CSUM_PSEUDOHDR,
	};

	put_address(build, &change, address);
}

/** Writes an address into the destination of the packet that is quoted. In IPv4 the quoted
 *  header's checksum makes up for it, so ICMP's stays; ICMPv6's does not. */
static void put_quoted(struct ruleset_rule_build *build, const struct address *address)
{
	bool v4 = address->family == AF_INET;
	const struct place *place = v4 ? &place_v4 : &place_v6;
	const struct change change = {
		.base = NFT_PAYLOAD_TRANSPORT_HEADER,
		.offset = ICMP_BYTES + place->destination,
		.has_checksum = true,
		.checksum = v4 ? ICMP_BYTES + IPV4_CHECKSUM : ICMPV6_CHECKSUM,
	};

	put_address(build, &change, address);
}

/** Counts the packet for its server. */
static void add_counter(struct ruleset_rule_build *build, const struct config_server *server)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "objref");
	char name[NFT_HOP_NAME_BYTES];

	nft_hop_counter(server, name);
	ruleset_expression_set_u32(
		expression, NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_OBJREF_IMM_NAME, name);
}

/** Sends the packet, one hop less to go, by the neighbour's hardware address. */
static void add_forward(struct ruleset_rule_build *build, const struct nft_hop *hop)
{
	bool v4 = hop->gateway.family == AF_INET;
	struct nftnl_expr *expression;

	put_data(build, NFT_REG_1, &hop->interface, sizeof(hop->interface));
	put_data(build, NFT_REG_2, hop->gateway.bytes,
		(uint32_t)address_size_bytes(&hop->gateway));
	expression = ruleset_expression_add(build, "fwd");
	ruleset_expression_set_u32(expression, NFTNL_EXPR_FWD_SREG_DEV, NFT_REG_1);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_FWD_SREG_ADDR, NFT_REG_2);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_FWD_NFPROTO,
		v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

/** Fills a way's chain. */
void nft_hop_fill(struct ruleset_rule_build *build, const struct server_way *way,
	const struct nft_hop *hop)
{
	bool v4 = way->family == AF_INET;
	char chain[NFT_HOP_NAME_BYTES];

	if (!hop->interface)
		return;
	nft_hop_name(way, chain);
	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, chain);
	if (v4)
		match_v4(build, hop);
	else
		match_v6(build, hop);
	add_counter(build, way->server);
	if (hop->server.family)
		put_own(build, v4 ? place_v4.destination : place_v6.destination,
			&hop->server);
	add_forward(build, hop);
	nft_rule_end(build->transaction, build->rule);
}

/** Adds the rule that has the error come from the virtual address where the server sent it. */
static void hide_sender(struct ruleset_rule_build *build, const char *chain,
	const struct address *server, const struct address *virtual)
{
	bool v4 = server->family == AF_INET;

	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, chain);
	ruleset_expression_key(
		build, v4 ? RULESET_KEY_SOURCE_V4 : RULESET_KEY_SOURCE_V6);
	ruleset_expression_compare(build, RULESET_EQUAL, server->bytes,
		(uint32_t)address_size_bytes(server));
	put_own(build, v4 ? place_v4.source : place_v6.source, virtual);
	nft_rule_end(build->transaction, build->rule);
}

/** Adds the chain. */
void nft_hop_hide(struct ruleset_rule_build *build, const struct server_way *way,
	struct nft_elements *elements)
{
	const struct address *server = config_own_address(way->server, way->family);
	const struct address *virtual = server_way_virtual(way->service, way->family);
	char chain[NFT_HOP_NAME_BYTES];

	if (way->server->method != METHOD_NAT || !server || !virtual)
		return;
	snprintf(chain, sizeof(chain), "error%c-%u", way->family == AF_INET ? '4' : '6',
		way->server->index);
	nft_add_chain(build->transaction, RULESET_TABLE, chain, NULL);
	nft_add_way(elements, server->bytes, (uint32_t)address_size_bytes(server), chain);
	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, chain);
	put_quoted(build, virtual);
	nft_rule_end(build->transaction, build->rule);
	hide_sender(build, chain, server, virtual);
}
