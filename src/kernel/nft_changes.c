/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *   key of client4   client (4), virtual (4)            client6   16 + 16
 *   key of session4  client (4), virtual (4), port (4)  session6  16 + 16 + 4
 */
#include "kernel/nft_changes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/nft_set.h"

#define CHANGES 2048 /**< kept before they are sent in any case */
#define PIECE 32     /**< changes of a transaction, where not all are taken together */
#define PORT_BYTES 4 /**< a register's width */

/** One change to be made. */
struct nft_change {
	struct fast_path_key key;
	uint32_t mark;
	bool remove;
	bool counted; /**< what is put counts */
};

/** Opens the socket. */
int nft_changes_init(struct nft_changes *changes)
{
	int error;

	*changes = (struct nft_changes){ .items = calloc(CHANGES, sizeof(*changes->items)) };
	if (!changes->items)
		return -ENOMEM;
	error = nft_transaction_init(&changes->transaction, NFPROTO_NETDEV);
	if (error)
		free(changes->items);
	return error;
}

/** Closes it. */
void nft_changes_fini(struct nft_changes *changes)
{
	nft_transaction_fini(&changes->transaction);
	free(changes->items);
}

/** The map that a key belongs to. */
const char *nft_changes_map(const struct fast_path_key *key)
{
	bool v4 = key->client.family == AF_INET;

	if (key->client_port)
		return v4 ? RULESET_MAP_SESSION_V4 : RULESET_MAP_SESSION_V6;
	return v4 ? RULESET_MAP_CLIENT_V4 : RULESET_MAP_CLIENT_V6;
}

/** Writes the key as the kernel has it; returns its size. */
uint32_t nft_changes_key_write(
	const struct fast_path_key *key, uint8_t out[static NFT_CHANGES_KEY_BYTES])
{
	uint32_t address_bytes = (uint32_t)address_size_bytes(&key->client);
	uint16_t port = htons(key->client_port);

	memset(out, 0, NFT_CHANGES_KEY_BYTES);
	memcpy(out, key->client.bytes, address_bytes);
	memcpy(out + address_bytes, key->virtual.bytes, address_bytes);
	if (!port)
		return 2 * address_bytes;
	memcpy(out + 2 * address_bytes, &port, sizeof(port));
	return 2 * address_bytes + PORT_BYTES;
}

/** Reads a key of the kernel's; false if it is none of ours. */
bool nft_changes_key_read(
	const uint8_t *bytes, uint32_t size_bytes, struct fast_path_key *ret_key)
{
	uint32_t with_port = size_bytes % 8 == PORT_BYTES ? PORT_BYTES : 0;
	uint32_t address_bytes = (size_bytes - with_port) / 2;
	uint16_t port = 0;

	if (address_bytes != 4 && address_bytes != 16)
		return false;
	*ret_key = (struct fast_path_key){ 0 };
	if (address_bytes == 4) {
		ret_key->client = address_v4(bytes);
		ret_key->virtual = address_v4(bytes + 4);
	} else {
		ret_key->client = address_v6(bytes);
		ret_key->virtual = address_v6(bytes + 16);
	}
	if (with_port)
		memcpy(&port, bytes + 2 * address_bytes, sizeof(port));
	ret_key->client_port = ntohs(port);
	return true;
}

/** Puts a run of changes of one kind and one map into the transaction; returns how many
 *  there were. */
static size_t add_run(struct nft_changes *changes, size_t first, size_t end)
{
	const struct nft_change *items = changes->items;
	struct nft_elements elements = {
		.transaction = &changes->transaction,
		.table = RULESET_TABLE,
		.set = nft_changes_map(&items[first].key),
		.remove = items[first].remove,
		.counted = items[first].counted,
	};
	uint8_t key[NFT_CHANGES_KEY_BYTES];
	size_t i;

	for (i = first; i < end && items[i].remove == elements.remove &&
		items[i].counted == elements.counted &&
		nft_changes_map(&items[i].key) == elements.set;
		i++) {
		uint32_t key_bytes = nft_changes_key_write(&items[i].key, key);

		nft_add_element(&elements, key, key_bytes,
			elements.remove ? NULL : &items[i].mark, sizeof(items[i].mark));
	}
	nft_elements_end(&elements);
	return i - first;
}

