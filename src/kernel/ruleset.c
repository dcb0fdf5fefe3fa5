/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Installs our tables. What the kernel can do is found by trying: a transaction that needs
 * an expression which is not there fails as a whole with ENOENT, having changed nothing,
 * and the next way is tried.
 */
#include "kernel/ruleset.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/nft_list.h"
#include "kernel/nft_transaction.h"
#include "kernel/ruleset_build.h"
#include "kernel/ruleset_replace.h"

/** Replaces one table in one way, inside of one transaction. all: nothing of it stays. */
static int install_in(struct netlink *kept, const struct config *config,
	enum ruleset_table table, const struct ruleset_info *info, bool all)
{
	struct nft_transaction transaction;
	unsigned int features = ruleset_features(config);
	int error = nft_transaction_borrow(&transaction, kept, ruleset_family(table));

	if (error)
		return error;
	if (all)
		ruleset_replace_all(&transaction);
	else
		error = ruleset_replace(&transaction, config, table, features);
	if (!error && ruleset_has_table(features, table))
		ruleset_build(&transaction, config, info, features, table);
	if (!error)
		error = nft_transaction_commit(&transaction);
	nft_transaction_return(&transaction, kept);
	return error;
}

/** Replaces one table in one way, still in one step if it is one of another version that cannot
 *  become ours. */
static int install(const struct config *config, enum ruleset_table table,
	const struct ruleset_info *info)
{
	int error = install_in(NULL, config, table, info, false);

	if (error != -EEXIST && error != -EOPNOTSUPP)
		return error;
	return install_in(NULL, config, table, info,
		ruleset_has_table(ruleset_features(config), table));
}

/** Tells whether the kernel refused because it does not have an expression. */
static bool lacks_something(int error)
{
	return error == -ENOENT || error == -EOPNOTSUPP || error == -EAFNOSUPPORT;
}

/** Tries the ways for the first table, the better before the worse, until one is taken. */
static int install_inet(const struct config *config, struct ruleset_info *ret_info)
{
	static const struct ruleset_info ways[] = {
		{ RULESET_QUEUE_EXPR, RULESET_DEFRAG_TPROXY, true, false, false, false },
		{ RULESET_XT_TARGET, RULESET_DEFRAG_TPROXY, true, false, false, false },
		{ RULESET_QUEUE_EXPR, RULESET_DEFRAG_CT, true, false, false, false },
		{ RULESET_XT_TARGET, RULESET_DEFRAG_CT, true, false, false, false },
		{ RULESET_QUEUE_EXPR, RULESET_DEFRAG_TPROXY, false, false, false, false },
		{ RULESET_XT_TARGET, RULESET_DEFRAG_TPROXY, false, false, false, false },
		{ RULESET_QUEUE_EXPR, RULESET_DEFRAG_NONE, false, false, false, false },
		{ RULESET_XT_TARGET, RULESET_DEFRAG_NONE, false, false, false, false },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int error = install(config, RULESET_TABLE_INET, &ways[i]);

		if (!error)
			*ret_info = ways[i];
		if (!lacks_something(error))
			return error;
	}
	return -ENOENT;
}

/** Removes one table. */
static int remove_table(enum ruleset_table table)
{
	struct nft_transaction transaction;
	int error = nft_transaction_init(&transaction, ruleset_family(table));

	if (error)
		return error;
	nft_delete_table(&transaction, RULESET_TABLE);
	error = nft_transaction_commit(&transaction);
	nft_transaction_fini(&transaction);
	return lacks_something(error) ? 0 : error;
}

/** Installs the tables. One for bridges that the configuration does not ask for goes. */
int ruleset_install(const struct config *config, struct ruleset_info *ret_info)
{
	unsigned int features = ruleset_features(config);
	int error = install_inet(config, ret_info);
	bool wanted;

	if (error)
		return error;
	ret_info->nat = features & RULESET_WITH_NAT;
	error = install(config, RULESET_TABLE_BRIDGE, ret_info);
	wanted = ruleset_has_table(features, RULESET_TABLE_BRIDGE);
	ret_info->bridge = wanted && !error;
	ret_info->no_bridge = wanted && lacks_something(error);
	return lacks_something(error) ? 0 : error;
}

/** Replaces what is there: a refusal, and closing a socket, would take a grace period each. */
int ruleset_again(
	struct netlink *kept, const struct config *config, const struct ruleset_info *info)
{
	int error = install_in(kept, config, RULESET_TABLE_INET, info, false);

	return error || !info->bridge ?
		error :
		install_in(kept, config, RULESET_TABLE_BRIDGE, info, false);
}

/** Looks at what the configuration asks for. */
bool ruleset_has_fast_path(const struct config *config)
{
	return config->ruleset == RULESET_NFTABLES &&
		ruleset_features(config) & RULESET_WITH_FAST;
}

/** Counts one rule. */
static int count_rule(const char *chain, uint64_t packets, uint64_t bytes, void *user)
{
	(void)chain;
	(void)packets;
	(void)bytes;
	++*(int *)user;
	return 0;
}

/** Counts the rules. */
int ruleset_count_rules(struct netlink *kept)
{
	int count = 0;
	int error = nft_list_rules(kept, NFPROTO_INET, RULESET_TABLE, count_rule, &count);

	return error && error != -ENOENT ? error : count;
}

/** Whom a walk over the limits is for. */
struct limited {
	ruleset_limited_fn *see;
	void *user;
};

/** Shows one rule's count if its chain is that of a limit. */
static int see_limited(const char *chain, uint64_t packets, uint64_t bytes, void *user)
{
	const struct limited *limited = user;
	size_t prefix_bytes = strlen(RULESET_CHAIN_OVER);
	size_t index;

	(void)bytes;
	if (strncmp(chain, RULESET_CHAIN_OVER, prefix_bytes) != 0)
		return 0;
	index = limit_find(chain + prefix_bytes);
	if (index < LIMITS)
		limited->see(index, packets, limited->user);
	return 0;
}

/** Walks over the rules. */
int ruleset_count_limited(struct netlink *kept, ruleset_limited_fn *see, void *user)
{
	struct limited limited = { see, user };

	return nft_list_rules(kept, NFPROTO_INET, RULESET_TABLE, see_limited, &limited);
}

/** Whom a walk over servers' counts is for. */
struct servers {
	ruleset_server_fn *see;
	void *user;
};

/** Shows one server, whose element's comment begins with its index. */
static int see_server(const char *comment, uint64_t packets, uint64_t bytes, void *user)
{
	const struct servers *servers = user;
	char *end;
	unsigned long index = strtoul(comment, &end, 10);

	if (end != comment && packets)
		servers->see((uint32_t)index, packets, bytes, servers->user);
	return 0;
}

/** Walks over the servers. */
int ruleset_count_servers(struct netlink *kept, ruleset_server_fn *see, void *user)
{
	struct servers servers = { see, user };

	return nft_list_counters(kept, NFPROTO_INET, RULESET_TABLE, RULESET_SET_SERVERS,
		see_server, &servers);
}

/** Removes the tables. */
int ruleset_remove(void)
{
	int bridge_error = remove_table(RULESET_TABLE_BRIDGE);
	int error = remove_table(RULESET_TABLE_INET);

	return error ? error : bridge_error;
}

/** Asks for the tables. */
int ruleset_present(void)
{
	int present = nft_table_present(NFPROTO_INET, RULESET_TABLE);

	if (present)
		return present;
	present = nft_table_present(NFPROTO_BRIDGE, RULESET_TABLE);
	return lacks_something(present) ? 0 : present;
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
