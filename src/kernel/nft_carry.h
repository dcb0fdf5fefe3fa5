/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft's table at the ingress of interfaces, which carries established clients: makes it of
 * core/ruleset_carry.h's rows, and adds what comes and goes: a chain for each interface
 * (nft_links.h), one for each server and family with the way there (nft_hop.h), and the maps that
 * lead to these. Elements for
 * clients are nft_changes.h's.
 *
 * Servers' chains are trusted for half a minute. While somebody follows next hops they are
 * said to be right again and again; when nobody does packets go up with their marks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/fast_path.h"
#include "kernel/nft_hop.h"
#include "kernel/nft_links.h"
#include "kernel/nft_transaction.h"
#include "kernel/server_ways.h"

struct nft_carry {
	const struct config *config;
	struct nft_transaction transaction; /**< for one change after the other */
	struct netlink asks; /**< once a second */
	struct server_ways ways;
	struct nft_links links;
	struct nft_hop *hops; /**< owned; of each way, as its chain has it */
	bool sends;     /**< the kernel can send from here */
	bool is_there;  /**< the table is, as far as we know */
	int rules;      /**< in it, those of interfaces left out */
	unsigned int looks;     /**< since servers' chains were said to be right */
	size_t unresolved;      /**< ways that need a next hop and have none */
	uint64_t changes;       /**< chains filled anew since the start */
};

/** Begins to follow next hops; changes nothing. -EOPNOTSUPP and the like: the kernel has no
 *  such tables. */
int nft_carry_open(struct nft_carry *carry, const struct config *config);

/** Ends; the table stays. Accepts what is zeroed. */
void nft_carry_close(struct nft_carry *carry);

/** Makes the table, or makes it anew around the clients that are in its maps if they are for
 *  the same servers, all in one step. Negative errno, then nothing has changed. */
int nft_carry_install(struct nft_carry *carry);

/** Follows next hops and links; all: looks at everything, and whether somebody else has
 *  changed the table. False: it is not there as it should be, and is to be installed. */
bool nft_carry_follow(struct nft_carry *carry, bool all);

/** Shows what was sent to each server since the table was made. kept: as nft_list_chains().
 *  Negative errno. */
int nft_carry_servers(struct netlink *kept, fast_path_server_fn *see, void *user);

/** Has a table of an earlier run for other servers than config's carry nothing any more.
 *  Negative errno. */
int nft_carry_retire(const struct config *config);

/** Removes the table. 0 also when there is none. */
int nft_carry_remove(void);
