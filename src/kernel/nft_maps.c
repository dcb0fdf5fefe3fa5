/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast path by nft: maps of core/ruleset_rules.h, from addresses (and port) to a mark.
 * nft_changes.h changes them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/fast_path.h"
#include "kernel/nft_changes.h"
#include "kernel/nft_list.h"
#include "kernel/nft_note.h"

struct fast_path {
	struct nft_changes changes;
	struct netlink asks;  /**< once a second */
	struct netlink walks; /**< of the thread that looks at all */
	uint64_t noted; /**< by the run before */
};

/** Opens the socket. */
static int attach(const struct config *config, struct fast_path **ret_fast_path)
{
	struct fast_path *fast_path = calloc(1, sizeof(*fast_path));
	int error;

	if (!fast_path)
		return -ENOMEM;
	error = nft_changes_init(&fast_path->changes);
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
	netlink_close(&fast_path->walks);
	netlink_close(&fast_path->asks);
	nft_changes_fini(&fast_path->changes);
	free(fast_path);
}

/** An element that is to be there. */
static void put(struct fast_path *fast_path, const struct fast_path_key *key, uint32_t mark)
{
	nft_changes_put(&fast_path->changes, key, mark);
}

/** An element that is to go. */
static void take_out(struct fast_path *fast_path, const struct fast_path_key *key)
{
	nft_changes_remove(&fast_path->changes, key);
}

/** Sends everything. */
static int commit(struct fast_path *fast_path)
{
	return nft_changes_commit(&fast_path->changes);
}

/** An element that is there counts, or counts no more. */
static void count(struct fast_path *fast_path, const struct fast_path_key *key, uint32_t mark,
	bool on)
{
	if (mark)
		nft_changes_count(&fast_path->changes, key, mark, on);
}

/** Asks for what an element has counted. */
static int counted(struct fast_path *fast_path, const struct fast_path_key *key,
	struct fast_path_count *ret_count)
{
	uint8_t bytes[NFT_CHANGES_KEY_BYTES];
	uint32_t key_bytes = nft_changes_key_write(key, bytes);

	return nft_element_counts(&fast_path->changes.transaction.netlink, RULESET_TABLE,
		nft_changes_map(key), bytes, key_bytes, &ret_count->packets,
		&ret_count->bytes);
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

	return nft_changes_key_read(bytes, size_bytes, &key) ? dump->see(&key, mark, dump->user) : 0;
}

/** Shows all elements; a map that is not there has none. */
static int dump(struct fast_path *fast_path, fast_path_element_fn *see, void *user)
{
	static const char *const maps[] = { RULESET_MAP_SESSION_V4, RULESET_MAP_SESSION_V6,
		RULESET_MAP_CLIENT_V4, RULESET_MAP_CLIENT_V6 };
	struct dump dump = { see, user };
	struct netlink *kept = fast_path ? &fast_path->walks : NULL;

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		int error = nft_list_elements(
			kept, NFPROTO_INET, RULESET_TABLE, maps[i], see_element, &dump);

		if (error && error != -ENOENT)
			return error;
	}
	return 0;
}

/** What is put again is no error, unless it has another mark. */
static void doubt(struct fast_path *fast_path, bool doubt)
{
	fast_path->changes.doubt = doubt;
}

/** Asks for an element. */
static int has(struct fast_path *fast_path, const struct fast_path_key *key)
{
	uint8_t bytes[NFT_CHANGES_KEY_BYTES];
	uint32_t key_bytes = nft_changes_key_write(key, bytes);

	return nft_has_element(&fast_path->changes.transaction.netlink, NFPROTO_INET,
		RULESET_TABLE, nft_changes_map(key), bytes, key_bytes);
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
	struct netlink *kept = fast_path ? &fast_path->asks : NULL;

	return nft_list_counters(kept, NFPROTO_INET, RULESET_TABLE, RULESET_SET_SERVERS,
		see_server, &servers);
}

/** What was counted. */
static const struct fast_path_counters *counters(const struct fast_path *fast_path)
{
	return &fast_path->changes.counters;
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
	.count = count,
	.counted = counted,
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
