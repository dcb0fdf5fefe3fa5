/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/adopt.h"

#include <errno.h>

/** A walk over the elements. */
struct walk {
	struct mirror *mirror;
	struct director *director;
	uint64_t now_ms;
	bool is_known; /**< what the marks mean */
	struct adopted *adopted;
};

/** The server of service that has the mark, or NULL. */
static struct server *server_of_mark(const struct config *config, struct service *service,
	uint32_t mark)
{
	for (size_t i = 0; i < service->server_count; i++) {
		if (config_server_mark(config, service->servers[i].config) ==
			(mark & config->mark_mask))
			return &service->servers[i];
	}
	return NULL;
}

/** The flow that an element stands for; ESP and AH have none, and take port 500's. */
static struct packet_flow flow_of(const struct fast_path_key *key)
{
	uint16_t virtual_port = key->client_port ? PACKET_PORT_NATT : PACKET_PORT_ISAKMP;

	return (struct packet_flow){
		.client = key->client,
		.virtual = key->virtual,
		.client_port = key->client_port ? key->client_port : PACKET_PORT_ISAKMP,
		.virtual_port = virtual_port,
	};
}

/** Makes the entry that stands behind an element. Nobody has shown a cookie of it: its port
 *  may have been given to somebody else meanwhile. */
static int make_entry(const struct walk *walk, const struct packet_flow *flow,
	struct service *service, struct server *server, uint32_t mark)
{
	struct session_table *sessions = &walk->director->sessions;
	struct session_entry *entry;
	int error = -ENOENT;

	if (walk->is_known)
		error = session_add(sessions, service, server, flow, walk->now_ms, &entry);
	if (error)
		return error;
	/* The kernel has this one: announcing the entry must not put it again. */
	if (flow->virtual_port == PACKET_PORT_NATT)
		entry->fast_mark = mark;
	else
		entry->client->fast_mark = mark;
	entry->mark = mark;
	session_establish(sessions, entry, walk->now_ms);
	entry->proof_ms = 0;
	return 0;
}

/** Takes over an element of ESP in UDP; an entry that is there must agree with it. */
static int adopt_flow(const struct walk *walk, const struct fast_path_key *key,
	struct service *service, struct server *server, uint32_t mark)
{
	struct packet_flow flow = flow_of(key);
	struct session_entry *entry = session_find_flow(&walk->director->sessions, &flow);

	if (!entry)
		return make_entry(walk, &flow, service, server, mark);
	if (session_server(entry) != server || entry->state != SESSION_ESTABLISHED)
		return -EEXIST;
	entry->mark = mark;
	entry->fast_mark = mark;
	return 0;
}

/** Takes over an element of ESP and AH, whose client may be there by its other elements or
 *  from the state file. */
static int adopt_client(const struct walk *walk, const struct fast_path_key *key,
	struct service *service, struct server *server, uint32_t mark)
{
	struct packet_flow flow = flow_of(key);
	struct session_client *client = session_find_client(
		&walk->director->sessions, service, &key->client);

	if (!client || !client->plain_established_count)
		return make_entry(walk, &flow, service, server, mark);
	if (session_client_server(client) != server)
		return -EEXIST;
	client->fast_mark = mark;
	return 0;
}

/** Takes over one element whose server is known. */
static int adopt(const struct walk *walk, const struct fast_path_key *key,
	struct service *service, struct server *server, uint32_t mark)
{
	if (key->client_port)
		return adopt_flow(walk, key, service, server, mark);
	return adopt_client(walk, key, service, server, mark);
}

/** Sees one element; what nothing can stand behind is removed. */
static int see(const struct fast_path_key *key, uint32_t mark, void *user)
{
	const struct walk *walk = user;
	struct service *service = director_service_at(walk->director, &key->virtual);
	struct server *server =
		service ? server_of_mark(walk->mirror->config, service, mark) : NULL;

	if (server && !adopt(walk, key, service, server, mark)) {
		walk->adopted->kept++;
		return 0;
	}
	walk->mirror->backend->remove(walk->mirror->fast_path, key);
	walk->adopted->removed++;
	return 0;
}

/** Takes over all elements, then tells the kernel what has to go. */
int adopt_elements(struct mirror *mirror, struct director *director, uint64_t now_ms,
	bool is_known, struct adopted *ret_adopted)
{
	struct walk walk = { mirror, director, now_ms, is_known, ret_adopted };
	int error;

	*ret_adopted = (struct adopted){ 0 };
	/* What has just expired is still in the maps, and must not come back from there. */
	mirror_flush(mirror);
	error = mirror->backend->dump(mirror->fast_path, see, &walk);
	mirror_flush(mirror);
	return error;
}
