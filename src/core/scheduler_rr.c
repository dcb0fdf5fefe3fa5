/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rr, round robin: the servers in turn, whatever their weight; weight 0 is passed over.
 */
#include "core/scheduler.h"

#include "core/service.h"

/** The next server in turn that can take the client. */
static struct server *pick(const struct service *service, const struct address *client)
{
	for (size_t i = 0; i < service->server_count; i++) {
		size_t index = (service->next_server + i) % service->server_count;

		if (server_is_open(&service->servers[index], client->family))
			return &service->servers[index];
	}
	return NULL;
}

/** The turn goes to the server behind. */
static void picked(struct service *service, struct server *server)
{
	service->next_server = (size_t)(server - service->servers + 1) % service->server_count;
}

const struct scheduler scheduler_rr = { .name = "rr", .pick = pick, .picked = picked };
