/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast path by nft: maps of core/ruleset_rules.h, from addresses (and port) to a mark.
 * Changes are collected in their order and sent as one transaction. If the kernel refuses
 * it, for one wrong change spoils all, they are sent in pieces.
 *
 *   key of client4   client (4), virtual (4)            client6   16 + 16
 *   key of session4  client (4), virtual (4), port (4)  session6  16 + 16 + 4
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/fast_path.h"
#include "kernel/nft_list.h"
#include "kernel/nft_note.h"
#include "kernel/nft_transaction.h"

#define CHANGES 2048 /**< kept before they are sent in any case */
#define PIECE 32     /**< changes of a transaction, where not all are taken together */
#define KEY_BYTES 36
#define PORT_BYTES 4 /**< a register's width */

/** One change to be made. */
struct change {
	struct fast_path_key key;
	uint32_t mark;
	bool remove;
};

struct fast_path {
	struct nft_transaction transaction;
	struct fast_path_counters counters;
	uint64_t noted; /**< by the run before */
	size_t change_count;
	struct change changes[CHANGES];
};

/** The map that a key belongs to. */
static const char *map_of(const struct fast_path_key *key)
{
	bool v4 = key->client.family == AF_INET;

	if (key->client_port)
		return v4 ? RULESET_MAP_SESSION_V4 : RULESET_MAP_SESSION_V6;
	return v4 ? RULESET_MAP_CLIENT_V4 : RULESET_MAP_CLIENT_V6;
}

/** Writes the key as the kernel has it; returns its size. */
static uint32_t key_write(const struct fast_path_key *key, uint8_t out[static KEY_BYTES])
{
	uint32_t address_bytes = (uint32_t)address_size_bytes(&key->client);
	uint16_t port = htons(key->client_port);

	memset(out, 0, KEY_BYTES);
	memcpy(out, key->client.bytes, address_bytes);
	memcpy(out + address_bytes, key->virtual.bytes, address_bytes);
	if (!port)
		return 2 * address_bytes;
	memcpy(out + 2 * address_bytes, &port, sizeof(port));
	return 2 * address_bytes + PORT_BYTES;
}

/** Reads a key of the kernel's; false if it is none of ours. */
static bool key_read(const uint8_t *bytes, uint32_t size_bytes, struct fast_path_key *ret_key)
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

/** Opens the socket. */
static int attach(const struct config *config, struct fast_path **ret_fast_path)
{
	struct fast_path *fast_path = calloc(1, sizeof(*fast_path));
	int error;

	if (!fast_path)
		return -ENOMEM;
	error = nft_transaction_init(&fast_path->transaction, NFPROTO_INET);
	if (error) {
		free(fast_path);
		return error;
	}
	fast_path->noted = nft_note_read(config);
	*ret_fast_path = fast_path;
	return 0;
}

/** There is nothing that the tables do not do by themselves. */
static int begin(struct fast_path *fast_path)
{
	(void)fast_path;
	return 0;
}

/** The maps have no clock. */
static int carried(
	struct fast_path *fast_path, const struct fast_path_key *key, uint64_t *ret_ago_ms)
{
	(void)fast_path;
	(void)key;
	(void)ret_ago_ms;
	return -EOPNOTSUPP;
}

/** The rules of the tables follow nothing: routing does. */
static int descriptor(const struct fast_path *fast_path)
{
	(void)fast_path;
	return -1;
}

/** The same. */
static void follow(struct fast_path *fast_path, bool all)
{
	(void)fast_path;
	(void)all;
}

/** Nothing more is known. */
static void details(struct fast_path *fast_path, fast_path_detail_fn *see, void *user)
{
	(void)fast_path;
	(void)see;
	(void)user;
}

/** The tables go as a whole, by ruleset_remove(). */
static int clear(void)
{
	return 0;
}

/** Closes it. */
static void detach(struct fast_path *fast_path)
{
	if (!fast_path)
		return;
	nft_transaction_fini(&fast_path->transaction);
	free(fast_path);
}

/** Puts a run of changes of one kind and one map into the transaction; returns how many
 *  there were. */
static size_t add_run(struct fast_path *fast_path, size_t first, size_t end)
{
	const struct change *changes = fast_path->changes;
	struct nft_elements elements = {
		.transaction = &fast_path->transaction,
		.table = RULESET_TABLE,
		.set = map_of(&changes[first].key),
		.remove = changes[first].remove,
	};
	uint8_t key[KEY_BYTES];
	size_t i;

	for (i = first; i < end && changes[i].remove == changes[first].remove &&
		map_of(&changes[i].key) == elements.set;
		i++) {
		uint32_t key_bytes = key_write(&changes[i].key, key);

		nft_add_element(&elements, key, key_bytes,
			elements.remove ? NULL : &changes[i].mark,
			sizeof(changes[i].mark));
	}
	nft_elements_end(&elements);
	return i - first;
}

/** Sends some changes as one transaction. */
static int send_range(struct fast_path *fast_path, size_t first, size_t count)
{
	size_t at = first;

	nft_transaction_again(&fast_path->transaction);
	while (at < first + count)
		at += add_run(fast_path, at, first + count);
	fast_path->counters.commits++;
	return nft_transaction_commit(&fast_path->transaction);
}

/** Sends one change. That an element is gone already is no error; one that is there with
 *  another mark has to go first. */
static int send_one(struct fast_path *fast_path, size_t index)
{
	struct change *change = &fast_path->changes[index];
	int error = send_range(fast_path, index, 1);

	if (change->remove && error == -ENOENT)
		return 0;
	if (change->remove || error != -EEXIST)
		return error;
	change->remove = true;
	send_range(fast_path, index, 1);
	change->remove = false;
	return send_range(fast_path, index, 1);
}

