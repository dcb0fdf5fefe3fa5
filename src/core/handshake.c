/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/handshake.h"

#include <errno.h>

_Static_assert(sizeof(struct handshake) <= 48, "a handshake is small");

/** Hash of (service, icookie, rcookie). */
static uint64_t hash_pair(const struct session_table *table, const struct service *service,
	uint64_t icookie, uint64_t rcookie)
{
	uint64_t key[] = { (uintptr_t)service, icookie, rcookie };

	return hash_keyed(&table->key, key, sizeof(key));
}

/** The entry that handshake is in. */
struct session_entry *handshake_entry(
	const struct session_table *table, const struct handshake *handshake)
{
	return pool_at(&table->entries_pool, handshake->entry);
}

/** The server that handshake is with. */
struct server *handshake_server(
	const struct session_table *table, const struct handshake *handshake)
{
	return &handshake_entry(table, handshake)
			->client->service->servers[handshake->server];
}

/** What the server has offered. */
struct handshake_offers handshake_offered(
	const struct session_table *table, const struct handshake *handshake)
{
	const struct handshake_offers *offers =
		pool_at(&table->offers_pool, handshake->offers);

	return offers ? *offers : (struct handshake_offers){ 0 };
}

/** The handshake used last of entry, and the one used before that. */
static struct handshake *latest(
	const struct session_table *table, const struct session_entry *entry)
{
	return pool_at(&table->handshakes_pool, entry->handshakes);
}

/** The one of the same entry that was used before. */
static struct handshake *before(
	const struct session_table *table, const struct handshake *handshake)
{
	return pool_at(&table->handshakes_pool, handshake->next);
}

/** The entry's handshakes. */
size_t handshake_list(const struct session_table *table, const struct session_entry *entry,
	const struct handshake *ret_list[static HANDSHAKES_PER_ENTRY])
{
	const struct handshake *handshake = latest(table, entry);

	for (size_t i = entry->handshake_count; i > 0; i--) {
		ret_list[i - 1] = handshake;
		handshake = before(table, handshake);
	}
	return entry->handshake_count;
}

/** The handshake of (service, CIP, icookie). */
struct handshake *handshake_find(const struct session_table *table,
	const struct service *service, const struct address *client, uint64_t icookie)
{
	uint64_t hash = session_hash(table, service, client, icookie);
	struct handshake *handshake = table_first(&table->cookies, hash);

	for (; handshake; handshake = table_next(&table->cookies, handshake)) {
		const struct session_client *owner;

		if (handshake->icookie != icookie)
			continue;
		owner = handshake_entry(table, handshake)->client;
		if (owner->service == service && address_equal(&owner->address, client))
			break;
	}
	return handshake;
}

/** A handshake with this pair. */
struct handshake *handshake_find_pair(const struct session_table *table,
	const struct service *service, uint64_t icookie, uint64_t rcookie)
{
	uint64_t hash = hash_pair(table, service, icookie, rcookie);
	struct handshake *handshake = table_first(&table->pairs, hash);

	for (; handshake; handshake = table_next(&table->pairs, handshake)) {
		const struct session_entry *entry;

		if (handshake->icookie != icookie || handshake->rcookie != rcookie)
			continue;
		entry = handshake_entry(table, handshake);
		if (entry->client->service == service && entry->state == SESSION_ESTABLISHED)
			break;
	}
	return handshake;
}

/** Takes a handshake out of its entry's list. */
static void unlink_from_entry(const struct session_table *table, struct handshake *handshake)
{
	struct session_entry *entry = handshake_entry(table, handshake);
	uint32_t *link = &entry->handshakes, number = pool_number(handshake);

	while (*link != number)
		link = &((struct handshake *)pool_at(&table->handshakes_pool, *link))->next;
	*link = handshake->next;
	entry->handshake_count--;
}

/** Makes a handshake the one of entry that was used last. */
static void link_to_entry(struct handshake *handshake, struct session_entry *entry)
{
	handshake->entry = pool_number(entry);
	handshake->next = entry->handshakes;
	entry->handshakes = pool_number(handshake);
	entry->handshake_count++;
}

/** Frees a handshake. */
static void handshake_free(struct session_table *table, struct handshake *handshake)
{
	table_remove(&table->cookies, handshake);
	if (handshake->rcookie)
		table_remove(&table->pairs, handshake);
	unlink_from_entry(table, handshake);
	if (handshake->offers)
		pool_give(&table->offers_pool,
			pool_at(&table->offers_pool, handshake->offers));
	pool_give(&table->handshakes_pool, handshake);
}

/** Keeps the entry's handshakes within their bound: the oldest without a responder cookie
 *  goes first, so that spoofed first messages push out their own kind. */
