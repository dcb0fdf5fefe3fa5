/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes over what the fast path still carries from an earlier run and the table does not
 * know: clients are not cut because the daemon was away.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/mirror.h"

struct adopted {
	size_t kept;
	size_t removed; /**< that belong to no service or server, or found no room */
};

/**
 * Makes an ESTABLISHED entry, with unknown cookies, of each element that no entry stands
 * behind: of its own flow, or for ESP and AH of port 500. Entries that were restored before
 * keep what they are. Unless is_known, marks may mean other servers than when the elements
 * were made, and those that no entry stands behind are removed. Negative errno when the elements could not be read; ret_adopted is
 * filled in every case.
 */
int adopt_elements(struct mirror *mirror, struct director *director, uint64_t now_ms,
	bool is_known, struct adopted *ret_adopted);
