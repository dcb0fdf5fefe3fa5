/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_note.h"

#include <inttypes.h>
#include <linux/netfilter.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/nft_list.h"
#include "kernel/nft_transaction.h"

/** The chain's name, with the number in hexadecimal digits. */
#define NOTE "saved-%016" PRIx64

/** What is looked for among the chains. */
struct search {
	char identity[RULESET_IDENTITY_BYTES];
	bool is_same; /**< the servers are the same */
	uint64_t number;
};

/** Notes a number. */
int nft_note_write(uint64_t number)
{
	struct nft_transaction transaction;
	char name[32];
	int error = nft_transaction_init(&transaction, NFPROTO_NETDEV);

	if (error)
		return error;
	snprintf(name, sizeof(name), NOTE, number);
	nft_add_chain(&transaction, RULESET_TABLE, name, NULL);
	error = nft_transaction_commit(&transaction);
	nft_transaction_fini(&transaction);
	return error;
}

/** Sees one chain. */
static int see_chain(const char *name, void *user)
{
	struct search *search = user;
	uint64_t number;

	if (strcmp(name, search->identity) == 0)
		search->is_same = true;
	else if (sscanf(name, "saved-%16" SCNx64, &number) == 1)
		search->number = number;
	return 0;
}

/** The number that was noted. */
uint64_t nft_note_read(const struct config *config)
{
	struct search search = { .number = 0 };

	ruleset_identity(config, search.identity);
	if (nft_list_chains(NULL, NFPROTO_NETDEV, RULESET_TABLE, see_chain, &search))
		return 0;
	return search.is_same ? search.number : 0;
}
