/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_replace.h"

#include <linux/netfilter.h>
#include <string.h>

#include "kernel/nft_list.h"
#include "kernel/nft_set.h"

/** The kernel's number of a table's family. */
uint16_t ruleset_family(enum ruleset_table table)
{
	switch (table) {
	case RULESET_TABLE_INET:
		break;
	case RULESET_TABLE_BRIDGE:
		return NFPROTO_BRIDGE;
	case RULESET_TABLE_NETDEV:
		return NFPROTO_NETDEV;
	}
	return NFPROTO_INET;
}

/** Tells whether a set's elements outlive the daemon. */
static bool is_lasting(const struct ruleset_set *set)
{
	return set->content == RULESET_FILLED_LATER || set->content == RULESET_KNOWN;
}

/** What of a table is emptied. */
struct emptying {
	struct nft_transaction *transaction;
	const struct config *config;
	enum ruleset_table table;
	unsigned int features;
	bool same; /**< it is for the same servers */
};

/** Tells whether the table's set of that name is one whose elements outlive the daemon, and is
 *  wanted. */
static bool is_kept(const char *name, const struct emptying *emptying)
{
	for (size_t i = 0; i < ruleset_set_count; i++) {
		const struct ruleset_set *set = &ruleset_sets[i];

		if (set->table == emptying->table && is_lasting(set) &&
			strcmp(set->name, name) == 0)
			return emptying->same && !(set->needs & ~emptying->features);
	}
	return false;
}

/** Deletes one set or map, unless it is kept. */
static int empty_set(const char *name, void *user)
{
	struct emptying *emptying = user;

	if (!is_kept(name, emptying))
		nft_delete_set(emptying->transaction, RULESET_TABLE, name);
	return 0;
}

/** Deletes one counter, which may count anew. */
static int empty_counter(const char *name, uint64_t packets, uint64_t bytes, void *user)
{
	struct emptying *emptying = user;

	(void)packets;
	(void)bytes;
	nft_delete_counter(emptying->transaction, RULESET_TABLE, name);
	return 0;
}

/** Tells whether the chain of that name has a hook that stays: one of a link, or one that is
 *  wanted again. */
static bool keeps_hook(const char *name, const struct emptying *emptying)
{
	if (strncmp(name, RULESET_CHAIN_LINK, strlen(RULESET_CHAIN_LINK)) == 0)
		return true;
	for (size_t i = 0; i < ruleset_chain_count; i++) {
		const struct ruleset_chain *chain = &ruleset_chains[i];

		if (chain->table == emptying->table && chain->hook &&
			strcmp(chain->name, name) == 0)
			return ruleset_wants(emptying->config, emptying->features,
				chain->needs, chain->limit);
	}
	return false;
}

/** Deletes one chain, but for those whose hooks stay. */
static int empty_chain(const char *name, void *user)
{
	struct emptying *emptying = user;

	if (!keeps_hook(name, emptying))
		nft_delete_chain(emptying->transaction, RULESET_TABLE, name);
	return 0;
}

/** Looks for a chain by its name. */
struct search {
	const char *name;
	bool found;
};

/** Sees one chain. */
static int see_chain(const char *name, void *user)
{
	struct search *search = user;

	search->found |= strcmp(name, search->name) == 0;
	return 0;
}

/** Tells whether the table that is there has been made for the same servers: marks in its
 *  maps then mean the same. */
bool ruleset_is_same(
	struct netlink *kept, const struct config *config, enum ruleset_table table)
{
	char name[RULESET_IDENTITY_BYTES];
	struct search search = { name, false };

	ruleset_identity(config, name);
	nft_list_chains(kept, ruleset_family(table), RULESET_TABLE, see_chain, &search);
	return search.found;
}

/** Deletes what is in a table but for what is kept. Rules first, then what leads to chains,
 *  then these. */
static int empty_table(struct emptying *emptying)
{
	struct nft_transaction *transaction = emptying->transaction;
	struct netlink *asks = &transaction->netlink;
	uint16_t family = ruleset_family(emptying->table);
	int error;

	nft_delete_rules(transaction, RULESET_TABLE, NULL);
	error = nft_list_named_counters(asks, family, RULESET_TABLE, empty_counter, emptying);
	if (!error)
		error = nft_list_sets(asks, family, RULESET_TABLE, empty_set, emptying);
	if (!error)
		error = nft_list_chains(asks, family, RULESET_TABLE, empty_chain, emptying);
	return error;
}

/** Adds what replaces a table. It is added before it is emptied or deleted, for the case that
 *  there is none. */
int ruleset_replace(struct nft_transaction *transaction, const struct config *config,
	enum ruleset_table table, unsigned int features)
{
	struct emptying emptying = {
		.transaction = transaction,
		.config = config,
		.table = table,
		.features = features,
		.same = ruleset_lasts(features, table) &&
			ruleset_is_same(&transaction->netlink, config, table),
	};

	nft_add_table(transaction, RULESET_TABLE);
	if (ruleset_has_table(features, table))
		return empty_table(&emptying);
	nft_delete_table(transaction, RULESET_TABLE);
	return 0;
}

/** Adds the end of a table, if there is one, and the beginning of another. */
void ruleset_replace_all(struct nft_transaction *transaction)
{
	nft_add_table(transaction, RULESET_TABLE);
	nft_delete_table(transaction, RULESET_TABLE);
	nft_add_table(transaction, RULESET_TABLE);
}
