/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of an earlier run: made one by one in any order, then put into the table's.
 */
#include <errno.h>

#include "core/session.h"

/** Makes an entry as it was. */
int session_restore(struct session_table *table, const struct session_saved *saved,
	uint64_t now_ms, struct session_entry **ret_entry)
{
	struct session_entry *entry;
	int error;

	if (session_find_flow(table, &saved->flow))
		return -EEXIST;
	error = session_add(table, saved->service, saved->server, &saved->flow, now_ms, &entry);
	if (error)
		return error;
	if (saved->client_server)
		session_client_move(entry->client, saved->client_server);
	entry->created_ms = saved->created_ms;
	entry->packets = (uint32_t)saved->packets;
	entry->mark = saved->mark;
	entry->last_ms = saved->last_ms;
	if (saved->state == SESSION_ESTABLISHED)
		session_establish(table, entry, saved->last_ms);
	entry->proof_ms = saved->proof_ms;
	*ret_entry = entry;
	return 0;
}

/** Tells whether one had its last packet after other. */
static bool was_later(const void *one, const void *other)
{
	const struct session_entry *first = one, *second = other;

	return first->last_ms > second->last_ms;
}

/** Brings the chains into order. */
void session_sort(const struct session_table *table, struct service *service)
{
	chain_sort(&table->in_state, &service->initial, was_later);
	chain_sort(&table->in_state, &service->established, was_later);
	chain_sort(&table->in_state, &service->soft, was_later);
}
