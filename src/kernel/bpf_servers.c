/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf_servers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "kernel/bpf_way.h"

/** Begins. */
int bpf_servers_open(struct bpf_servers *servers, const struct config *config,
	struct bpf_ingress *ingress)
{
	int error;

	*servers = (struct bpf_servers){ .config = config, .ingress = ingress };
	servers->put = calloc(2 * config->server_count + 1, sizeof(*servers->put));
	error = servers->put ? server_ways_open(&servers->ways, config) : -ENOMEM;
	if (error)
		bpf_servers_close(servers);
	return error;
}

/** Ends. */
void bpf_servers_close(struct bpf_servers *servers)
{
	server_ways_close(&servers->ways);
	free(servers->put);
	*servers = (struct bpf_servers){ .put = NULL };
}

/** Makes a way by a next hop that is resolved, by the server's method. False when there is
 *  none after all. */
static bool make_way(const struct server_way *place, const struct next_hop *hop,
	struct bpf_way *way)
{
	const struct config_server *server = place->server;
	const struct address *address = config_server_address(server, place->family);
	bool gue = server->encapsulation == ENCAPSULATION_GUE;

	bpf_way_link(way, hop->interface, hop->destination, hop->source, address->family);
	way->mtu_bytes = hop->mtu_bytes;
	switch (server->method) {
	case METHOD_DIRECT:
		way->method = BPF_METHOD_DIRECT;
		return true;
	case METHOD_NAT:
		bpf_way_nat(way, address);
		return true;
	case METHOD_TUNNEL:
		bpf_way_tunnel(way, &hop->from, address, place->family,
			gue ? server->gue_port : 0);
		way->mtu_bytes -= way->outer_bytes;
		return hop->from.family == address->family &&
			hop->mtu_bytes > way->outer_bytes;
	case METHOD_LOCAL:
		break;
	}
	return false;
}

/** Works out what the way of a place is now. */
static void work_out(const struct bpf_servers *servers, const struct server_way *place,
	struct bpf_way *ret_way)
{
	const struct config_server *server = place->server;
	const struct next_hop *hop = server_ways_hop(&servers->ways, place);
	struct bpf_way none = {
		.method = server->method == METHOD_LOCAL ? BPF_METHOD_LOCAL : BPF_METHOD_UP,
		.flags = place->service->ah && server->method != METHOD_NAT ? BPF_WAY_AH : 0,
		.mark = config_server_mark(servers->config, server),
		.mark_mask = servers->config->mark_mask,
	};

	*ret_way = none;
	if (hop && hop->interface && !make_way(place, hop, ret_way))
		*ret_way = none;
}

/** Where the program looks for a way. */
static uint32_t index_of(const struct server_way *place)
{
	return bpf_way_index(place->server->index, place->family == AF_INET6);
}

/** Puts the way of a place if it is not what it was. */
static int put_changed(const struct server_way *place, void *user)
{
	struct bpf_servers *servers = user;
	struct bpf_way way, *before = &servers->put[place->index];
	int error;

	work_out(servers, place, &way);
	if (server_ways_hop(&servers->ways, place) && way.method == BPF_METHOD_UP)
		servers->unresolved++;
	if (memcmp(&way, before, sizeof(way)) == 0)
		return 0;
	error = bpf_program_set_way(servers->ingress, index_of(place), &way);
	if (error) {
		servers->last_error = error;
		return 0;
	}
	*before = way;
	servers->changes++;
	return 0;
}

/** Puts what has changed. */
static void put_all_changed(struct bpf_servers *servers)
{
	servers->unresolved = 0;
	server_ways_walk(&servers->ways, put_changed, servers);
}

/** Puts a way that was not put by this process. */
static int put_first(const struct server_way *place, void *user)
{
	struct bpf_servers *servers = user;

	work_out(servers, place, &servers->put[place->index]);
	return bpf_program_set_way(
		servers->ingress, index_of(place), &servers->put[place->index]);
}

/** Puts a nat server, so that its replies get the service's address. */
static int put_reply(const struct server_way *place, void *user)
{
	struct bpf_servers *servers = user;
	bool v6 = place->family == AF_INET6;
	const struct address *server = config_own_address(place->server, place->family);
	const struct address *virtual = server_way_virtual(place->service, place->family);
	int map = bpf_program_map(
		servers->ingress, v6 ? BPF_MAP_REPLIES6 : BPF_MAP_REPLIES4);

	if (place->server->method != METHOD_NAT || !server || !virtual)
		return 0;
	return bpf_map_update_elem(map, server->bytes, virtual->bytes, BPF_ANY) ? -errno : 0;
}

/** Removes all nat servers of one family: an earlier run may have had others. */
static int clear_replies(int map)
{
	uint8_t key[16];

	while (bpf_map_get_next_key(map, NULL, key) == 0) {
		if (bpf_map_delete_elem(map, key) && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/** Puts everything. */
int bpf_servers_put(struct bpf_servers *servers)
{
	int error = clear_replies(bpf_program_map(servers->ingress, BPF_MAP_REPLIES4));

	if (!error)
		error = clear_replies(bpf_program_map(servers->ingress, BPF_MAP_REPLIES6));
	if (!error)
		error = server_ways_walk(&servers->ways, put_first, servers);
	if (!error)
		error = server_ways_walk(&servers->ways, put_reply, servers);
	put_all_changed(servers);
	next_hops_release_others(servers->ways.hops);
	return error;
}

/** Follows. */
bool bpf_servers_follow(struct bpf_servers *servers, bool all)
{
	int changes = server_ways_follow(&servers->ways, all);

	if (changes & NEXT_HOP_CHANGED || servers->last_error) {
		servers->last_error = 0;
		put_all_changed(servers);
	}
	return changes & NEXT_HOP_LINK_CHANGED;
}
