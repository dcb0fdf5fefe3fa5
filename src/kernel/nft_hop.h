/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chains that nft's table at ingress has for each server: the one that sends packets to the
 * server's next hop, and with method nat the one that hides its address in ICMP errors. Adds
 * rules to a transaction; sends nothing.
 *
 *   hop4-N     without options, not at the end of its hops, not too long
 *              -> counted, with nat its destination changed, sent
 *   error4-N   what is quoted was sent to the virtual address, and if the server sent the
 *              error, so did that
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "kernel/nft_set.h"
#include "kernel/ruleset_rule.h"
#include "kernel/server_ways.h"

#define NFT_HOP_NAME_BYTES 64

/** Where a chain sends packets. */
struct nft_hop {
	uint32_t interface; /**< 0: nowhere, they go up */
	uint32_t mtu_bytes; /**< of the packets as they come */
	struct address gateway; /**< of the packets' family */
	struct address server;  /**< that becomes the destination; family 0: it stays */
};

/** Writes the name of a way's chain. */
void nft_hop_name(const struct server_way *way, char out[static NFT_HOP_NAME_BYTES]);

/** Writes the name of the counter for a server. */
void nft_hop_counter(
	const struct config_server *server, char out[static NFT_HOP_NAME_BYTES]);

/** Reads a server's index out of its counter's name; false: it is none of ours. */
bool nft_hop_counter_read(const char *name, uint32_t *ret_index);

/** Fills a way's chain, which must be empty. Where hop leads nowhere it stays so. */
void nft_hop_fill(struct ruleset_rule_build *build, const struct server_way *way,
	const struct nft_hop *hop);

/** Adds and fills the chain for ICMP errors about ESP to a nat server; nothing for others.
 *  elements are those of the map that leads there. */
void nft_hop_hide(struct ruleset_rule_build *build, const struct server_way *way,
	struct nft_elements *elements);
