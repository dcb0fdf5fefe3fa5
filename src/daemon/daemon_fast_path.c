/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The step of the start that has the kernel carry what is established.
 */
#include <string.h>

#include "core/ruleset_rules.h"
#include "daemon/clock.h"
#include "daemon/daemon_steps.h"
#include "daemon/log.h"

/** Lets the kernel carry what is established, and takes over what it carries already from
 *  an earlier run. Without it everything is queued. */
static int fast_path_up(struct daemon *daemon)
{
	struct mirror *mirror = &daemon->mirror;
	struct adopted *adopted = &daemon->adopted;
	int error;

	mirror->config = daemon->config;
	mirror->refill_next = SIZE_MAX;
	if (!ruleset_has_fast_path(daemon->config))
		return 0;
	error = nft_maps.attach(&mirror->fast_path);
	if (error) {
		log_error("fast path: %s", strerror(-error));
		return error;
	}
	mirror->backend = &nft_maps;
	error = adopt_elements(mirror, daemon->director, clock_now_ms(),
		!daemon->state.restored.servers_changed, adopted);
	if (error)
		log_warning("fast path: what the kernel carries could not be read: %s",
			strerror(-error));
	/* What was restored before the fast path was there. */
	mirror_refill(mirror, false);
	log_info("fast path: %s; %zu elements of an earlier run kept, %zu removed",
		mirror->backend->name, adopted->kept, adopted->removed);
	return 0;
}

/** Leaves the established to the kernel: what ends from now on is not told to it. */
static void fast_path_down(struct daemon *daemon)
{
	struct mirror *mirror = &daemon->mirror;

	if (!mirror->backend)
		return;
	mirror->backend->commit(mirror->fast_path);
	mirror->backend->detach(mirror->fast_path);
	mirror->backend = NULL;
}

const struct daemon_step daemon_fast_path = { .up = fast_path_up, .down = fast_path_down };
