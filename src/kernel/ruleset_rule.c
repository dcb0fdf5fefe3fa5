/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "kernel/ruleset_expression.h"

/** Where xt keeps the target's parameters: rounded up to what the kernel compares. */
union nfqueue_target {
	struct xt_NFQ_info_v3 info;
	uint64_t padding;
};

/** Ends the rule unless its key, if it has one, is in its set. */
static void add_lookup_if_key(
	struct ruleset_rule_build *build, const struct ruleset_rule *rule)
{
	if (rule->key)
		ruleset_expression_lookup(build, rule, false);
}

/** Queues by nft's expression. */
static void add_queue_expression(struct ruleset_rule_build *build, bool bypass)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "queue");

	if (!expression)
		return;
	nftnl_expr_set_u16(expression, NFTNL_EXPR_QUEUE_NUM, build->config->queue);
	nftnl_expr_set_u16(expression, NFTNL_EXPR_QUEUE_TOTAL, 1);
	nftnl_expr_set_u16(
		expression, NFTNL_EXPR_QUEUE_FLAGS, bypass ? NFT_QUEUE_FLAG_BYPASS : 0);
}

/** Queues by the xt target. libnftnl keeps and frees the parameters. */
static void add_queue_target(struct ruleset_rule_build *build, bool bypass)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "target");
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
		ruleset_expression_add(build, "notrack");
}

/** Translates to the address that the rule's map has, and from its port if it has one. */
static void add_nat(struct ruleset_rule_build *build, const struct ruleset_rule *rule,
	uint32_t type, uint32_t family)
{
	uint16_t port = htons(rule->port);
	struct nftnl_expr *expression;

	ruleset_expression_lookup(build, rule, true);
	if (rule->port) {
		expression = ruleset_expression_add(build, "immediate");
		ruleset_expression_set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_2);
		if (expression)
			nftnl_expr_set(
				expression, NFTNL_EXPR_IMM_DATA, &port, sizeof(port));
	}
	expression = ruleset_expression_add(build, "nat");
	ruleset_expression_set_u32(expression, NFTNL_EXPR_NAT_TYPE, type);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_NAT_FAMILY, family);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
	if (rule->port)
		ruleset_expression_set_u32(
			expression, NFTNL_EXPR_NAT_REG_PROTO_MIN, NFT_REG_2);
}

/** Marks the packet with what is in the register. The mark is what carries it from one
 *  lookup to the next: nft 1.0.6 aborts when it lists a lookup of what another lookup has
 *  found. */
static void add_set_mark(struct ruleset_rule_build *build)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "meta");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_META_SREG, NFT_REG_1);
}

/** Clears our bits of the mark. */
static void add_clear_mark(struct ruleset_rule_build *build)
{
	ruleset_expression_mark(build, ~build->config->mark_mask);
	add_set_mark(build);
}

/** Ends the rule unless any of our bits is set in the mark. */
static void add_if_marked(struct ruleset_rule_build *build)
{
	static const uint32_t nothing;

	ruleset_expression_mark(build, build->config->mark_mask);
	ruleset_expression_compare(build, RULESET_UNEQUAL, &nothing, sizeof(nothing));
}

/** Ends the packet's way through the rules. */
static void add_verdict(struct ruleset_rule_build *build, uint32_t verdict)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "immediate");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_IMM_VERDICT, verdict);
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
	struct nftnl_expr *expression = ruleset_expression_add(build, "limit");

	if (expression)
		fill_limit(expression, packets);
}

/** Puts the key into its set. NULL without memory. */
static struct nftnl_expr *add_to_set(
	struct ruleset_rule_build *build, const struct ruleset_rule *rule, uint32_t operation)
{
	struct nftnl_expr *expression;

	ruleset_expression_key(build, rule->key);
	expression = ruleset_expression_add(build, "dynset");
	ruleset_expression_set_u32(expression, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_DYNSET_OP, operation);
	if (expression)
		nftnl_expr_set_str(expression, NFTNL_EXPR_DYNSET_SET_NAME, rule->set);
	return expression;
}

/** Puts the key into its set for as long as a client is known. */
static void add_learning(
	struct ruleset_rule_build *build, const struct ruleset_rule *rule, uint32_t operation)
{
	struct nftnl_expr *expression = add_to_set(build, rule, operation);

	if (expression)
		nftnl_expr_set_u64(expression, NFTNL_EXPR_DYNSET_TIMEOUT,
			ruleset_known_s(build->config) * 1000);
}

/** Ends the rule unless those of its key exceed its limit; also if its set is full. */
static void add_limit_each(struct ruleset_rule_build *build,
	const struct ruleset_rule *rule, uint32_t packets)
{
	struct nftnl_expr *limit;
	struct nftnl_expr *expression = add_to_set(build, rule, NFT_DYNSET_OP_UPDATE);

	if (!expression)
		return;
	limit = nftnl_expr_alloc("limit");
	if (!limit) {
		build->transaction->error = -ENOMEM;
		return;
	}
	fill_limit(limit, packets);
	nftnl_expr_add_expr(expression, NFTNL_EXPR_DYNSET_EXPRESSIONS, limit);
}

/** Marks the packet with what the rule's map has for its key, and ends the rule unless it
 *  has that. */
