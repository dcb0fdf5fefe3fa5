/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of the maps of core/ruleset_rules.h, from addresses (and port) to a mark: collected in
 * their order and sent as one transaction. If the kernel refuses it, for one wrong change spoils
 * all, they are sent in pieces. Knows elements, not why they come and go.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/fast_path.h"
#include "kernel/nft_transaction.h"

/** Room for the key of an element. */
#define NFT_CHANGES_KEY_BYTES 36

struct nft_change;

struct nft_changes {
	struct nft_transaction transaction;
	struct fast_path_counters counters;
	bool doubt; /**< what is put may be there already */
	size_t count;
	struct nft_change *items; /**< owned; not made yet */
};

/** Opens the socket. Negative errno. */
int nft_changes_init(struct nft_changes *changes);

/** Closes it; what is not made is forgotten. Accepts what is zeroed. */
void nft_changes_fini(struct nft_changes *changes);

/** Takes down that an element is to be there with mark. */
void nft_changes_put(
	struct nft_changes *changes, const struct fast_path_key *key, uint32_t mark);

/** Takes down that an element is to go. */
void nft_changes_remove(struct nft_changes *changes, const struct fast_path_key *key);

/** Takes down that an element, which is there with mark or is put before, is to count what it
 *  is found for, from zero on; or no longer. */
void nft_changes_count(struct nft_changes *changes, const struct fast_path_key *key,
	uint32_t mark, bool on);

/** Makes the changes. -ENOENT: a map is gone; other errors are counted. */
int nft_changes_commit(struct nft_changes *changes);

/** The map that a key belongs to. */
const char *nft_changes_map(const struct fast_path_key *key);

/** Writes a key as the kernel has it; returns its size in bytes. */
uint32_t nft_changes_key_write(
	const struct fast_path_key *key, uint8_t out[static NFT_CHANGES_KEY_BYTES]);

/** Reads a key of the kernel's; false if it is none of ours. */
bool nft_changes_key_read(
	const uint8_t *bytes, uint32_t size_bytes, struct fast_path_key *ret_key);