static void bound_handshakes(struct session_table *table, struct session_entry *entry)
{
	struct handshake *handshake, *victim = NULL;

	if (entry->handshake_count < HANDSHAKES_PER_ENTRY)
		return;
	for (handshake = latest(table, entry); handshake; handshake = before(table, handshake)) {
		if (!victim || !handshake->rcookie || victim->rcookie)
			victim = handshake;
	}
	handshake_free(table, victim);
}

/** Takes the responder cookie that a packet proved, the first one only. */
static void handshake_learn(struct session_table *table, struct handshake *handshake,
	uint64_t rcookie)
{
	const struct service *service = handshake_entry(table, handshake)->client->service;

	if (!rcookie || handshake->rcookie)
		return;
	handshake->rcookie = rcookie;
	table_add(&table->pairs, handshake,
		hash_pair(table, service, handshake->icookie, rcookie));
}

/** Makes a handshake in entry. */
static struct handshake *handshake_new(struct session_table *table,
	struct session_entry *entry, uint64_t icookie, uint8_t version)
{
	const struct session_client *client = entry->client;
	struct handshake *handshake = pool_take(&table->handshakes_pool);

	if (!handshake)
		return NULL;
	bound_handshakes(table, entry);
	handshake->server = entry->server;
	handshake->icookie = icookie;
	handshake->version = version;
	table_add(&table->cookies, handshake,
		session_hash(table, client->service, &client->address, icookie));
	link_to_entry(handshake, entry);
	return handshake;
}

/** Moves a handshake to the entry where it goes on, as the one used last. */
static void handshake_move(struct session_table *table, struct handshake *handshake,
	struct session_entry *entry)
{
	if (entry->handshakes == pool_number(handshake))
		return;
	if (handshake->entry != pool_number(entry))
		bound_handshakes(table, entry);
	unlink_from_entry(table, handshake);
	link_to_entry(handshake, entry);
}

/** The entry's own handshake, the one used last looked at first: nearly every packet is of
 *  that one. */
struct handshake *handshake_own(const struct session_table *table,
	const struct session_entry *entry, uint64_t icookie)
{
	struct handshake *handshake = latest(table, entry);

	while (handshake && handshake->icookie != icookie)
		handshake = before(table, handshake);
	return handshake;
}

/** The handshake of entry's client with that cookie, in this entry or another. */
static struct handshake *find_from(const struct session_table *table,
	const struct session_entry *entry, uint64_t icookie)
{
	struct handshake *own = handshake_own(table, entry, icookie);

	return own ? own :
		     handshake_find(table, entry->client->service, &entry->client->address,
			     icookie);
}

/** Tells whether the server sent rcookie. */
bool handshake_accepts(const struct session_table *table,
	const struct handshake *handshake, uint64_t rcookie)
{
	struct handshake_offers offered = handshake_offered(table, handshake);

	if (handshake->rcookie == rcookie || handshake->by_server)
		return true;
	for (size_t i = 0; i < HANDSHAKE_OFFERS; i++) {
		if (offered.rcookies[i] == rcookie)
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

/** The room for what the server offers, made if it is not there; NULL without memory. */
static struct handshake_offers *get_offers(
	struct session_table *table, struct handshake *handshake)
{
	struct handshake_offers *offers = pool_at(&table->offers_pool, handshake->offers);

	if (!offers) {
		offers = pool_take(&table->offers_pool);
		handshake->offers = offers ? pool_number(offers) : 0;
	}
	return offers;
}

/** Notes a responder cookie that the server has sent. */
static int note_offer(
	struct session_table *table, struct handshake *handshake, uint64_t rcookie)
{
	struct handshake_offers *offers = get_offers(table, handshake);

	if (!offers)
		return -ENOMEM;
	if (offers->rcookies[0] == rcookie)
		return 0;
	offers->rcookies[1] = offers->rcookies[0];
	offers->rcookies[0] = rcookie;
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
	return packet->rcookie ? note_offer(table, handshake, packet->rcookie) : 0;
}

/** Puts a handshake of an earlier run into entry. */
int handshake_restore(struct session_table *table, struct session_entry *entry,
	const struct handshake_saved *saved)
{
	struct handshake *handshake;
	struct handshake_offers *offers;

	if (find_from(table, entry, saved->icookie))
		return -EEXIST;
	if (entry->handshake_count >= HANDSHAKES_PER_ENTRY)
		return -ENOSPC;
	handshake = handshake_new(table, entry, saved->icookie, saved->version);
	if (!handshake)
		return -ENOMEM;
	handshake->by_server = saved->by_server;
	handshake->server = service_place(entry->client->service, saved->server);
	handshake_learn(table, handshake, saved->rcookie);
	/* Without memory for what was offered the server's next answer tells it. */
	if (saved->offered.rcookies[0] && (offers = get_offers(table, handshake)))
		*offers = saved->offered;
	return 0;
}

/** Frees all handshakes of entry. */
void handshake_free_all(struct session_table *table, struct session_entry *entry)
{
	struct handshake *handshake;

	while ((handshake = latest(table, entry)))
		handshake_free(table, handshake);
}
