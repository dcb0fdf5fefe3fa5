/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/carried.h"

#include <errno.h>

/** Asks for one element; keeps the shortest time. */
static int ask(const struct mirror *mirror, const struct fast_path_key *key,
	uint64_t *shortest_ms)
{
	uint64_t ago_ms;
	int error = mirror->backend->carried(mirror->fast_path, key, &ago_ms);

	if (!error && ago_ms < *shortest_ms)
		*shortest_ms = ago_ms;
	return error == -ENOENT ? 0 : error;
}

/** Asks for the client's ESP and AH, to each virtual address. */
static int ask_client(const struct mirror *mirror, const struct session_client *client,
	uint64_t *shortest_ms)
{
	const struct config_service *service = client->service->config;
	int error = 0;

	for (size_t i = 0; i < service->address_count && !error; i++) {
		struct fast_path_key key = { .client = client->address,
			.virtual = service->addresses[i] };

		if (service->addresses[i].family == client->address.family)
			error = ask(mirror, &key, shortest_ms);
	}
	return error;
}

/** Asks for those, then for the client's flows of ESP in UDP. */
int carried_ago(const struct mirror *mirror, const struct session_table *sessions,
	const struct session_client *client, uint64_t *ret_ago_ms)
{
	const struct session_entry *entry = session_first(sessions, client);
	int error;

	*ret_ago_ms = UINT64_MAX;
	if (!mirror->backend)
		return -EOPNOTSUPP;
	error = ask_client(mirror, client, ret_ago_ms);
	for (; entry && !error; entry = session_next(sessions, entry)) {
		struct packet_flow flow = session_flow(entry);
		struct fast_path_key key = { flow.client, flow.virtual, flow.client_port };

		if (flow.virtual_port == PACKET_PORT_NATT)
			error = ask(mirror, &key, ret_ago_ms);
	}
	if (!error && *ret_ago_ms == UINT64_MAX)
		error = -ENOENT;
	return error;
}
