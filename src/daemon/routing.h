/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routing by mark as the daemon wants it, with what went wrong in the log.
 */
#pragma once

#include "core/config.h"

struct routing;

/** Works out what rules and routes are to be, and makes tunnel devices. config must outlive it.
 *  What is wrong is logged. Negative errno. */
int routing_prepare(const struct config *config, struct routing **ret_routing);

/** Works it out again if the fast path has been chosen since, and needs other tunnel devices
 *  than were expected. Errors as above; *routing is NULL then. */
int routing_renew(const struct config *config, struct routing **routing);

/** Makes rules and routes that. A next hop that is not on-link is logged and is no error.
 *  Negative errno. */
int routing_commit(struct routing *routing);

/** Frees; what was not made is given up. Accepts NULL. */
void routing_close(struct routing *routing);

/** Makes rules and routes what config says. A next hop that is not on-link is logged and
 *  is no error. Negative errno. */
int routing_apply(const struct config *config);

/** Opens what ICMP errors about tunnels need to be understood, if config has such tunnels:
 *  a descriptor to hold as long as they are there, and to close; -1: none is needed, or
 *  it cannot be had, which is logged. */
int routing_hear_errors(const struct config *config);
