/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/handshake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Hash of (service, icookie, rcookie). */
static uint64_t hash_pair(const struct session_table *table, const struct service *service,
	uint64_t icookie, uint64_t rcookie)
{
	uint64_t key[] = { (uintptr_t)service, icookie, rcookie };

	return hash_keyed(&table->key, key, sizeof(key));
}

/** The handshake of (service, CIP, icookie). */
struct handshake *handshake_find(const struct session_table *table,
	const struct service *service, const struct address *client, uint64_t icookie)
{
	uint64_t hash = session_hash(table, service, client, icookie);
	struct table_node *node = table_first(&table->cookies, hash);

	for (; node; node = table_next(node)) {
		struct handshake *handshake =
			table_owner(node, struct handshake, by_cookie);
		const struct session_client *owner = handshake->entry->client;

		if (handshake->icookie == icookie && owner->service == service &&
			address_equal(&owner->address, client))
			return handshake;
	}
	return NULL;
}

/** A handshake with this pair. */
struct handshake *handshake_find_pair(const struct session_table *table,
	const struct service *service, uint64_t icookie, uint64_t rcookie)
{
	struct table_node *node =
		table_first(&table->pairs, hash_pair(table, service, icookie, rcookie));

	for (; node; node = table_next(node)) {
		struct handshake *handshake =
			table_owner(node, struct handshake, by_pair);

		if (handshake->icookie == icookie && handshake->rcookie == rcookie &&
			handshake->entry->client->service == service &&
			handshake->entry->state == SESSION_ESTABLISHED)
			return handshake;
	}
	return NULL;
}

/** Frees a handshake. */
static void handshake_free(struct session_table *table, struct handshake *handshake)
{
	table_remove(&table->cookies, &handshake->by_cookie);
	table_remove(&table->pairs, &handshake->by_pair);
	list_remove(&handshake->in_entry);
	handshake->entry->handshake_count--;
	free(handshake);
}

/** Keeps the entry's handshakes within their bound: the oldest without a responder cookie
 *  goes first, so that spoofed first messages push out their own kind. */
static void bound_handshakes(struct session_table *table, struct session_entry *entry)
{
	struct handshake *victim;
	struct list *node, *following;

	if (entry->handshake_count < HANDSHAKES_PER_ENTRY)
		return;
	victim = list_owner(entry->handshakes.next, struct handshake, in_entry);
	list_each(node, following, &entry->handshakes) {
		struct handshake *handshake =
			list_owner(node, struct handshake, in_entry);

		if (!handshake->rcookie) {
			victim = handshake;
			break;
		}
	}
	handshake_free(table, victim);
}

/** Takes the responder cookie that a packet proved, the first one only. */
static void handshake_learn(struct session_table *table, struct handshake *handshake,
	uint64_t rcookie)
{
	if (!rcookie || handshake->rcookie)
		return;
	handshake->rcookie = rcookie;
	table_add(&table->pairs, &handshake->by_pair,
		hash_pair(table, handshake->entry->client->service, handshake->icookie,
			rcookie));
}

/** Makes a handshake in entry. */
static struct handshake *handshake_new(struct session_table *table,
	struct session_entry *entry, uint64_t icookie, uint8_t version)
{
	const struct session_client *client = entry->client;
	struct handshake *handshake = calloc(1, sizeof(*handshake));

	if (!handshake)
		return NULL;
	bound_handshakes(table, entry);
	handshake->entry = entry;
	handshake->server = entry->server;
	handshake->icookie = icookie;
	handshake->version = version;
	table_add(&table->cookies, &handshake->by_cookie,
		session_hash(table, client->service, &client->address, icookie));
	list_append(&entry->handshakes, &handshake->in_entry);
	entry->handshake_count++;
	return handshake;
}

