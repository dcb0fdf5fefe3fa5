/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast path by BPF: elements for the program of src/bpf. They are changed at once, in memory;
 * ways to the servers are bpf_servers.h's, interfaces ingress_links.h's.
 */
#include "kernel/fast_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ruleset_rules.h"
#include "kernel/bpf_earlier.h"
#include "kernel/bpf_counted.h"
#include "kernel/bpf_elements.h"
#include "kernel/bpf_links.h"
#include "kernel/bpf_servers.h"
#include "kernel/ruleset.h"
#include "kernel/server_counts.h"

/** Room for the name of a directory. */
#define DIRECTORY_BYTES 64

struct fast_path {
	const struct config *config;
	struct bpf_ingress *ingress;
	struct bpf_servers servers;
	struct ingress_links links;
	struct bpf_elements elements;
	struct bpf_counters *before; /**< owned; of each server, by an earlier run */
	struct netlink asks; /**< once a second */
	struct server_counts passed; /**< what came up with each server's mark */
	int earlier_ways; /**< owned; of a program for other servers, or -1 */
};

/** Where maps are pinned: BPF file systems know no network namespaces. Negative errno. */
static int directory_of(char out[static DIRECTORY_BYTES])
{
	struct stat namespace;

	if (stat("/proc/self/ns/net", &namespace) == -1)
		return -errno;
	snprintf(out, DIRECTORY_BYTES, BPF_PROGRAM_DIRECTORY "-%llu",
		(unsigned long long)namespace.st_ino);
	return 0;
}

/** Tells whether no service has an address of a family. */
static bool is_without(const struct config *config, uint8_t family)
{
	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];

		for (size_t j = 0; j < service->address_count; j++) {
			if (service->addresses[j].family == family)
				return false;
		}
	}
	return true;
}

/** Loads the program, with maps for what the configuration allows: an element for each entry
 *  of ESP in UDP, and one for each client with an entry. */
static int load(struct fast_path *fast_path)
{
	const struct config *config = fast_path->config;
	char identity[RULESET_IDENTITY_BYTES], directory[DIRECTORY_BYTES];
	struct bpf_program_limits limits = {
		.clients = 2 * config->max_entries,
		.no_v4 = is_without(config, AF_INET),
		.no_v6 = is_without(config, AF_INET6),
		.servers = (uint32_t)config->server_count,
		.identity = identity,
	};
	int error = directory_of(directory);

	if (error)
		return error;
	ruleset_identity(config, identity);
	fast_path->earlier_ways = bpf_earlier_ways(directory, identity);
	return bpf_program_open(directory, &limits, &fast_path->ingress);
}

/** Lets go of everything. */
static void detach(struct fast_path *fast_path)
{
	if (!fast_path)
		return;
	ingress_links_close(&fast_path->links);
	bpf_servers_close(&fast_path->servers);
	bpf_program_close(fast_path->ingress);
	if (fast_path->earlier_ways >= 0)
		close(fast_path->earlier_ways);
	free(fast_path->before);
	server_counts_fini(&fast_path->passed);
	netlink_close(&fast_path->asks);
	free(fast_path);
}

/** Looks at what was taken over. A program with maps for others goes on until begin(): by itself
 *  it carries to where it always did, while packets that wait in the queue would be lost when
 *  the tables are replaced. Maps that no program uses were left by a namespace that had our
 *  number before us. */
static void settle_earlier_run(struct fast_path *fast_path)
{
	if (!bpf_program_took_over(fast_path->ingress))
		return;
	if (!bpf_links_has_any(&fast_path->links))
		bpf_clients_clear(bpf_program_clients(fast_path->ingress));
}

/** Opens all that a fast path has. */
static int open_parts(struct fast_path *fast_path)
{
	const struct config *config = fast_path->config;
	int error = load(fast_path);

	if (error)
		return error;
	bpf_elements_init(&fast_path->elements, config, fast_path->ingress);
	error = ingress_links_open(
		&fast_path->links, config, &bpf_links_owner, fast_path->ingress);
	if (!error)
		error = bpf_servers_open(&fast_path->servers, config, fast_path->ingress);
	if (!error)
		settle_earlier_run(fast_path);
	return error;
}

