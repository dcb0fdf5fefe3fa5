/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF program's ways to the servers, and the nat servers whose replies it carries: worked
 * out from the configuration and kept right as next hops come and go.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/bpf_program.h"
#include "kernel/server_ways.h"

struct bpf_servers {
	const struct config *config;
	struct bpf_ingress *ingress; /**< not owned */
	struct server_ways ways;
	struct bpf_way *put;   /**< owned; each way as it was put */
	size_t unresolved;     /**< ways that need a next hop and have none */
	uint64_t changes;      /**< ways put since the start */
	int last_error;        /**< of putting one, negative errno */
};

/** Begins to follow next hops; puts nothing yet. Negative errno. */
int bpf_servers_open(struct bpf_servers *servers, const struct config *config,
	struct bpf_ingress *ingress);

/** Ends; ways stay as they are. */
void bpf_servers_close(struct bpf_servers *servers);

/** Puts all ways and nat servers, whatever was there. Negative errno. */
int bpf_servers_put(struct bpf_servers *servers);

/** Follows next hops; all: also what the kernel does not tell of. Returns whether links have
 *  changed. */
bool bpf_servers_follow(struct bpf_servers *servers, bool all);
