/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints chains, sets and rules as nft reads them. Only memory is touched.
 */
#include "core/ruleset_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/text.h"

/** The configuration being printed. */
struct printer {
	struct text text;
	const struct config *config;
	unsigned int features;
	const struct ruleset_set *set; /**< whose elements are being printed */
	size_t elements;
};

/** nft's name of a type. */
static const char *type_name(enum ruleset_type type)
{
	switch (type) {
	case RULESET_TYPE_V4:
		return "ipv4_addr";
	case RULESET_TYPE_V6:
		return "ipv6_addr";
	case RULESET_TYPE_MARK:
		return "mark";
	case RULESET_TYPE_WAY_V4:
		return "mark . ipv4_addr";
	case RULESET_TYPE_WAY_V6:
		return "mark . ipv6_addr";
	case RULESET_TYPE_V4_PORT:
		return "ipv4_addr . inet_service";
	case RULESET_TYPE_V6_PORT:
		return "ipv6_addr . inet_service";
	case RULESET_TYPE_CLIENT_V4:
		return "ipv4_addr . ipv4_addr";
	case RULESET_TYPE_CLIENT_V6:
		return "ipv6_addr . ipv6_addr";
	case RULESET_TYPE_SESSION_V4:
	case RULESET_TYPE_SESSION_V6:
	case RULESET_TYPE_CHAIN:
	case RULESET_TYPE_NONE:
		break;
	}
	return "";
}

/** Adds one element, the first one with what stands before them all: nft does not take an
 *  empty list. */
static void add_element(const struct ruleset_element *element, void *user)
{
	struct printer *printer = user;
	char name[ADDRESS_TEXT_BYTES];

	text_add(&printer->text, "%s",
		printer->elements++ ? ", " : "\t\telements = { ");
	if (element->mark)
		text_add(&printer->text, "0x%08x%s", element->mark,
			element->key ? " . " : "");
	if (element->key)
		text_add(&printer->text, "%s", address_format(element->key, name));
	if (element->port)
		text_add(&printer->text, " . %u", element->port);
	if (printer->set->data)
		text_add(&printer->text, " : %s", address_format(element->data, name));
}

/** Adds how a set is filled by packets, if it is. */
static void add_dynamics(struct printer *printer, const struct ruleset_set *set)
{
	struct text *text = &printer->text;

	if (set->content == RULESET_LIMITED_SOURCES)
		text_add(text, "\t\tflags dynamic,timeout\n\t\ttimeout %us\n",
			RULESET_LIMIT_S);
	else if (set->content == RULESET_KNOWN)
		text_add(text, "\t\tflags dynamic,timeout\n\t\tgc-interval %us\n",
			RULESET_KNOWN_LOOK_MS / 1000);
	else if (set->content == RULESET_LIMITED_VIRTUALS)
		text_add(text, "\t\tflags dynamic\n");
}

/** Adds one set or map. */
static void add_set(struct printer *printer, const struct ruleset_set *set)
{
	uint32_t size = ruleset_set_size(printer->config, set);

	text_add(&printer->text, "\t%s %s {\n\t\ttype %s", set->data ? "map" : "set",
		set->name, type_name(set->key));
	if (set->data)
		text_add(&printer->text, " : %s", type_name(set->data));
	text_add(&printer->text, "\n");
	add_dynamics(printer, set);
	if (size)
		text_add(&printer->text, "\t\tsize %u\n", size);
	printer->set = set;
	printer->elements = 0;
	ruleset_elements(printer->config, set, add_element, printer);
	text_add(&printer->text, printer->elements ? " }\n\t}\n" : "\t}\n");
}

/** Adds that of an address the first bits are looked at, if not all. */
static void add_prefix(struct printer *printer, int family, uint32_t bits)
{
	struct address mask;
	char name[ADDRESS_TEXT_BYTES];

	ruleset_prefix(family, bits, &mask);
	if (bits < address_size_bytes(&mask) * 8)
		text_add(&printer->text, "& %s ", address_format(&mask, name));
}

