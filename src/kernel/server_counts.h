/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel counts for each server in tables that are made anew now and then, and then
 * begin with zero, added up.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Of one server. */
struct server_count {
	uint64_t packets;
	uint64_t bytes;
	uint64_t seen_packets; /**< as last read */
	uint64_t seen_bytes;
};

struct server_counts {
	struct server_count *items; /**< owned; by the server's index */
	size_t count;
};

/** Begins with zero for so many servers. -ENOMEM. */
int server_counts_init(struct server_counts *counts, size_t count);

/** Frees. Accepts what is zeroed. */
void server_counts_fini(struct server_counts *counts);

/** Takes over what was read for one server, if there is such a one. */
void server_counts_see(
	struct server_counts *counts, uint32_t index, uint64_t packets, uint64_t bytes);
