/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_expression.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <sys/socket.h>

#define IPV4_SOURCE_OFFSET 12
#define IPV4_DESTINATION_OFFSET 16
#define IPV6_SOURCE_OFFSET 8
#define IPV6_DESTINATION_OFFSET 24
#define IPV6_FRAGMENT_HEADER 44
#define ICMP_BYTES 8 /* before the quote */

/** Adds an expression to the rule being built. */
struct nftnl_expr *ruleset_expression_add(
	struct ruleset_rule_build *build, const char *name)
{
	return nft_rule_expression(build->transaction, build->rule, name);
}

/** Sets a number of an expression that may be missing. */
void ruleset_expression_set_u32(
	struct nftnl_expr *expression, uint16_t attribute, uint32_t value)
{
	if (expression)
		nftnl_expr_set_u32(expression, attribute, value);
}

/** Loads a piece of the packet's meta data. */
void ruleset_expression_meta(struct ruleset_rule_build *build, uint32_t key)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "meta");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_META_KEY, key);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

/** Loads bytes of a header into a register. */
static void add_payload_to(struct ruleset_rule_build *build, uint32_t reg, uint32_t base,
	uint32_t offset_bytes, uint32_t size_bytes)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "payload");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_BASE, base);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET, offset_bytes);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_LEN, size_bytes);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

/** Loads bytes of a header. */
static void add_payload(struct ruleset_rule_build *build, uint32_t base,
	uint32_t offset_bytes, uint32_t size_bytes)
{
	add_payload_to(build, NFT_REG_1, base, offset_bytes, size_bytes);
}

/** Loads bytes of IPv6's fragment header; the rule ends where there is none. */
static void add_fragment_header(
	struct ruleset_rule_build *build, uint32_t offset_bytes, uint32_t size_bytes)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "exthdr");
	uint8_t header = IPV6_FRAGMENT_HEADER;

	if (expression)
		nftnl_expr_set_u8(expression, NFTNL_EXPR_EXTHDR_TYPE, header);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_EXTHDR_OFFSET, offset_bytes);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_EXTHDR_LEN, size_bytes);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_EXTHDR_DREG, NFT_REG_1);
}

/** Loads what the match is about. */
static void add_load(struct ruleset_rule_build *build, const struct ruleset_match *match)
{
	switch (match->load) {
	case RULESET_LOAD_NFPROTO:
		ruleset_expression_meta(build, NFT_META_NFPROTO);
		break;
	case RULESET_LOAD_ETHERTYPE:
		ruleset_expression_meta(build, NFT_META_PROTOCOL);
		break;
	case RULESET_LOAD_L4PROTO:
		ruleset_expression_meta(build, NFT_META_L4PROTO);
		break;
	case RULESET_LOAD_NETWORK:
		add_payload(build, NFT_PAYLOAD_NETWORK_HEADER, match->offset_bytes,
			match->size_bytes);
		break;
	case RULESET_LOAD_TRANSPORT:
		add_payload(build, NFT_PAYLOAD_TRANSPORT_HEADER, match->offset_bytes,
			match->size_bytes);
		break;
	case RULESET_LOAD_FRAGMENT:
		add_fragment_header(build, match->offset_bytes, match->size_bytes);
		break;
	case RULESET_LOAD_KIND:
		ruleset_expression_meta(build, NFT_META_PKTTYPE);
		break;
	case RULESET_LOAD_LINK:
		add_payload(build, NFT_PAYLOAD_LL_HEADER, match->offset_bytes,
			match->size_bytes);
		break;
	case RULESET_LOAD_LINK_KIND:
		ruleset_expression_meta(build, NFT_META_IIFTYPE);
		break;
	case RULESET_LOAD_SAME:
	case RULESET_LOAD_END:
		break;
	}
}

/** Keeps the bits of a mask of size_bytes in what was loaded, then inverts those of
 *  change. */
static void add_bitwise(struct ruleset_rule_build *build, const void *mask,
	const void *change, uint32_t size_bytes)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "bitwise");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_BITWISE_LEN, size_bytes);
	if (!expression)
		return;
	nftnl_expr_set(expression, NFTNL_EXPR_BITWISE_MASK, mask, size_bytes);
	nftnl_expr_set(expression, NFTNL_EXPR_BITWISE_XOR, change, size_bytes);
}

