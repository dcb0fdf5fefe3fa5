/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/scheduler.h"

#include <string.h>

static const struct scheduler *const schedulers[] = {
	&scheduler_rr,
	&scheduler_wrr,
	&scheduler_wlc,
	&scheduler_hash,
};

/** The i-th scheduler. */
const struct scheduler *scheduler_at(size_t index)
{
	return index < sizeof(schedulers) / sizeof(schedulers[0]) ? schedulers[index] : NULL;
}

/** The scheduler of that name. */
const struct scheduler *scheduler_find(const char *name)
{
	const struct scheduler *scheduler;

	for (size_t i = 0; (scheduler = scheduler_at(i)); i++) {
		if (!strcmp(scheduler->name, name))
			return scheduler;
	}
	return NULL;
}
