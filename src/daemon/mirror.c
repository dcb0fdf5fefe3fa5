/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/mirror.h"

#include "daemon/log.h"
#include "kernel/conntrack.h"

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

/** Tells whether conntrack has to do with the entry. */
static bool is_tracked(const struct mirror *mirror, const struct session_entry *entry)
{
	return mirror->conntrack && entry->server->config->method == METHOD_NAT;
}

/** What conntrack has of the flow may lead to another server: one that the client had
 *  before and that has not stopped sending. */
void mirror_begins(struct mirror *mirror, const struct session_entry *entry)
{
	if (!is_tracked(mirror, entry))
		return;
	conntrack_forget_udp(mirror->conntrack, &entry->flow);
	conntrack_forget_esp(mirror->conntrack, &entry->flow);
}

/** Passes deletions on. */
void mirror_flush(struct mirror *mirror)
{
	if (mirror->conntrack)
		conntrack_flush(mirror->conntrack);
}

/** An entry became ESTABLISHED: from now on its client's ESP is forwarded. */
static void established(void *user, const struct session_entry *entry)
{
	struct mirror *mirror = user;

	mirror->established++;
	if (is_tracked(mirror, entry))
		conntrack_forget_esp(mirror->conntrack, &entry->flow);
	log_entry("established", entry);
}

/** An entry has gone. */
static void removed(void *user, const struct session_entry *entry)
{
	struct mirror *mirror = user;

	mirror->removed++;
	if (is_tracked(mirror, entry)) {
		conntrack_forget_udp(mirror->conntrack, &entry->flow);
		if (!entry->client->established_count)
			conntrack_forget_esp(mirror->conntrack, &entry->flow);
	}
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
