/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clients in the BPF program's maps: put, removed and listed in portions, each portion by
 * one call. What cannot be put, since a map is full or there is no memory, is counted and left
 * to the queue.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/bpf_program.h"
#include "kernel/fast_path.h"

struct bpf_change;

struct bpf_elements {
	const struct config *config;
	const struct bpf_ingress *ingress; /**< not owned */
	struct fast_path_counters counters;
	uint64_t present; /**< elements, as far as they are known */
	bool may_be_there; /**< what is put, unknown to who puts it; else it is new or moves */
	struct bpf_change *changes; /**< owned; not made yet */
	size_t change_count;
	void *keys;   /**< owned; of one call */
	void *values; /**< owned; of one call */
};

/** Gets ready. -ENOMEM. */
int bpf_elements_init(struct bpf_elements *elements, const struct config *config,
	const struct bpf_ingress *ingress);

/** Frees; what is not made is forgotten. */
void bpf_elements_fini(struct bpf_elements *elements);

/** Takes down that an element is to be there with mark, which is a server's. */
void bpf_elements_put(struct bpf_elements *elements, const struct fast_path_key *key,
	uint32_t mark);

/** Takes down that an element is to go. */
void bpf_elements_remove(struct bpf_elements *elements, const struct fast_path_key *key);

/** Makes the changes. */
void bpf_elements_commit(struct bpf_elements *elements);

/** Whether the kernel has that element: 1, 0, negative errno. */
int bpf_elements_has(const struct bpf_elements *elements, const struct fast_path_key *key);

/** Shows the elements with a port, or those without. see may put and remove. Negative
 *  errno. */
int bpf_elements_walk(struct bpf_elements *elements, bool with_port,
	fast_path_element_fn *see, void *user);

/** How long ago a packet was carried by an element, to about a second. -ENOENT: there is no
 *  such element, or none was. */
int bpf_elements_carried(const struct bpf_elements *elements,
	const struct fast_path_key *key, uint64_t *ret_ago_ms);

/** Counts what an earlier run has left. Negative errno. */
int bpf_elements_count(struct bpf_elements *elements);

/** Removes all. Negative errno. */
int bpf_elements_clear(struct bpf_elements *elements);