/** Keeps the bits of mask and adds those of bits. */
static void add_bits(struct ruleset_rule_build *build, uint32_t mask, uint32_t bits)
{
	add_bitwise(build, &mask, &bits, sizeof(mask));
}

/** Loads the packet's mark, the bits of mask alone. */
void ruleset_expression_mark(struct ruleset_rule_build *build, uint32_t mask)
{
	ruleset_expression_meta(build, NFT_META_MARK);
	add_bits(build, mask, 0);
}

/** The kernel's number of a comparison. */
static uint32_t compare_number(enum ruleset_compare compare)
{
	switch (compare) {
	case RULESET_EQUAL:
		return NFT_CMP_EQ;
	case RULESET_UNEQUAL:
		return NFT_CMP_NEQ;
	case RULESET_AT_LEAST:
		return NFT_CMP_GTE;
	case RULESET_AT_MOST:
		return NFT_CMP_LTE;
	}
	return NFT_CMP_EQ;
}

/** Compares what was loaded; the rule ends unless it holds. */
void ruleset_expression_compare(struct ruleset_rule_build *build,
	enum ruleset_compare compare, const void *value, uint32_t size_bytes)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "cmp");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	ruleset_expression_set_u32(
		expression, NFTNL_EXPR_CMP_OP, compare_number(compare));
	if (expression)
		nftnl_expr_set(expression, NFTNL_EXPR_CMP_DATA, value, size_bytes);
}

/** Writes a number of as many bytes as a match loads, in the order in which they are. */
static void write_number(
	const struct ruleset_match *match, uint32_t number, uint8_t out[static 4])
{
	uint32_t network = htonl(number << 8 * (4 - match->size_bytes));
	uint16_t native = (uint16_t)number;

	memcpy(out, &network, sizeof(network));
	if (match->load == RULESET_LOAD_LINK_KIND)
		memcpy(out, &native, sizeof(native));
}

/** Adds one match. */
void ruleset_expression_match(
	struct ruleset_rule_build *build, const struct ruleset_match *match)
{
	static const uint8_t nothing[4];
	uint8_t mask[4], value[4];

	add_load(build, match);
	write_number(match, match->mask, mask);
	write_number(match, match->value, value);
	if (match->mask)
		add_bitwise(build, mask, nothing, match->size_bytes);
	ruleset_expression_compare(build, match->compare, value, match->size_bytes);
}

