/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/director.h"
#include "core/ruleset_rules.h"
#include "daemon/adopt.h"
#include "daemon/background.h"
#include "daemon/clock.h"
#include "daemon/config_file.h"
#include "daemon/control.h"
#include "daemon/loop.h"
#include "daemon/mirror.h"
#include "daemon/notify.h"
#include "daemon/packets.h"
#include "daemon/privileges.h"
#include "daemon/routing.h"
#include "daemon/state_file.h"
#include "daemon/stats.h"
#include "daemon/upkeep.h"
#include "kernel/conntrack.h"
#include "kernel/conntrack_sweep.h"
#include "kernel/icmp_sender.h"
#include "kernel/nfqueue.h"
#include "kernel/policy_route.h"
#include "kernel/probe.h"
#include "kernel/ruleset.h"

enum {
	ADOPT_AGAIN_MS = 10000,  /**< after the start */
	ADOPT_AGAIN_MAX = 10000, /**< elements; more would hold up packets: the kernel lists
				  *   a map in time that grows with its square */
	COPY_BYTES = 1280, /**< of a packet: all headers, and a whole ICMPv6 quote */
};

struct daemon {
	const struct options *options;
	struct config *config;
	struct director *director;
	struct mirror mirror;
	struct packets packets;
	struct ruleset_info ruleset;
	struct upkeep upkeep;
	struct adopted adopted;
	struct state_file state;
	struct stats_sources stats;
	struct loop loop;
	struct rpc_context rpc;
	struct control *control;
	int hearing_fd; /**< for ICMP errors about tunnels; -1: not needed */
	int ready_fd;   /**< of the waiting parent; -1 in the foreground */
};

/** One step of the start. up logs what is wrong and returns a negative errno; down undoes
 *  it and is called only after up succeeded. */
struct step {
	int (*up)(struct daemon *daemon);
	void (*down)(struct daemon *daemon);
};

/** Prints each thing that is wrong with the configuration. */
static void log_config_errors(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		log_error("%s", errors->list[i].text);
	if (errors->unlisted)
		log_error("%s: %zu more errors", errors->name, errors->unlisted);
}

/** Reads the configuration. */
static int config_up(struct daemon *daemon)
{
	struct config_errors errors;
	int error = config_file_load(daemon->options->config_path, &daemon->config, &errors);

	if (error)
		log_config_errors(&errors);
	return error;
}

/** Frees the configuration. */
static void config_down(struct daemon *daemon)
{
	config_free(daemon->config);
}

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

/** Looks for what the kernel or our rights lack, and says what helps. */
static int probe_up(struct daemon *daemon)
{
	struct probe_finding findings[PROBE_FINDINGS];
	bool nat = ruleset_features(daemon->config) & RULESET_WITH_NAT;
	size_t count = probe_kernel(nat, findings, PROBE_FINDINGS);
	int error = 0;

	for (size_t i = 0; i < count; i++) {
		log_line(findings[i].required ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
			"%s is missing: %s; %s", findings[i].missing, findings[i].effect,
			findings[i].remedy);
		if (findings[i].required)
			error = -ENOTSUP;
	}
	return error;
}

/** Makes the tables, under a fresh random key. */
static int director_up(struct daemon *daemon)
{
	struct session_events events = mirror_events(&daemon->mirror);
	struct hash_key key;
	int error;

	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		log_error("getrandom: %s", strerror(errno));
		return -EIO;
	}
	error = director_new(daemon->config, &key, &events, &daemon->director);
	if (error)
		log_error("tables for max-entries %u: %s", daemon->config->max_entries,
			strerror(-error));
	return error;
}

/** Frees the tables. */
static void director_down(struct daemon *daemon)
{
	director_free(daemon->director);
}

/** Ties the packets' way to tables and configuration; the sockets follow. */
static int packets_up(struct daemon *daemon)
{
	daemon->packets.director = daemon->director;
	daemon->packets.mirror = &daemon->mirror;
	daemon->packets.apply.config = daemon->config;
	daemon->stats.packets = &daemon->packets;
	daemon->stats.mirror = &daemon->mirror;
	daemon->stats.upkeep = &daemon->upkeep;
	return 0;
}

