/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What wakes the daemon: packets, the clock, changed routes, signals, the control socket.
 */
#pragma once

#include <ev.h>
#include <stdint.h>

#include "core/director.h"
#include "daemon/pace.h"
#include "daemon/packets.h"
#include "daemon/upkeep.h"

struct loop {
	struct ev_loop *ev; /**< owned; others may add watchers of theirs */
	const struct config *config;
	struct director *director;
	struct packets *packets;
	ev_io on_packets;
	ev_io on_routes;
	ev_io on_fast_path;
	ev_prepare on_turn;
	ev_timer on_tick;
	ev_timer on_reroute;
	ev_signal on_term;
	ev_signal on_int;
	int route_watch_fd;
	struct pace pace;
	struct upkeep *upkeep;
	ev_tstamp looked_after;
	ev_tstamp troubles_logged;
	uint64_t enobufs_logged;
	uint64_t icmp_errors_logged;
	uint64_t conntrack_errors_logged;
	int exit_status;
};

/** Sets up the loop over things that must outlive it. Negative errno. */
int loop_open(struct loop *loop, const struct config *config, struct director *director,
	struct packets *packets, struct upkeep *upkeep);

/** Undoes loop_open. */
void loop_close(struct loop *loop);

/** Runs until SIGTERM, SIGINT or a dead queue. Returns the exit status. */
int loop_run(struct loop *loop);

/** Answers what waits in the queue, but not more than it holds: senders do not stop. */
void loop_drain(struct loop *loop);
