/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/background.h"
#include "daemon/daemon_steps.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

/** The start, in order; the end is the same list backwards. */
static const struct daemon_step *const steps[] = {
	&daemon_config,
	&daemon_background,
	&daemon_probe,
	&daemon_director,
	&daemon_packets,
	&daemon_queue,
	&daemon_plan,
	&daemon_fast_path_choice,
	&daemon_plan_chosen,
	&daemon_icmp,
	&daemon_ruleset,
	&daemon_routing,
	&daemon_state,
	&daemon_conntrack,
	&daemon_fast_path,
	&daemon_loop,
	&daemon_adopt,
	&daemon_state_watch,
	&daemon_control,
	&daemon_privileges,
};

/** Undoes the first count steps. */
static void step_down(struct daemon *daemon, size_t count)
{
	while (count > 0) {
		if (steps[--count]->down)
			steps[count]->down(daemon);
	}
}

/** Takes all steps, or none. */
static int step_up(struct daemon *daemon)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int error = steps[i]->up(daemon);

		if (error) {
			step_down(daemon, i);
			return error;
		}
	}
	return 0;
}

/** Serves until told to stop. */
static int serve(struct daemon *daemon)
{
	int exit_status;

	log_info("%zu services, %zu servers, queue %u", daemon->config->service_count,
		daemon->config->server_count, daemon->config->queue);
	notify_send("READY=1");
	background_ready(daemon->ready_fd);
	exit_status = loop_run(&daemon->loop);
	notify_send("STOPPING=1");
	log_info("stopping");
	loop_drain(&daemon->loop);
	state_file_finish(&daemon->state);
	return exit_status;
}

/** Runs the daemon. */
int daemon_run(const struct options *options)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	int exit_status = EXIT_FAILURE;

	if (!daemon) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	daemon->options = options;
	if (!step_up(daemon)) {
		exit_status = serve(daemon);
		step_down(daemon, sizeof(steps) / sizeof(steps[0]));
	}
	free(daemon);
	return exit_status;
}

/** Checks the configuration. */
int daemon_check(const struct options *options)
{
	struct config *config;

	if (daemon_read_config(options, &config))
		return EXIT_FAILURE;
	printf("%s: %zu services, %zu servers, no errors\n", options->config_path,
		config->service_count, config->server_count);
	config_free(config);
	return EXIT_SUCCESS;
}

/** Removes what is left in the kernel. */
int daemon_cleanup(void)
{
	int fast_path_error = daemon_fast_path_clear();
	int ruleset_error = ruleset_remove();
	int route_error = policy_route_remove();

	if (ruleset_error)
		log_error("nft table could not be removed: %s", strerror(-ruleset_error));
	if (route_error)
		log_error("routing could not be removed: %s", strerror(-route_error));
	return fast_path_error || ruleset_error || route_error ? EXIT_FAILURE :
								 EXIT_SUCCESS;
}
