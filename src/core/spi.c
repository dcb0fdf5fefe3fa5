/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/spi.h"

#include <errno.h>
#include <stdlib.h>

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
	return table_init(&table->bindings, limit);
}

/** Frees the table. */
void spi_fini(struct spi_table *table)
{
	table_fini(&table->bindings);
}

/** The binding behind node that is of (service, SPI), from node on, or NULL. */
static struct spi_binding *matching(struct table_node *node, const struct service *service,
	uint32_t spi)
{
	for (; node; node = table_next(node)) {
		struct spi_binding *binding = table_owner(node, struct spi_binding, by_spi);

		if (binding->spi == spi && binding->service == service)
			return binding;
	}
	return NULL;
}

/** The only server that has spi. */
struct server *spi_find(const struct spi_table *table, const struct service *service,
	uint32_t spi, bool *ret_ambiguous)
{
	struct spi_binding *binding;

	*ret_ambiguous = false;
	if (!table->limit)
		return NULL;
	binding = matching(
		table_first(&table->bindings, hash_spi(table, service, spi)), service, spi);
	if (!binding)
		return NULL;
	*ret_ambiguous = matching(table_next(&binding->by_spi), service, spi);
	return *ret_ambiguous ? NULL : binding->server;
}

/** Frees a binding. */
static void binding_free(struct spi_table *table, struct spi_binding *binding)
{
	table_remove(&table->bindings, &binding->by_spi);
	list_remove(&binding->in_service);
	free(binding);
}

/** The service's binding that was not used for longest, or NULL. */
static struct spi_binding *oldest(const struct service *service)
{
	if (list_empty(&service->spis))
		return NULL;
	return list_owner(service->spis.next, struct spi_binding, in_service);
}

/** Makes a binding if there is room. */
static struct spi_binding *binding_new(struct spi_table *table, struct service *service,
	struct server *server, uint32_t spi)
{
	struct spi_binding *binding;

	if (table->bindings.count >= table->limit && oldest(service))
		binding_free(table, oldest(service));
	if (table->bindings.count >= table->limit)
		return NULL;
	binding = calloc(1, sizeof(*binding));
	if (!binding)
		return NULL;
	binding->service = service;
	binding->server = server;
	binding->spi = spi;
	list_init(&binding->in_service);
	table_add(&table->bindings, &binding->by_spi, hash_spi(table, service, spi));
	return binding;
}

/** Notes that server has spi. */
void spi_note(struct spi_table *table, struct service *service, struct server *server,
	uint32_t spi, uint64_t now_ms)
{
	struct spi_binding *binding = matching(
		table_first(&table->bindings, hash_spi(table, service, spi)), service, spi);

	while (binding && binding->server != server)
		binding = matching(table_next(&binding->by_spi), service, spi);
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