/** Adds what is looked up. */
static void add_key(struct printer *printer, enum ruleset_key key)
{
	switch (key) {
	case RULESET_KEY_DESTINATION_V4:
		text_add(&printer->text, "ip daddr ");
		break;
	case RULESET_KEY_DESTINATION_V6:
		text_add(&printer->text, "ip6 daddr ");
		break;
	case RULESET_KEY_SOURCE_V4:
		text_add(&printer->text, "ip saddr ");
		break;
	case RULESET_KEY_SOURCE_V6:
		text_add(&printer->text, "ip6 saddr ");
		break;
	case RULESET_KEY_SOURCE_PREFIX_V4:
		text_add(&printer->text, "ip saddr ");
		add_prefix(printer, AF_INET, printer->config->limit_prefix_v4);
		break;
	case RULESET_KEY_SOURCE_PREFIX_V6:
		text_add(&printer->text, "ip6 saddr ");
		add_prefix(printer, AF_INET6, printer->config->limit_prefix_v6);
		break;
	case RULESET_KEY_MARK:
		text_add(&printer->text, "meta mark & 0x%08x ", printer->config->mark_mask);
		break;
	case RULESET_KEY_WAY_V4:
		text_add(&printer->text, "meta mark & 0x%08x . ip daddr ",
			printer->config->mark_mask);
		break;
	case RULESET_KEY_WAY_V6:
		text_add(&printer->text, "meta mark & 0x%08x . ip6 daddr ",
			printer->config->mark_mask);
		break;
	case RULESET_KEY_WHOLE_MARK:
		text_add(&printer->text, "meta mark ");
		break;
	case RULESET_KEY_DESTINATION_PORT_V4:
		text_add(&printer->text, "ip daddr . th dport ");
		break;
	case RULESET_KEY_DESTINATION_PORT_V6:
		text_add(&printer->text, "ip6 daddr . th dport ");
		break;
	case RULESET_KEY_CLIENT_V4:
		text_add(&printer->text, "ip saddr . ip daddr ");
		break;
	case RULESET_KEY_CLIENT_V6:
		text_add(&printer->text, "ip6 saddr . ip6 daddr ");
		break;
	case RULESET_KEY_SESSION_V4:
	case RULESET_KEY_SESSION_V6:
	case RULESET_KEY_QUOTED_V4:
	case RULESET_KEY_QUOTED_V6:
	case RULESET_KEY_NONE:
		break;
	}
}

/** Adds the translation to what the rule's map has for its key. */
static void add_nat(
	struct printer *printer, const struct ruleset_rule *rule, const char *words)
{
	text_add(&printer->text, "%s to ", words);
	add_key(printer, rule->key);
	text_add(&printer->text, "map @%s", rule->set);
	if (rule->port)
		text_add(&printer->text, ":%u", rule->port);
}

/** Adds the condition that a limit is exceeded. One second's packets may come at once. */
static void add_limit(struct printer *printer, const struct ruleset_rule *rule)
{
	uint32_t limit = printer->config->limits[rule->limit - 1];

	text_add(&printer->text, "limit rate over %u/second burst %u packets ", limit, limit);
}

/** Adds that the key is put into a set. */
static void add_learning(struct printer *printer, const struct ruleset_rule *rule)
{
	text_add(&printer->text, "%s @%s { ",
		rule->statement == RULESET_UPDATE ? "update" : "add", rule->set);
	add_key(printer, rule->key);
	text_add(&printer->text, "timeout %llus }",
		(unsigned long long)ruleset_known_s(printer->config));
}

/** Adds what is done. */
static void add_statement(struct printer *printer, const struct ruleset_rule *rule)
{
	const struct config *config = printer->config;
	struct text *text = &printer->text;

	switch (rule->statement) {
	case RULESET_DIVERT:
		text_add(text, "counter goto %s", RULESET_CHAIN_QUEUE);
		break;
	case RULESET_GOTO:
		text_add(text, "goto %s", rule->next);
		break;
	case RULESET_QUEUE:
		text_add(text, "queue num %u", config->queue);
		break;
	case RULESET_NOTRACK_QUEUE:
		text_add(text, "notrack queue num %u", config->queue);
		break;
	case RULESET_QUEUE_BYPASS:
		text_add(text, "counter queue num %u bypass", config->queue);
		break;
	case RULESET_NOTRACK:
		text_add(text, "notrack");
		break;
	case RULESET_DNAT_V4:
		add_nat(printer, rule, "dnat ip");
		break;
	case RULESET_DNAT_V6:
		add_nat(printer, rule, "dnat ip6");
		break;
	case RULESET_SNAT_V4:
		add_nat(printer, rule, "snat ip");
		break;
	case RULESET_SNAT_V6:
		add_nat(printer, rule, "snat ip6");
		break;
	case RULESET_MARK:
	case RULESET_CARRY:
	case RULESET_GOTO_MAPPED:
	case RULESET_MARKED:
		break;
	case RULESET_LIMIT_EACH:
		text_add(text, "update @%s { ", rule->set);
		add_key(printer, rule->key);
		add_limit(printer, rule);
		text_add(text, "} goto %s", rule->next);
		break;
	case RULESET_LIMIT_ALL:
		add_limit(printer, rule);
		text_add(text, "goto %s", rule->next);
		break;
	case RULESET_UPDATE:
	case RULESET_ADD:
		add_learning(printer, rule);
		break;
	case RULESET_COUNT_DROP:
		text_add(text, "counter drop");
		break;
	case RULESET_DROP_MARKED:
		text_add(text, "meta mark & 0x%08x != 0x00000000 counter drop",
			config->mark_mask);
		break;
	case RULESET_ACCEPT:
		text_add(text, "accept");
		break;
	case RULESET_CLEAR_MARK:
		text_add(text, "meta mark set meta mark & 0x%08x", ~config->mark_mask);
		break;
	}
}

