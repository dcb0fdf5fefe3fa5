/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks all links each time: there are few, and nothing is then forgotten.
 */
#include "kernel/ingress_links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/tunnel_device.h"

/** Begins. */
int ingress_links_open(struct ingress_links *links, const struct config *config,
	const struct ingress_links_owner *owner, void *user)
{
	*links = (struct ingress_links){ .config = config, .owner = owner, .user = user };
	return netlink_open(&links->netlink, NETLINK_ROUTE, 0);
}

/** Ends. */
void ingress_links_close(struct ingress_links *links)
{
	netlink_close(&links->netlink);
	free(links->items);
	links->items = NULL;
	links->count = 0;
}

/** Tells whether packets come in by a link that is not Ethernet. */
static bool is_of_other_kind(const struct rtnl_link *link)
{
	return !link->ethernet && !link->loopback && link->up &&
		strncmp(link->name, TUNNEL_DEVICE_PREFIX, strlen(TUNNEL_DEVICE_PREFIX)) != 0;
}

/** Tells whether the owner is to be at a link. */
static bool is_wanted(const struct ingress_links *links, const struct rtnl_link *link)
{
	const struct config *config = links->config;
	bool suits = link->ethernet || (links->owner->any_kind && is_of_other_kind(link));

	for (size_t i = 0; i < config->interface_count; i++) {
		if (strcmp(config->interfaces[i], link->name) == 0)
			return true;
	}
	return !config->interface_count && suits && !link->master;
}

/** The state of a link that was wanted before, by its index; else a new one; NULL: there is
 *  no memory. */
static struct ingress_link_state *state_of(struct ingress_links *links, uint32_t interface)
{
	struct ingress_link_state *items;

	for (size_t i = 0; i < links->count; i++) {
		if (links->items[i].interface == interface)
			return &links->items[i];
	}
	items = reallocarray(links->items, links->count + 1, sizeof(*items));
	if (!items)
		return NULL;
	links->items = items;
	return &items[links->count++];
}

/** Attaches at a link, or detaches from it. */
static int look_at(const struct rtnl_link *link, void *user)
{
	struct ingress_links *links = user;
	const struct ingress_links_owner *owner = links->owner;
	struct ingress_link_state *state;

	if (!is_wanted(links, link)) {
		owner->detach(link->interface, link->name, links->user);
		return 0;
	}
	state = state_of(links, link->interface);
	if (!state)
		return -ENOMEM;
	*state = (struct ingress_link_state){
		.interface = link->interface,
		.seen = true,
	};
	memcpy(state->name, link->name, sizeof(state->name));
	if (owner->is_attached(link->interface, link->name, links->user) != 1)
		state->error = owner->attach(link->interface, link->name, links->user);
	return 0;
}

/** Forgets links that have gone, or are not wanted any more. */
static void forget_others(struct ingress_links *links)
{
	size_t kept = 0;

	for (size_t i = 0; i < links->count; i++) {
		if (links->items[i].seen)
			links->items[kept++] = links->items[i];
	}
	links->count = kept;
}

/** Looks at all. */
int ingress_links_look(struct ingress_links *links)
{
	int error;

	for (size_t i = 0; i < links->count; i++)
		links->items[i].seen = false;
	error = rtnl_link_walk(&links->netlink, look_at, links);
	if (!error)
		forget_others(links);
	return error;
}

/** Detaches from one link. */
static int detach(const struct rtnl_link *link, void *user)
{
	const struct ingress_links *links = user;

	return links->owner->detach(link->interface, link->name, links->user);
}

/** Detaches from all. */
int ingress_links_detach_all(struct ingress_links *links)
{
	return rtnl_link_walk(&links->netlink, detach, links);
}
