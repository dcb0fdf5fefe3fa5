/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf_servers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "kernel/bpf_way.h"

/** A server with its service, for one family of clients. */
struct place {
	const struct config_service *service;
	const struct config_server *server;
	uint8_t family;
	uint32_t index; /**< of its way */
};

/** Sees one place. Negative errno ends the walk. */
typedef int place_fn(struct bpf_servers *servers, const struct place *place);

/** Shows all places. */
static int walk(struct bpf_servers *servers, place_fn *see)
{
	const struct config *config = servers->config;
	int error = 0;

	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];

		for (size_t j = 0; j < 2 * service->server_count && !error; j++) {
			const struct config_server *server = &service->servers[j / 2];
			const struct place place = { service, server,
				j % 2 ? AF_INET6 : AF_INET,
				bpf_way_index(server->index, j % 2) };

			error = see(servers, &place);
		}
	}
	return error;
}

/** The service's first virtual address of a family, with nat its only one; or NULL. */
static const struct address *virtual_of(
	const struct config_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->address_count; i++) {
		if (service->addresses[i].family == family)
			return &service->addresses[i];
	}
	return NULL;
}

/** Begins to follow the next hop of a place, if it needs one. */
static int follow_place(struct bpf_servers *servers, const struct place *place)
{
	const struct config_server *server = place->server;
	const struct address *address = config_server_address(server, place->family);
	int number;

	servers->numbers[place->index] = -1;
	if (!address || server->method == METHOD_LOCAL ||
		!virtual_of(place->service, place->family))
		return 0;
	number = next_hops_follow(servers->hops, address, server->method == METHOD_DIRECT);
	servers->numbers[place->index] = number;
	return number < 0 ? number : 0;
}

/** Begins. */
int bpf_servers_open(struct bpf_servers *servers, const struct config *config,
	struct bpf_ingress *ingress)
{
	int error;

	*servers = (struct bpf_servers){ .config = config, .ingress = ingress };
	servers->way_count = 2 * config->server_count;
	servers->numbers = calloc(servers->way_count + 1, sizeof(*servers->numbers));
	servers->ways = calloc(servers->way_count + 1, sizeof(*servers->ways));
	error = servers->numbers && servers->ways ? next_hops_open(&servers->hops) : -ENOMEM;
	if (!error)
		error = walk(servers, follow_place);
	if (error)
		bpf_servers_close(servers);
	return error;
}

/** Ends. */
void bpf_servers_close(struct bpf_servers *servers)
{
	next_hops_close(servers->hops);
	free(servers->numbers);
	free(servers->ways);
	*servers = (struct bpf_servers){ .hops = NULL };
}

/** Makes a way by a next hop that is resolved, by the server's method. False when there is
 *  none after all. */
static bool make_way(const struct place *place, const struct next_hop *hop,
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
static void work_out(
	const struct bpf_servers *servers, const struct place *place, struct bpf_way *ret_way)
{
	const struct config_server *server = place->server;
	int number = servers->numbers[place->index];
	const struct next_hop *hop = number < 0 ? NULL : next_hops_get(servers->hops, number);
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

/** Puts the way of a place if it is not what it was. */
static int put_changed(struct bpf_servers *servers, const struct place *place)
{
	struct bpf_way way, *before = &servers->ways[place->index];
	int error;

	work_out(servers, place, &way);
	if (servers->numbers[place->index] >= 0 && way.method == BPF_METHOD_UP)
		servers->unresolved++;
	if (memcmp(&way, before, sizeof(way)) == 0)
		return 0;
	error = bpf_program_set_way(servers->ingress, place->index, &way);
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
	walk(servers, put_changed);
}

/** Puts a way that was not put by this process. */
static int put_first(struct bpf_servers *servers, const struct place *place)
{
	work_out(servers, place, &servers->ways[place->index]);
	return bpf_program_set_way(
		servers->ingress, place->index, &servers->ways[place->index]);
}

/** Puts a nat server, so that its replies get the service's address. */
static int put_reply(struct bpf_servers *servers, const struct place *place)
{
	bool v6 = place->family == AF_INET6;
	const struct address *server = config_own_address(place->server, place->family);
	const struct address *virtual = virtual_of(place->service, place->family);
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
		error = walk(servers, put_first);
	if (!error)
		error = walk(servers, put_reply);
	put_all_changed(servers);
	next_hops_release_others(servers->hops);
	return error;
}

/** Follows. */
bool bpf_servers_follow(struct bpf_servers *servers, bool all)
{
	int changes = all ? next_hops_look(servers->hops) : next_hops_read(servers->hops);

	if (changes & NEXT_HOP_CHANGED || servers->last_error) {
		servers->last_error = 0;
		put_all_changed(servers);
	}
	return changes & NEXT_HOP_LINK_CHANGED;
}
