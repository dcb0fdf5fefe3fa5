/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/director.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Ends the services from the count-th back to the first. */
static void fini_services(struct director *director, size_t count)
{
	while (count > 0)
		service_fini(&director->services[--count]);
	free(director->services);
}

/** Makes the services' state. */
static int init_services(struct director *director)
{
	const struct config *config = director->config;

	director->services = calloc(config->service_count, sizeof(*director->services));
	if (!director->services)
		return -ENOMEM;
	director->service_count = config->service_count;
	for (size_t i = 0; i < config->service_count; i++) {
		int error = service_init(&director->services[i], &config->services[i]);

		if (error) {
			fini_services(director, i);
			return error;
		}
	}
	return 0;
}

/** Tells whether a service has persistence. */
static bool has_persistence(const struct config *config)
{
	size_t i = 0;

	while (i < config->service_count && !config->services[i].persistence_ms)
		i++;
	return i < config->service_count;
}

/** Tells whether a service learns SPIs. */
static bool learns_spis(const struct config *config)
{
	size_t i = 0;

	while (i < config->service_count && !config->services[i].learn_spi)
		i++;
	return i < config->service_count;
}

/** Each has room for as many objects. */
uint64_t director_width_bytes(const struct config *config)
{
	unsigned int tables =
		SESSION_TABLES + has_persistence(config) + learns_spis(config);

	return (uint64_t)tables * table_width_bytes(config->max_entries);
}

/** Makes the tables that only some services need. */
static int init_options(struct director *director, const struct hash_key *key)
{
	const struct config *config = director->config;

	if (has_persistence(config) && template_init(&director->templates, config->max_entries, key))
		return -ENOMEM;
	if (learns_spis(config) && spi_init(&director->spis, config->max_entries, key)) {
		template_fini(&director->templates);
		return -ENOMEM;
	}
	return 0;
}

/** Frees them. */
static void fini_options(struct director *director)
{
	for (size_t i = 0; i < director->service_count; i++) {
		spi_clear(&director->spis, &director->services[i]);
		template_clear(&director->templates, &director->services[i]);
	}
	spi_fini(&director->spis);
	template_fini(&director->templates);
}

/** Has all of them counted. */
static void init_memory(struct director *director)
{
	struct memory *memory = &director->memory;

	memory->limit_bytes = director->config->max_memory_bytes;
	memory->width_bytes = director_width_bytes(director->config);
	session_count(&director->sessions, memory);
	memory_count(memory, &director->templates.pool);
	memory_count(memory, &director->spis.pool);
	director->templates.memory = memory;
	director->spis.memory = memory;
}

/** Makes a director. */
int director_new(const struct config *config, const struct hash_key *key,
	const struct session_events *events, struct director **ret_director)
{
	struct session_limits limits = {
		.entries = config->max_entries,
		.entries_per_client = config->max_entries_per_client,
	};
	struct director *director = calloc(1, sizeof(*director));
	int error;

	if (!director)
		return -ENOMEM;
	director->config = config;
	rate_init(&director->unreachable, config->unreachable_rate, config->unreachable_burst);
	error = init_services(director);
	if (error)
		goto free_director;
	error = session_init(&director->sessions, &limits, key, events);
	if (error)
		goto free_services;
	error = init_options(director, key);
	if (error)
		goto free_sessions;
	error = defence_init(&director->defence, config, key);
	if (error)
		goto free_options;
	director->sessions.templates = &director->templates;
	init_memory(director);
	*ret_director = director;
	return 0;

free_options:
	fini_options(director);
free_sessions:
	session_fini(&director->sessions);
free_services:
	fini_services(director, director->service_count);
free_director:
	free(director);
	return error;
}

/** Frees everything. */
void director_free(struct director *director)
{
	if (!director)
		return;
	session_fini(&director->sessions);
	fini_options(director);
	defence_fini(&director->defence);
	fini_services(director, director->service_count);
	free(director);
}

/** Tells whether the service has the virtual address. */
static bool has_address(const struct config_service *config, const struct address *virtual)
{
	for (size_t i = 0; i < config->address_count; i++) {
		if (address_equal(&config->addresses[i], virtual))
			return true;
	}
	return false;
}

/** The service with the virtual address. At most CONFIG_SERVICES times CONFIG_ADDRESSES
 *  comparisons: bounded by the configuration, not by what strangers send. */
struct service *director_service_at(const struct director *director,
	const struct address *virtual)
{
	for (size_t i = 0; i < director->service_count; i++) {
		if (has_address(director->services[i].config, virtual))
			return &director->services[i];
	}
	return NULL;
}

/** Tells whether the packet is of the service's other traffic of that kind. */
static bool is_also(const struct config_service *config, const struct config_also *also,
	const struct packet *packet)
{
	if (!also->protocol)
		return packet->mark == also->mark;
	return packet->protocol == also->protocol &&
		packet->flow.virtual_port == also->port &&
		has_address(config, &packet->flow.virtual);
}

