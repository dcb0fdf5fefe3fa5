/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways to the servers, one for each server and family of clients, for a fast path that
 * sends packets on by itself: which there are, and what their next hops are as these come and
 * go. What is made of them is the backend's, which walks over them again after each change.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/netlink.h"
#include "kernel/next_hop.h"

/** A server with its service, for one family of clients. */
struct server_way {
	const struct config_service *service;
	const struct config_server *server;
	uint8_t family; /**< of the clients' packets */
	uint32_t index; /**< from 0, two a server: IPv4 is even, IPv6 odd */
};

struct server_ways {
	const struct config *config;
	struct next_hops *hops; /**< owned */
	int *numbers; /**< owned; next hop of each way by its index; negative: needs none */
	size_t count; /**< two for each server */
	bool for_each; /**< packets can be sent into tunnel devices: each server has its own */
	struct netlink netlink;
};

/** Sees one way. A negative return ends the walk with that error. */
typedef int server_way_fn(const struct server_way *way, void *user);

/** Begins to follow the next hops of all ways that need one. config must outlive it.
 *  Negative errno. */
int server_ways_open(struct server_ways *ways, const struct config *config);

/** Ends; the kernel keeps neighbours fresh as before. Accepts what is all zero. */
void server_ways_close(struct server_ways *ways);

/** Shows all ways, those of families that a service or server does not have as well: these
 *  need no next hop. */
int server_ways_walk(const struct server_ways *ways, server_way_fn *see, void *user);

/** The next hop of a way, which may be not resolved. NULL: it needs none, for the server is
 *  this host or there is no address of the family. Valid until the next change. */
const struct next_hop *server_ways_hop(
	const struct server_ways *ways, const struct server_way *way);

/** The descriptor that is readable when there is something for server_ways_follow(). */
int server_ways_fd(const struct server_ways *ways);

/** Takes over what the kernel told meanwhile; all: asks also for what it does not tell of,
 *  once a second. Returns bits of enum next_hop_change; NEXT_HOP_CHANGED: some way may not be
 *  what it was, be it by its device. */
int server_ways_follow(struct server_ways *ways, bool all);

/**
 * The tunnel device of a way, with the largest packet that its tunnel takes: that which packets
 * with the server's mark are routed into, as the kernel has it now. Packets can be sent into it
 * as they are. -ENODEV: there is none, the server's method being another one, or its device one
 * for all (policy_tunnel.h), or none yet; other negative errno.
 */
int server_ways_device(struct server_ways *ways, const struct server_way *way,
	uint32_t *ret_interface, uint32_t *ret_mtu_bytes);

/** The service's first virtual address of a family, with nat its only one; or NULL. */
const struct address *server_way_virtual(
	const struct config_service *service, uint8_t family);