/** True when what is looked up is a condition, not what is to be translated. */
static bool key_is_condition(const struct ruleset_rule *rule)
{
	return rule->key && (rule->statement == RULESET_GOTO ||
				    rule->statement == RULESET_ACCEPT ||
				    rule->statement == RULESET_NOTRACK);
}

/** Adds one rule. */
static void add_rule(struct printer *printer, const struct ruleset_rule *rule)
{
	text_add(&printer->text, "\t\t%s%s", rule->text ? rule->text : "",
		rule->text ? " " : "");
	if (key_is_condition(rule)) {
		add_key(printer, rule->key);
		text_add(&printer->text, "@%s ", rule->set);
	}
	add_statement(printer, rule);
	text_add(&printer->text, "\n");
}

/** nft's name of a hook. */
static const char *hook_name(enum ruleset_hook hook)
{
	switch (hook) {
	case RULESET_HOOK_PREROUTING:
		return "prerouting";
	case RULESET_HOOK_INPUT:
		return "input";
	case RULESET_HOOK_OUTPUT:
		return "output";
	case RULESET_HOOK_FORWARD:
		return "forward";
	case RULESET_HOOK_POSTROUTING:
		return "postrouting";
	case RULESET_HOOK_NONE:
		break;
	}
	return "";
}

/** Adds one chain with its rules. */
static void add_chain(struct printer *printer, const struct ruleset_chain *chain)
{
	struct text *text = &printer->text;
	size_t i;

	text_add(text, "\tchain %s {\n", chain->name);
	if (chain->hook)
		text_add(text, "\t\ttype %s hook %s priority %d; policy accept;\n",
			chain->type, hook_name(chain->hook), chain->priority);
	if (strcmp(chain->name, RULESET_CHAIN_REASSEMBLY) == 0)
		text_add(text, "\t\t# Never entered: that it is there turns on reassembly.\n"
			       "\t\tmeta l4proto udp meta length 0 tproxy to :1\n");
	for (i = 0; i < ruleset_rule_count; i++)
		if (ruleset_wants(printer->config, printer->features,
			    ruleset_rules[i].needs, ruleset_rules[i].limit) &&
			strcmp(ruleset_rules[i].chain, chain->name) == 0)
			add_rule(printer, &ruleset_rules[i]);
	text_add(text, "\t}\n");
}

/** Adds one table, if there is anything in it. */
static void add_table(struct printer *printer, enum ruleset_table table, const char *family)
{
	struct text *text = &printer->text;
	size_t i;

	if (!ruleset_has_table(printer->features, table))
		return;
	text_add(text, "table %s %s\ndelete table %s %s\ntable %s %s {\n", family,
		RULESET_TABLE, family, RULESET_TABLE, family, RULESET_TABLE);
	for (i = 0; i < ruleset_set_count; i++)
		if (ruleset_sets[i].table == table &&
			ruleset_wants(printer->config, printer->features,
				ruleset_sets[i].needs, ruleset_sets[i].limit))
			add_set(printer, &ruleset_sets[i]);
	for (i = 0; i < ruleset_chain_count; i++)
		if (ruleset_chains[i].table == table &&
			ruleset_wants(printer->config, printer->features,
				ruleset_chains[i].needs, ruleset_chains[i].limit))
			add_chain(printer, &ruleset_chains[i]);
	text_add(text, "}\n");
}

/** Writes the whole. */
int ruleset_text(const struct config *config, char **ret_text)
{
	struct printer printer = {
		.config = config,
		.features = ruleset_features_plain(config),
	};

	add_table(&printer, RULESET_TABLE_INET, "inet");
	add_table(&printer, RULESET_TABLE_BRIDGE, "bridge");
	if (printer.text.failed) {
		free(printer.text.bytes);
		return -ENOMEM;
	}
	*ret_text = printer.text.bytes;
	return 0;
}
