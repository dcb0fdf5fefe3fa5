/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_build.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "kernel/nft_set.h"
#include "kernel/ruleset_rule.h"

/* nft's numbers of its data types, by which it prints a set's elements. */
#define DATATYPE_IPV4_ADDRESS 7
#define DATATYPE_IPV6_ADDRESS 8
#define DATATYPE_SERVICE 13
#define DATATYPE_MARK 19
#define CONCATENATED(first, second) ((first) << 6 | (second))

/* A port behind an address fills a register of four bytes. */
#define PORT_BYTES 4
#define MARK_BYTES 4
#define KEY_BYTES (16 + PORT_BYTES)
/* So short that a message of elements has room for it in each. */
#define COMMENT_BYTES 20

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
	case RULESET_TYPE_WAY_V4:
		return CONCATENATED(DATATYPE_MARK, DATATYPE_IPV4_ADDRESS);
	case RULESET_TYPE_WAY_V6:
		return CONCATENATED(DATATYPE_MARK, DATATYPE_IPV6_ADDRESS);
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
	case RULESET_TYPE_CHAIN:
		return NFT_DATA_VERDICT;
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
	case RULESET_TYPE_WAY_V4:
		return MARK_BYTES + 4;
	case RULESET_TYPE_WAY_V6:
		return MARK_BYTES + 16;
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
	case RULESET_TYPE_CHAIN:
	case RULESET_TYPE_NONE:
		break;
	}
	return 0;
}

/** Writes an element's key; returns its size. */
static uint32_t key_write(const struct ruleset_element *element,
	uint8_t out[static KEY_BYTES])
{
	uint32_t address_bytes, size_bytes = 0;
	uint16_t port = htons(element->port);

	if (element->mark) {
		memcpy(out, &element->mark, MARK_BYTES);
		size_bytes = MARK_BYTES;
	}
	if (!element->key)
		return size_bytes;
	address_bytes = (uint32_t)address_size_bytes(element->key);
	memcpy(out + size_bytes, element->key->bytes, address_bytes);
	size_bytes += address_bytes;
	if (!element->port)
		return size_bytes;
	memset(out + size_bytes, 0, PORT_BYTES);
	memcpy(out + size_bytes, &port, sizeof(port));
	return size_bytes + PORT_BYTES;
}

/** Adds one element to the set that is being filled. A server's bears index and name. */
static void add_element(const struct ruleset_element *element, void *user)
{
	struct nft_elements *elements = user;
	const struct address *data = element->data;
	char comment[COMMENT_BYTES];
	uint8_t key[KEY_BYTES];
	uint32_t key_bytes = key_write(element, key);

	if (element->server) {
		snprintf(comment, sizeof(comment), "%u %.15s",
			element->server->index, element->server->name);
		elements->comment = comment;
	}
	nft_add_element(elements, key, key_bytes, data ? data->bytes : NULL,
		data ? (uint32_t)address_size_bytes(data) : 0);
	elements->comment = NULL;
}

/** How long elements are there; 0: until they are taken out. */
static uint64_t timeout_ms(const struct ruleset_set *set)
{
	if (set->content == RULESET_LIMITED_SOURCES)
		return RULESET_LIMIT_S * 1000;
	return set->content == RULESET_HOPS ? RULESET_HOP_MS : 0;
}

/** Adds one set and fills it. */
static void add_set(struct ruleset_rule_build *build, const struct ruleset_set *set)
{
	const struct nft_types types = {
		.key = type_number(set->key),
		.key_bytes = type_bytes(set->key),
		.key_in_host_order = set->key == RULESET_TYPE_MARK,
		.data = type_number(set->data),
		.data_bytes = type_bytes(set->data),
		.data_in_host_order = set->data == RULESET_TYPE_MARK,
		.size = ruleset_set_size(build->config, set),
		.counted = set->content == RULESET_SERVER_MARKS,
		.dynamic = set->content == RULESET_LIMITED_SOURCES ||
			set->content == RULESET_LIMITED_VIRTUALS ||
			set->content == RULESET_KNOWN,
		.timeout_ms = timeout_ms(set),
		.look_ms = set->content == RULESET_KNOWN ? RULESET_KNOWN_LOOK_MS : 0,
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
static void add_chain(struct ruleset_rule_build *build, const struct ruleset_chain *chain)
{
	const struct nft_hook hook = {
		.type = chain->type,
		.number = hook_number(chain->hook),
		.priority = chain->priority,
	};

	nft_add_chain(build->transaction, RULESET_TABLE, chain->name,
		chain->hook ? &hook : NULL);
}

/** Adds the chain that tells what servers the maps' marks are of. */
static void add_identity(struct ruleset_rule_build *build)
{
	char identity[RULESET_IDENTITY_BYTES];

	ruleset_identity(build->config, identity);
	nft_add_chain(build->transaction, RULESET_TABLE, identity, NULL);
}

/** Adds the sets and maps of a table. */
static void add_sets(struct ruleset_rule_build *build, enum ruleset_table table)
{
	size_t i;

	for (i = 0; i < ruleset_set_count; i++)
		if (ruleset_sets[i].table == table &&
			ruleset_wants(build->config, build->features,
				ruleset_sets[i].needs, ruleset_sets[i].limit))
			add_set(build, &ruleset_sets[i]);
}

/** Adds the chains of a table. */
static void add_chains(struct ruleset_rule_build *build, enum ruleset_table table)
{
	size_t i;

	for (i = 0; i < ruleset_chain_count; i++)
		if (ruleset_chains[i].table == table &&
			ruleset_wants(build->config, build->features,
				ruleset_chains[i].needs, ruleset_chains[i].limit))
			add_chain(build, &ruleset_chains[i]);
}

/** Adds the rules of a table. */
static void add_rules(struct ruleset_rule_build *build, enum ruleset_table table)
{
	size_t i;

	for (i = 0; i < ruleset_rule_count; i++)
		if (ruleset_chain(ruleset_rules[i].chain)->table == table &&
			ruleset_wants(build->config, build->features,
				ruleset_rules[i].needs, ruleset_rules[i].limit))
			ruleset_rule_add(build, &ruleset_rules[i]);
}

/** Adds a whole table's contents. Sets and chains come before the rules that use
 *  them. */
void ruleset_build(struct nft_transaction *transaction, const struct config *config,
	const struct ruleset_info *info, unsigned int features, enum ruleset_table table)
{
	struct ruleset_rule_build build = {
		.transaction = transaction,
		.config = config,
		.info = info,
		.features = features,
	};

	add_sets(&build, table);
	add_chains(&build, table);
	if (ruleset_lasts(features, table))
		add_identity(&build);
	if (table == RULESET_TABLE_INET)
		ruleset_rule_add_defrag(&build);
	add_rules(&build, table);
}
