/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the fast path has last carried something for a client, asked for on demand: the table
 * does not hear of it.
 */
#pragma once

#include <stdint.h>

#include "daemon/mirror.h"

/** How long ago that was. -ENOENT: never; -EOPNOTSUPP: the fast path that there is does not
 *  know, or there is none. */
int carried_ago(const struct mirror *mirror, const struct session_table *sessions,
	const struct session_client *client, uint64_t *ret_ago_ms);
