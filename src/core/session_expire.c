/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How entries of the session table leave it: their timers, soft ones, and room that is made
 * for others.
 */
#include <errno.h>

#include "core/session_parts.h"

/** Counts the pools. */
void session_count(struct session_table *table, struct memory *memory)
{
	memory_count(memory, &table->clients_pool);
	memory_count(memory, &table->entries_pool);
	memory_count(memory, &table->handshakes_pool);
	memory_count(memory, &table->offers_pool);
	table->memory = memory;
}

/** Whether one entry of a new client would be too much. */
bool session_is_out_of_bytes(const struct session_table *table)
{
	return !memory_has_room(table->memory,
		(uint64_t)table->entries_pool.object_bytes +
			table->clients_pool.object_bytes +
			table->handshakes_pool.object_bytes);
}

/** Tells whether the limits allow one more entry of client (NULL: a new one). */
int session_check_limits(
	const struct session_table *table, const struct session_client *client)
{
	if (client && client->entry_count >= table->limits.entries_per_client)
		return -EDQUOT;
	if (table->entry_count >= table->limits.entries)
		return -ENOSPC;
	return session_is_out_of_bytes(table) ? -ENOBUFS : 0;
}

/** The chain of its service and state where entry belongs. */
struct chain *session_state_chain(const struct session_entry *entry)
{
	struct service *service = entry->client->service;

	if (entry->state == SESSION_INITIAL)
		return &service->initial;
	return entry->soft ? &service->soft : &service->established;
}

/** The entry that has had its last packet first. */
struct session_entry *session_oldest(
	const struct session_table *table, const struct chain *state)
{
	return chain_first(&table->in_state, state);
}

/** Takes an entry into the soft ones or back. */
void session_set_soft(struct session_table *table, struct session_entry *entry, bool soft)
{
	struct service *service = entry->client->service;

	if (entry->soft == soft)
		return;
	chain_remove(&table->in_state, session_state_chain(entry), entry);
	entry->soft = soft;
	service->soft_count += soft ? 1 : -1;
	service->established_count += soft ? -1 : 1;
	chain_append(&table->in_state, session_state_chain(entry), entry);
}

/** Restarts the timer. */
void session_touch(
	struct session_table *table, struct session_entry *entry, uint64_t now_ms)
{
	struct chain *chain;

	entry->last_ms = now_ms;
	session_set_soft(table, entry, false);
	chain = session_state_chain(entry);
	chain_remove(&table->in_state, chain, entry);
	chain_append(&table->in_state, chain, entry);
}

/** Removes the first entry of a state's list, if there is one. */
static bool remove_oldest(struct session_table *table, const struct chain *state)
{
	struct session_entry *oldest = session_oldest(table, state);

	if (oldest)
		session_remove(table, oldest);
	return oldest;
}

/** Removes the client's INITIAL entry with the oldest packet, if it has one. */
static bool remove_oldest_initial(struct session_table *table, struct session_client *client)
{
	struct session_entry *entry, *oldest = NULL;

	for (entry = session_first(table, client); entry; entry = session_next(table, entry)) {
		if (entry->state == SESSION_INITIAL &&
			(!oldest || entry->last_ms < oldest->last_ms))
			oldest = entry;
	}
	if (oldest)
		session_remove(table, oldest);
	return oldest;
}

/** Makes room for one entry. */
bool session_make_room(struct session_table *table, struct service *service,
	struct session_client *client, bool proven)
{
	int full = session_check_limits(table, client);

	if (full == -EDQUOT)
		return proven && remove_oldest_initial(table, client);
	if (full)
		return remove_oldest(table, &service->soft) ||
			(proven && remove_oldest(table, &service->initial));
	return true;
}

/** The service's timeout for the entry's state. */
static uint64_t timeout_ms(const struct session_entry *entry)
{
	const struct config_service *config = entry->client->service->config;

	return entry->state == SESSION_INITIAL ? config->timeout_initial_ms :
						 config->timeout_established_ms;
}

/** When the entry's timer ends. */
uint64_t session_expires_ms(const struct session_entry *entry)
{
	return entry->last_ms + timeout_ms(entry);
}

/** The first entry of a state's list if its time has come, else NULL. */
static struct session_entry *first_expired(
	const struct session_table *table, const struct chain *state, uint64_t now_ms)
{
	struct session_entry *entry = session_oldest(table, state);

	return entry && session_expires_ms(entry) <= now_ms ? entry : NULL;
}

/** Handles one expired entry of service; false when there is none. */
static bool expire_one(struct session_table *table, struct service *service, uint64_t now_ms)
{
	struct session_entry *entry;

	if (service->soft_count > service->soft_quota)
		return remove_oldest(table, &service->soft);
	entry = first_expired(table, &service->initial, now_ms);
	if (!entry) {
		entry = first_expired(table, &service->established, now_ms);
		if (entry && service->soft_quota) {
			session_set_soft(table, entry, true);
			return true;
		}
	}
	if (entry)
		session_remove(table, entry);
	return entry;
}

/** Handles expired entries up to a number. */
size_t session_expire(struct session_table *table, struct service *service, uint64_t now_ms,
	size_t max_entries)
{
	size_t handled = 0;

	table->now_ms = now_ms;
	while (handled < max_entries && expire_one(table, service, now_ms))
		handled++;
	return handled;
}

/** The state's name. */
const char *session_state_name(const struct session_entry *entry)
{
	if (entry->state == SESSION_INITIAL)
		return "INITIAL";
	return entry->soft ? "SOFT" : "ESTABLISHED";
}