/** Makes the routing. What the kernel does with marks goes on while the daemon is away;
 *  --cleanup removes it. */
static int routing_up(struct daemon *daemon)
{
	int error = routing_apply(daemon->config);

	if (!error)
		daemon->hearing_fd = routing_hear_errors(daemon->config);
	return error;
}

/** Lets go of what makes ICMP errors understood; the routing stays. */
static void routing_down(struct daemon *daemon)
{
	if (daemon->hearing_fd >= 0)
		close(daemon->hearing_fd);
}

/** Binds the queue: before the nft rules, so that the first packet finds a listener, and
 *  before all that is shared with another daemon, for this is where a second one ends. */
static int queue_up(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	struct nfqueue_config queue = {
		.queue = config->queue,
		.queue_length = config->queue_length,
		.socket_buffer_bytes = config->socket_buffer_bytes,
		.copy_bytes = COPY_BYTES,
	};
	int error = nfqueue_open(&queue, &daemon->packets.queue);

	if (error)
		log_error("queue %u: %s%s", config->queue, strerror(-error),
			error == -EBUSY ? "; another process listens there, see "
					  "/proc/net/netfilter/nfnetlink_queue" :
					  "");
	return error;
}

/** Gives the queue back; the kernel drops what still waits. */
static void queue_down(struct daemon *daemon)
{
	nfqueue_close(daemon->packets.queue);
}

/** Opens what sends ICMP. */
static int icmp_up(struct daemon *daemon)
{
	int error = icmp_sender_open(&daemon->packets.apply.icmp);

	if (error)
		log_error("raw socket: %s", strerror(-error));
	return error;
}

/** Closes it. */
static void icmp_down(struct daemon *daemon)
{
	icmp_sender_close(daemon->packets.apply.icmp);
}

/** What the ruleset has to do with conntrack, in words. */
static const char *conntrack_words(const struct ruleset_info *info)
{
	if (info->nat)
		return "conntrack for method nat";
	return info->notrack ? "no conntrack" : "with conntrack";
}

/** Installs our nft tables, or leaves that to the operator. It has no step down: while the
 *  daemon is away nothing may pass; --cleanup removes it. */
static int ruleset_up(struct daemon *daemon)
{
	int error;

	if (daemon->config->ruleset == RULESET_EXTERNAL)
		return 0;
	error = ruleset_install(daemon->config, &daemon->ruleset);
	if (error) {
		log_error("nft table: %s%s", strerror(-error),
			error == -ENOENT ? "; rules that queue need CONFIG_NFT_QUEUE or "
					   "CONFIG_NETFILTER_XT_TARGET_NFQUEUE, "
					   "method nat CONFIG_NFT_NAT" :
					   "");
		return error;
	}
	daemon->stats.ruleset = &daemon->ruleset;
	log_info("nft table installed: %s, defragmentation by %s, %s%s",
		ruleset_backend_name(daemon->ruleset.backend),
		ruleset_defrag_name(daemon->ruleset.defrag),
		conntrack_words(&daemon->ruleset),
		daemon->ruleset.bridge ? ", and one for bridges" : "");
	return 0;
}

/** Takes over the table of an earlier run. Who listens to the table must be ready, but for
 *  conntrack, which is swept as a whole. */
static int state_up(struct daemon *daemon)
{
	state_file_load(&daemon->state, daemon->config, daemon->director);
	daemon->stats.state = &daemon->state;
	return 0;
}

/** Ties conntrack to the table where a server is nat. What an earlier run left in it goes:
 *  the new nft table is there by now, so what comes again is by this run's marks. */
static int conntrack_up(struct daemon *daemon)
{
	struct conntrack *conntrack;
	size_t count;
	int error;

	if (!(ruleset_features(daemon->config) & RULESET_WITH_NAT))
		return 0;
	error = conntrack_open(&conntrack);
	if (error)
		goto fail;
	error = conntrack_sweep(conntrack, daemon->config, &count);
	if (error)
		goto fail_sweep;
	if (count)
		log_info("conntrack: %zu connections of an earlier run deleted", count);
	daemon->mirror.conntrack = conntrack;
	return 0;

fail_sweep:
	conntrack_close(conntrack);
fail:
	log_error("conntrack: %s; method nat needs CONFIG_NF_CT_NETLINK",
		strerror(-error));
	return error;
}

