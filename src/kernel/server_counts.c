/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/server_counts.h"

#include <errno.h>
#include <stdlib.h>

/** Allocates. */
int server_counts_init(struct server_counts *counts, size_t count)
{
	*counts = (struct server_counts){ .items = calloc(count + 1, sizeof(*counts->items)) };
	if (!counts->items)
		return -ENOMEM;
	counts->count = count;
	return 0;
}

/** Frees. */
void server_counts_fini(struct server_counts *counts)
{
	free(counts->items);
	*counts = (struct server_counts){ .items = NULL };
}

/** Adds what is more than before. */
void server_counts_see(
	struct server_counts *counts, uint32_t index, uint64_t packets, uint64_t bytes)
{
	struct server_count *count;

	if (index >= counts->count)
		return;
	count = &counts->items[index];
	if (packets < count->seen_packets)
		count->seen_packets = count->seen_bytes = 0;
	count->packets += packets - count->seen_packets;
	count->bytes += bytes - count->seen_bytes;
	count->seen_packets = packets;
	count->seen_bytes = bytes;
}