static void add_mark(struct ruleset_rule_build *build, const struct ruleset_rule *rule)
{
	ruleset_expression_lookup(build, rule, true);
	add_set_mark(build);
}

/** Counts the packet for the server that our bits of its mark name, and accepts it, kept
 *  out of conntrack if no server needs that; where some do, another chain sees to the
 *  others' marks. */
static void add_let_pass(struct ruleset_rule_build *build)
{
	struct nftnl_expr *expression;

	ruleset_expression_mark(build, build->config->mark_mask);
	expression = ruleset_expression_add(build, "lookup");
	ruleset_expression_set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (expression)
		nftnl_expr_set_str(
			expression, NFTNL_EXPR_LOOKUP_SET, RULESET_SET_SERVERS);
	if (build->features & RULESET_WITHOUT_NAT)
		add_notrack(build);
	add_verdict(build, NF_ACCEPT);
}

/** Adds what is done. */
static void add_statement(
	struct ruleset_rule_build *build, const struct ruleset_rule *rule)
{
	switch (rule->statement) {
	case RULESET_DIVERT:
		ruleset_expression_add(build, "counter");
		ruleset_expression_goto_chain(build, RULESET_CHAIN_QUEUE);
		break;
	case RULESET_GOTO:
		add_lookup_if_key(build, rule);
		ruleset_expression_goto_chain(build, rule->next);
		break;
	case RULESET_QUEUE:
		add_queue(build, false);
		break;
	case RULESET_NOTRACK_QUEUE:
		add_notrack(build);
		add_queue(build, false);
		break;
	case RULESET_QUEUE_BYPASS:
		ruleset_expression_add(build, "counter");
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
	case RULESET_LIMIT_EACH:
		add_limit_each(build, rule, build->config->limits[rule->limit - 1]);
		ruleset_expression_goto_chain(build, rule->next);
		break;
	case RULESET_LIMIT_ALL:
		add_limit_all(build, build->config->limits[rule->limit - 1]);
		ruleset_expression_goto_chain(build, rule->next);
		break;
	case RULESET_UPDATE:
		add_learning(build, rule, NFT_DYNSET_OP_UPDATE);
		break;
	case RULESET_ADD:
		add_learning(build, rule, NFT_DYNSET_OP_ADD);
		break;
	case RULESET_COUNT_DROP:
		ruleset_expression_add(build, "counter");
		add_verdict(build, NF_DROP);
		break;
	case RULESET_DROP_MARKED:
		add_if_marked(build);
		ruleset_expression_add(build, "counter");
		add_verdict(build, NF_DROP);
		break;
	case RULESET_ACCEPT:
		add_lookup_if_key(build, rule);
		add_verdict(build, NF_ACCEPT);
		break;
	case RULESET_CLEAR_MARK:
		add_clear_mark(build);
		break;
	case RULESET_MARK:
		add_mark(build, rule);
		break;
	case RULESET_CARRY:
		add_mark(build, rule);
		ruleset_expression_mark(build, build->config->mark_mask);
		ruleset_expression_goto(build, rule->next);
		break;
	case RULESET_GOTO_MAPPED:
		ruleset_expression_key(build, rule->key);
		ruleset_expression_goto(build, rule->set);
		break;
	case RULESET_MARKED:
		add_let_pass(build);
		break;
	}
}

/** Adds one rule of a table. */
void ruleset_rule_add(struct ruleset_rule_build *build, const struct ruleset_rule *rule)
{
	size_t i;

	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, rule->chain);
	for (i = 0; i < RULESET_MATCHES && rule->matches[i].load; i++)
		ruleset_expression_match(build, &rule->matches[i]);
	add_statement(build, rule);
	nft_rule_end(build->transaction, build->rule);
}

/** Turns on reassembly, for both families, for as long as the rule is there. */
static void add_tproxy(struct ruleset_rule_build *build)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "immediate");
	uint16_t port = htons(1);

	ruleset_expression_set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	if (expression)
		nftnl_expr_set(expression, NFTNL_EXPR_IMM_DATA, &port, sizeof(port));
	expression = ruleset_expression_add(build, "tproxy");
	ruleset_expression_set_u32(expression, NFTNL_EXPR_TPROXY_FAMILY, NFPROTO_UNSPEC);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_TPROXY_REG_PORT, NFT_REG_1);
}

/** Turns on conntrack and with it reassembly. */
static void add_ct(struct ruleset_rule_build *build)
{
	struct nftnl_expr *expression = ruleset_expression_add(build, "ct");

	ruleset_expression_set_u32(expression, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
	ruleset_expression_set_u32(expression, NFTNL_EXPR_CT_DREG, NFT_REG_1);
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
	ruleset_expression_meta(build, NFT_META_L4PROTO);
	ruleset_expression_compare(build, RULESET_EQUAL, &udp, sizeof(udp));
	ruleset_expression_meta(build, NFT_META_LEN);
	ruleset_expression_compare(build, RULESET_EQUAL, &nothing, sizeof(nothing));
	if (build->info->defrag == RULESET_DEFRAG_TPROXY)
		add_tproxy(build);
	else
		add_ct(build);
	nft_rule_end(build->transaction, build->rule);
}
