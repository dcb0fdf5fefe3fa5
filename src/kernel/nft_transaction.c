/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds nf_tables messages with libnftnl, one behind the other, between the two that
 * make a transaction of them.
 */
#include "kernel/nft_transaction.h"

#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/object.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/** All messages together; the kernel takes no more than its send buffer in one go. */
#define TRANSACTION_BYTES 524288

/** No single message of ours is longer. */
#define MESSAGE_BYTES 4096

/** Where the next message goes; NULL after a failure. */
static char *message_place(struct nft_transaction *transaction)
{
	if (transaction->used_bytes + MESSAGE_BYTES > TRANSACTION_BYTES &&
		!transaction->error)
		transaction->error = -EMSGSIZE;
	return transaction->error ? NULL : transaction->buffer + transaction->used_bytes;
}

/** Begins a message behind the others; NULL after a failure. */
struct nlmsghdr *nft_message_begin(
	struct nft_transaction *transaction, uint16_t type, uint16_t flags)
{
	char *place = message_place(transaction);

	if (!place)
		return NULL;
	transaction->last = nftnl_nlmsg_build_hdr(
		place, type, transaction->family, flags, ++transaction->netlink.sequence);
	return transaction->last;
}

/** Keeps the message that was begun last. */
void nft_message_end(
	struct nft_transaction *transaction, const struct nlmsghdr *message)
{
	transaction->used_bytes += MNL_ALIGN(message->nlmsg_len);
}

/** Returns object, or NULL after noting that there was no memory for it. Nothing that
 *  libnftnl makes is wanted any more once the transaction has failed. */
void *nft_made(struct nft_transaction *transaction, void *object)
{
	if (!object && !transaction->error)
		transaction->error = -ENOMEM;
	return object;
}

/** Moves a socket, with all that belongs to it. */
static void move_netlink(struct netlink *from, struct netlink *to)
{
	*to = *from;
	memset(from, 0, sizeof(*from));
}

/** Opens and puts the begin marker. */
int nft_transaction_init(struct nft_transaction *transaction, uint16_t family)
{
	return nft_transaction_borrow(transaction, NULL, family);
}

/** Takes the socket. */
int nft_transaction_borrow(
	struct nft_transaction *transaction, struct netlink *kept, uint16_t family)
{
	int error;

	memset(transaction, 0, sizeof(*transaction));
	transaction->family = family;
	if (kept)
		move_netlink(kept, &transaction->netlink);
	error = netlink_keep(&transaction->netlink, NETLINK_NETFILTER);
	if (error)
		return error;
	transaction->buffer = malloc(TRANSACTION_BYTES);
	if (!transaction->buffer) {
		netlink_close(&transaction->netlink);
		return -ENOMEM;
	}
	netlink_send_buffer(&transaction->netlink, 2 * TRANSACTION_BYTES);
	nft_transaction_again(transaction);
	return 0;
}

/** Begins anew. */
void nft_transaction_again(struct nft_transaction *transaction)
{
	transaction->used_bytes = 0;
	transaction->last = NULL;
	transaction->error = 0;
	nft_message_end(transaction,
		nftnl_batch_begin(transaction->buffer, ++transaction->netlink.sequence));
}

/** The room for messages, that of the end marker left out. */
size_t nft_transaction_room_bytes(const struct nft_transaction *transaction)
{
	size_t taken_bytes = transaction->used_bytes + 2 * MESSAGE_BYTES;

	return taken_bytes < TRANSACTION_BYTES ? TRANSACTION_BYTES - taken_bytes : 0;
}

/** Frees everything. */
void nft_transaction_fini(struct nft_transaction *transaction)
{
	netlink_close(&transaction->netlink);
	free(transaction->buffer);
	transaction->buffer = NULL;
}

/** Gives the socket back. */
void nft_transaction_return(struct nft_transaction *transaction, struct netlink *kept)
{
	if (kept)
		move_netlink(&transaction->netlink, kept);
	nft_transaction_fini(transaction);
}

/** Asks for the last message's acknowledgement, puts the end marker and sends. */
int nft_transaction_commit(struct nft_transaction *transaction)
{
	char *place = message_place(transaction);

	if (!place)
		return transaction->error;
	if (!transaction->last)
		return 0;
	transaction->last->nlmsg_flags |= NLM_F_ACK;
	nft_message_end(transaction,
		nftnl_batch_end(place, ++transaction->netlink.sequence));
	return netlink_transact(&transaction->netlink, transaction->buffer,
		transaction->used_bytes, transaction->last->nlmsg_seq);
}

/** Adds a message about a table. */
static void put_table(struct nft_transaction *transaction, const char *name,
	uint16_t type, uint16_t flags)
{
	struct nftnl_table *table = nft_made(transaction, nftnl_table_alloc());
	struct nlmsghdr *message = nft_message_begin(transaction, type, flags);

	if (table && message) {
		nftnl_table_set_str(table, NFTNL_TABLE_NAME, name);
		nftnl_table_nlmsg_build_payload(message, table);
		nft_message_end(transaction, message);
	}
	if (table)
		nftnl_table_free(table);
}

