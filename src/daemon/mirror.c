/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/mirror.h"

#include "daemon/log.h"

/** Logs one change of an entry. */
static void log_entry(const char *what, const struct session_entry *entry)
{
	char client[ADDRESS_TEXT_BYTES], virtual[ADDRESS_TEXT_BYTES];

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	log_debug("%s %s: %s -> %s, server %s", entry->client->service->config->name, what,
		address_format_port(&entry->flow.client, entry->flow.client_port, client),
		address_format_port(&entry->flow.virtual, entry->flow.virtual_port, virtual),
		entry->server->config->name);
}

/** An entry became ESTABLISHED. */
static void established(void *user, const struct session_entry *entry)
{
	struct mirror *mirror = user;

	mirror->established++;
	log_entry("established", entry);
}

/** An entry has gone. */
static void removed(void *user, const struct session_entry *entry)
{
	struct mirror *mirror = user;

	mirror->removed++;
	log_entry("removed", entry);
}

/** The events for the table. */
struct session_events mirror_events(struct mirror *mirror)
{
	return (struct session_events){
		.established = established,
		.removed = removed,
		.user = mirror,
	};
}
