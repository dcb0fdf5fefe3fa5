/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/adopt.h"

#include <errno.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/turn.h"

enum {
	WAIT_MS = 300,       /**< at the start: what takes longer is for the loop */
	AGAIN_MS = 10000,    /**< after the start */
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
static int make_entry(struct adopt *adopt, const struct packet_flow *flow,
	struct service *service, struct server *server, uint32_t mark)
{
	struct session_table *sessions = &adopt->director->sessions;
	struct session_entry *entry;
	uint64_t now_ms = clock_now_ms();
	int error = -ENOENT;

	if (adopt->marks_are_known)
		error = session_add(sessions, service, server, flow, now_ms, &entry);
	if (error)
		return error;
	/* The kernel has this one: announcing the entry must not put it again. */
	if (flow->virtual_port == PACKET_PORT_NATT)
		entry->fast_mark = mark;
	else
		entry->client->fast_mark = mark;
	entry->mark = mark;
	session_establish(sessions, entry, now_ms);
	entry->proof_ms = 0;
	return 0;
}

/** The same; -ENODATA if the element has gone since it was listed. */
static int make_new(struct adopt *adopt, const struct fast_path_key *key,
	const struct packet_flow *flow, struct service *service, struct server *server,
	uint32_t mark)
{
	struct mirror *mirror = adopt->mirror;

	if (adopt->is_late && mirror->backend->has(mirror->fast_path, key) == 0)
		return -ENODATA;
	return make_entry(adopt, flow, service, server, mark);
}

/** Takes over an element of ESP in UDP; an entry that is there must agree with it. */
static int adopt_flow(struct adopt *adopt, const struct fast_path_key *key,
	struct service *service, struct server *server, uint32_t mark)
{
	struct packet_flow flow = flow_of(key);
	struct session_entry *entry = session_find_flow(&adopt->director->sessions, &flow);

	if (!entry)
		return make_new(adopt, key, &flow, service, server, mark);
	if (session_server(entry) != server || entry->state != SESSION_ESTABLISHED)
		return -EEXIST;
	entry->mark = mark;
	entry->fast_mark = mark;
	return 0;
}

/** Takes over an element of ESP and AH, whose client may be there by its other elements or
 *  from the state file. */
static int adopt_client(struct adopt *adopt, const struct fast_path_key *key,
	struct service *service, struct server *server, uint32_t mark)
{
	struct packet_flow flow = flow_of(key);
	struct session_client *client = session_find_client(
		&adopt->director->sessions, service, &key->client);