/** Adds a table. */
void nft_add_table(struct nft_transaction *transaction, const char *table)
{
	put_table(transaction, table, NFT_MSG_NEWTABLE, NLM_F_CREATE);
}

/** Deletes a table. */
void nft_delete_table(struct nft_transaction *transaction, const char *table)
{
	put_table(transaction, table, NFT_MSG_DELTABLE, 0);
}

/** Gives a chain its place. */
static void chain_set_hook(struct nftnl_chain *chain, const struct nft_hook *hook)
{
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, hook->type);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook->number);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, hook->priority);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	if (hook->device)
		nftnl_chain_set_str(chain, NFTNL_CHAIN_DEV, hook->device);
}

/** Adds a chain. */
void nft_add_chain(struct nft_transaction *transaction, const char *table,
	const char *name, const struct nft_hook *hook)
{
	struct nftnl_chain *chain = nft_made(transaction, nftnl_chain_alloc());
	struct nlmsghdr *message =
		nft_message_begin(transaction, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	if (chain && message) {
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, table);
		nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
		if (hook)
			chain_set_hook(chain, hook);
		nftnl_chain_nlmsg_build_payload(message, chain);
		nft_message_end(transaction, message);
	}
	if (chain)
		nftnl_chain_free(chain);
}

/** Adds a message that names a table and what in it is to be deleted. */
void nft_message_delete(struct nft_transaction *transaction, uint16_t type,
	const char *table, uint16_t attribute, const char *name)
{
	struct nlmsghdr *message = nft_message_begin(transaction, type, 0);

	if (!message)
		return;
	mnl_attr_put_strz(message, 1, table); /* the first of every such message */
	if (name)
		mnl_attr_put_strz(message, attribute, name);
	nft_message_end(transaction, message);
}

/** Deletes a chain. */
void nft_delete_chain(
	struct nft_transaction *transaction, const char *table, const char *chain)
{
	nft_message_delete(transaction, NFT_MSG_DELCHAIN, table, NFTA_CHAIN_NAME, chain);
}

/** Deletes rules. */
void nft_delete_rules(
	struct nft_transaction *transaction, const char *table, const char *chain)
{
	nft_message_delete(transaction, NFT_MSG_DELRULE, table, NFTA_RULE_CHAIN, chain);
}

/** Adds a message about a counter. */
static void put_counter(struct nft_transaction *transaction, const char *table,
	const char *counter, uint16_t type, uint16_t flags)
{
	struct nftnl_obj *object = nft_made(transaction, nftnl_obj_alloc());
	struct nlmsghdr *message = nft_message_begin(transaction, type, flags);

	if (object && message) {
		nftnl_obj_set_str(object, NFTNL_OBJ_TABLE, table);
		nftnl_obj_set_str(object, NFTNL_OBJ_NAME, counter);
		nftnl_obj_set_u32(object, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
		nftnl_obj_nlmsg_build_payload(message, object);
		nft_message_end(transaction, message);
	}
	if (object)
		nftnl_obj_free(object);
}

/** Adds a counter. */
void nft_add_counter(
	struct nft_transaction *transaction, const char *table, const char *counter)
{
	put_counter(transaction, table, counter, NFT_MSG_NEWOBJ, NLM_F_CREATE);
}

/** Deletes a counter. */
void nft_delete_counter(
	struct nft_transaction *transaction, const char *table, const char *counter)
{
	put_counter(transaction, table, counter, NFT_MSG_DELOBJ, 0);
}

/** Begins a rule. */
struct nftnl_rule *nft_rule_begin(
	struct nft_transaction *transaction, const char *table, const char *chain)
{
	struct nftnl_rule *rule;

	if (transaction->error)
		return NULL;
	rule = nft_made(transaction, nftnl_rule_alloc());
	if (!rule)
		return NULL;
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, transaction->family);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	return rule;
}

/** Adds an expression. */
struct nftnl_expr *nft_rule_expression(struct nft_transaction *transaction,
	struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expression;

	if (!rule)
		return NULL;
	expression = nft_made(transaction, nftnl_expr_alloc(name));
	if (expression)
		nftnl_rule_add_expr(rule, expression);
	return expression;
}

/** Adds the finished rule. */
void nft_rule_end(struct nft_transaction *transaction, struct nftnl_rule *rule)
{
	struct nlmsghdr *message = nft_message_begin(
		transaction, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	if (rule && message) {
		nftnl_rule_nlmsg_build_payload(message, rule);
		nft_message_end(transaction, message);
	}
	if (rule)
		nftnl_rule_free(rule);
}

/** Asks for the table. */
int nft_table_present(uint16_t family, const char *table)
{
	uint64_t buffer[NETLINK_REQUEST_BYTES / sizeof(uint64_t)];
	struct nlmsghdr *message;
	struct netlink netlink;
	int error;

	error = netlink_open(&netlink, NETLINK_NETFILTER, 0);
	if (error)
		return error;
	message = nftnl_nlmsg_build_hdr((char *)buffer, NFT_MSG_GETTABLE, family, 0,
		++netlink.sequence);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
	error = netlink_talk(&netlink, message, NULL, NULL);
	netlink_close(&netlink);
	if (error == -ENOENT)
		return 0;
	return error ? error : 1;
}
