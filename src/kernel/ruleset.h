/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our nft tables: which packets are diverted to the queue, and how conntrack translates
 * for method nat. Each is installed in one transaction that replaces an older one, so
 * there is no moment at which IPsec for a virtual address passes by. The rules are those
 * of core/ruleset_rules.h. Requests are queued without bypass: while no daemon listens
 * they are dropped. Replies of servers are queued with bypass.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/netlink.h"

enum ruleset_backend {
	RULESET_QUEUE_EXPR, /**< nft's own queue expression */
	RULESET_XT_TARGET,  /**< the xt target NFQUEUE by nft_compat */
};

/** What makes the kernel reassemble fragments before our rules see them. */
enum ruleset_defrag {
	RULESET_DEFRAG_TPROXY, /**< a tproxy rule that never matches: no conntrack */
	RULESET_DEFRAG_CT,     /**< a ct rule: conntrack sees all other traffic */
	RULESET_DEFRAG_NONE,   /**< neither is there: later fragments come as such */
};

/** What the kernel had, found by trying. */
struct ruleset_info {
	enum ruleset_backend backend;
	enum ruleset_defrag defrag;
	bool notrack; /**< what is not for method nat is kept out of conntrack */
	bool nat;     /**< there are rules for method nat */
	bool bridge;  /**< replies are queued in a bridge as well */
	bool no_bridge; /**< they were to be, and the kernel cannot */
};

/** Installs or replaces the tables. Negative errno, then nothing has changed: -EPERM no
 *  CAP_NET_ADMIN, -ENOENT the kernel can queue neither way, or not translate for method
 *  nat. That there are no tables for bridges is no error. */
int ruleset_install(const struct config *config, struct ruleset_info *ret_info);

/** Makes the tables anew in the way that was found, for the same config with other rates; kept
 *  as for ruleset_count_rules(). Takes no longer than two transactions do. Negative errno,
 *  then the first has not changed. */
int ruleset_again(
	struct netlink *kept, const struct config *config, const struct ruleset_info *info);

/** Tells whether config asks for maps that a fast path can fill. */
bool ruleset_has_fast_path(const struct config *config);

/** How many rules our first table has now; 0 when it is not there. Negative errno. What
 *  ruleset_install() made has as many until somebody else changes it. kept, here and below:
 *  a socket that netlink_keep() opens, and the caller closes; NULL: one only for this. */
int ruleset_count_rules(struct netlink *kept);

/** Sees how many packets were dropped for a limit, by its number (core/limit.h). */
typedef void ruleset_limited_fn(size_t index, uint64_t packets, void *user);

/** Shows what was dropped since the tables were made. Negative errno. */
int ruleset_count_limited(struct netlink *kept, ruleset_limited_fn *see, void *user);

/** Sees how many packets of established clients came up to the table with the mark of a
 *  server, by its index. */
typedef void ruleset_server_fn(uint32_t index, uint64_t packets, uint64_t bytes, void *user);

/** Shows that since the tables were made. Negative errno. */
int ruleset_count_servers(struct netlink *kept, ruleset_server_fn *see, void *user);

/** Removes the tables; 0 also when there are none. */
int ruleset_remove(void);

/** 1 when a table of ours is there, 0 when not, negative errno when that is not known. */
int ruleset_present(void);

/** The backend's name, for people and scripts. */
const char *ruleset_backend_name(enum ruleset_backend backend);

/** The defragmentation's name, for people and scripts. */
const char *ruleset_defrag_name(enum ruleset_defrag defrag);
