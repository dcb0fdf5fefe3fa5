/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/test_config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/scheduler.h"

#define SERVICES_MAX 4 /**< room for additions, so that pointers stay */

/** Allocates zeroed memory or ends the test. */
static void *need(size_t count, size_t size_bytes)
{
	void *memory = calloc(count, size_bytes);

	if (memory == NULL)
		abort();
	return memory;
}

/** Reads an address. */
struct address test_address(const char *text)
{
	struct address address = { .family = 0 };
	int result = address_parse(text, &address);

	if (result != 0)
		abort();
	return address;
}

/** Fills the i-th server of a service. */
static void fill_server(struct config *config, struct config_server *server, size_t i)
{
	char text[ADDRESS_TEXT_BYTES];

	snprintf(server->name, sizeof(server->name), "gw%zu", i + 1);
	snprintf(text, sizeof(text), "10.2.0.%zu", i + 11);
	server->address_v4 = test_address(text);
	snprintf(text, sizeof(text), "2001:db8:2::%zx", i + 17);
	server->address_v6 = test_address(text);
	server->method = METHOD_DIRECT;
	server->weight = 1;
	server->index = (uint32_t)config->server_count++;
}

/** Begins the next service. */
static struct config_service *add_service(
	struct config *config, const char *name, const char *address)
{
	struct config_service *service = &config->services[config->service_count++];

	assert(config->service_count <= SERVICES_MAX);
	snprintf(service->name, sizeof(service->name), "%s", name);
	service->addresses[service->address_count++] = test_address(address);
	service->scheduler = &scheduler_rr;
	service->ah = true;
	service->timeout_initial_ms = 30000;
	service->timeout_established_ms = 18000000;
	return service;
}

/** Makes the configuration. */
struct config *test_config(size_t server_count)
{
	struct config *config = need(1, sizeof(*config));
	struct config_service *service;

	config_defaults(config);
	config->max_entries = 1000;
	config->services = need(SERVICES_MAX, sizeof(*config->services));
	service = add_service(config, "vpn", "192.0.2.1");
	service->addresses[service->address_count++] = test_address("2001:db8::1");
	service->servers = need(server_count, sizeof(*service->servers));
	service->server_count = server_count;
	for (size_t i = 0; i < server_count; i++)
		fill_server(config, &service->servers[i], i);
	return config;
}

/** Adds a service with one server. */
void test_config_add_service(struct config *config, const char *name, const char *address)
{
	struct config_service *service = add_service(config, name, address);

	service->servers = need(1, sizeof(*service->servers));
	service->server_count = 1;
	fill_server(config, &service->servers[0], config->server_count);
	snprintf(service->servers[0].name, sizeof(service->servers[0].name), "%s", name);
}
