/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hears what the session table announces. Everything outside the table that has to know
 * of established and removed entries is told from here; today that is the log.
 */
#pragma once

#include <stdint.h>

#include "core/session.h"

struct mirror {
	uint64_t established; /**< entries announced as established */
	uint64_t removed;     /**< entries announced as removed */
};

/** The events to give to director_new(); mirror must outlive the director. */
struct session_events mirror_events(struct mirror *mirror);
