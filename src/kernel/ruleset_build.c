/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_build.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* nft's numbers of its data types, by which it prints a set's elements. */
#define DATATYPE_IPV4_ADDRESS 7
#define DATATYPE_IPV6_ADDRESS 8
#define DATATYPE_SERVICE 13
#define DATATYPE_MARK 19
#define CONCATENATED(first, second) ((first) << 6 | (second))

/* A port behind an address fills a register of four bytes. */
#define PORT_BYTES 4
#define KEY_BYTES (16 + PORT_BYTES)

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

/** A rule under construction. */
struct build {
	struct nft_transaction *transaction;
	const struct config *config;
	const struct ruleset_info *info;
	unsigned int features;
	struct nftnl_rule *rule;
};

/** Adds an expression to the rule being built. */
static struct nftnl_expr *add(struct build *build, const char *name)
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
static void add_meta(struct build *build, uint32_t key)
{
	struct nftnl_expr *expression = add(build, "meta");

	set_u32(expression, NFTNL_EXPR_META_KEY, key);
	set_u32(expression, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

/** Loads bytes of a header into a register. */
static void add_payload_to(struct build *build, uint32_t reg, uint32_t base,
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
	struct build *build, uint32_t base, uint32_t offset_bytes, uint32_t size_bytes)
{
	add_payload_to(build, NFT_REG_1, base, offset_bytes, size_bytes);
}

/** Loads bytes of IPv6's fragment header; the rule ends where there is none. */
static void add_fragment_header(
	struct build *build, uint32_t offset_bytes, uint32_t size_bytes)
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
static void add_load(struct build *build, const struct ruleset_match *match)
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
static void add_bitwise(struct build *build, const void *mask, const void *change,
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
static void add_bits(struct build *build, uint32_t mask, uint32_t bits)
{
	add_bitwise(build, &mask, &bits, sizeof(mask));
}

/** Keeps the bits of a header's mask. */
static void add_mask(struct build *build, uint16_t mask)
{
	uint16_t network = htons(mask), zero = 0;

	add_bitwise(build, &network, &zero, sizeof(network));
}

/** Loads the packet's mark, the bits of mask alone. */
static void add_mark(struct build *build, uint32_t mask)
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
static void add_compare(struct build *build, enum ruleset_compare compare,
	const void *value, uint32_t size_bytes)
{
	struct nftnl_expr *expression = add(build, "cmp");

	set_u32(expression, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	set_u32(expression, NFTNL_EXPR_CMP_OP, compare_number(compare));
	if (expression)
		nftnl_expr_set(expression, NFTNL_EXPR_CMP_DATA, value, size_bytes);
}

/** Adds one match. */
static void add_match(struct build *build, const struct ruleset_match *match)
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
static void add_port_to(struct build *build, uint32_t reg)
{
	add_payload_to(build, reg, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
}

/** Loads what is to be looked up. */
static void add_key(struct build *build, enum ruleset_key key)
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
static void add_lookup(struct build *build, const struct ruleset_rule *rule, bool map)
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
static void add_lookup_if_key(struct build *build, const struct ruleset_rule *rule)
{
	if (rule->key)
		add_lookup(build, rule, false);
}

/** Sends the packet to another chain for good. */
static void add_goto(struct build *build, const char *chain)
{
	struct nftnl_expr *expression = add(build, "immediate");

	set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	set_u32(expression, NFTNL_EXPR_IMM_VERDICT, (uint32_t)NFT_GOTO);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_IMM_CHAIN, chain);
}

/** Queues by nft's expression. */
static void add_queue_expression(struct build *build, bool bypass)
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
static void add_queue_target(struct build *build, bool bypass)
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
static void add_queue(struct build *build, bool bypass)
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
static void add_notrack(struct build *build)
{
	if (build->info->notrack)
		add(build, "notrack");
}

/** Translates to the address that the rule's map has, and from its port if it has one. */
static void add_nat(
	struct build *build, const struct ruleset_rule *rule, uint32_t type, uint32_t family)
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

/** Clears our bits of the mark. */
static void add_clear_mark(struct build *build)
{
	struct nftnl_expr *expression;

	add_mark(build, ~build->config->mark_mask);
	expression = add(build, "meta");
	set_u32(expression, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	set_u32(expression, NFTNL_EXPR_META_SREG, NFT_REG_1);
}

/** Marks the packet with what is in the register and goes on in the chain of the server
 *  that our bits of it name. The mark is what carries it from one lookup to the next: nft
 *  1.0.6 aborts when it lists a lookup of what another lookup has found. */
static void add_dispatch(struct build *build)
{
	struct nftnl_expr *expression = add(build, "meta");

	set_u32(expression, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	set_u32(expression, NFTNL_EXPR_META_SREG, NFT_REG_1);
	add_mark(build, build->config->mark_mask);
	expression = add(build, "lookup");
	set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	set_u32(expression, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_LOOKUP_SET, RULESET_MAP_SERVERS);
}

/** Adds what is done. */
static void add_statement(struct build *build, const struct ruleset_rule *rule)
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
	case RULESET_CLEAR_MARK:
		add_clear_mark(build);
		break;
	case RULESET_FAST:
		add_lookup(build, rule, true);
		add_dispatch(build);
		break;
	}
}

/** Adds one rule of a table. */
static void add_rule(struct build *build, const struct ruleset_rule *rule)
{
	size_t i;

	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, rule->chain);
	for (i = 0; i < RULESET_MATCHES && rule->matches[i].load; i++)
		add_match(build, &rule->matches[i]);
	add_statement(build, rule);
	nft_rule_end(build->transaction, build->rule);
}

/** Turns on reassembly, for both families, for as long as the rule is there. */
static void add_tproxy(struct build *build)
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
static void add_ct(struct build *build)
{
	struct nftnl_expr *expression = add(build, "ct");

	set_u32(expression, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
	set_u32(expression, NFTNL_EXPR_CT_DREG, NFT_REG_1);
}

/** Adds the rule whose presence turns on reassembly. No packet has length 0, so none
 *  gets to the end of it. */
static void add_defrag_rule(struct build *build)
{
	static const uint8_t udp = IPPROTO_UDP;
	static const uint32_t nothing;

	if (build->info->defrag == RULESET_DEFRAG_NONE)
		return;
	build->rule = nft_rule_begin(
		build->transaction, RULESET_TABLE, RULESET_CHAIN_PREROUTING);
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

/** nft's number of a type. */
static uint32_t type_number(enum ruleset_type type)
{
	switch (type) {
	case RULESET_TYPE_V4:
		return DATATYPE_IPV4_ADDRESS;
	case RULESET_TYPE_V6:
		return DATATYPE_IPV6_ADDRESS;
	case RULESET_TYPE_MARK:
		return DATATYPE_MARK;
	case RULESET_TYPE_V4_PORT:
		return CONCATENATED(DATATYPE_IPV4_ADDRESS, DATATYPE_SERVICE);
	case RULESET_TYPE_V6_PORT:
		return CONCATENATED(DATATYPE_IPV6_ADDRESS, DATATYPE_SERVICE);
	case RULESET_TYPE_CLIENT_V4:
		return CONCATENATED(DATATYPE_IPV4_ADDRESS, DATATYPE_IPV4_ADDRESS);
	case RULESET_TYPE_CLIENT_V6:
		return CONCATENATED(DATATYPE_IPV6_ADDRESS, DATATYPE_IPV6_ADDRESS);
	case RULESET_TYPE_SESSION_V4:
		return CONCATENATED(CONCATENATED(DATATYPE_IPV4_ADDRESS,
					    DATATYPE_IPV4_ADDRESS),
			DATATYPE_SERVICE);
	case RULESET_TYPE_SESSION_V6:
		return CONCATENATED(CONCATENATED(DATATYPE_IPV6_ADDRESS,
					    DATATYPE_IPV6_ADDRESS),
			DATATYPE_SERVICE);
	case RULESET_TYPE_NONE:
		break;
	}
	return 0;
}

/** The size of a value of a type. */
static uint32_t type_bytes(enum ruleset_type type)
{
	switch (type) {
	case RULESET_TYPE_V4:
	case RULESET_TYPE_MARK:
		return 4;
	case RULESET_TYPE_V6:
		return 16;
	case RULESET_TYPE_V4_PORT:
		return 4 + PORT_BYTES;
	case RULESET_TYPE_V6_PORT:
		return 16 + PORT_BYTES;
	case RULESET_TYPE_CLIENT_V4:
		return 4 + 4;
	case RULESET_TYPE_CLIENT_V6:
		return 16 + 16;
	case RULESET_TYPE_SESSION_V4:
		return 4 + 4 + PORT_BYTES;
	case RULESET_TYPE_SESSION_V6:
		return 16 + 16 + PORT_BYTES;
	case RULESET_TYPE_NONE:
		break;
	}
	return 0;
}

/** Writes an element's key; returns its size. */
static uint32_t key_write(const struct ruleset_element *element,
	uint8_t out[static KEY_BYTES])
{
	uint32_t size_bytes = sizeof(element->mark);
	uint16_t port = htons(element->port);

	if (!element->key) {
		memcpy(out, &element->mark, sizeof(element->mark));
		return size_bytes;
	}
	size_bytes = (uint32_t)address_size_bytes(element->key);
	memcpy(out, element->key->bytes, size_bytes);
	if (!element->port)
		return size_bytes;
	memset(out + size_bytes, 0, PORT_BYTES);
	memcpy(out + size_bytes, &port, sizeof(port));
	return size_bytes + PORT_BYTES;
}

/** Adds one element to the set that is being filled. */
static void add_element(const struct ruleset_element *element, void *user)
{
	struct nft_elements *elements = user;
	const struct address *data = element->data;
	uint8_t key[KEY_BYTES];
	uint32_t key_bytes = key_write(element, key);

	nft_add_element(elements, key, key_bytes, data ? data->bytes : NULL,
		data ? (uint32_t)address_size_bytes(data) : 0);
}

/** Adds one set and fills it. */
static void add_set(struct build *build, const struct ruleset_set *set)
{
	const struct nft_types types = {
		.key = type_number(set->key),
		.key_bytes = type_bytes(set->key),
		.key_in_host_order = set->key == RULESET_TYPE_MARK,
		.data = type_number(set->data),
		.data_bytes = type_bytes(set->data),
	};
	struct nft_elements elements = {
		.transaction = build->transaction,
		.table = RULESET_TABLE,
		.set = set->name,
	};

	nft_add_set(build->transaction, RULESET_TABLE, set->name, &types);
	ruleset_elements(build->config, set, add_element, &elements);
	nft_elements_end(&elements);
}

/** The kernel's number of a hook; a bridge has the same. */
static uint32_t hook_number(enum ruleset_hook hook)
{
	switch (hook) {
	case RULESET_HOOK_PREROUTING:
		return NF_INET_PRE_ROUTING;
	case RULESET_HOOK_INPUT:
		return NF_INET_LOCAL_IN;
	case RULESET_HOOK_OUTPUT:
		return NF_INET_LOCAL_OUT;
	case RULESET_HOOK_FORWARD:
		return NF_INET_FORWARD;
	case RULESET_HOOK_POSTROUTING:
		return NF_INET_POST_ROUTING;
	case RULESET_HOOK_NONE:
		break;
	}
	return 0;
}

/** Adds one chain. */
static void add_chain(struct build *build, const struct ruleset_chain *chain)
{
	const struct nft_hook hook = {
		.type = chain->type,
		.number = hook_number(chain->hook),
		.priority = chain->priority,
	};

	nft_add_chain(build->transaction, RULESET_TABLE, chain->name,
		chain->hook ? &hook : NULL);
}

/** Adds the rule that sends what a server must not get to the daemon, which counts it: AH
 *  with method nat. */
static void add_server_refusal(struct build *build, const char *chain)
{
	static const uint8_t ah = IPPROTO_AH;

	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, chain);
	add_meta(build, NFT_META_L4PROTO);
	add_compare(build, RULESET_EQUAL, &ah, sizeof(ah));
	add_goto(build, RULESET_CHAIN_QUEUE);
	nft_rule_end(build->transaction, build->rule);
}

/** Accepts. */
static void add_accept(struct build *build)
{
	struct nftnl_expr *expression = add(build, "immediate");

	set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	set_u32(expression, NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT);
}

/** Adds a server's rule: counts and accepts. */
static void add_server_rule(struct build *build, const struct config_server *server,
	const char *chain)
{
	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, chain);
	add(build, "counter");
	if (server->method != METHOD_NAT)
		add_notrack(build);
	add_accept(build);
	nft_rule_end(build->transaction, build->rule);
}

/** Adds a server's chain and its place in the map of servers. */
static void add_server(struct build *build, const struct config_server *server)
{
	uint32_t mark = config_server_mark(build->config, server);
	char chain[RULESET_SERVER_CHAIN_BYTES];

	ruleset_server_chain(server->index, chain);
	nft_add_chain(build->transaction, RULESET_TABLE, chain, NULL);
	if (server->method == METHOD_NAT)
		add_server_refusal(build, chain);
	add_server_rule(build, server, chain);
	nft_add_jump(build->transaction, RULESET_TABLE, RULESET_MAP_SERVERS, &mark,
		sizeof(mark), chain);
}

/** Adds what established clients' traffic goes through: one chain a server. */
static void add_servers(struct build *build)
{
	const struct nft_types types = {
		.key = DATATYPE_MARK,
		.key_bytes = 4,
		.key_in_host_order = true,
		.data = NFT_DATA_VERDICT,
	};
	char identity[RULESET_IDENTITY_BYTES];
	size_t i, j;

	ruleset_identity(build->config, identity);
	nft_add_chain(build->transaction, RULESET_TABLE, identity, NULL);
	nft_add_set(build->transaction, RULESET_TABLE, RULESET_MAP_SERVERS, &types);
	for (i = 0; i < build->config->service_count; i++)
		for (j = 0; j < build->config->services[i].server_count; j++)
			add_server(build, &build->config->services[i].servers[j]);
}

/** Adds the sets and maps of a table. */
static void add_sets(struct build *build, enum ruleset_table table)
{
	size_t i;

	for (i = 0; i < ruleset_set_count; i++)
		if (ruleset_sets[i].table == table &&
			!(ruleset_sets[i].needs & ~build->features))
			add_set(build, &ruleset_sets[i]);
}

/** Adds the chains of a table. */
static void add_chains(struct build *build, enum ruleset_table table)
{
	size_t i;

	for (i = 0; i < ruleset_chain_count; i++)
		if (ruleset_chains[i].table == table &&
			!(ruleset_chains[i].needs & ~build->features))
			add_chain(build, &ruleset_chains[i]);
}

/** Adds the rules of a table. */
static void add_rules(struct build *build, enum ruleset_table table)
{
	size_t i;

	for (i = 0; i < ruleset_rule_count; i++)
		if (ruleset_chain(ruleset_rules[i].chain)->table == table &&
			!(ruleset_rules[i].needs & ~build->features))
			add_rule(build, &ruleset_rules[i]);
}

/** Adds a whole table's contents. Servers' chains come before the map that leads to them,
 *  which comes before the rules that use it. */
void ruleset_build(struct nft_transaction *transaction, const struct config *config,
	const struct ruleset_info *info, unsigned int features, enum ruleset_table table)
{
	struct build build = {
		.transaction = transaction,
		.config = config,
		.info = info,
		.features = features,
	};

	add_sets(&build, table);
	add_chains(&build, table);
	if (table == RULESET_TABLE_INET && features & RULESET_WITH_FAST)
		add_servers(&build);
	if (table == RULESET_TABLE_INET)
		add_defrag_rule(&build);
	add_rules(&build, table);
}
