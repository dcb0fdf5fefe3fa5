/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Installs the rules of core/ruleset_text.h. What the kernel can do is found by trying:
 * a transaction that needs an expression which is not there fails as a whole with
 * ENOENT, having changed nothing, and the next way is tried.
 */
#include "kernel/ruleset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_text.h"
#include "kernel/nft_transaction.h"

/* nft's numbers of its data types, by which it prints a set's elements. */
#define DATATYPE_IPV4_ADDRESS 7
#define DATATYPE_IPV6_ADDRESS 8

#define IPV4_DESTINATION_OFFSET 16
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

/** Loads bytes of a header. */
static void add_payload(
	struct build *build, uint32_t base, uint32_t offset_bytes, uint32_t size_bytes)
{
	struct nftnl_expr *expression = add(build, "payload");

	set_u32(expression, NFTNL_EXPR_PAYLOAD_BASE, base);
	set_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET, offset_bytes);
	set_u32(expression, NFTNL_EXPR_PAYLOAD_LEN, size_bytes);
	set_u32(expression, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
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

/** Keeps the bits of mask. */
static void add_mask(struct build *build, uint16_t mask)
{
	struct nftnl_expr *expression = add(build, "bitwise");
	uint16_t network = htons(mask), zero = 0;

	set_u32(expression, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	set_u32(expression, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	set_u32(expression, NFTNL_EXPR_BITWISE_LEN, sizeof(network));
	if (!expression)
		return;
	nftnl_expr_set(expression, NFTNL_EXPR_BITWISE_MASK, &network, sizeof(network));
	nftnl_expr_set(expression, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof(zero));
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
	uint16_t wide = htons(match->value);
	uint8_t narrow = (uint8_t)match->value;

	add_load(build, match);
	if (match->mask)
		add_mask(build, match->mask);
	if (match->size_bytes == sizeof(narrow))
		add_compare(build, match->compare, &narrow, sizeof(narrow));
	else
		add_compare(build, match->compare, &wide, sizeof(wide));
}

/** The rule ends unless the destination is in the set. */
static void add_destination(struct build *build, const char *set)
{
	const uint32_t base = NFT_PAYLOAD_NETWORK_HEADER;
	struct nftnl_expr *expression;

	if (strcmp(set, RULESET_SET_V4) == 0)
		add_payload(build, base, IPV4_DESTINATION_OFFSET, 4);
	else
		add_payload(build, base, IPV6_DESTINATION_OFFSET, 16);
	expression = add(build, "lookup");
	set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_LOOKUP_SET, set);
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

/** Queues by nft's expression. Without its bypass flag. */
static void add_queue_expression(struct build *build)
{
	struct nftnl_expr *expression = add(build, "queue");

	if (!expression)
		return;
	nftnl_expr_set_u16(expression, NFTNL_EXPR_QUEUE_NUM, build->config->queue);
	nftnl_expr_set_u16(expression, NFTNL_EXPR_QUEUE_TOTAL, 1);
	nftnl_expr_set_u16(expression, NFTNL_EXPR_QUEUE_FLAGS, 0);
}

/** Queues by the xt target. libnftnl keeps and frees the parameters. */
static void add_queue_target(struct build *build)
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
	nftnl_expr_set_str(expression, NFTNL_EXPR_TG_NAME, "NFQUEUE");
	nftnl_expr_set_u32(expression, NFTNL_EXPR_TG_REV, 3);
	nftnl_expr_set(expression, NFTNL_EXPR_TG_INFO, target, sizeof(*target));
}

/** Adds the only rule that queues. */
static void add_queue_rule(struct build *build)
{
	build->rule =
		nft_rule_begin(build->transaction, RULESET_TABLE, RULESET_CHAIN_QUEUE);
	if (build->info->notrack)
		add(build, "notrack");
	switch (build->info->backend) {
	case RULESET_QUEUE_EXPR:
		add_queue_expression(build);
		break;
	case RULESET_XT_TARGET:
		add_queue_target(build);
		break;
	}
	nft_rule_end(build->transaction, build->rule);
}

/** Adds one rule of the table. */
static void add_rule(struct build *build, const struct ruleset_rule *rule)
{
	size_t i;

	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, rule->chain);
	for (i = 0; i < RULESET_MATCHES && rule->matches[i].load; i++)
		add_match(build, &rule->matches[i]);
	if (rule->set)
		add_destination(build, rule->set);
	if (!rule->next)
		add(build, "counter");
	add_goto(build, rule->next ? rule->next : RULESET_CHAIN_QUEUE);
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

/** Adds one virtual address to its family's set. */
static void add_address(
	struct nft_transaction *transaction, const struct address *address)
{
	bool v4 = address->family == AF_INET;

	nft_add_element(transaction, RULESET_TABLE, v4 ? RULESET_SET_V4 : RULESET_SET_V6,
		address->bytes, (uint32_t)address_size_bytes(address));
}

/** Adds the two sets with all virtual addresses. */
static void add_sets(struct nft_transaction *transaction, const struct config *config)
{
	const struct config_service *service;
	size_t i, j;

	nft_add_set(
		transaction, RULESET_TABLE, RULESET_SET_V4, DATATYPE_IPV4_ADDRESS, 4);
	nft_add_set(
		transaction, RULESET_TABLE, RULESET_SET_V6, DATATYPE_IPV6_ADDRESS, 16);
	for (i = 0; i < config->service_count; i++) {
		service = &config->services[i];
		for (j = 0; j < service->address_count; j++)
			add_address(transaction, &service->addresses[j]);
	}
}

/** Adds the chains, those that others go to first. */
static void add_chains(struct nft_transaction *transaction)
{
	static const struct nft_hook hook = {
		.type = "filter",
		.number = NF_INET_PRE_ROUTING,
		.priority = RULESET_PRIORITY,
	};
	size_t i;

	for (i = 0; i < ruleset_chain_count; i++)
		nft_add_chain(transaction, RULESET_TABLE, ruleset_chains[i], NULL);
	nft_add_chain(transaction, RULESET_TABLE, RULESET_CHAIN_PREROUTING, &hook);
}

/** Replaces the table in one way. The old one is deleted inside the transaction; it is
 *  added before, for the case that there is none. */
static int install(const struct config *config, const struct ruleset_info *info)
{
	struct nft_transaction transaction;
	struct build build = { &transaction, config, info, NULL };
	int error = nft_transaction_init(&transaction);
	size_t i;

	if (error)
		return error;
	nft_add_table(&transaction, RULESET_TABLE);
	nft_delete_table(&transaction, RULESET_TABLE);
	nft_add_table(&transaction, RULESET_TABLE);
	add_sets(&transaction, config);
	add_chains(&transaction);
	add_queue_rule(&build);
	add_defrag_rule(&build);
	for (i = 0; i < ruleset_rule_count; i++)
		add_rule(&build, &ruleset_rules[i]);
	error = nft_transaction_commit(&transaction);
	nft_transaction_fini(&transaction);
	return error;
}

/** Tells whether the kernel refused because it does not have an expression. */
static bool lacks_something(int error)
{
	return error == -ENOENT || error == -EOPNOTSUPP;
}

/** Tries the ways, the better before the worse, until one is taken. */
int ruleset_install(const struct config *config, struct ruleset_info *ret_info)
{
	static const struct ruleset_info ways[] = {
		{ RULESET_QUEUE_EXPR, RULESET_DEFRAG_TPROXY, true },
		{ RULESET_XT_TARGET, RULESET_DEFRAG_TPROXY, true },
		{ RULESET_QUEUE_EXPR, RULESET_DEFRAG_CT, true },
		{ RULESET_XT_TARGET, RULESET_DEFRAG_CT, true },
		{ RULESET_QUEUE_EXPR, RULESET_DEFRAG_TPROXY, false },
		{ RULESET_XT_TARGET, RULESET_DEFRAG_TPROXY, false },
		{ RULESET_QUEUE_EXPR, RULESET_DEFRAG_NONE, false },
		{ RULESET_XT_TARGET, RULESET_DEFRAG_NONE, false },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int error = install(config, &ways[i]);

		if (!error)
			*ret_info = ways[i];
		if (!lacks_something(error))
			return error;
	}
	return -ENOENT;
}

/** Removes the table. */
int ruleset_remove(void)
{
	struct nft_transaction transaction;
	int error = nft_transaction_init(&transaction);

	if (error)
		return error;
	nft_delete_table(&transaction, RULESET_TABLE);
	error = nft_transaction_commit(&transaction);
	nft_transaction_fini(&transaction);
	return error == -ENOENT ? 0 : error;
}

/** Asks for the table. */
int ruleset_present(void)
{
	return nft_table_present(RULESET_TABLE);
}

/** The backend's name. */
const char *ruleset_backend_name(enum ruleset_backend backend)
{
	switch (backend) {
	case RULESET_QUEUE_EXPR:
		return "nft queue";
	case RULESET_XT_TARGET:
		return "xt NFQUEUE";
	}
	return "-";
}

/** The defragmentation's name. */
const char *ruleset_defrag_name(enum ruleset_defrag defrag)
{
	switch (defrag) {
	case RULESET_DEFRAG_TPROXY:
		return "tproxy";
	case RULESET_DEFRAG_CT:
		return "conntrack";
	case RULESET_DEFRAG_NONE:
		return "none";
	}
	return "-";
}
