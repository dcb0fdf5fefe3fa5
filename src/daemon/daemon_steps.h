/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon as its steps see it: a struct that they fill one after the other, and the steps
 * themselves, each a row of two functions. Their order is daemon.c's. Of use to
 * daemon*.c alone.
 */
#pragma once

#include "core/director.h"
#include "daemon/adopt.h"
#include "daemon/control.h"
#include "daemon/loop.h"
#include "daemon/mirror.h"
#include "daemon/options.h"
#include "daemon/packets.h"
#include "daemon/routing.h"
#include "daemon/state_file.h"
#include "daemon/stats.h"
#include "daemon/upkeep.h"
#include "kernel/ruleset.h"

struct daemon {
	const struct options *options;
	struct config *config;
	struct director *director;
	struct counting counting;
	struct mirror mirror;
	struct packets packets;
	struct ruleset_info ruleset;
	struct upkeep upkeep;
	const struct fast_path_backend *fast_path_backend; /**< the one chosen, or NULL */
	struct adopt adopt;
	struct state_file state;
	struct stats_sources stats;
	struct loop loop;
	struct rpc_context rpc;
	struct control *control;
	struct routing *routing; /**< as it is to be */
	int hearing_fd; /**< for ICMP errors about tunnels; -1: not needed */
	int ready_fd;   /**< of the waiting parent; -1 in the foreground */
};

/** One step of the start. up logs what is wrong and returns a negative errno; down, which
 *  may be NULL, undoes it and is called only after up succeeded. */
struct daemon_step {
	int (*up)(struct daemon *daemon);
	void (*down)(struct daemon *daemon);
};

/* daemon_table.c */
extern const struct daemon_step daemon_config;
extern const struct daemon_step daemon_director;
extern const struct daemon_step daemon_packets;
extern const struct daemon_step daemon_state;
extern const struct daemon_step daemon_state_watch;

/* daemon_kernel.c */
extern const struct daemon_step daemon_probe;
extern const struct daemon_step daemon_queue;
extern const struct daemon_step daemon_plan;
extern const struct daemon_step daemon_plan_chosen;
extern const struct daemon_step daemon_routing;
extern const struct daemon_step daemon_icmp;
extern const struct daemon_step daemon_ruleset;
extern const struct daemon_step daemon_conntrack;

/* daemon_fast_path.c */
extern const struct daemon_step daemon_fast_path_choice;
extern const struct daemon_step daemon_fast_path;
extern const struct daemon_step daemon_adopt;

/* daemon_process.c */
extern const struct daemon_step daemon_background;
extern const struct daemon_step daemon_loop;
extern const struct daemon_step daemon_control;
extern const struct daemon_step daemon_privileges;

/** Sees to it that nothing that an earlier run has left gives packets the marks of servers that
 *  are others now. Logs what fails. Negative errno. */
int daemon_fast_path_retire(struct daemon *daemon);

/** Removes what backends of the fast path have in the kernel beside nft tables; logs what
 *  fails. Negative errno. */
int daemon_fast_path_clear(void);

/** Reads the configuration and logs each thing that is wrong with it. Negative errno. */
int daemon_read_config(const struct options *options, struct config **ret_config);
