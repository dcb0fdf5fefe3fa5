/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Makes the servers' state from their configuration. */
static void init_servers(struct service *service)
{
	for (size_t i = 0; i < service->server_count; i++) {
		const struct config_server *config = &service->config->servers[i];

		service->servers[i].config = config;
		service->servers[i].weight = config->weight;
		rate_init(&service->servers[i].begun, config->new_rate, config->new_rate);
	}
}

/** Makes the state of a service. */
int service_init(struct service *service, const struct config_service *config)
{
	*service = (struct service){
		.config = config,
		.server_count = config->server_count,
		.soft_quota = config->soft_entries,
		.servers = calloc(config->server_count, sizeof(*service->servers)),
	};
	list_init(&service->spis);
	list_init(&service->templates);
	if (!service->servers)
		return -ENOMEM;
	init_servers(service);
	return 0;
}

/** Frees the servers. */
void service_fini(struct service *service)
{
	free(service->servers);
	service->servers = NULL;
	service->server_count = 0;
}

/** The server of that name. */
struct server *service_server(const struct service *service, const char *name)
{
	for (size_t i = 0; i < service->server_count; i++) {
		if (!strcmp(service->servers[i].config->name, name))
			return &service->servers[i];
	}
	return NULL;
}

/** What server has to do. */
uint64_t service_load(const struct service *service, const struct server *server)
{
	if (service->config->affinity == AFFINITY_SESSION)
		return (uint64_t)server->initial + server->established;
	return server->clients;
}

/** Has an address for the family's packets, or needs none. */
bool server_reachable(const struct server *server, uint8_t family)
{
	return server->config->method == METHOD_LOCAL ||
	       config_server_address(server->config, family);
}

/** Has a weight and can be reached. */
bool server_takes_new(const struct server *server, uint8_t family)
{
	return server->weight > 0 && server_reachable(server, family);
}

/** Is within both limits. */
bool server_has_room(const struct server *server)
{
	const struct config_server *config = server->config;

	return (!config->new_rate || rate_has(&server->begun)) &&
		(!config->half_open || server->initial < config->half_open);
}

/** Takes new clients and may have one now. */
bool server_is_open(const struct server *server, uint8_t family)
{
	return server_takes_new(server, family) && server_has_room(server);
}

/** Packets, whoever forwarded them. */
uint64_t server_packets(const struct server *server)
{
	return server->packets + server->fast_packets;
}

/** Bytes, whoever forwarded them. */
uint64_t server_bytes(const struct server *server)
{
	return server->bytes + server->fast_bytes;
}

/** Looks at all counters. */
void service_look(struct service *service, uint64_t now_ms)
{
	for (size_t i = 0; i < service->server_count; i++) {
		struct server *server = &service->servers[i];

		estimate_look(&server->handshake_rate, server->handshakes, now_ms);
		estimate_look(&server->packet_rate, server_packets(server), now_ms);
		estimate_look(&server->byte_rate, server_bytes(server), now_ms);
	}
}