/** The service whose other traffic the packet is. */
struct service *director_service_also(const struct director *director,
	const struct packet *packet)
{
	for (size_t i = 0; i < director->service_count; i++) {
		const struct config_service *config = director->services[i].config;

		for (size_t j = 0; j < config->also_count; j++) {
			if (is_also(config, &config->also[j], packet))
				return &director->services[i];
		}
	}
	return NULL;
}

/** The service's server of method nat with that address, or NULL. */
static const struct config_server *nat_server(const struct config_service *config,
	const struct address *address)
{
	for (size_t i = 0; i < config->server_count; i++) {
		const struct config_server *server = &config->servers[i];

		if (server->method == METHOD_NAT &&
			(address_equal(&server->address_v4, address) ||
				address_equal(&server->address_v6, address)))
			return server;
	}
	return NULL;
}

/** Puts the service's address of the packet's family in the place of a server's own. */
static void set_virtual(const struct config_service *config, struct packet *packet)
{
	for (size_t i = 0; i < config->address_count; i++) {
		if (config->addresses[i].family == packet->flow.virtual.family) {
			packet->flow.virtual = config->addresses[i];
			return;
		}
	}
}

/** Names the sender. As many comparisons as there are servers, which send ISAKMP alone. */
void director_name_sender(const struct director *director, struct packet *packet)
{
	for (size_t i = 0; i < director->service_count; i++) {
		const struct config_service *config = director->services[i].config;
		const struct config_server *server =
			nat_server(config, &packet->flow.virtual);

		if (server) {
			packet->sender = server->index + 1;
			set_virtual(config, packet);
			return;
		}
	}
}

/** The server with that index over all services. */
struct server *director_server_at(const struct director *director, uint32_t index)
{
	for (size_t i = 0; i < director->service_count; i++) {
		struct service *service = &director->services[i];
		uint32_t first = service->config->servers[0].index;

		if (index - first < service->server_count)
			return &service->servers[index - first];
	}
	return NULL;
}

/** The server that sent the packet. */
struct server *director_sender(const struct director *director, const struct packet *packet)
{
	return packet->sender ? director_server_at(director, packet->sender - 1) : NULL;
}

/** The service of that name. */
struct service *director_service(const struct director *director, const char *name)
{
	for (size_t i = 0; i < director->service_count; i++) {
		if (!strcmp(director->services[i].config->name, name))
			return &director->services[i];
	}
	return NULL;
}

/** Handles expired entries of all services. */
size_t director_time_out(struct director *director, uint64_t now_ms, size_t max_entries)
{
	size_t handled = 0;

	for (size_t i = 0; i < director->service_count && handled < max_entries; i++) {
		struct service *service = &director->services[i];

		handled += session_expire(&director->sessions, service, now_ms,
			max_entries - handled);
		handled += spi_expire(&director->spis, service, now_ms,
			max_entries - handled);
		handled += template_expire(&director->templates, service, now_ms,
			max_entries - handled);
	}
	return handled;
}

/** The same after what has to go for others. */
size_t director_expire(struct director *director, uint64_t now_ms, size_t max_entries)
{
	size_t handled;

	defence_advance(director, now_ms);
	handled = pressure_relieve(director, NULL, max_entries);
	return handled + director_time_out(director, now_ms, max_entries - handled);
}

/** When the first entry of a state's chain expires. */
static uint64_t first_expiry_ms(const struct director *director, const struct chain *state)
{
	const struct session_entry *oldest = session_oldest(&director->sessions, state);

	return oldest ? session_expires_ms(oldest) : UINT64_MAX;
}

/** The earlier one. */
static uint64_t earlier_ms(uint64_t one_ms, uint64_t other_ms)
{
	return one_ms < other_ms ? one_ms : other_ms;
}

/** The earliest expiry over all services; soft entries do not expire by time. */
uint64_t director_next_expiry_ms(const struct director *director)
{
	uint64_t earliest_ms = UINT64_MAX;

	for (size_t i = 0; i < director->service_count; i++) {
		const struct service *service = &director->services[i];

		earliest_ms = earlier_ms(
			earliest_ms, first_expiry_ms(director, &service->initial));
		earliest_ms = earlier_ms(
			earliest_ms, first_expiry_ms(director, &service->established));
		earliest_ms = earlier_ms(earliest_ms, spi_next_expiry_ms(service));
		earliest_ms = earlier_ms(earliest_ms, template_next_expiry_ms(service));
	}
	return earliest_ms;
}

/** A reason's counter over everything. */
uint64_t director_count(const struct director *director, enum reason reason)
{
	uint64_t sum = director->counters[reason];

	for (size_t i = 0; i < director->service_count; i++)
		sum += director->services[i].counters[reason];
	return sum;
}
