/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One nf_tables transaction under construction, over libnftnl: what is added is done
 * by the kernel as a whole or not at all. The first failure sticks and everything
 * after it is left out, so a builder asks once, at the commit. Knows the shapes of
 * messages, not what our rules say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h> /* libnftnl/expr.h needs it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "kernel/netlink.h"

struct nft_transaction {
	struct netlink netlink;
	uint16_t family; /**< of every table in it: NFPROTO_INET and so on */
	char *buffer; /**< owned; the messages so far */
	size_t used_bytes;
	struct nlmsghdr *last; /**< the latest message; NULL before the first */
	int error;
};

/** A base chain's place; a regular chain has none. */
struct nft_hook {
	const char *type;
	uint32_t number;
	int32_t priority;
	const char *device; /**< of NFPROTO_NETDEV: the interface's name; else NULL */
};

/** A set's or a map's types, as nft numbers them, by which it prints elements. */
struct nft_types {
	uint32_t key;
	uint32_t key_bytes;
	bool key_in_host_order;
	uint32_t data;       /**< of a map; 0: no map */
	uint32_t data_bytes;
	bool data_in_host_order;
	uint32_t size; /**< most elements; the kernel then looks them up faster. 0: no limit */
	bool dynamic;  /**< rules add elements */
	uint64_t timeout_ms; /**< of elements; 0: they stay, or have times of their own */
	uint32_t look_ms; /**< they have: how often what is over is looked for; 0: they do not */
	bool counted;  /**< each element counts the packets it was found for */
};

/** Elements on their way into a set. */
struct nft_elements {
	struct nft_transaction *transaction;
	const char *table;
	const char *set;
	struct nftnl_set *pending; /**< owned; NULL: none */
	uint32_t count;            /**< of those */
	bool remove;               /**< out of it instead */
	const char *comment;       /**< on those that are added; NULL: none */
	bool counted;              /**< those that are added count */
};

/** Opens the socket and begins, for tables of a family. Negative errno. */
int nft_transaction_init(struct nft_transaction *transaction, uint16_t family);

/** The same on a socket that the caller keeps, see netlink_keep(); kept is without it until
 *  nft_transaction_return(). NULL: on one of its own. */
int nft_transaction_borrow(
	struct nft_transaction *transaction, struct netlink *kept, uint16_t family);

/** Begins the next transaction on the same socket, whatever became of the last one. */
void nft_transaction_again(struct nft_transaction *transaction);

/** How many bytes the transaction still has room for. */
size_t nft_transaction_room_bytes(const struct nft_transaction *transaction);

/** Forgets what was not committed. Accepts what is zeroed. */
void nft_transaction_fini(struct nft_transaction *transaction);

/** The same, but gives the socket back to who keeps it; NULL: nobody does. */
void nft_transaction_return(struct nft_transaction *transaction, struct netlink *kept);

/** Sends everything. 0 when the kernel did it all, else nothing: negative errno. */
int nft_transaction_commit(struct nft_transaction *transaction);

/** Adds a table; nothing happens when it is there already. */
void nft_add_table(struct nft_transaction *transaction, const char *table);

/** Deletes a table and all in it; the transaction fails (-ENOENT) if it is absent. */
void nft_delete_table(struct nft_transaction *transaction, const char *table);

/** Adds a chain; hook NULL: a regular one. A base chain's policy is accept. */
void nft_add_chain(struct nft_transaction *transaction, const char *table,
	const char *chain, const struct nft_hook *hook);

/** Adds a set, or a map. */
void nft_add_set(struct nft_transaction *transaction, const char *table, const char *set,
	const struct nft_types *types);

/** Deletes a chain, which nothing may lead to any more. */
void nft_delete_chain(
	struct nft_transaction *transaction, const char *table, const char *chain);

/** Deletes a set or map, which no rule may use any more. */
void nft_delete_set(struct nft_transaction *transaction, const char *table, const char *set);

/** Deletes all rules of a chain; NULL: of a table. */
void nft_delete_rules(
	struct nft_transaction *transaction, const char *table, const char *chain);

/** Adds a counter that rules can refer to by its name. */
void nft_add_counter(
	struct nft_transaction *transaction, const char *table, const char *counter);

/** Deletes a counter, which no rule may use any more. */
void nft_delete_counter(
	struct nft_transaction *transaction, const char *table, const char *counter);

/** Takes all elements out of a set or map. */
void nft_empty_set(struct nft_transaction *transaction, const char *table, const char *set);

/** Adds one element; data NULL: to a set. nft_elements_end() must follow the last one. */
void nft_add_element(struct nft_elements *elements, const void *key, uint32_t key_bytes,
	const void *data, uint32_t data_bytes);

/** Adds one element that leads to a chain. */
void nft_add_way(struct nft_elements *elements, const void *key, uint32_t key_bytes,
	const char *chain);

/** Sends what nft_add_element() has kept back. */
void nft_elements_end(struct nft_elements *elements);

/** Begins a rule. NULL after a failure; what follows accepts that. */
struct nftnl_rule *nft_rule_begin(
	struct nft_transaction *transaction, const char *table, const char *chain);

/** Adds an expression to the rule and returns it to be filled, or NULL. */
struct nftnl_expr *nft_rule_expression(struct nft_transaction *transaction,
	struct nftnl_rule *rule, const char *name);

/** Adds the rule to the end of its chain and frees it. */
void nft_rule_end(struct nft_transaction *transaction, struct nftnl_rule *rule);

/** 1 when a table is there, 0 when not, else negative errno. */
int nft_table_present(uint16_t family, const char *table);
