/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF program's tables of clients (base/cuckoo.h) in memory that the kernel shares with this
 * process: to change one takes no system call. One thread changes them; another one may walk.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cuckoo.h"
#include "bpf/layout.h"
#include "kernel/fast_path.h"

/** The maps. */
struct bpf_clients_maps {
	int clients4;
	int clients6;
	int settings;
};

struct bpf_clients {
	struct cuckoo v4;
	struct cuckoo v6;
	struct bpf_settings *settings; /**< mapped */
	pthread_mutex_t moving; /**< while elements may change their places, or a page is copied */
};

/** How many pages a family's map has for so many elements. */
uint32_t bpf_clients_pages(uint64_t elements, bool v6);

/** Maps the maps, which are not needed after that, of which each has room for limit elements.
 *  Counts what is there. The settings have a secret. Negative errno. */
int bpf_clients_open(struct bpf_clients *clients, const struct bpf_clients_maps *maps,
	uint64_t limit);

/** Unmaps. What was never opened must be zero. */
void bpf_clients_close(struct bpf_clients *clients);

/** Puts an element, or changes one that is there: 1 or 0; -ENOSPC: no room. value: server and
 *  flags (bpf/layout.h). */
int bpf_clients_put(struct bpf_clients *clients, const struct fast_path_key *key,
	uint32_t value);

/** Removes an element; false: there is none. */
bool bpf_clients_remove(struct bpf_clients *clients, const struct fast_path_key *key);

/** Looks for an element. ret_value, ret_seen (see bpf/layout.h) may be NULL. */
bool bpf_clients_get(const struct bpf_clients *clients, const struct fast_path_key *key,
	uint32_t *ret_value, uint32_t *ret_seen);

/** Elements of both families. */
uint64_t bpf_clients_count(const struct bpf_clients *clients);

/** Sees one element, its value, and when a packet last came. */
typedef int bpf_clients_see_fn(const struct fast_path_key *key, uint32_t value,
	uint32_t seen, void *user);

/** Shows all elements. see may put and remove; whoever is there from beginning to end is shown
 *  once. May be called by another thread than the rest. Negative errno. */
int bpf_clients_walk(
	struct bpf_clients *clients, bpf_clients_see_fn *see, void *user);

/** Forgets all. */
void bpf_clients_clear(struct bpf_clients *clients);
