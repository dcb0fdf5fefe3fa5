/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets, maps and their elements as messages of a transaction (nft_transaction.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h> /* libnftnl/set.h needs it */

#include <libnftnl/set.h>

#include "kernel/nft_transaction.h"

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

/** Adds a set, or a map. */
void nft_add_set(struct nft_transaction *transaction, const char *table, const char *set,
	const struct nft_types *types);

/** Deletes a set or map, which no rule may use any more. */
void nft_delete_set(struct nft_transaction *transaction, const char *table, const char *set);

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
