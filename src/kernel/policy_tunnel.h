/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways through tunnels: which device takes a server's packets, what the route into it
 * says, and how the outer packets find on.
 *
 *   clients  outer  IP in IP                      GUE
 *   IPv4     IPv4   ipip for all, external mode   ipip, one a server
 *   IPv6     IPv6   ip6tnl for all, external mode ip6tnl, one a server
 *   IPv4     IPv6   the same                      the same
 *   IPv6     IPv4   sit, one a server             sit, one a server
 *
 * The fast path by nft sends into devices without asking for a route, so with it there is one
 * a server in any case, but where somebody else has such a device: then the one for all is
 * taken, and packets follow their mark there.
 *
 * In external mode the kernel (6.1) knows no GUE, and sit has no such mode. An ipip
 * device in it looks for the outer packet's route by the inner one's mark; all others
 * have mark 0 and follow the main table, where they also learn of a narrower way (PMTU).
 */
#pragma once

#include "kernel/policy_plan.h"

/** Tells whether each server is to have a device of its own, whatever the encapsulation. */
bool policy_tunnel_is_for_each(const struct config *config);

/** How many bytes the tunnel to a server puts around a packet, whose outer header is of the
 *  family outer. */
uint32_t policy_tunnel_outer_bytes(const struct config_server *server, uint8_t outer);

/** Plans the way of a family's packets to end, the server's address, or that there is
 *  none. The device is made if need be; plan->counters names one that cannot be. */
int policy_tunnel_plan(struct policy_plan *plan, struct netlink *netlink,
	const struct config_server *server, uint8_t family, const struct address *end);

/** Removes our tunnel devices that are not among those planned so far. Negative errno. */
int policy_tunnel_delete_others(struct netlink *netlink, const struct policy_plan *plan);

/** Plans that nothing comes in by the planned devices: they are there to send, and
 *  anybody can send to them. */
int policy_tunnel_plan_input(struct policy_plan *plan);
