/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_carry.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/nft_list.h"
#include "kernel/nft_set.h"
#include "kernel/ruleset_build.h"
#include "kernel/ruleset_replace.h"

#define SAID_EVERY 10 /**< looks, which come once a second */
#define TRIES 3 /**< while links come and go */

static const struct ruleset_info no_info;

/** What rules are built with. */
static struct ruleset_rule_build build_of(struct nft_carry *carry)
{
	return (struct ruleset_rule_build){
		.transaction = &carry->transaction,
		.config = carry->config,
		.info = &no_info,
		.features = ruleset_features(carry->config),
	};
}

/** Finds out whether the kernel has tables at ingress: makes one that does not stay. */
static int probe(struct nft_carry *carry)
{
	static const char table[] = RULESET_TABLE "-probe";

	nft_transaction_again(&carry->transaction);
	nft_add_table(&carry->transaction, table);
	nft_add_chain(&carry->transaction, table, "probe", NULL);
	nft_delete_table(&carry->transaction, table);
	return nft_transaction_commit(&carry->transaction);
}

/** Begins. */
int nft_carry_open(struct nft_carry *carry, const struct config *config)
{
	int error;

	*carry = (struct nft_carry){ .config = config };
	error = nft_transaction_init(&carry->transaction, NFPROTO_NETDEV);
	if (error)
		return error;
	error = probe(carry);
	if (error)
		goto fail_transaction;
	error = server_ways_open(&carry->ways, config);
	if (error)
		goto fail_transaction;
	error = nft_links_open(&carry->links, config, &carry->transaction);
	if (error)
		goto fail_ways;
	carry->hops = calloc(carry->ways.count + 1, sizeof(*carry->hops));
	if (carry->hops)
		return 0;
	error = -ENOMEM;

	nft_links_close(&carry->links);
fail_ways:
	server_ways_close(&carry->ways);
fail_transaction:
	nft_transaction_fini(&carry->transaction);
	return error;
}

/** Ends. */
void nft_carry_close(struct nft_carry *carry)
{
	if (!carry->hops)
		return;
	nft_links_close(&carry->links);
	server_ways_close(&carry->ways);
	nft_transaction_fini(&carry->transaction);
	netlink_close(&carry->asks);
	free(carry->hops);
	*carry = (struct nft_carry){ .hops = NULL };
}

/** Works out where a tunnel's device is that packets go into. */
static void work_out_tunnel(
	struct nft_carry *carry, const struct server_way *way, struct nft_hop *hop)
{
	uint32_t interface, mtu_bytes;

	if (server_ways_device(&carry->ways, way, &interface, &mtu_bytes))
		return;
	hop->interface = interface;
	hop->mtu_bytes = mtu_bytes;
	hop->gateway = *server_way_virtual(way->service, way->family);
}

/** Works out where the chain of a way sends packets now. */
static void work_out(struct nft_carry *carry, const struct server_way *way,
	struct nft_hop *ret_hop)
{
	const struct next_hop *next = server_ways_hop(&carry->ways, way);

	memset(ret_hop, 0, sizeof(*ret_hop));
	if (!carry->sends || !next || !next->interface)
		return;
	if (way->server->method == METHOD_TUNNEL) {
		work_out_tunnel(carry, way, ret_hop);
		return;
	}
	if (next->gateway.family != way->family)
		return;
	ret_hop->interface = next->interface;
	ret_hop->mtu_bytes = next->mtu_bytes;
	ret_hop->gateway = next->gateway;
	if (way->server->method == METHOD_NAT)
		ret_hop->server = *config_own_address(way->server, way->family);
}

/** A walk over ways. */
struct walk {
	struct nft_carry *carry;
	struct ruleset_rule_build build;
	struct nft_elements hops[2];   /**< of IPv4, IPv6 */
	struct nft_elements errors[2];
	size_t changed;
};

/** Begins to fill a map. */
static struct nft_elements elements_of(struct nft_carry *carry, const char *map)
{
	return (struct nft_elements){
		.transaction = &carry->transaction, .table = RULESET_TABLE, .set = map
	};
}

/** Begins to fill the maps that lead to chains. */
static struct walk walk_of(struct nft_carry *carry)
{
	return (struct walk){
		.carry = carry,
		.build = build_of(carry),
		.hops = { elements_of(carry, RULESET_MAP_HOP_V4),
			elements_of(carry, RULESET_MAP_HOP_V6) },
		.errors = { elements_of(carry, RULESET_MAP_ERROR_V4),
			elements_of(carry, RULESET_MAP_ERROR_V6) },
	};
}

