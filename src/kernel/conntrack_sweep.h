/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an earlier run left in conntrack would hold clients at servers that this run may
 * not choose for them. Found once, at the start.
 */
#pragma once

#include <stddef.h>

#include "core/config.h"
#include "kernel/conntrack.h"

/** Forgets every connection over UDP 500 and 4500 and ESP that leads to a virtual address
 *  with nat servers, or that a nat server started. *ret_count is how many were found.
 *  -ENOMEM; -EBUSY when conntrack did not hold still; else negative errno. */
int conntrack_sweep(
	struct conntrack *conntrack, const struct config *config, size_t *ret_count);
