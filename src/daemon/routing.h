/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routing by mark as the daemon wants it, with what went wrong in the log.
 */
#pragma once

#include "core/config.h"

/** Makes rules and routes what config says. A next hop that is not on-link is logged and
 *  is no error. Negative errno. */
int routing_apply(const struct config *config);

/** Opens what ICMP errors about tunnels need to be understood, if config has such tunnels:
 *  a descriptor to hold as long as they are there, and to close; -1: none is needed, or
 *  it cannot be had, which is logged. */
int routing_hear_errors(const struct config *config);
