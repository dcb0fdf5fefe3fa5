/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define IPV4_SOURCE_OFFSET 12
#define IPV4_DESTINATION_OFFSET 16
#define IPV6_SOURCE_OFFSET 8
#define IPV6_DESTINATION_OFFSET 24
#define IPV6_FRAGMENT_HEADER 44

/** Where xt keeps the target's parameters: rounded up to what the kernel compares. */
union nfqueue_target {
	struct xt_NFQ_info_v3 info;
	uint64_t padding;
};

/** Adds an expression to the rule being built. */
static struct nftnl_expr *add(struct ruleset_rule_build *build, const char *name)
{
	return nft_rule_expression(build->transaction, build->rule, name);
}

/** Sets a number of an expression that may be missing. */
static void set_u32(struct nftnl_expr *expression, uint16_t attribute, uint32_t value)
{
	if (expression)
		nftnl_expr_set_u32(expression, attribute, value);
}

/** Loads a piece of the packet's meta data. */
static void add_meta(struct ruleset_rule_build *build, uint32_t key)
{
	struct nftnl_expr *expression = add(build, "meta");

	set_u32(expression, NFTNL_EXPR_META_KEY, key);
	set_u32(expression, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

/** Loads bytes of a header into a register. */
static void add_payload_to(struct ruleset_rule_build *build, uint32_t reg, uint32_t base,
	uint32_t offset_bytes, uint32_t size_bytes)
{
	struct nftnl_expr *expression = add(build, "payload");

	set_u32(expression, NFTNL_EXPR_PAYLOAD_BASE, base);
	set_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET, offset_bytes);
	set_u32(expression, NFTNL_EXPR_PAYLOAD_LEN, size_bytes);
	set_u32(expression, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

/** Loads bytes of a header. */
static void add_payload(
	struct ruleset_rule_build *build, uint32_t base, uint32_t offset_bytes, uint32_t size_bytes)
{
	add_payload_to(build, NFT_REG_1, base, offset_bytes, size_bytes);
}

/** Loads bytes of IPv6's fragment header; the rule ends where there is none. */
static void add_fragment_header(
	struct ruleset_rule_build *build, uint32_t offset_bytes, uint32_t size_bytes)
{
	struct nftnl_expr *expression = add(build, "exthdr");
	uint8_t header = IPV6_FRAGMENT_HEADER;

	if (expression)
		nftnl_expr_set_u8(expression, NFTNL_EXPR_EXTHDR_TYPE, header);
	set_u32(expression, NFTNL_EXPR_EXTHDR_OFFSET, offset_bytes);
	set_u32(expression, NFTNL_EXPR_EXTHDR_LEN, size_bytes);
	set_u32(expression, NFTNL_EXPR_EXTHDR_DREG, NFT_REG_1);
}

/** Loads what the match is about. */
static void add_load(struct ruleset_rule_build *build, const struct ruleset_match *match)
{
	switch (match->load) {
	case RULESET_LOAD_NFPROTO:
		add_meta(build, NFT_META_NFPROTO);
		break;
	case RULESET_LOAD_ETHERTYPE:
		add_meta(build, NFT_META_PROTOCOL);
		break;
	case RULESET_LOAD_L4PROTO:
		add_meta(build, NFT_META_L4PROTO);
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
	case RULESET_LOAD_END:
		break;
	}
}

/** Keeps the bits of a mask of size_bytes in what was loaded, then inverts those of
 *  change. */
static void add_bitwise(struct ruleset_rule_build *build, const void *mask, const void *change,
	uint32_t size_bytes)
{
	struct nftnl_expr *expression = add(build, "bitwise");

	set_u32(expression, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	set_u32(expression, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	set_u32(expression, NFTNL_EXPR_BITWISE_LEN, size_bytes);
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

/** Keeps the bits of a header's mask. */
static void add_mask(struct ruleset_rule_build *build, uint16_t mask)
{
	uint16_t network = htons(mask), zero = 0;

	add_bitwise(build, &network, &zero, sizeof(network));
}

/** Loads the packet's mark, the bits of mask alone. */
static void add_mark(struct ruleset_rule_build *build, uint32_t mask)
{
	add_meta(build, NFT_META_MARK);
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
static void add_compare(struct ruleset_rule_build *build, enum ruleset_compare compare,
	const void *value, uint32_t size_bytes)
{
	struct nftnl_expr *expression = add(build, "cmp");

	set_u32(expression, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	set_u32(expression, NFTNL_EXPR_CMP_OP, compare_number(compare));
	if (expression)
		nftnl_expr_set(expression, NFTNL_EXPR_CMP_DATA, value, size_bytes);
}

/** Adds one match. */
static void add_match(struct ruleset_rule_build *build, const struct ruleset_match *match)
{
	uint32_t widest = htonl(match->value);
	uint16_t wide = htons(match->value);
	uint8_t narrow = (uint8_t)match->value;

	add_load(build, match);
	if (match->mask)
		add_mask(build, match->mask);
	if (match->size_bytes == sizeof(narrow))
		add_compare(build, match->compare, &narrow, sizeof(narrow));
	else if (match->size_bytes == sizeof(wide))
		add_compare(build, match->compare, &wide, sizeof(wide));
	else
		add_compare(build, match->compare, &widest, sizeof(widest));
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
static void add_key(struct ruleset_rule_build *build, enum ruleset_key key)
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
		add_mark(build, build->config->mark_mask);
		break;
	case RULESET_KEY_WHOLE_MARK:
		add_meta(build, NFT_META_MARK);
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
	case RULESET_KEY_NONE:
		break;
	}
}

/** Looks the rule's key up, and ends the rule unless it is there; what a map leads to
 *  takes the key's place. */
static void add_lookup(struct ruleset_rule_build *build, const struct ruleset_rule *rule, bool map)
{
	struct nftnl_expr *expression;

	add_key(build, rule->key);
	expression = add(build, "lookup");
	set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (map)
		set_u32(expression, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_1);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_LOOKUP_SET, rule->set);
}

/** Ends the rule unless its key, if it has one, is in its set. */
static void add_lookup_if_key(struct ruleset_rule_build *build, const struct ruleset_rule *rule)
{
	if (rule->key)
		add_lookup(build, rule, false);
}

/** Sends the packet to another chain for good. */
static void add_goto(struct ruleset_rule_build *build, const char *chain)
{
	struct nftnl_expr *expression = add(build, "immediate");

	set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	set_u32(expression, NFTNL_EXPR_IMM_VERDICT, (uint32_t)NFT_GOTO);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_IMM_CHAIN, chain);
}

/** Queues by nft's expression. */
static void add_queue_expression(struct ruleset_rule_build *build, bool bypass)
{
	struct nftnl_expr *expression = add(build, "queue");

	if (!expression)
		return;
	nftnl_expr_set_u16(expression, NFTNL_EXPR_QUEUE_NUM, build->config->queue);
	nftnl_expr_set_u16(expression, NFTNL_EXPR_QUEUE_TOTAL, 1);
	nftnl_expr_set_u16(expression, NFTNL_EXPR_QUEUE_FLAGS,
		bypass ? NFT_QUEUE_FLAG_BYPASS : 0);
}

/** Queues by the xt target. libnftnl keeps and frees the parameters. */
static void add_queue_target(struct ruleset_rule_build *build, bool bypass)
{
	struct nftnl_expr *expression = add(build, "target");
	union nfqueue_target *target;

	if (!expression)
		return;
	target = calloc(1, sizeof(*target));
	if (!target) {
		build->transaction->error = -ENOMEM;
		return;
	}
	target->info.queuenum = build->config->queue;
	target->info.queues_total = 1;
	target->info.flags = bypass ? NFQ_FLAG_BYPASS : 0;
	nftnl_expr_set_str(expression, NFTNL_EXPR_TG_NAME, "NFQUEUE");
	nftnl_expr_set_u32(expression, NFTNL_EXPR_TG_REV, 3);
	nftnl_expr_set(expression, NFTNL_EXPR_TG_INFO, target, sizeof(*target));
}

/** Queues the way that is being tried. */
static void add_queue(struct ruleset_rule_build *build, bool bypass)
{
	switch (build->info->backend) {
	case RULESET_QUEUE_EXPR:
		add_queue_expression(build, bypass);
		break;
	case RULESET_XT_TARGET:
		add_queue_target(build, bypass);
		break;
	}
}

/** Keeps the packet out of conntrack, if the way that is being tried can. */
static void add_notrack(struct ruleset_rule_build *build)
{
	if (build->info->notrack)
		add(build, "notrack");
}

/** Translates to the address that the rule's map has, and from its port if it has one. */
static void add_nat(
	struct ruleset_rule_build *build, const struct ruleset_rule *rule, uint32_t type, uint32_t family)
{
	uint16_t port = htons(rule->port);
	struct nftnl_expr *expression;

	add_lookup(build, rule, true);
	if (rule->port) {
		expression = add(build, "immediate");
		set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_2);
		if (expression)
			nftnl_expr_set(
				expression, NFTNL_EXPR_IMM_DATA, &port, sizeof(port));
	}
	expression = add(build, "nat");
	set_u32(expression, NFTNL_EXPR_NAT_TYPE, type);
	set_u32(expression, NFTNL_EXPR_NAT_FAMILY, family);
	set_u32(expression, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
	if (rule->port)
		set_u32(expression, NFTNL_EXPR_NAT_REG_PROTO_MIN, NFT_REG_2);
}

/** Marks the packet with what is in the register. The mark is what carries it from one
 *  lookup to the next: nft 1.0.6 aborts when it lists a lookup of what another lookup has
 *  found. */
static void add_set_mark(struct ruleset_rule_build *build)
{
	struct nftnl_expr *expression = add(build, "meta");

	set_u32(expression, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	set_u32(expression, NFTNL_EXPR_META_SREG, NFT_REG_1);
}

/** Clears our bits of the mark. */
static void add_clear_mark(struct ruleset_rule_build *build)
{
	add_mark(build, ~build->config->mark_mask);
	add_set_mark(build);
}

/** Ends the packet's way through the rules. */
static void add_verdict(struct ruleset_rule_build *build, uint32_t verdict)
{
	struct nftnl_expr *expression = add(build, "immediate");

	set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	set_u32(expression, NFTNL_EXPR_IMM_VERDICT, verdict);
}

/** Describes a limit: it holds when more than so many packets a second came. One second's
 *  may come at once. */
static void fill_limit(struct nftnl_expr *expression, uint32_t packets)
{
	nftnl_expr_set_u64(expression, NFTNL_EXPR_LIMIT_RATE, packets);
	nftnl_expr_set_u64(expression, NFTNL_EXPR_LIMIT_UNIT, 1);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_LIMIT_BURST, packets);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_expr_set_u32(expression, NFTNL_EXPR_LIMIT_FLAGS, NFT_LIMIT_F_INV);
}

/** Ends the rule unless all packets together exceed its limit. */
static void add_limit_all(struct ruleset_rule_build *build, uint32_t packets)
{
	struct nftnl_expr *expression = add(build, "limit");

	if (expression)
		fill_limit(expression, packets);
}

/** Ends the rule unless those of its key exceed its limit; also if its set is full. */
static void add_limit_each(
	struct ruleset_rule_build *build, const struct ruleset_rule *rule, uint32_t packets)
{
	struct nftnl_expr *expression, *limit;

	add_key(build, rule->key);
	expression = add(build, "dynset");
	set_u32(expression, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
	set_u32(expression, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
	if (!expression)
		return;
	nftnl_expr_set_str(expression, NFTNL_EXPR_DYNSET_SET_NAME, rule->set);
	limit = nftnl_expr_alloc("limit");
	if (!limit) {
		build->transaction->error = -ENOMEM;
		return;
	}
	fill_limit(limit, packets);
	nftnl_expr_add_expr(expression, NFTNL_EXPR_DYNSET_EXPRESSIONS, limit);
}

/** Ends the rule unless its map has its key. */
static void add_mapped(struct ruleset_rule_build *build, const struct ruleset_rule *rule)
{
	static const uint32_t nothing;

	add_lookup(build, rule, true);
	add_compare(build, RULESET_UNEQUAL, &nothing, sizeof(nothing));
}

/** Counts the packet for the server that our bits of its mark name, and accepts it, kept
 *  out of conntrack if no server needs that; where some do, another chain sees to the
 *  others' marks. */
static void add_carry(struct ruleset_rule_build *build)
{
	struct nftnl_expr *expression;

	add_mark(build, build->config->mark_mask);
	expression = add(build, "lookup");
	set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_LOOKUP_SET, RULESET_SET_SERVERS);
	if (build->features & RULESET_WITHOUT_NAT)
		add_notrack(build);
	add_verdict(build, NF_ACCEPT);
}

/** Adds what is done. */
static void add_statement(struct ruleset_rule_build *build, const struct ruleset_rule *rule)
{
	switch (rule->statement) {
	case RULESET_DIVERT:
		add(build, "counter");
		add_goto(build, RULESET_CHAIN_QUEUE);
		break;
	case RULESET_GOTO:
		add_lookup_if_key(build, rule);
		add_goto(build, rule->next);
		break;
	case RULESET_QUEUE:
		add_queue(build, false);
		break;
	case RULESET_NOTRACK_QUEUE:
		add_notrack(build);
		add_queue(build, false);
		break;
	case RULESET_QUEUE_BYPASS:
		add(build, "counter");
		add_queue(build, true);
		break;
	case RULESET_NOTRACK:
		add_lookup_if_key(build, rule);
		add_notrack(build);
		break;
	case RULESET_DNAT_V4:
		add_nat(build, rule, NFT_NAT_DNAT, NFPROTO_IPV4);
		break;
	case RULESET_DNAT_V6:
		add_nat(build, rule, NFT_NAT_DNAT, NFPROTO_IPV6);
		break;
	case RULESET_SNAT_V4:
		add_nat(build, rule, NFT_NAT_SNAT, NFPROTO_IPV4);
		break;
	case RULESET_SNAT_V6:
		add_nat(build, rule, NFT_NAT_SNAT, NFPROTO_IPV6);
		break;
	case RULESET_IF_MAPPED:
		add_mapped(build, rule);
		add_goto(build, rule->next);
		break;
	case RULESET_LIMIT_EACH:
		add_limit_each(build, rule, build->config->limits[rule->limit - 1]);
		add_goto(build, rule->next);
		break;
	case RULESET_LIMIT_ALL:
		add_limit_all(build, build->config->limits[rule->limit - 1]);
		add_goto(build, rule->next);
		break;
	case RULESET_COUNT_DROP:
		add(build, "counter");
		add_verdict(build, NF_DROP);
		break;
	case RULESET_CLEAR_MARK:
		add_clear_mark(build);
		break;
	case RULESET_FAST:
		add_lookup(build, rule, true);
		add_set_mark(build);
		add_carry(build);
		break;
	case RULESET_MARKED:
		add_carry(build);
		break;
	}
}

/** Adds one rule of a table. */
void ruleset_rule_add(struct ruleset_rule_build *build, const struct ruleset_rule *rule)
{
	size_t i;

	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, rule->chain);
	for (i = 0; i < RULESET_MATCHES && rule->matches[i].load; i++)
		add_match(build, &rule->matches[i]);
	add_statement(build, rule);
	nft_rule_end(build->transaction, build->rule);
}

/** Turns on reassembly, for both families, for as long as the rule is there. */
static void add_tproxy(struct ruleset_rule_build *build)
{
	struct nftnl_expr *expression = add(build, "immediate");
	uint16_t port = htons(1);

	set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	if (expression)
		nftnl_expr_set(expression, NFTNL_EXPR_IMM_DATA, &port, sizeof(port));
	expression = add(build, "tproxy");
	set_u32(expression, NFTNL_EXPR_TPROXY_FAMILY, NFPROTO_UNSPEC);
	set_u32(expression, NFTNL_EXPR_TPROXY_REG_PORT, NFT_REG_1);
}

/** Turns on conntrack and with it reassembly. */
static void add_ct(struct ruleset_rule_build *build)
{
	struct nftnl_expr *expression = add(build, "ct");

	set_u32(expression, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
	set_u32(expression, NFTNL_EXPR_CT_DREG, NFT_REG_1);
}

/** Adds the rule whose presence turns on reassembly. No packet has length 0, so none
 *  gets to the end of it. */
void ruleset_rule_add_defrag(struct ruleset_rule_build *build)
{
	static const uint8_t udp = IPPROTO_UDP;
	static const uint32_t nothing;

	if (build->info->defrag == RULESET_DEFRAG_NONE)
		return;
	build->rule = nft_rule_begin(
		build->transaction, RULESET_TABLE, RULESET_CHAIN_REASSEMBLY);
	add_meta(build, NFT_META_L4PROTO);
	add_compare(build, RULESET_EQUAL, &udp, sizeof(udp));
	add_meta(build, NFT_META_LEN);
	add_compare(build, RULESET_EQUAL, &nothing, sizeof(nothing));
	if (build->info->defrag == RULESET_DEFRAG_TPROXY)
		add_tproxy(build);
	else
		add_ct(build);
	nft_rule_end(build->transaction, build->rule);
}