/** Counts changes that were made. */
static void count_made(struct fast_path *fast_path, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		if (fast_path->changes[i].remove)
			fast_path->counters.removed++;
		else
			fast_path->counters.put++;
	}
}

/** Counts a change that could not be made. */
static int note_failure(struct fast_path *fast_path, int error)
{
	fast_path->counters.failed++;
	fast_path->counters.last_error = error;
	return error == -ENOENT ? error : 0;
}

/** Sends one change. Returns -ENOENT if it could not be put because its map is gone. */
static int send_single(struct fast_path *fast_path, size_t index)
{
	int error = send_one(fast_path, index);

	if (error)
		return note_failure(fast_path, error);
	count_made(fast_path, index, 1);
	return 0;
}

/** Sends some changes; if the kernel does not take them together, in pieces, and those that it
 *  does not take singly. A refusal costs more than many changes, for the kernel waits until
 *  nobody looks at what it takes back: so there are few of them. */
static int send_some(struct fast_path *fast_path, size_t first, size_t count)
{
	size_t piece = count > PIECE ? PIECE : 1;
	int result = 0;

	if (!send_range(fast_path, first, count)) {
		count_made(fast_path, first, count);
		return 0;
	}
	for (size_t i = 0; i < count; i += piece) {
		size_t left = count - i < piece ? count - i : piece;
		int error = piece == 1 ? send_single(fast_path, first + i) :
					 send_some(fast_path, first + i, left);

		result = result ? result : error;
	}
	return result;
}

/** Sends everything. */
static int commit(struct fast_path *fast_path)
{
	int error = fast_path->change_count ?
		send_some(fast_path, 0, fast_path->change_count) :
		0;

	fast_path->change_count = 0;
	return error;
}

/** Takes a change down. */
static void add_change(struct fast_path *fast_path, const struct change *change)
{
	if (fast_path->change_count == CHANGES)
		commit(fast_path);
	fast_path->changes[fast_path->change_count++] = *change;
}

/** An element that is to be there. */
static void put(struct fast_path *fast_path, const struct fast_path_key *key, uint32_t mark)
{
	add_change(fast_path, &(struct change){ .key = *key, .mark = mark });
}

/** An element that is to go. */
static void take_out(struct fast_path *fast_path, const struct fast_path_key *key)
{
	add_change(fast_path, &(struct change){ .key = *key, .remove = true });
}

/** Whom a walk over elements is for. */
struct dump {
	fast_path_element_fn *see;
	void *user;
};

/** Shows one element. */
static int see_element(const void *bytes, uint32_t size_bytes, uint32_t mark, void *user)
{
	const struct dump *dump = user;
	struct fast_path_key key;

	return key_read(bytes, size_bytes, &key) ? dump->see(&key, mark, dump->user) : 0;
}

/** Shows all elements; a map that is not there has none. */
static int dump(struct fast_path *fast_path, fast_path_element_fn *see, void *user)
{
	static const char *const maps[] = { RULESET_MAP_SESSION_V4, RULESET_MAP_SESSION_V6,
		RULESET_MAP_CLIENT_V4, RULESET_MAP_CLIENT_V6 };
	struct dump dump = { see, user };

	(void)fast_path;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		int error = nft_list_elements(
			NFPROTO_INET, RULESET_TABLE, maps[i], see_element, &dump);

		if (error && error != -ENOENT)
			return error;
	}
	return 0;
}

/** What is put again is no error, unless it has another mark. */
static void doubt(struct fast_path *fast_path, bool doubt)
{
	(void)fast_path;
	(void)doubt;
}

/** Asks for an element. */
static int has(struct fast_path *fast_path, const struct fast_path_key *key)
{
	uint8_t bytes[KEY_BYTES];
	uint32_t key_bytes = key_write(key, bytes);

	return nft_has_element(&fast_path->transaction.netlink, NFPROTO_INET, RULESET_TABLE,
		map_of(key), bytes, key_bytes);
}

/** Notes what the kernel has; without the note the next run lists it. */
static void note(struct fast_path *fast_path, uint64_t seal)
{
	(void)fast_path;
	nft_note_write(seal);
}

/** What was noted. */
static uint64_t noted(const struct fast_path *fast_path)
{
	return fast_path->noted;
}

/** Whom a walk over servers is for. */
struct servers {
	fast_path_server_fn *see;
	void *user;
};

/** Shows one server, whose element's comment begins with its index. */
static int see_server(const char *comment, uint64_t packets, uint64_t bytes, void *user)
{
	const struct servers *servers = user;
	char *end;
	unsigned long index = strtoul(comment, &end, 10);

	if (end != comment && packets)
		servers->see((uint32_t)index, packets, bytes, servers->user);
	return 0;
}

/** Shows what each server has been given. */
static int servers(struct fast_path *fast_path, fast_path_server_fn *see, void *user)
{
	struct servers servers = { see, user };

	(void)fast_path;
	return nft_list_counters(NFPROTO_INET, RULESET_TABLE, RULESET_SET_SERVERS, see_server,
		&servers);
}

/** What was counted. */
static const struct fast_path_counters *counters(const struct fast_path *fast_path)
{
	return &fast_path->counters;
}

const struct fast_path_backend nft_maps = {
	.name = "nft",
	.in_tables = true,
	.attach = attach,
	.begin = begin,
	.detach = detach,
	.put = put,
	.remove = take_out,
	.commit = commit,
	.dump = dump,
	.doubt = doubt,
	.has = has,
	.note = note,
	.noted = noted,
	.servers = servers,
	.carried = carried,
	.fd = descriptor,
	.follow = follow,
	.counters = counters,
	.details = details,
	.clear = clear,
};
