/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets are diverted to the daemon, as data and in nft's own syntax. The data
 * is what kernel/ruleset.c installs; the text is for operators who keep their own
 * ruleset (`ruleset = external`). One table for both, so they cannot differ.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"


#define RULESET_TABLE "ipsec-balancer"
#define RULESET_CHAIN_PREROUTING "prerouting"
#define RULESET_CHAIN_DIVERT "divert"
#define RULESET_CHAIN_QUEUE "to-daemon" /**< notrack and queue; the others go here */
#define RULESET_CHAIN_QUOTED_V4 "quoted4"
#define RULESET_CHAIN_QUOTED_V6 "quoted6"
#define RULESET_SET_V4 "virtual4"
#define RULESET_SET_V6 "virtual6"

/** After defragmentation (-400), before conntrack (-200): nft's "raw". */
#define RULESET_PRIORITY (-300)

#define RULESET_MATCHES 4 /**< most matches of a rule */

/** Where a value is loaded from. */
enum ruleset_load {
	RULESET_LOAD_END, /**< no match: the ones before were all */
	RULESET_LOAD_NFPROTO,
	RULESET_LOAD_L4PROTO, /**< IPv6: behind the extension headers, AH not being one */
	RULESET_LOAD_NETWORK, /**< offset from the IP header on */
	RULESET_LOAD_TRANSPORT,
	RULESET_LOAD_FRAGMENT, /**< offset in IPv6's fragment header */
};

enum ruleset_compare {
	RULESET_EQUAL,
	RULESET_UNEQUAL,
	RULESET_AT_LEAST,
	RULESET_AT_MOST,
};

struct ruleset_match {
	enum ruleset_load load;
	uint8_t offset_bytes;
	uint8_t size_bytes; /**< 1 or 2 */
	uint16_t mask;      /**< 0: all bits */
	enum ruleset_compare compare;
	uint16_t value; /**< host order */
};

/** One rule. All matches must hold. */
struct ruleset_rule {
	const char *chain;
	const char *text; /**< the matches as nft reads them */
	struct ruleset_match matches[RULESET_MATCHES];
	const char *set;  /**< the destination must be in it; NULL: no such condition */
	const char *next; /**< chain to go on in for good; NULL: count and queue */
};

/** The regular chains, to be made before the rules. */
extern const char *const ruleset_chains[];
extern const size_t ruleset_chain_count;

/** The rules in their order, chain by chain. */
extern const struct ruleset_rule ruleset_rules[];
extern const size_t ruleset_rule_count;

/** Writes a file for `nft -f` that (re)places the table. *ret_text is the caller's to
 *  free. -ENOMEM. */
int ruleset_text(const struct config *config, char **ret_text);
