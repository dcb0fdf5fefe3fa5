/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_links.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/nft_list.h"
#include "kernel/ruleset_expression.h"

#define LINK_CHAIN_BYTES (sizeof(RULESET_CHAIN_LINK) + IFNAMSIZ)
#define PRIORITY 10 /**< behind what an administrator filters at "filter", which is 0 */
#define ETHERTYPE_OFFSET 12

/** What rules are built with. */
static struct ruleset_rule_build build_of(struct nft_links *links)
{
	return (struct ruleset_rule_build){
		.transaction = links->transaction, .config = links->links.config
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
static void change_begin(struct nft_links *links)
{
	if (!links->building)
		nft_transaction_again(links->transaction);
}

/** Ends it. */
static int change_end(struct nft_links *links)
{
	return links->building ? 0 : nft_transaction_commit(links->transaction);
}

/** Adds the chain of a link. */
static int attach(uint32_t interface, const char *name, void *user)
{
	struct nft_links *links = user;
	struct ruleset_rule_build build = build_of(links);
	const struct nft_hook hook = {
		.type = "filter",
		.number = NF_NETDEV_INGRESS,
		.priority = PRIORITY,
		.device = name,
	};
	char chain[LINK_CHAIN_BYTES];

	(void)interface;
	link_chain(name, chain);
	change_begin(links);
	nft_add_chain(links->transaction, RULESET_TABLE, chain, &hook);
	add_link_rules(&build, chain, ETH_P_IP, RULESET_CHAIN_CARRY_V4);
	add_link_rules(&build, chain, ETH_P_IPV6, RULESET_CHAIN_CARRY_V6);
	return change_end(links);
}

/** Looks for the chain of a link among those that the last look has found. */
static int is_attached(uint32_t interface, const char *name, void *user)
{
	const struct nft_links *links = user;
	char chain[LINK_CHAIN_BYTES];
	size_t at = 0;

	(void)interface;
	if (links->building)
		return 0;
	link_chain(name, chain);
	while (at < links->chains_bytes && strcmp(links->chains + at, chain) != 0)
		at += strlen(links->chains + at) + 1;
	return at < links->chains_bytes;
}

/** Removes the chain of a link, with its rules. */
static int detach(uint32_t interface, const char *name, void *user)
{
	struct nft_links *links = user;
	char chain[LINK_CHAIN_BYTES];

	if (links->building || is_attached(interface, name, user) != 1)
		return 0;
	link_chain(name, chain);
	change_begin(links);
	nft_delete_rules(links->transaction, RULESET_TABLE, chain);
	nft_delete_chain(links->transaction, RULESET_TABLE, chain);
	return change_end(links);
}

static const struct ingress_links_owner owner = {
	.attach = attach,
	.detach = detach,
	.is_attached = is_attached,
	.any_kind = true,
};

/** Begins. */
int nft_links_open(struct nft_links *links, const struct config *config,
	struct nft_transaction *transaction)
{
	*links = (struct nft_links){ .transaction = transaction };
	return ingress_links_open(&links->links, config, &owner, links);
}

/** Ends. */
void nft_links_close(struct nft_links *links)
{
	ingress_links_close(&links->links);
	netlink_close(&links->asks);
	free(links->chains);
	*links = (struct nft_links){ .transaction = NULL };
}

/** Adds chains for all links as if there were none. */
int nft_links_build(struct nft_links *links)
{
	int error;

	links->building = true;
	error = ingress_links_look(&links->links);
	links->building = false;
	return error;
}

/** Notes that a link's chain is there, or any other. */
static int note_chain(const char *name, void *user)
{
	struct nft_links *links = user;
	size_t name_bytes = strlen(name) + 1;
	char *chains = realloc(links->chains, links->chains_bytes + name_bytes);

	if (!chains)
		return -ENOMEM;
	memcpy(chains + links->chains_bytes, name, name_bytes);
	links->chains = chains;
	links->chains_bytes += name_bytes;
	return 0;
}

/** Looks at links, and first at what chains there are. */
void nft_links_look(struct nft_links *links)
{
	links->chains_bytes = 0;
	if (!nft_list_chains(&links->asks, NFPROTO_NETDEV, RULESET_TABLE, note_chain, links))
		ingress_links_look(&links->links);
}
