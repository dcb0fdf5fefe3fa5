/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/spi.h"

#include <errno.h>

/** One SPI at one server. */
struct spi_binding {
	struct table_node by_spi;
	struct list in_service; /**< in the order of use */
	struct service *service;
	struct server *server;
	uint32_t spi;
	uint64_t last_ms;
};

/** Hash of (service, SPI). */
static uint64_t hash_spi(const struct spi_table *table, const struct service *service,
	uint32_t spi)
{
	uint64_t key[] = { (uintptr_t)service, spi };

	return hash_keyed(&table->key, key, sizeof(key));
}

/** Makes an empty table. */
int spi_init(struct spi_table *table, uint32_t limit, const struct hash_key *key)
{
	*table = (struct spi_table){ .key = *key, .limit = limit };
	pool_init(&table->pool, sizeof(struct spi_binding));
	return table_init(&table->bindings, limit, &table->pool,
		offsetof(struct spi_binding, by_spi));
}

/** Frees the table. */
void spi_fini(struct spi_table *table)
{
	table_fini(&table->bindings);
	pool_fini(&table->pool);
}

/** From binding on, the first that is of (service, SPI), or NULL. */
static struct spi_binding *matching(const struct spi_table *table,
	struct spi_binding *binding, const struct service *service, uint32_t spi)
{
	while (binding && (binding->spi != spi || binding->service != service))
		binding = table_next(&table->bindings, binding);
	return binding;
}

/** The first binding of (service, SPI), or NULL. */
static struct spi_binding *first(
	const struct spi_table *table, const struct service *service, uint32_t spi)
{
	return matching(table,
		table_first(&table->bindings, hash_spi(table, service, spi)), service, spi);
}

/** The next binding of the same, or NULL. */
static struct spi_binding *next(
	const struct spi_table *table, const struct spi_binding *binding)
{
	return matching(table, table_next(&table->bindings, binding), binding->service,
		binding->spi);
}

/** The only server that has spi. */
struct server *spi_find(const struct spi_table *table, const struct service *service,
	uint32_t spi, bool *ret_ambiguous)
{
	struct spi_binding *binding;

	*ret_ambiguous = false;
	if (!table->limit)
		return NULL;
	binding = first(table, service, spi);
	if (!binding)
		return NULL;
	*ret_ambiguous = next(table, binding);
	return *ret_ambiguous ? NULL : binding->server;
}

/** Frees a binding. */
static void binding_free(struct spi_table *table, struct spi_binding *binding)
{
	table_remove(&table->bindings, binding);
	list_remove(&binding->in_service);
	pool_give(&table->pool, binding);
}

/** The service's binding that was not used for longest, or NULL. */
static struct spi_binding *oldest(const struct service *service)
{
	if (list_empty(&service->spis))
		return NULL;
	return list_owner(service->spis.next, struct spi_binding, in_service);
}

/** Tells whether there is no room for one more. */
static bool is_full(const struct spi_table *table)
{
	return table->bindings.count >= table->limit ||
		!memory_has_room(table->memory, table->pool.object_bytes);
}

/** Frees the oldest. */
bool spi_give_way(struct spi_table *table, struct service *service)
{
	struct spi_binding *binding = oldest(service);

	if (binding)
		binding_free(table, binding);
	return binding;
}

/** Makes a binding if there is room. */
static struct spi_binding *binding_new(struct spi_table *table, struct service *service,
	struct server *server, uint32_t spi)
{
	struct spi_binding *binding;

	if (is_full(table))
		spi_give_way(table, service);
	if (is_full(table))
		return NULL;
	binding = pool_take(&table->pool);
	if (!binding)
		return NULL;
	binding->service = service;
	binding->server = server;
	binding->spi = spi;
	list_init(&binding->in_service);
	table_add(&table->bindings, binding, hash_spi(table, service, spi));
	return binding;
}

/** Notes that server has spi. */
void spi_note(struct spi_table *table, struct service *service, struct server *server,
	uint32_t spi, uint64_t now_ms)
{
	struct spi_binding *binding = first(table, service, spi);

	while (binding && binding->server != server)
		binding = next(table, binding);
	if (!binding)
		binding = binding_new(table, service, server, spi);
	if (!binding)
		return;
	binding->last_ms = now_ms;
	list_move_to_end(&service->spis, &binding->in_service);
}

/** When the binding expires. */
static uint64_t expires_ms(const struct spi_binding *binding)
{
	return binding->last_ms + binding->service->config->timeout_established_ms;
}

/** Removes what nobody uses. */
size_t spi_expire(struct spi_table *table, struct service *service, uint64_t now_ms,
	size_t max)
{
	size_t removed = 0;

	while (removed < max && oldest(service) && expires_ms(oldest(service)) <= now_ms) {
		binding_free(table, oldest(service));
		removed++;
	}
	return removed;
}

/** When the next binding expires. */
uint64_t spi_next_expiry_ms(const struct service *service)
{
	return oldest(service) ? expires_ms(oldest(service)) : UINT64_MAX;
}

/** Removes all bindings of service. */
void spi_clear(struct spi_table *table, struct service *service)
{
	while (oldest(service))
		binding_free(table, oldest(service));
}
