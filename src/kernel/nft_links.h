/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chains that nft's table at ingress has for interfaces: each leads what comes in there to
 * carry4 or carry6 (core/ruleset_carry.h). The kernel removes a chain with its interface.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"
#include "kernel/ingress_links.h"
#include "kernel/nft_transaction.h"

struct nft_links {
	struct nft_transaction *transaction; /**< not owned; nobody else's while here it is used */
	struct ingress_links links;
	struct netlink asks; /**< once a second */
	char *chains; /**< owned; names that the last look has found, each with its zero */
	size_t chains_bytes;
	bool building; /**< what is added belongs to a change under way */
};

/** Begins; changes nothing. config and transaction must outlive it. Negative errno. */
int nft_links_open(struct nft_links *links, const struct config *config,
	struct nft_transaction *transaction);

/** Ends; chains stay. */
void nft_links_close(struct nft_links *links);

/** Adds the chains of all links to the transaction under way, in which rules of earlier ones
 *  are deleted. Negative errno when links could not be read. */
int nft_links_build(struct nft_links *links);

/** Adds chains where there are none and removes those of links that are not wanted, each by a
 *  transaction. */
void nft_links_look(struct nft_links *links);
