/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of the start: the process itself, its loop, and who may speak with it.
 */
#include <errno.h>
#include <string.h>

#include "daemon/background.h"
#include "daemon/carried.h"
#include "daemon/clock.h"
#include "daemon/daemon_steps.h"
#include "daemon/log.h"
#include "daemon/privileges.h"

/** Goes into the background unless asked not to. */
static int background_up(struct daemon *daemon)
{
	daemon->ready_fd = -1;
	if (daemon->options->foreground)
		return 0;
	daemon->ready_fd = background_fork();
	if (daemon->ready_fd < 0)
		log_error("background: %s", strerror(-daemon->ready_fd));
	return daemon->ready_fd < 0 ? daemon->ready_fd : 0;
}

const struct daemon_step daemon_background = { .up = background_up };

/** Makes the loop. */
static int loop_up(struct daemon *daemon)
{
	int error;

	daemon->upkeep = (struct upkeep){
		.config = daemon->config,
		.director = daemon->director,
		.mirror = &daemon->mirror,
		.adopt = &daemon->adopt,
		.ruleset = daemon->config->ruleset == RULESET_NFTABLES ? &daemon->ruleset :
									 NULL,
	};
	upkeep_begin(&daemon->upkeep);
	error = loop_open(&daemon->loop, daemon->config, daemon->director, &daemon->packets,
		&daemon->upkeep);

	if (error) {
		log_error("event loop or route monitor: %s", strerror(-error));
		upkeep_end(&daemon->upkeep);
	}
	return error;
}

/** Ends the loop. */
static void loop_down(struct daemon *daemon)
{
	loop_close(&daemon->loop);
	upkeep_end(&daemon->upkeep);
}

const struct daemon_step daemon_loop = { .up = loop_up, .down = loop_down };

/** For state.save. */
static int save(void *user)
{
	return state_file_save(user);
}

/** For show.clients. */
static int carried(void *user, const struct session_client *client, uint64_t *ret_ago_ms)
{
	const struct daemon *daemon = user;

	return carried_ago(
		&daemon->mirror, &daemon->director->sessions, client, ret_ago_ms);
}

/** For limit.set. Where the kernel refuses, the old rate is in force. */
static int set_limit(size_t index, uint32_t per_second, void *user)
{
	struct daemon *daemon = user;
	uint32_t previous = daemon->config->limits[index];
	int error;

	if (daemon->config->ruleset == RULESET_EXTERNAL)
		return -EOPNOTSUPP;
	daemon->config->limits[index] = per_second;
	error = upkeep_reinstall(&daemon->upkeep);
	if (error)
		daemon->config->limits[index] = previous;
	return error;
}

/** Opens the control socket. */
static int control_up(struct daemon *daemon)
{
	struct control_settings settings = {
		.path = daemon->config->socket_path,
		.group = daemon->config->socket_group,
		.rpc = &daemon->rpc,
		.now_ms = clock_now_ms,
	};
	int error;

	daemon->rpc = (struct rpc_context){
		.director = daemon->director,
		.config = daemon->config,
		.counting = &daemon->counting,
		.started_ms = clock_now_ms(),
		.more_stats = stats_collect,
		.more_stats_user = &daemon->stats,
		.carried = carried,
		.carried_user = daemon,
		.save = save,
		.save_user = &daemon->state,
		.set_limit = set_limit,
		.set_limit_user = daemon,
	};
	error = control_new(daemon->loop.ev, &settings, &daemon->control);
	if (error)
		log_error("control socket %s: %s", settings.path, control_error_text(error));
	return error;
}

/** Closes it. */
static void control_down(struct daemon *daemon)
{
	control_free(daemon->control);
}

const struct daemon_step daemon_control = { .up = control_up, .down = control_down };

/** Gives up the rights that are no longer needed. */
static int privileges_up(struct daemon *daemon)
{
	int error = privileges_drop();

	(void)daemon;
	if (error)
		log_error("capabilities could not be reduced: %s", strerror(-error));
	return error;
}

const struct daemon_step daemon_privileges = { .up = privileges_up };