/** Sends what is kept back of elements. */
static void walk_end(struct walk *walk)
{
	for (size_t i = 0; i < 2; i++) {
		nft_elements_end(&walk->hops[i]);
		nft_elements_end(&walk->errors[i]);
	}
}

/** Adds the element that leads to a way's chain, if the chain leads anywhere. */
static int add_element(const struct server_way *way, void *user)
{
	struct walk *walk = user;
	const struct nft_carry *carry = walk->carry;
	uint32_t mark = config_server_mark(carry->config, way->server);
	char chain[NFT_HOP_NAME_BYTES];

	if (!carry->hops[way->index].interface)
		return 0;
	nft_hop_name(way, chain);
	nft_add_way(&walk->hops[way->family == AF_INET6], &mark, sizeof(mark), chain);
	return 0;
}

/** Adds a way's chains, as they are to be at first. */
static int add_way(const struct server_way *way, void *user)
{
	struct walk *walk = user;
	struct nft_carry *carry = walk->carry;
	char name[NFT_HOP_NAME_BYTES];

	nft_hop_counter(way->server, name);
	if (way->family == AF_INET)
		nft_add_counter(&carry->transaction, RULESET_TABLE, name);
	nft_hop_name(way, name);
	nft_add_chain(&carry->transaction, RULESET_TABLE, name, NULL);
	work_out(carry, way, &carry->hops[way->index]);
	nft_hop_fill(&walk->build, way, &carry->hops[way->index]);
	nft_hop_hide(&walk->build, way, &walk->errors[way->family == AF_INET6]);
	return add_element(way, walk);
}

/** Fills the chain of a way anew if it is not as it should be. */
static int change_way(const struct server_way *way, void *user)
{
	struct walk *walk = user;
	struct nft_carry *carry = walk->carry;
	struct nft_hop *now = &carry->hops[way->index], hop;
	char chain[NFT_HOP_NAME_BYTES];

	work_out(carry, way, &hop);
	if (server_ways_hop(&carry->ways, way) && !hop.interface)
		carry->unresolved++;
	if (memcmp(now, &hop, sizeof(hop)) == 0)
		return 0;
	nft_hop_name(way, chain);
	nft_delete_rules(&carry->transaction, RULESET_TABLE, chain);
	carry->rules += !!hop.interface - !!now->interface;
	*now = hop;
	nft_hop_fill(&walk->build, way, now);
	walk->changed++;
	return 0;
}

/** Counts a rule, but for those of links, which come and go. */
static int count_rule(const char *chain, uint64_t packets, uint64_t bytes, void *user)
{
	(void)packets;
	(void)bytes;
	if (strncmp(chain, RULESET_CHAIN_LINK, strlen(RULESET_CHAIN_LINK)) != 0)
		++*(int *)user;
	return 0;
}

/** Counts the rules; none if there is no table. */
static int count_rules(struct nft_carry *carry)
{
	int count = 0;

	nft_list_rules(&carry->asks, NFPROTO_NETDEV, RULESET_TABLE, count_rule, &count);
	return count;
}

/** Makes the table in one step. all: nothing of an earlier one stays. */
static int install_in(struct nft_carry *carry, bool all)
{
	unsigned int features = ruleset_features(carry->config);
	struct walk walk = walk_of(carry);
	int error = 0;

	nft_transaction_again(&carry->transaction);
	if (all)
		ruleset_replace_all(&carry->transaction);
	else
		error = ruleset_replace(&carry->transaction, carry->config,
			RULESET_TABLE_NETDEV, features);
	if (error)
		return error;
	ruleset_build(&carry->transaction, carry->config, &no_info, features,
		RULESET_TABLE_NETDEV);
	server_ways_walk(&carry->ways, add_way, &walk);
	walk_end(&walk);
	error = nft_links_build(&carry->links);
	return error ? error : nft_transaction_commit(&carry->transaction);
}

/** Makes it, of one of another version that cannot become ours as well. */
static int install(struct nft_carry *carry)
{
	int error = install_in(carry, false);

	if (error != -EEXIST && error != -EOPNOTSUPP)
		return error;
	return install_in(carry, true);
}

