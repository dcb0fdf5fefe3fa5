/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks all links each time: there are few, and nothing is then forgotten.
 */
#include "kernel/bpf_links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/bpf_hook.h"

/** Begins. */
int bpf_links_open(struct bpf_links *links, const struct config *config,
	struct bpf_ingress *ingress)
{
	*links = (struct bpf_links){ .config = config, .ingress = ingress };
	return netlink_open(&links->netlink, NETLINK_ROUTE, 0);
}

/** Ends. */
void bpf_links_close(struct bpf_links *links)
{
	netlink_close(&links->netlink);
	free(links->items);
	links->items = NULL;
}

/** Tells whether the program is to be at a link. */
static bool is_wanted(const struct config *config, const struct rtnl_link *link)
{
	for (size_t i = 0; i < config->interface_count; i++) {
		if (strcmp(config->interfaces[i], link->name) == 0)
			return true;
	}
	return !config->interface_count && link->ethernet && !link->master;
}

/** The state of a link that was wanted before, by its index; else a new one; NULL: there is
 *  no memory. */
static struct bpf_link_state *state_of(
	struct bpf_links *links, const struct rtnl_link *link)
{
	struct bpf_link_state *items;

	for (size_t i = 0; i < links->count; i++) {
		if (links->items[i].interface == link->interface)
			return &links->items[i];
	}
	items = reallocarray(links->items, links->count + 1, sizeof(*items));
	if (!items)
		return NULL;
	links->items = items;
	return &items[links->count++];
}

/** Links seen in one walk. */
struct look {
	struct bpf_links *links;
	uint32_t *seen; /**< owned; indexes of wanted links */
	size_t seen_count;
};

/** Notes that a wanted link is there still. */
static int note_seen(struct look *look, uint32_t interface)
{
	uint32_t *seen = reallocarray(look->seen, look->seen_count + 1, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	look->seen = seen;
	seen[look->seen_count++] = interface;
	return 0;
}

/** Attaches at a link, or detaches from it. Where nothing of ours is nothing is done. */
static int look_at(const struct rtnl_link *link, void *user)
{
	struct look *look = user;
	struct bpf_ingress *ingress = look->links->ingress;
	struct bpf_link_state *state;

	if (!is_wanted(look->links->config, link)) {
		bpf_program_detach(ingress, link->interface);
		return 0;
	}
	state = state_of(look->links, link);
	if (!state)
		return -ENOMEM;
	memcpy(state->name, link->name, sizeof(state->name));
	state->interface = link->interface;
	state->error = 0;
	if (bpf_program_is_attached(ingress, link->interface) != 1)
		state->error = bpf_program_attach(ingress, link->interface);
	return note_seen(look, link->interface);
}

/** Forgets links that have gone, or are not wanted any more. */
static void forget_others(struct bpf_links *links, const struct look *look)
{
	size_t kept = 0;

	for (size_t i = 0; i < links->count; i++) {
		bool is_there = false;

		for (size_t j = 0; j < look->seen_count; j++)
			is_there |= look->seen[j] == links->items[i].interface;
		if (is_there)
			links->items[kept++] = links->items[i];
	}
	links->count = kept;
}

/** Looks at all. */
int bpf_links_look(struct bpf_links *links)
{
	struct look look = { .links = links };
	int error = rtnl_link_walk(&links->netlink, look_at, &look);

	if (!error)
		forget_others(links, &look);
	free(look.seen);
	return error;
}

/** Detaches from one link. */
static int detach(const struct rtnl_link *link, void *user)
{
	const struct bpf_links *links = user;

	return bpf_program_detach(links->ingress, link->interface);
}

/** Detaches from all. */
int bpf_links_detach_all(struct bpf_links *links)
{
	return rtnl_link_walk(&links->netlink, detach, links);
}

/** Notes whether a program of ours is at one link. */
static int note_hook(const struct rtnl_link *link, void *user)
{
	uint32_t program = 0;

	if (bpf_hook_find(link->interface, &program) == 0 && program)
		*(bool *)user = true;
	return 0;
}

/** Asks at all. */
bool bpf_links_has_any(struct bpf_links *links)
{
	bool any = false;

	return rtnl_link_walk(&links->netlink, note_hook, &any) == 0 && any;
}