/** Sends some changes as one transaction. */
static int send_range(struct nft_changes *changes, size_t first, size_t count)
{
	size_t at = first;

	nft_transaction_again(&changes->transaction);
	while (at < first + count)
		at += add_run(changes, at, first + count);
	changes->counters.commits++;
	return nft_transaction_commit(&changes->transaction);
}

/** Sends one change. That an element is gone already is no error; one that is there with
 *  another mark has to go first. */
static int send_one(struct nft_changes *changes, size_t index)
{
	struct nft_change *change = &changes->items[index];
	int error = send_range(changes, index, 1);

	if (change->remove && error == -ENOENT)
		return 0;
	if (change->remove || error != -EEXIST)
		return error;
	change->remove = true;
	send_range(changes, index, 1);
	change->remove = false;
	return send_range(changes, index, 1);
}

/** Counts changes that were made. */
static void count_made(struct nft_changes *changes, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		if (changes->items[i].remove)
			changes->counters.removed++;
		else
			changes->counters.put++;
	}
}

/** Counts a change that could not be made. */
static int note_failure(struct nft_changes *changes, int error)
{
	changes->counters.failed++;
	changes->counters.last_error = error;
	return error == -ENOENT ? error : 0;
}

/** Sends one change. Returns -ENOENT if it could not be put because its map is gone. */
static int send_single(struct nft_changes *changes, size_t index)
{
	int error = send_one(changes, index);

	if (error)
		return note_failure(changes, error);
	count_made(changes, index, 1);
	return 0;
}

/** Sends some changes; if the kernel does not take them together, in pieces, and those that it
 *  does not take singly. A refusal costs more than many changes, for the kernel waits until
 *  nobody looks at what it takes back: so there are few of them. */
static int send_some(struct nft_changes *changes, size_t first, size_t count)
{
	size_t piece = count > PIECE ? PIECE : 1;
	int result = 0;

	if (!send_range(changes, first, count)) {
		count_made(changes, first, count);
		return 0;
	}
	for (size_t i = 0; i < count; i += piece) {
		size_t left = count - i < piece ? count - i : piece;
		int error = piece == 1 ? send_single(changes, first + i) :
					 send_some(changes, first + i, left);

		result = result ? result : error;
	}
	return result;
}

/** Sends everything. */
int nft_changes_commit(struct nft_changes *changes)
{
	int error = changes->count ?
		send_some(changes, 0, changes->count) :
		0;

	changes->count = 0;
	return error;
}

/** Takes a change down. */
static void add_change(struct nft_changes *changes, const struct nft_change *change)
{
	if (changes->count == CHANGES)
		nft_changes_commit(changes);
	changes->items[changes->count++] = *change;
}

/** An element that is to be there. */
void nft_changes_put(
	struct nft_changes *changes, const struct fast_path_key *key, uint32_t mark)
{
	add_change(changes, &(struct nft_change){ .key = *key, .mark = mark });
}

/** An element that is to go. */
void nft_changes_remove(struct nft_changes *changes, const struct fast_path_key *key)
{
	add_change(changes, &(struct nft_change){ .key = *key, .remove = true });
}

/** Another element in the place of the one that is there, in the same transaction; where it was
 *  just taken down and is new, that one counts. */
void nft_changes_count(struct nft_changes *changes, const struct fast_path_key *key,
	uint32_t mark, bool on)
{
	struct nft_change *last = changes->count ? &changes->items[changes->count - 1] : NULL;

	if (last && !last->remove && !changes->doubt &&
		memcmp(&last->key, key, sizeof(*key)) == 0) {
		last->counted = on;
		return;
	}
	nft_changes_remove(changes, key);
	add_change(changes, &(struct nft_change){ .key = *key, .mark = mark, .counted = on });
}