/** Loads the destination port behind what is in the registers before. */
static void add_port_to(struct ruleset_rule_build *build, uint32_t reg)
{
	add_payload_to(build, reg, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
}

/** Loads the bits of the source address that limits look at. */
static void add_source_prefix(struct ruleset_rule_build *build, int family, uint32_t bits)
{
	static const uint8_t nothing[16];
	struct address mask;
	uint32_t size_bytes;

	ruleset_prefix(family, bits, &mask);
	size_bytes = (uint32_t)address_size_bytes(&mask);
	add_payload(build, NFT_PAYLOAD_NETWORK_HEADER,
		family == AF_INET ? IPV4_SOURCE_OFFSET : IPV6_SOURCE_OFFSET, size_bytes);
	if (bits < size_bytes * 8)
		add_bitwise(build, mask.bytes, nothing, size_bytes);
}

/** Loads what is to be looked up. */
void ruleset_expression_key(struct ruleset_rule_build *build, enum ruleset_key key)
{
	const uint32_t base = NFT_PAYLOAD_NETWORK_HEADER;

	switch (key) {
	case RULESET_KEY_DESTINATION_V4:
		add_payload(build, base, IPV4_DESTINATION_OFFSET, 4);
		break;
	case RULESET_KEY_DESTINATION_V6:
		add_payload(build, base, IPV6_DESTINATION_OFFSET, 16);
		break;
	case RULESET_KEY_SOURCE_V4:
		add_payload(build, base, IPV4_SOURCE_OFFSET, 4);
		break;
	case RULESET_KEY_SOURCE_V6:
		add_payload(build, base, IPV6_SOURCE_OFFSET, 16);
		break;
	case RULESET_KEY_SOURCE_PREFIX_V4:
		add_source_prefix(build, AF_INET, build->config->limit_prefix_v4);
		break;
	case RULESET_KEY_SOURCE_PREFIX_V6:
		add_source_prefix(build, AF_INET6, build->config->limit_prefix_v6);
		break;
	case RULESET_KEY_MARK:
		ruleset_expression_mark(build, build->config->mark_mask);
		break;
	case RULESET_KEY_WAY_V4:
		ruleset_expression_mark(build, build->config->mark_mask);
		add_payload_to(build, NFT_REG32_01, base, IPV4_DESTINATION_OFFSET, 4);
		break;
	case RULESET_KEY_WAY_V6:
		ruleset_expression_mark(build, build->config->mark_mask);
		add_payload_to(build, NFT_REG32_01, base, IPV6_DESTINATION_OFFSET, 16);
		break;
	case RULESET_KEY_WHOLE_MARK:
		ruleset_expression_meta(build, NFT_META_MARK);
		break;
	case RULESET_KEY_DESTINATION_PORT_V4:
		add_payload(build, base, IPV4_DESTINATION_OFFSET, 4);
		add_port_to(build, NFT_REG32_01);
		break;
	case RULESET_KEY_DESTINATION_PORT_V6:
		add_payload(build, base, IPV6_DESTINATION_OFFSET, 16);
		add_port_to(build, NFT_REG32_04);
		break;
	case RULESET_KEY_CLIENT_V4:
		add_payload(build, base, IPV4_SOURCE_OFFSET, 4);
		add_payload_to(build, NFT_REG32_01, base, IPV4_DESTINATION_OFFSET, 4);
		break;
	case RULESET_KEY_CLIENT_V6:
		add_payload(build, base, IPV6_SOURCE_OFFSET, 16);
		add_payload_to(build, NFT_REG_2, base, IPV6_DESTINATION_OFFSET, 16);
		break;
	case RULESET_KEY_SESSION_V4:
		add_payload(build, base, IPV4_SOURCE_OFFSET, 4);
		add_payload_to(build, NFT_REG32_01, base, IPV4_DESTINATION_OFFSET, 4);
		add_payload_to(build, NFT_REG32_02, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2);
		break;
	case RULESET_KEY_SESSION_V6:
		add_payload(build, base, IPV6_SOURCE_OFFSET, 16);
		add_payload_to(build, NFT_REG_2, base, IPV6_DESTINATION_OFFSET, 16);
		add_payload_to(build, NFT_REG32_08, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2);
		break;
	case RULESET_KEY_QUOTED_V4:
		add_payload(build, NFT_PAYLOAD_TRANSPORT_HEADER,
			ICMP_BYTES + IPV4_DESTINATION_OFFSET, 4);
		break;
	case RULESET_KEY_QUOTED_V6:
		add_payload(build, NFT_PAYLOAD_TRANSPORT_HEADER,
			ICMP_BYTES + IPV6_DESTINATION_OFFSET, 16);
		break;
	case RULESET_KEY_NONE:
		break;
	}
}

/** Looks what was loaded up, and ends the rule unless it is there; what a map leads to goes
 *  to a register. */
static void add_lookup(
	struct ruleset_rule_build *build, const char *set, uint32_t reg, bool map)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "lookup");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (map)
		ruleset_expression_set_u32(expression, NFTNL_EXPR_LOOKUP_DREG, reg);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_LOOKUP_SET, set);
}

/** Looks the rule's key up, and ends the rule unless it is there; what a map leads to
 *  takes the key's place. */
void ruleset_expression_lookup(
	struct ruleset_rule_build *build, const struct ruleset_rule *rule, bool map)
{
	ruleset_expression_key(build, rule->key);
	add_lookup(build, rule->set, NFT_REG_1, map);
}

/** Looks what was loaded up in a map that leads to chains. */
void ruleset_expression_goto(struct ruleset_rule_build *build, const char *map)
{
	add_lookup(build, map, NFT_REG_VERDICT, true);
}

/** Sends the packet to another chain for good. */
void ruleset_expression_goto_chain(struct ruleset_rule_build *build, const char *chain)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "immediate");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	ruleset_expression_set_u32(
		expression, NFTNL_EXPR_IMM_VERDICT, (uint32_t)NFT_GOTO);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_IMM_CHAIN, chain);
}