	if (!client || !client->plain_established_count)
		return make_new(adopt, key, &flow, service, server, mark);
	if (session_client_server(client) != server)
		return -EEXIST;
	client->fast_mark = mark;
	return 0;
}

/** Takes over one element whose server is known. */
static int take_over(struct adopt *adopt, const struct fast_path_key *key,
	struct service *service, struct server *server, uint32_t mark)
{
	if (key->client_port)
		return adopt_flow(adopt, key, service, server, mark);
	return adopt_client(adopt, key, service, server, mark);
}

/** Sees one element; what nothing can stand behind is removed. An entry that does not agree
 *  puts its own in any case: after the walk, or it has done so meanwhile. */
static void see(struct adopt *adopt, const struct adopt_element *element)
{
	const struct fast_path_key *key = &element->key;
	struct mirror *mirror = adopt->mirror;
	struct service *service = director_service_at(adopt->director, &key->virtual);
	struct server *server =
		service ? server_of_mark(mirror->config, service, element->mark) : NULL;
	int error = server ? take_over(adopt, key, service, server, element->mark) : -ENOENT;

	if (!error) {
		adopt->kept++;
	} else if (error != -ENODATA && (error != -EEXIST || !adopt->is_late)) {
		mirror->backend->remove(mirror->fast_path, key);
		adopt->removed++;
	}
}

/** Sees some of what has been listed; returns how many elements, and tells whether that is
 *  the end. */
static size_t see_some(struct adopt *adopt, bool *ret_end)
{
	struct adopt_element elements[TURN_ELEMENTS];
	size_t count = adopt_walk_take(adopt->walk, elements, TURN_ELEMENTS, ret_end);
	struct mirror *mirror = adopt->mirror;

	/* An entry that is made of one element puts its client's, which may be there as well. */
	mirror->backend->doubt(mirror->fast_path, true);
	for (size_t i = 0; i < count; i++)
		see(adopt, &elements[i]);
	mirror->backend->doubt(mirror->fast_path, mirror->refill_next != SIZE_MAX);
	return count;
}

/** Ends the walk and says what came of it. */
static void finish(struct adopt *adopt)
{
	int error = adopt_walk_error(adopt->walk);

	if (error) {
		log_warning("fast path: what the kernel carries could not be read: %s",
			strerror(-error));
		adopt->was_cut = true;
	}
	log_info("fast path: %zu elements of an earlier run kept, %zu removed", adopt->kept,
		adopt->removed);
	adopt_walk_end(adopt->walk);
	adopt->walk = NULL;
}

/** Starts a walk; false where that is not possible. */
static bool start(struct adopt *adopt)
{
	struct mirror *mirror = adopt->mirror;
	int error;

	/* What has just expired is still in the maps, and must not come back from there. */
	mirror_flush(mirror);
	adopt->kept = adopt->removed = 0;
	error = adopt_walk_begin(mirror->backend, mirror->fast_path, &adopt->walk);
	if (error)
		log_warning("fast path: what the kernel carries cannot be read: %s",
			strerror(-error));
	return !error;
}

/** Begins. A list that comes at once tells what has to be put; else all is put again, which
 *  does no harm. */
void adopt_begin(struct adopt *adopt, uint64_t now_ms)
{
	struct mirror *mirror = adopt->mirror;
	bool end = false;

	adopt->is_late = !start(adopt) || !adopt_walk_wait(adopt->walk, WAIT_MS);
	if (adopt->is_late) {
		mirror_refill(mirror, true);
		return;
	}
	mirror_forget(adopt->director);
	while (!end)
		see_some(adopt, &end);
	finish(adopt);
	mirror_flush(mirror);
	mirror_refill(mirror, false);
	adopt->again_ms = now_ms + AGAIN_MS;
}

/** The walk's thread wakes the loop. */
static void wake(void *user)
{
	struct adopt *adopt = user;

	ev_async_send(adopt->ev, &adopt->on_elements);
}

/** Elements wait. */
static void on_elements(struct ev_loop *ev, ev_async *watcher, int events)
{
	struct adopt *adopt = watcher->data;
	bool end = false;

	(void)events;
	if (!adopt->walk)
		return;
	/* What has gone in this turn is to be seen as gone. */
	mirror_flush(adopt->mirror);
	if (see_some(adopt, &end) == TURN_ELEMENTS && !end)
		ev_async_send(ev, watcher);
	if (end)
		finish(adopt);
}

/** Goes on in the loop. */
void adopt_follow(struct adopt *adopt, struct ev_loop *ev)
{
	adopt->ev = ev;
	ev_async_init(&adopt->on_elements, on_elements);
	adopt->on_elements.data = adopt;
	ev_async_start(ev, &adopt->on_elements);
	if (adopt->walk)
		adopt_walk_wake(adopt->walk, wake, adopt);
}

/** Does it once more, when it is time. */
void adopt_look(struct adopt *adopt, uint64_t now_ms)
{
	if (!adopt->again_ms || now_ms < adopt->again_ms || adopt->walk)
		return;
	adopt->again_ms = 0;
	adopt->is_late = true;
	if (start(adopt))
		adopt_walk_wake(adopt->walk, wake, adopt);
}

/** Nothing is left to be looked at. */
bool adopt_is_done(const struct adopt *adopt)
{
	return !adopt->walk && !adopt->again_ms && !adopt->was_cut;
}

/** Ends it. */
void adopt_end(struct adopt *adopt)
{
	if (adopt->walk)
		adopt->was_cut = true;
	adopt_walk_end(adopt->walk);
	adopt->walk = NULL;
	if (adopt->ev)
		ev_async_stop(adopt->ev, &adopt->on_elements);
	adopt->ev = NULL;
}