/** Removes the table if it is there. */
int nft_carry_remove(void)
{
	struct nft_transaction transaction;
	int error = nft_transaction_init(&transaction, NFPROTO_NETDEV);

	if (error)
		return error;
	nft_delete_table(&transaction, RULESET_TABLE);
	error = nft_transaction_commit(&transaction);
	nft_transaction_fini(&transaction);
	return error == -ENOENT || error == -EOPNOTSUPP || error == -EAFNOSUPPORT ? 0 :
										    error;
}

/** Makes it. What a kernel lacks that cannot send from here is told by the same error as that
 *  a link has gone. */
int nft_carry_install(struct nft_carry *carry)
{
	int error = -ENOENT;

	carry->sends = true;
	for (int i = 0; i < TRIES && (error == -ENOENT || error == -ENODEV); i++)
		error = install(carry);
	if (error == -ENOENT) {
		carry->sends = false;
		error = install(carry);
	}
	carry->is_there = !error;
	carry->looks = 0;
	carry->rules = error ? 0 : count_rules(carry);
	return error;
}

/** Says that servers' chains are right. */
static void say_right(struct nft_carry *carry)
{
	struct walk walk = walk_of(carry);

	nft_transaction_again(&carry->transaction);
	nft_empty_set(&carry->transaction, RULESET_TABLE, RULESET_MAP_HOP_V4);
	nft_empty_set(&carry->transaction, RULESET_TABLE, RULESET_MAP_HOP_V6);
	server_ways_walk(&carry->ways, add_element, &walk);
	walk_end(&walk);
	if (!nft_transaction_commit(&carry->transaction))
		carry->looks = 0;
}

/** Has chains send where next hops are now. */
static void change_ways(struct nft_carry *carry)
{
	struct walk walk = walk_of(carry);

	carry->unresolved = 0;
	nft_transaction_again(&carry->transaction);
	server_ways_walk(&carry->ways, change_way, &walk);
	if (!walk.changed)
		return;
	carry->changes += walk.changed;
	carry->is_there = !nft_transaction_commit(&carry->transaction);
	say_right(carry);
}

/** Follows. */
bool nft_carry_follow(struct nft_carry *carry, bool all)
{
	int changes = server_ways_follow(&carry->ways, all);

	if (!carry->is_there)
		return false;
	if (changes & NEXT_HOP_CHANGED || all)
		change_ways(carry);
	if (changes & NEXT_HOP_LINK_CHANGED || all)
		nft_links_look(&carry->links);
	if (!all)
		return carry->is_there;
	if (++carry->looks >= SAID_EVERY)
		say_right(carry);
	if (count_rules(carry) != carry->rules)
		carry->is_there = false;
	return carry->is_there;
}

/** Whom a walk over counters is for. */
struct servers {
	fast_path_server_fn *see;
	void *user;
};

/** Shows one counter. */
static int see_server(const char *name, uint64_t packets, uint64_t bytes, void *user)
{
	const struct servers *servers = user;
	uint32_t index;

	if (nft_hop_counter_read(name, &index))
		servers->see(index, packets, bytes, servers->user);
	return 0;
}

/** Shows the counters. */
int nft_carry_servers(struct netlink *kept, fast_path_server_fn *see, void *user)
{
	struct servers servers = { see, user };

	return nft_list_named_counters(
		kept, NFPROTO_NETDEV, RULESET_TABLE, see_server, &servers);
}

/** Has the table carry nothing any more, without a hook that goes. One of another version is
 *  removed. */
int nft_carry_retire(const struct config *config)
{
	struct nft_transaction transaction;
	int error;

	if (ruleset_is_same(NULL, config, RULESET_TABLE_NETDEV) ||
		nft_table_present(NFPROTO_NETDEV, RULESET_TABLE) != 1)
		return 0;
	error = nft_transaction_init(&transaction, NFPROTO_NETDEV);
	if (error)
		return error;
	nft_delete_rules(&transaction, RULESET_TABLE, RULESET_CHAIN_CARRY_V4);
	nft_delete_rules(&transaction, RULESET_TABLE, RULESET_CHAIN_CARRY_V6);
	error = nft_transaction_commit(&transaction);
	nft_transaction_fini(&transaction);
	return error == -ENOENT ? nft_carry_remove() : error;
}