/** Gets ready. */
static int attach(const struct config *config, struct fast_path **ret_fast_path)
{
	struct fast_path *fast_path = calloc(1, sizeof(*fast_path));
	size_t count = config->server_count + 1;
	int error = -ENOMEM;

	if (!fast_path)
		return -ENOMEM;
	fast_path->config = config;
	fast_path->earlier_ways = -1;
	fast_path->before = calloc(count, sizeof(*fast_path->before));
	if (fast_path->before)
		error = server_counts_init(&fast_path->passed, config->server_count);
	if (!error)
		error = open_parts(fast_path);
	if (error)
		detach(fast_path);
	else
		*ret_fast_path = fast_path;
	return error;
}

/** Asks for ways of another run, where no program of ours was loaded over its pins. */
static int retire_unloaded(const struct config *config)
{
	char identity[RULESET_IDENTITY_BYTES], directory[DIRECTORY_BYTES];
	int error = directory_of(directory), ways;

	if (error)
		return error;
	ruleset_identity(config, identity);
	ways = bpf_earlier_ways(directory, identity);
	if (ways < 0)
		return 0;
	error = bpf_earlier_unmark(ways);
	close(ways);
	return error == -EPROTO ? bpf_program_remove(directory) : error;
}

/** Takes the marks off an earlier program's packets, or, if that program is of another version,
 *  the program. */
static int retire(struct fast_path *fast_path, const struct config *config)
{
	int error;

	if (!fast_path)
		return retire_unloaded(config);
	if (fast_path->earlier_ways < 0)
		return 0;
	error = bpf_earlier_unmark(fast_path->earlier_ways);
	return error == -EPROTO ? ingress_links_detach_all(&fast_path->links) : error;
}

/** Puts the ways, then the program in its places. */
static int begin(struct fast_path *fast_path)
{
	bool took_over = bpf_program_took_over(fast_path->ingress);
	int error = took_over ? 0 : ingress_links_detach_all(&fast_path->links);

	if (!error)
		error = bpf_servers_put(&fast_path->servers);
	if (!error)
		error = bpf_program_beat(fast_path->ingress);
	for (uint32_t i = 0; i < fast_path->config->server_count && !error; i++)
		error = bpf_program_counters(
			fast_path->ingress, i, &fast_path->before[i]);
	if (!error)
		error = bpf_program_settle(fast_path->ingress);
	return error ? error : ingress_links_look(&fast_path->links);
}

/** An element that is to be there. */
static void put(struct fast_path *fast_path, const struct fast_path_key *key, uint32_t mark)
{
	bpf_elements_put(&fast_path->elements, key, mark);
}

/** An element that is to go. */
static void take_out(struct fast_path *fast_path, const struct fast_path_key *key)
{
	bpf_elements_remove(&fast_path->elements, key);
}

/** Flags the element, once there is a place for what it counts. */
static void count(struct fast_path *fast_path, const struct fast_path_key *key, uint32_t mark,
	bool on)
{
	(void)mark;
	if (on && bpf_counted_begin(fast_path->ingress, key))
		return;
	bpf_elements_count(&fast_path->elements, key, on);
	if (!on)
		bpf_counted_end(fast_path->ingress, key);
}

/** What was counted. */
static int counted(struct fast_path *fast_path, const struct fast_path_key *key,
	struct fast_path_count *ret_count)
{
	return bpf_counted_read(fast_path->ingress, key, ret_count);
}

/** Makes the changes. */
static int commit(struct fast_path *fast_path)
{
	bpf_elements_commit(&fast_path->elements);
	return 0;
}

/** Nothing more: what is put is looked for in any case. */
static void doubt(struct fast_path *fast_path, bool doubt)
{
	(void)doubt;
	bpf_elements_commit(&fast_path->elements);
}

