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

/** Deletes a chain, which nothing may lead to any more. */
void nft_delete_chain(
	struct nft_transaction *transaction, const char *table, const char *chain);

/** Deletes all rules of a chain; NULL: of a table. */
void nft_delete_rules(
	struct nft_transaction *transaction, const char *table, const char *chain);

/** Adds a counter that rules can refer to by its name. */
void nft_add_counter(
	struct nft_transaction *transaction, const char *table, const char *counter);

/** Deletes a counter, which no rule may use any more. */
void nft_delete_counter(
	struct nft_transaction *transaction, const char *table, const char *counter);

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

/** Begins a message behind the others, for who knows other shapes; NULL after a failure. */
struct nlmsghdr *nft_message_begin(
	struct nft_transaction *transaction, uint16_t type, uint16_t flags);

/** Keeps the message that was begun last. */
void nft_message_end(struct nft_transaction *transaction, const struct nlmsghdr *message);

/** Adds a message that names a table and what in it is to be deleted, by an attribute; name
 *  NULL: no more than the table. */
void nft_message_delete(struct nft_transaction *transaction, uint16_t type, const char *table,
	uint16_t attribute, const char *name);

/** Returns object, or NULL after noting that there was no memory for it. */
void *nft_made(struct nft_transaction *transaction, void *object);