/** Moves a handshake to the entry where it goes on, to the end of its list. */
static void handshake_move(struct session_table *table, struct handshake *handshake,
	struct session_entry *entry)
{
	if (handshake->entry != entry) {
		bound_handshakes(table, entry);
		handshake->entry->handshake_count--;
		handshake->entry = entry;
		entry->handshake_count++;
	} else if (entry->handshakes.previous == &handshake->in_entry) {
		return;
	}
	list_move_to_end(&entry->handshakes, &handshake->in_entry);
}

/** The entry's own handshake, the one used last looked at first: nearly every packet is of
 *  that one. */
struct handshake *handshake_own(const struct session_entry *entry, uint64_t icookie)
{
	const struct list *node = entry->handshakes.previous;

	for (; node != &entry->handshakes; node = node->previous) {
		struct handshake *handshake = list_owner(node, struct handshake, in_entry);

		if (handshake->icookie == icookie)
			return handshake;
	}
	return NULL;
}

/** The handshake of entry's client with that cookie, in this entry or another. */
static struct handshake *find_from(const struct session_table *table,
	const struct session_entry *entry, uint64_t icookie)
{
	struct handshake *own = handshake_own(entry, icookie);

	return own ? own :
		     handshake_find(table, entry->client->service, &entry->client->address,
			     icookie);
}

/** Tells whether the server sent rcookie. */
bool handshake_accepts(const struct handshake *handshake, uint64_t rcookie)
{
	if (handshake->rcookie == rcookie || handshake->by_server)
		return true;
	for (size_t i = 0; i < HANDSHAKE_OFFERS; i++) {
		if (handshake->offered[i] == rcookie)
			return true;
	}
	return false;
}

/** Notes the initiator's packet. A first message never moves a handshake: it may be an old
 *  copy that comes late on port 500, when the handshake has long gone on on 4500. */
int handshake_note(struct session_table *table, struct session_entry *entry,
	const struct packet *packet)
{
	struct handshake *handshake = find_from(table, entry, packet->icookie);

	if (handshake && !packet->rcookie)
		return 0;
	if (!handshake)
		handshake = handshake_new(table, entry, packet->icookie, packet->version);
	if (!handshake)
		return -ENOMEM;
	handshake_learn(table, handshake, packet->rcookie);
	handshake_move(table, handshake, entry);
	return 0;
}

/** Notes the server's packet. */
int handshake_offer(struct session_table *table, struct session_entry *entry,
	const struct packet *packet)
{
	struct handshake *handshake = find_from(table, entry, packet->icookie);

	if (!handshake) {
		handshake = handshake_new(table, entry, packet->icookie, packet->version);
		if (!handshake)
			return -ENOMEM;
		handshake->by_server = !packet->rcookie;
		/* No first message of it was seen, so this is no answer that asks for
		 * another try: an SA was rekeyed, and the server has the new pair. */
		if (entry->state == SESSION_ESTABLISHED)
			handshake_learn(table, handshake, packet->rcookie);
	}
	if (!packet->rcookie || handshake->offered[0] == packet->rcookie)
		return 0;
	handshake->offered[1] = handshake->offered[0];
	handshake->offered[0] = packet->rcookie;
	return 0;
}

/** Puts a handshake of an earlier run into entry. */
int handshake_restore(struct session_table *table, struct session_entry *entry,
	const struct handshake *saved)
{
	struct handshake *handshake;

	if (find_from(table, entry, saved->icookie))
		return -EEXIST;
	if (entry->handshake_count >= HANDSHAKES_PER_ENTRY)
		return -ENOSPC;
	handshake = handshake_new(table, entry, saved->icookie, saved->version);
	if (!handshake)
		return -ENOMEM;
	memcpy(handshake->offered, saved->offered, sizeof(handshake->offered));
	handshake->by_server = saved->by_server;
	handshake->server = saved->server;
	handshake_learn(table, handshake, saved->rcookie);
	return 0;
}

/** Frees all handshakes of entry. */
void handshake_free_all(struct session_table *table, struct session_entry *entry)
{
	struct list *node, *following;

	list_each(node, following, &entry->handshakes)
		handshake_free(table, list_owner(node, struct handshake, in_entry));
}