/** Leaves the connections to the next run, like the nft tables. */
static void conntrack_down(struct daemon *daemon)
{
	conntrack_close(daemon->mirror.conntrack);
	daemon->mirror.conntrack = NULL;
}

/** For state.save. */
static int save(void *user)
{
	return state_file_save(user);
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
		.started_ms = clock_now_ms(),
		.more_stats = stats_collect,
		.more_stats_user = &daemon->stats,
		.save = save,
		.save_user = &daemon->state,
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

/** Gives up the rights that are no longer needed. */
static int privileges_up(struct daemon *daemon)
{
	int error = privileges_drop();

	(void)daemon;
	if (error)
		log_error("capabilities could not be reduced: %s", strerror(-error));
	return error;
}

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

/** Makes the loop. */
static int loop_up(struct daemon *daemon)
{
	int error;

	daemon->upkeep = (struct upkeep){
		.config = daemon->config,
		.director = daemon->director,
		.mirror = &daemon->mirror,
		.adopt_again_ms = daemon->adopted.kept <= ADOPT_AGAIN_MAX ?
			clock_now_ms() + ADOPT_AGAIN_MS :
			0,
		.marks_are_known = !daemon->state.restored.servers_changed,
		.ruleset = daemon->config->ruleset == RULESET_NFTABLES ? &daemon->ruleset :
									 NULL,
	};
	upkeep_begin(&daemon->upkeep);
	error = loop_open(&daemon->loop, daemon->config, daemon->director, &daemon->packets,
		&daemon->upkeep);

	if (error)
		log_error("event loop or route monitor: %s", strerror(-error));
	return error;
}

/** Ends the loop. */
static void loop_down(struct daemon *daemon)
{
	loop_close(&daemon->loop);
}

/** Has the state file written from time to time. */
static int state_watch_up(struct daemon *daemon)
{
	state_file_watch(&daemon->state, daemon->loop.ev);
	return 0;
}

/** Ends that. */
static void state_watch_down(struct daemon *daemon)
{
	state_file_stop(&daemon->state);
}

/** The start, in order; the end is the same list backwards. */
static const struct step steps[] = {
	{ config_up, config_down },
	{ background_up, NULL },
	{ probe_up, NULL },
	{ director_up, director_down },
	{ packets_up, NULL },
	{ queue_up, queue_down },
	{ routing_up, routing_down },
	{ icmp_up, icmp_down },
	{ ruleset_up, NULL },
	{ state_up, NULL },
	{ conntrack_up, conntrack_down },
	{ fast_path_up, fast_path_down },
	{ loop_up, loop_down },
	{ state_watch_up, state_watch_down },
	{ control_up, control_down },
	{ privileges_up, NULL },
};

/** Undoes the first count steps. */
static void step_down(struct daemon *daemon, size_t count)
{
	while (count > 0) {
		if (steps[--count].down)
			steps[count].down(daemon);
	}
}

/** Takes all steps, or none. */
static int step_up(struct daemon *daemon)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int error = steps[i].up(daemon);

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
	struct config_errors errors;

	if (config_file_load(options->config_path, &config, &errors)) {
		log_config_errors(&errors);
		return EXIT_FAILURE;
	}
	printf("%s: %zu services, %zu servers, no errors\n", options->config_path,
		config->service_count, config->server_count);
	config_free(config);
	return EXIT_SUCCESS;
}

/** Removes what is left in the kernel. */
int daemon_cleanup(void)
{
	int ruleset_error = ruleset_remove();
	int route_error = policy_route_remove();

	if (ruleset_error)
		log_error("nft table could not be removed: %s", strerror(-ruleset_error));
	if (route_error)
		log_error("routing could not be removed: %s", strerror(-route_error));
	return ruleset_error || route_error ? EXIT_FAILURE : EXIT_SUCCESS;
}
