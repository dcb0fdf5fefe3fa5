/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/label.h"

/** Tells whether the cookie bears the server's label, if it has one. */
static bool bears(const struct config_server *config, uint64_t cookie)
{
	return config->label_mask && (cookie & config->label_mask) == config->label;
}

/** The server whose label the cookie bears. */
static struct server *find(const struct service *service, uint64_t cookie)
{
	for (size_t i = 0; cookie && i < service->server_count; i++) {
		if (bears(service->servers[i].config, cookie))
			return &service->servers[i];
	}
	return NULL;
}

/** The server whose label one of the cookies bears. */
struct server *label_of_cookies(const struct service *service, uint64_t icookie,
	uint64_t rcookie)
{
	struct server *server = find(service, rcookie);

	return server ? server : find(service, icookie);
}

/** The server in whose range the SPI lies. */
struct server *label_of_spi(const struct service *service, uint32_t spi)
{
	for (size_t i = 0; i < service->server_count; i++) {
		const struct config_server *config = service->servers[i].config;

		if (config->spi_last && spi >= config->spi_first && spi <= config->spi_last)
			return &service->servers[i];
	}
	return NULL;
}

/** Tells whether the cookie can be the server's. */
bool label_allows(const struct server *server, uint64_t rcookie)
{
	return !server->config->label_mask || bears(server->config, rcookie);
}
