/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/template.h"

#include <string.h>
#include <sys/socket.h>

#include "core/service.h"

/** The client's network: its address with the bits behind the prefix cleared. */
static struct address network_of(const struct service *service, const struct address *client)
{
	struct address network = *client;
	size_t bits = client->family == AF_INET ? service->config->persistence_prefix_v4 :
						  service->config->persistence_prefix_v6;

	for (size_t i = bits; i < address_size_bytes(client) * 8; i++)
		network.bytes[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	return network;
}

/** Hash of (service, network). */
static uint64_t hash_network(const struct template_table *table,
	const struct service *service, const struct address *network)
{
	uint64_t key[4] = { (uintptr_t)service, network->family };

	memcpy(&key[2], network->bytes, sizeof(network->bytes));
	return hash_keyed(&table->key, key, sizeof(key));
}

/** Makes an empty table. */
int template_init(struct template_table *table, uint32_t limit, const struct hash_key *key)
{
	*table = (struct template_table){ .key = *key, .limit = limit };
	pool_init(&table->pool, sizeof(struct template));
	return table_init(&table->templates, limit, &table->pool,
		offsetof(struct template, by_network));
}

/** Frees the table. */
void template_fini(struct template_table *table)
{
	table_fini(&table->templates);
	pool_fini(&table->pool);
}

/** The template of a network. */
static struct template *find(const struct template_table *table,
	const struct service *service, const struct address *network)
{
	struct template *template =
		table_first(&table->templates, hash_network(table, service, network));

	while (template && (template->service != service ||
			   !address_equal(&template->network, network)))
		template = table_next(&table->templates, template);
	return template;
}

/** The server of the client's template. */
struct server *template_server(const struct template_table *table,
	const struct service *service, const struct address *client)
{
	struct address network;
	const struct template *template;

	if (!service->config->persistence_ms)
		return NULL;
	network = network_of(service, client);
	template = find(table, service, &network);
	return template ? template->server : NULL;
}

/** Frees a template. */
static void template_free(struct template_table *table, struct template *template)
{
	table_remove(&table->templates, template);
	list_remove(&template->in_service);
	pool_give(&table->pool, template);
}

/** The service's template that nobody holds and that was not used for longest, or NULL. */
static struct template *oldest(const struct service *service)
{
	if (list_empty(&service->templates))
		return NULL;
	return list_owner(service->templates.next, struct template, in_service);
}

/** Tells whether there is no room for one more. */
static bool is_full(const struct template_table *table)
{
	return table->templates.count >= table->limit ||
		!memory_has_room(table->memory, table->pool.object_bytes);
}

/** Frees the oldest. */
bool template_give_way(struct template_table *table, struct service *service)
{
	struct template *template = oldest(service);

	if (template)
		template_free(table, template);
	return template;
}

/** Makes a template if there is room. */
static struct template *template_new(struct template_table *table, struct service *service,
	const struct address *network)
{
	struct template *template;

	if (is_full(table))
		template_give_way(table, service);
	if (is_full(table))
		return NULL;
	template = pool_take(&table->pool);
	if (!template)
		return NULL;
	template->service = service;
	template->network = *network;
	list_init(&template->in_service);
	table_add(&table->templates, template, hash_network(table, service, network));
	return template;
}

/** Lets the template's time begin. */
static void restart(struct template *template, uint64_t now_ms)
{
	template->last_ms = now_ms;
	if (!template->holders)
		list_move_to_end(&template->service->templates, &template->in_service);
}

/** Notes a client's server. */
struct template *template_note(struct template_table *table, struct service *service,
	const struct address *client, struct server *server, uint64_t now_ms)
{
	struct address network;
	struct template *template;

	if (!service->config->persistence_ms)
		return NULL;
	network = network_of(service, client);
	template = find(table, service, &network);
	if (!template)
		template = template_new(table, service, &network);
	if (!template)
		return NULL;
	template->server = server;
	restart(template, now_ms);
	return template;
}

/** Keeps a template. */
void template_hold(struct template *template)
{
	if (template && !template->holders++)
		list_remove(&template->in_service);
}

/** Lets a template go. */
void template_release(struct template *template, uint64_t now_ms)
{
	if (template && !--template->holders)
		restart(template, now_ms);
}

/** When a template that nobody holds expires. */
static uint64_t expires_ms(const struct template *template)
{
	return template->last_ms + template->service->config->persistence_ms;
}

/** Removes expired templates. */
size_t template_expire(struct template_table *table, struct service *service,
	uint64_t now_ms, size_t max)
{
	size_t removed = 0;

	while (removed < max && oldest(service) && expires_ms(oldest(service)) <= now_ms) {
		template_free(table, oldest(service));
		removed++;
	}
	return removed;
}

/** When the next one expires. */
uint64_t template_next_expiry_ms(const struct service *service)
{
	return oldest(service) ? expires_ms(oldest(service)) : UINT64_MAX;
}

/** Removes all templates of service. */
void template_clear(struct template_table *table, struct service *service)
{
	while (oldest(service))
		template_free(table, oldest(service));
}

/** Tells whether one was used later than other. */
static bool used_later(const struct list *one, const struct list *other)
{
	return list_owner(one, struct template, in_service)->last_ms >
		list_owner(other, struct template, in_service)->last_ms;
}

/** Brings them into order. */
void template_sort(struct service *service)
{
	list_sort(&service->templates, used_later);
}
