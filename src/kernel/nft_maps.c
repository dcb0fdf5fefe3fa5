/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast path by nft: a table at ingress (nft_carry.h) with maps from addresses (and port) to
 * a mark. nft_changes.h changes them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset_rules.h"
#include "kernel/fast_path.h"
#include "kernel/nft_carry.h"
#include "kernel/nft_changes.h"
#include "kernel/nft_list.h"
#include "kernel/nft_note.h"
#include "kernel/ruleset.h"
#include "kernel/server_counts.h"

struct fast_path {
	const struct config *config;
	struct nft_changes changes;
	struct netlink asks;  /**< once a second */
	struct netlink walks; /**< of the thread that looks at all */
	struct nft_carry carry;
	struct server_counts sent;    /**< from ingress */
	struct server_counts passed;  /**< by the tables that packets meet when they come up */
	uint64_t noted; /**< by the run before */
	bool lost;      /**< the table is not as it should be */
};

/** Gets ready. */
static int attach(const struct config *config, struct fast_path **ret_fast_path)
{
	struct fast_path *fast_path = calloc(1, sizeof(*fast_path));
	int error;

	if (!fast_path)
		return -ENOMEM;
	fast_path->config = config;
	error = nft_changes_init(&fast_path->changes);
	if (error)
		goto fail;
	error = nft_carry_open(&fast_path->carry, config);
	if (error)
		goto fail_changes;
	error = server_counts_init(&fast_path->sent, config->server_count);
	if (!error)
		error = server_counts_init(&fast_path->passed, config->server_count);
	if (error)
		goto fail_carry;
	fast_path->noted = nft_note_read(config);
	*ret_fast_path = fast_path;
	return 0;

fail_carry:
	server_counts_fini(&fast_path->sent);
	nft_carry_close(&fast_path->carry);
fail_changes:
	nft_changes_fini(&fast_path->changes);
fail:
	free(fast_path);
	return error;
}

/** A table for other servers carries nothing any more: its clients are the queue's until they are
 *  told anew. */
static int retire(struct fast_path *fast_path, const struct config *config)
{
	(void)fast_path;
	return nft_carry_retire(config);
}

/** Makes the table around the clients that it has. */
static int begin(struct fast_path *fast_path)
{
	int error = nft_carry_install(&fast_path->carry);

	fast_path->lost = error;
	return error;
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

/** The descriptor of the next hops' monitor, which hears of links as well. */
static int descriptor(const struct fast_path *fast_path)
{
	return server_ways_fd(&fast_path->carry.ways);
}

/** Follows next hops and links, and notes when somebody else has changed the table. */
static void follow(struct fast_path *fast_path, bool all)
{
	if (!nft_carry_follow(&fast_path->carry, all))
		fast_path->lost = true;
}

/** Shows ways and interfaces. */
static void details(struct fast_path *fast_path, fast_path_detail_fn *see, void *user)
{
	const struct ingress_links *links = &fast_path->carry.links.links;

	see(NULL, "ways_changed", fast_path->carry.changes, user);
	see(NULL, "ways_unresolved", fast_path->carry.unresolved, user);
	for (size_t i = 0; i < links->count; i++)
		see("interfaces", links->items[i].name, !links->items[i].error, user);
}

/** Removes the table, and if it was there our interest in neighbours. */
static int clear(void)
{
	int present = nft_table_present(NFPROTO_NETDEV, RULESET_TABLE), error;

	if (present != 1)
		return 0;
	error = nft_carry_remove();
	next_hops_release_others(NULL);
	return error;
}

/** Closes it. */
static void detach(struct fast_path *fast_path)
{
	if (!fast_path)
		return;
	netlink_close(&fast_path->walks);
	netlink_close(&fast_path->asks);
	server_counts_fini(&fast_path->passed);
	server_counts_fini(&fast_path->sent);
	nft_carry_close(&fast_path->carry);
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
	int error = nft_changes_commit(&fast_path->changes);

	return fast_path->lost ? -ENOENT : error;
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

	return nft_element_counts(&fast_path->changes.transaction.netlink, NFPROTO_NETDEV,
		RULESET_TABLE, nft_changes_map(key), bytes, key_bytes, &ret_count->packets,
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
			kept, NFPROTO_NETDEV, RULESET_TABLE, maps[i], see_element, &dump);

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

	return nft_has_element(&fast_path->changes.transaction.netlink, NFPROTO_NETDEV,
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

/** Takes over what was sent to a server. */
static void see_sent(uint32_t index, uint64_t packets, uint64_t bytes, void *user)
{
	struct fast_path *fast_path = user;

	server_counts_see(&fast_path->sent, index, packets, bytes);
}

/** Takes over what came up with its mark. */
static void see_passed(uint32_t index, uint64_t packets, uint64_t bytes, void *user)
{
	struct fast_path *fast_path = user;

	server_counts_see(&fast_path->passed, index, packets, bytes);
}

/** Shows what each server has been given. */
static int servers(struct fast_path *fast_path, fast_path_server_fn *see, void *user)
{
	int error = nft_carry_servers(&fast_path->asks, see_sent, fast_path);
	int passed_error = ruleset_count_servers(&fast_path->asks, see_passed, fast_path);

	for (uint32_t i = 0; i < fast_path->config->server_count; i++) {
		const struct server_count *sent = &fast_path->sent.items[i];
		const struct server_count *passed = &fast_path->passed.items[i];

		if (sent->packets + passed->packets)
			see(i, sent->packets + passed->packets,
				sent->bytes + passed->bytes, user);
	}
	return error ? error : passed_error;
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
	.retire = retire,
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
