/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What method tunnel asks of a configuration: keys about tunnels stand where there is one,
 * and all tunnels to an address are alike, since the kernel has them once.
 */
#include "daemon/config_check.h"

#include <sys/socket.h>

/** Checks that a server's own keys mean something. */
static void check_keys(const struct config_server *server,
	const struct server_places *places, struct config_errors *errors)
{
	bool tunnel = server->method == METHOD_TUNNEL;

	if (places->encapsulation && !tunnel)
		config_errors_add(errors, places->encapsulation,
			"server %s: found encapsulation, expected none with method %s",
			server->name, config_method_name(server->method));
	if (places->gue_port && !(tunnel && server->encapsulation == ENCAPSULATION_GUE))
		config_errors_add(errors, places->gue_port,
			"server %s: found gue-port, expected none without method tunnel "
			"and encapsulation gue",
			server->name);
}

/** Tells whether both have tunnels to one address, of whatever family. */
static bool share_end(const struct config_server *one, const struct config_server *other)
{
	if (one->method != METHOD_TUNNEL || other->method != METHOD_TUNNEL)
		return false;
	return (one->address_v4.family &&
		       address_equal(&one->address_v4, &other->address_v4)) ||
	       (one->address_v6.family &&
		       address_equal(&one->address_v6, &other->address_v6));
}

/** Tells whether both are wrapped the same way. */
static bool wrapped_alike(
	const struct config_server *one, const struct config_server *other)
{
	return one->encapsulation == other->encapsulation &&
	       (one->encapsulation != ENCAPSULATION_GUE ||
		       one->gue_port == other->gue_port);
}

/** Checks a server against those of the services before its own. */
static void check_ends(const struct config *config, const struct config_service *service,
	const struct config_server *server, const struct server_places *places,
	struct config_errors *errors)
{
	for (const struct config_service *s = config->services; s < service; s++) {
		for (size_t i = 0; i < s->server_count; i++) {
			const struct config_server *other = &s->servers[i];

			if (share_end(server, other) && !wrapped_alike(server, other))
				config_errors_add(errors, places->begin,
					"server %s: found another encapsulation or "
					"gue-port than server %s of service %s has to "
					"that address, expected the same",
					server->name, other->name, s->name);
		}
	}
}

/** Checks the servers of one service. */
void config_check_tunnel(const struct config *config, const struct config_service *service,
	const struct service_places *places, struct config_errors *errors)
{
	for (size_t i = 0; i < service->server_count; i++) {
		check_keys(&service->servers[i], &places->servers[i], errors);
		check_ends(config, service, &service->servers[i], &places->servers[i],
			errors);
	}
}
