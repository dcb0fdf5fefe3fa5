/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routing by mark: per server one rule and one table that holds its next hop and, below
 * it, a blackhole, so that a packet whose next hop went away is dropped instead of
 * going where the main table points. All of it carries our protocol id, by which it is
 * found again after a crash.
 * For tunnel the route puts the packet into another one, over a device of
 * tunnel_device.h, and the table knows the way to the server itself as well, since what
 * goes there still bears the mark. A local one needs no table of its own: what the
 * kernel's has no address for meets the rule behind and is dropped. Neither does one of
 * method nat, whose packets go where the main table says once they have the server's
 * address; what was not translated meets the rule behind. With nat alone there are no
 * rules, unless there were some before: the nft table holds packets to their servers.
 *
 *   rule_priority       nothing in the bits of mark_mask -> goto rule_priority + 36, or
 *                       35 where there are tunnel devices
 *   rule_priority       fwmark of a server -> its table; of a local one: lookup local;
 *                       of a nat one: to the server's address -> lookup main
 *   or, if there are more than eight of them,
 *   rule_priority       the upper bits of the fwmark of a group of eight -> goto its place
 *   rule_priority + 1   these places, up to 33, with the rules of the group's servers
 *   and then
 *   rule_priority + 34  any other value in the bits of mark_mask -> blackhole
 *   rule_priority + 35  in by a tunnel device of ours -> blackhole: they only send
 *   rule_priority + 36  lookup local, moved here from 0: else a virtual address that is
 *                       the director's own would be delivered before any mark is seen
 *
 * Rules of others between 0 and rule_priority therefore come before the local table as
 * long as ours are there: rule_priority should be smaller than all of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "kernel/tunnel_device.h"

/** Who made a route or a rule (rtm_protocol, FRA_PROTOCOL); free in iproute2's list. */
#define POLICY_ROUTE_PROTOCOL 83

struct policy_route_counters {
	uint32_t rules_added;
	uint32_t rules_kept;
	uint32_t rules_removed;
	uint32_t routes_added;
	uint32_t routes_kept;
	uint32_t routes_removed;
	uint32_t unreachable;                      /**< next hops that cannot be used */
	const struct config_server *first_unreachable; /**< in config; NULL when none */
	uint8_t first_unreachable_family;              /**< of its clients */
	uint32_t tunnels_in_the_way; /**< of servers' own devices: not taken */
	int tunnel_error; /**< of a tunnel device, negative errno; 0: none */
	struct tunnel_device tunnel_device; /**< that device */
};

/** A change of rules and routes that is worked out and not made yet. */
struct policy_route;

/**
 * Works out how rules and routes become what the config wants. Nothing changes but that
 * tunnel devices are made, into which nothing leads yet; those in the way of them, which the
 * config has no use for, are removed. config and counters must outlive the change; counters
 * are filled in every case. A tunnel device that cannot be made ends it, with tunnel_error.
 * -EPERM; -ENOMEM; else negative errno.
 */
int policy_route_prepare(const struct config *config, struct policy_route_counters *counters,
	struct policy_route **ret_change);

/**
 * Makes the change: adds what is missing, then removes what is ours and wrong; what is right is
 * not touched. -EHOSTUNREACH when some next hop is not on-link, or the server of a tunnel or of
 * nat has no route: its packets are dropped, everything else is done. -EPERM; -EAFNOSUPPORT no
 * policy routing; else negative errno.
 */
int policy_route_commit(struct policy_route *change);

/** Frees it. If it was not made, tunnel devices that were made for it go. Accepts NULL. */
void policy_route_close(struct policy_route *change);

/** Prepares, makes and frees a change. Errors of either. */
int policy_route_apply(
	const struct config *config, struct policy_route_counters *ret_counters);

/** Removes all rules, routes and tunnel devices of ours, whatever config made them, and
 *  puts the local rule back to 0. 0 also when there are none. */
int policy_route_remove(void);

/** Opens a nonblocking monitor of links, addresses, rules and routes. Returns its
 *  descriptor, which is the caller's to close, or negative errno. */
int policy_route_watch_open(void);

/** Reads what the monitor has, up to a bound; the descriptor stays readable while there
 *  is more. Returns whether policy_route_apply() should run again for config; true as
 *  well when notices were lost. */
bool policy_route_watch_read(int watch_fd, const struct config *config);
