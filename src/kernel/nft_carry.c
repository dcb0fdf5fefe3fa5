/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_carry.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/nft_list.h"
#include "kernel/ruleset_build.h"
#include "kernel/ruleset_expression.h"
#include "kernel/ruleset_replace.h"

#define LINK_CHAIN_BYTES (sizeof(RULESET_CHAIN_LINK) + IFNAMSIZ)
#define PRIORITY 10 /**< behind what an administrator filters at "filter", which is 0 */
#define ETHERTYPE_OFFSET 12
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

/** Adds a rule that sends what has the matches to a chain. */
static void add_link_rule(struct ruleset_rule_build *build, const char *chain,
	const struct ruleset_match *matches, size_t count, const char *next)
{
	build->rule = nft_rule_begin(build->transaction, RULESET_TABLE, chain);
	for (size_t i = 0; i < count; i++)
		ruleset_expression_match(build, &matches[i]);
	ruleset_expression_goto_chain(build, next);
	nft_rule_end(build->transaction, build->rule);
}

/** Sends IPv4 or IPv6 that comes in for us at a link to its chain. Of Ethernet the type is looked
 *  at where it is in the header: a VLAN's tag is there as well, wherever the kernel keeps it,
 *  and what has one comes again at the VLAN's own device. */
static void add_link_rules(struct ruleset_rule_build *build, const char *chain,
	uint16_t ethertype, const char *next)
{
	const struct ruleset_match ethernet[] = {
		{ RULESET_LOAD_KIND, 0, 1, 0, RULESET_EQUAL, PACKET_HOST },
		{ RULESET_LOAD_LINK, ETHERTYPE_OFFSET, 2, 0, RULESET_EQUAL, ethertype },
	};
	const struct ruleset_match others[] = {
		{ RULESET_LOAD_LINK_KIND, 0, 2, 0, RULESET_UNEQUAL, ARPHRD_ETHER },
		{ RULESET_LOAD_ETHERTYPE, 0, 2, 0, RULESET_EQUAL, ethertype },
	};

	add_link_rule(build, chain, ethernet, 2, next);
	add_link_rule(build, chain, others, 2, next);
}

/** Names a link's chain. */
static void link_chain(const char *name, char out[static LINK_CHAIN_BYTES])
{
	snprintf(out, LINK_CHAIN_BYTES, RULESET_CHAIN_LINK "%s", name);
}

/** Begins a change, unless one is under way. */
static void change_begin(struct nft_carry *carry)
{
	if (!carry->building)
		nft_transaction_again(&carry->transaction);
}

/** Ends it. */
static int change_end(struct nft_carry *carry)
{
	return carry->building ? 0 : nft_transaction_commit(&carry->transaction);
}

/** Adds the chain of a link. */
static int attach(uint32_t interface, const char *name, void *user)
{
	struct nft_carry *carry = user;
	struct ruleset_rule_build build = build_of(carry);
	const struct nft_hook hook = {
		.type = "filter",
		.number = NF_NETDEV_INGRESS,
		.priority = PRIORITY,
		.device = name,
	};
	char chain[LINK_CHAIN_BYTES];

	(void)interface;
	link_chain(name, chain);
	change_begin(carry);
	nft_add_chain(&carry->transaction, RULESET_TABLE, chain, &hook);
	add_link_rules(&build, chain, ETH_P_IP, RULESET_CHAIN_CARRY_V4);
	add_link_rules(&build, chain, ETH_P_IPV6, RULESET_CHAIN_CARRY_V6);
	return change_end(carry);
}

/** Looks for the chain of a link among those that the last look has found. */
static int is_attached(uint32_t interface, const char *name, void *user)
{
	const struct nft_carry *carry = user;
	char chain[LINK_CHAIN_BYTES];
	size_t at = 0;

	(void)interface;
	if (carry->building)
		return 0;
	link_chain(name, chain);
	while (at < carry->chains_bytes && strcmp(carry->chains + at, chain) != 0)
		at += strlen(carry->chains + at) + 1;
	return at < carry->chains_bytes;
}

/** Removes the chain of a link, with its rules. */
static int detach(uint32_t interface, const char *name, void *user)
{
	struct nft_carry *carry = user;
	char chain[LINK_CHAIN_BYTES];

	if (carry->building || is_attached(interface, name, user) != 1)
		return 0;
	link_chain(name, chain);
	change_begin(carry);
	nft_delete_rules(&carry->transaction, RULESET_TABLE, chain);
	nft_delete_chain(&carry->transaction, RULESET_TABLE, chain);
	return change_end(carry);
}

static const struct ingress_links_owner owner = {
	.attach = attach,
	.detach = detach,
	.is_attached = is_attached,
	.any_kind = true,
};

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
	error = ingress_links_open(&carry->links, config, &owner, carry);
	if (error)
		goto fail_ways;
	carry->hops = calloc(carry->ways.count + 1, sizeof(*carry->hops));
	if (carry->hops)
		return 0;
	error = -ENOMEM;

	ingress_links_close(&carry->links);
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
	ingress_links_close(&carry->links);
	server_ways_close(&carry->ways);
	nft_transaction_fini(&carry->transaction);
	netlink_close(&carry->asks);
	free(carry->hops);
	free(carry->chains);
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

/** Notes that a link's chain is there, or any other. */
static int note_chain(const char *name, void *user)
{
	struct nft_carry *carry = user;
	size_t name_bytes = strlen(name) + 1;
	char *chains = realloc(carry->chains, carry->chains_bytes + name_bytes);

	if (!chains)
		return -ENOMEM;
	memcpy(chains + carry->chains_bytes, name, name_bytes);
	carry->chains = chains;
	carry->chains_bytes += name_bytes;
	return 0;
}

/** Looks at links, and first at what chains there are. */
static void look_at_links(struct nft_carry *carry)
{
	carry->chains_bytes = 0;
	if (!nft_list_chains(&carry->asks, NFPROTO_NETDEV, RULESET_TABLE, note_chain, carry))
		ingress_links_look(&carry->links);
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
	carry->building = true;
	error = ingress_links_look(&carry->links);
	carry->building = false;
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
		look_at_links(carry);
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
