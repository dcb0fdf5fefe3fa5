/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * At which interfaces a fast path is that takes packets where they come in: those that the
 * configuration names, else all Ethernet links that belong to no bridge, bond or VRF, since
 * frames come in by these, and where the owner can do that others that are up. Links come and go, so this is looked at again whenever the kernel
 * tells of one. What is put there is the owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/rtnl_link.h"

/** Does something at one interface. Negative errno. */
typedef int ingress_link_fn(uint32_t interface, const char *name, void *user);

/** Whose links they are. */
struct ingress_links_owner {
	/** Puts at a link what is to be there. */
	ingress_link_fn *attach;
	/** Takes off what an owner of this kind has there, this one or one of an earlier run;
	 *  called of every link that is not wanted: 0 also when there is nothing. */
	ingress_link_fn *detach;
	/** Whether what is to be there is there still: 1 or 0, or negative errno. */
	ingress_link_fn *is_attached;
	/** It can be at links that are not Ethernet as well: PPP, tunnels of others. */
	bool any_kind;
};

/** A link that is wanted. */
struct ingress_link_state {
	char name[IFNAMSIZ];
	uint32_t interface;
	int error;  /**< why the owner is not there, negative errno; 0: it is */
	bool seen;  /**< by the last look */
};

struct ingress_links {
	const struct config *config;
	const struct ingress_links_owner *owner;
	void *user; /**< of the owner's functions */
	struct netlink netlink;
	struct ingress_link_state *items; /**< owned; as the last look found them */
	size_t count;
};

/** Begins; attaches nothing yet. config and owner must outlive it. Negative errno. */
int ingress_links_open(struct ingress_links *links, const struct config *config,
	const struct ingress_links_owner *owner, void *user);

/** Ends; what is attached stays where it is. */
void ingress_links_close(struct ingress_links *links);

/** Attaches where the owner is to be and is not, and detaches where it is not to be. What
 *  fails at one link is noted there. Negative errno when links could not be read. */
int ingress_links_look(struct ingress_links *links);

/** Detaches from all links, wanted or not, and ends with the first that fails. Negative
 *  errno. */
int ingress_links_detach_all(struct ingress_links *links);
