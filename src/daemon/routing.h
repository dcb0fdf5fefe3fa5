/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routing by mark as the daemon wants it, with what went wrong in the log.
 */
#pragma once

#include "core/config.h"

/** Makes rules and routes what config says. A next hop that is not on-link is logged and
 *  is no error. Negative errno. */
int routing_apply(const struct config *config);