/** Looks for an element. */
static int has(struct fast_path *fast_path, const struct fast_path_key *key)
{
	return bpf_elements_has(&fast_path->elements, key);
}

/** Shows all elements: flows, then clients. Changes nothing here, for it may be another
 *  thread that asks. */
static int dump(struct fast_path *fast_path, fast_path_element_fn *see, void *user)
{
	int error = bpf_elements_walk(&fast_path->elements, true, see, user);

	return error ? error : bpf_elements_walk(&fast_path->elements, false, see, user);
}

/** Takes over what came up with a server's mark. */
static void see_passed(uint32_t index, uint64_t packets, uint64_t bytes, void *user)
{
	struct fast_path *fast_path = user;

	server_counts_see(&fast_path->passed, index, packets, bytes);
}

/** Shows what each server has been given by the program, and with its mark by the tables. */
static int servers(struct fast_path *fast_path, fast_path_server_fn *see, void *user)
{
	int error = ruleset_count_servers(&fast_path->asks, see_passed, fast_path);

	for (uint32_t i = 0; i < fast_path->config->server_count; i++) {
		const struct bpf_counters *before = &fast_path->before[i];
		const struct server_count *passed = &fast_path->passed.items[i];
		struct bpf_counters now;

		if (!bpf_program_counters(fast_path->ingress, i, &now))
			see(i, now.packets - before->packets + passed->packets,
				now.bytes - before->bytes + passed->bytes, user);
	}
	return error;
}

/** Asks for one element. */
static int carried(
	struct fast_path *fast_path, const struct fast_path_key *key, uint64_t *ret_ago_ms)
{
	return bpf_elements_carried(&fast_path->elements, key, ret_ago_ms);
}

/** The descriptor of the next hops' monitor, which hears of links as well. */
static int descriptor(const struct fast_path *fast_path)
{
	return server_ways_fd(&fast_path->servers.ways);
}

/** Follows next hops and links. Somebody else may have taken our program off. Once all has been
 *  asked for the ways are right. */
static void follow(struct fast_path *fast_path, bool all)
{
	if (bpf_servers_follow(&fast_path->servers, all) || all)
		ingress_links_look(&fast_path->links);
	if (all)
		bpf_program_beat(fast_path->ingress);
}

/** What was counted. */
static const struct fast_path_counters *counters(const struct fast_path *fast_path)
{
	return &fast_path->elements.counters;
}

/** Shows sizes, ways, interfaces, and why packets went up the stack. */
static void details(struct fast_path *fast_path, fast_path_detail_fn *see, void *user)
{
	const struct ingress_links *links = &fast_path->links;
	uint64_t packets;

	see(NULL, "elements",
		bpf_clients_count(bpf_program_clients(fast_path->ingress)), user);
	see(NULL, "room", 2 * fast_path->config->max_entries, user);
	see(NULL, "memory_bytes", bpf_program_memory_bytes(fast_path->ingress), user);
	see(NULL, "ways_changed", fast_path->servers.changes, user);
	see(NULL, "ways_unresolved", fast_path->servers.unresolved, user);
	for (size_t i = 0; i < links->count; i++)
		see("interfaces", links->items[i].name, !links->items[i].error, user);
	for (int i = 0; i < BPF_REASON_COUNT; i++) {
		if (!bpf_program_reason(fast_path->ingress, (enum bpf_reason)i, &packets))
			see("program", bpf_program_reason_name((enum bpf_reason)i), packets,
				user);
	}
}

/** Removes program, maps, and our interest in neighbours. */
static int clear(void)
{
	char directory[DIRECTORY_BYTES];
	int error = directory_of(directory), released;

	if (!error)
		error = bpf_program_remove(directory);
	released = next_hops_release_others(NULL);
	return error ? error : released;
}

const struct fast_path_backend bpf_maps = {
	.name = "bpf",
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
	.servers = servers,
	.carried = carried,
	.fd = descriptor,
	.follow = follow,
	.counters = counters,
	.details = details,
	.clear = clear,
};
