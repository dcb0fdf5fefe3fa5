/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clients in the BPF program's tables as a fast path has them. What cannot be put, since a
 * table is full, is counted and left to the queue.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/bpf_program.h"
#include "kernel/fast_path.h"

struct bpf_elements {
	const struct config *config;
	struct bpf_clients *clients; /**< not owned */
	struct fast_path_counters counters;
	struct fast_path_key leaving; /**< to be removed, unless it is put again at once */
	bool is_leaving;
};

/** Gets ready. */
void bpf_elements_init(struct bpf_elements *elements, const struct config *config,
	struct bpf_ingress *ingress);

/** Puts an element with mark, which is a server's. */
void bpf_elements_put(struct bpf_elements *elements, const struct fast_path_key *key,
	uint32_t mark);

/** Takes down that an element is to go. */
void bpf_elements_remove(struct bpf_elements *elements, const struct fast_path_key *key);

/** Has the packets of an element that is there counted, or not. */
void bpf_elements_count(
	struct bpf_elements *elements, const struct fast_path_key *key, bool on);

/** Has gone what is to go. */
void bpf_elements_commit(struct bpf_elements *elements);

/** Whether that element is there. */
bool bpf_elements_has(const struct bpf_elements *elements, const struct fast_path_key *key);

/** Shows the elements with a port, or those without. see may put and remove. Negative
 *  errno. */
int bpf_elements_walk(const struct bpf_elements *elements, bool with_port,
	fast_path_element_fn *see, void *user);

/** How long ago a packet was carried by an element, to about a second. -ENOENT: there is no
 *  such element, or none was. */
int bpf_elements_carried(const struct bpf_elements *elements,
	const struct fast_path_key *key, uint64_t *ret_ago_ms);
