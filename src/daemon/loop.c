/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/routing.h"
#include "daemon/turn.h"
#include "kernel/conntrack.h"
#include "kernel/policy_route.h"

enum {
	MORE_DELAY_MS = 1,      /**< between portions of what takes many: packets come first */
	REROUTE_DELAY_MS = 100, /**< a flapping link makes many notices */
};

/** Packets wait in the queue. */
static void packets_wait(struct ev_loop *ev, ev_io *watcher, int events)
{
	struct loop *loop = watcher->data;
	int count = NFQUEUE_BATCH;

	(void)events;
	for (int i = 0; i < TURN_BATCHES && count == NFQUEUE_BATCH; i++)
		count = packets_handle_batch(loop->packets, clock_now_ms());
	if (count < 0) {
		log_error("queue %u: %s", loop->config->queue, strerror(-count));
		loop->exit_status = EXIT_FAILURE;
		ev_break(ev, EVBREAK_ALL);
	}
}

/** Says what conntrack would not forget. */
static void log_conntrack_troubles(struct loop *loop)
{
	const struct conntrack *conntrack = loop->packets->mirror->conntrack;
	const struct conntrack_counters *counters;

	if (!conntrack)
		return;
	counters = conntrack_counters(conntrack);
	if (counters->errors != loop->conntrack_errors_logged)
		log_warning("conntrack: %llu connections could not be deleted, the last: %s",
			(unsigned long long)(counters->errors -
					     loop->conntrack_errors_logged),
			strerror(-counters->last_error));
	loop->conntrack_errors_logged = counters->errors;
}

/** Says once a second at most what went wrong on the packets' way. */
static void log_troubles(struct loop *loop)
{
	uint64_t enobufs = nfqueue_counters(loop->packets->queue)->enobufs;
	const struct apply *apply = &loop->packets->apply;

	if (ev_now(loop->ev) < loop->troubles_logged + 1.0)
		return;
	if (enobufs != loop->enobufs_logged)
		log_warning("queue %u: socket buffer of %u bytes overrun %llu times more; "
			    "raise socket-buffer-bytes",
			loop->config->queue, loop->config->socket_buffer_bytes,
			(unsigned long long)(enobufs - loop->enobufs_logged));
	if (apply->icmp_errors != loop->icmp_errors_logged)
		log_warning("icmp: %llu answers could not be sent, the last: %s",
			(unsigned long long)(apply->icmp_errors - loop->icmp_errors_logged),
			strerror(-apply->icmp_last_error));
	log_conntrack_troubles(loop);
	loop->troubles_logged = ev_now(loop->ev);
	loop->enobufs_logged = enobufs;
	loop->icmp_errors_logged = apply->icmp_errors;
}

/** Looks after the kernel's side once a second. */
static void look_after(struct loop *loop)
{
	if (ev_now(loop->ev) < loop->looked_after + 1.0)
		return;
	loop->looked_after = ev_now(loop->ev);
	upkeep_look(loop->upkeep, clock_now_ms());
}

/** Once a second, and soon again while there is more to do. */
static void tick(struct ev_loop *ev, ev_timer *watcher, int events)
{
	struct loop *loop = watcher->data;
	bool is_more;

	(void)events;
	log_troubles(loop);
	look_after(loop);
	is_more = turn_tidy(loop->director, loop->packets->mirror, clock_now_ms());
	watcher->repeat = is_more ? MORE_DELAY_MS / 1000.0 : 1.0;
	ev_timer_again(ev, watcher);
}

/** All has been done that woke the loop. */
static void turn_ends(struct ev_loop *ev, ev_prepare *watcher, int events)
{
	struct loop *loop = watcher->data;

	(void)ev;
	(void)events;
	mirror_flush(loop->packets->mirror);
}

/** Links, addresses or routes changed. */
static void routes_changed(struct ev_loop *ev, ev_io *watcher, int events)
{
	struct loop *loop = watcher->data;

	(void)events;
	if (policy_route_watch_read(watcher->fd, loop->config) &&
		!ev_is_active(&loop->on_reroute))
		ev_timer_again(ev, &loop->on_reroute);
}

/** What the fast path follows has changed. */
static void fast_path_follows(struct ev_loop *ev, ev_io *watcher, int events)
{
	struct mirror *mirror = ((struct loop *)watcher->data)->packets->mirror;

	(void)ev;
	(void)events;
	mirror->backend->follow(mirror->fast_path, false);
}

/** Watches what the fast path follows, if it follows anything. */
static void watch_fast_path(struct loop *loop)
{
	const struct mirror *mirror = loop->packets->mirror;
	int fd = mirror->backend ? mirror->backend->fd(mirror->fast_path) : -1;

	if (fd < 0)
		return;
	ev_io_init(&loop->on_fast_path, fast_path_follows, fd, EV_READ);
	loop->on_fast_path.data = loop;
	ev_io_start(loop->ev, &loop->on_fast_path);
}

/** The changes have settled. */
static void reroute(struct ev_loop *ev, ev_timer *watcher, int events)
{
	struct loop *loop = watcher->data;

	(void)events;
	ev_timer_stop(ev, watcher);
	routing_apply(loop->config);
}

/** SIGTERM or SIGINT. */
static void stop(struct ev_loop *ev, ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(ev, EVBREAK_ALL);
}

/** Sets up one signal. */
static void watch_signal(struct loop *loop, ev_signal *watcher, int number)
{
	ev_signal_init(watcher, stop, number);
	ev_signal_start(loop->ev, watcher);
}

/** Sets up the watchers of sockets and times. */
static void watch(struct loop *loop)
{
	ev_io_init(&loop->on_packets, packets_wait, nfqueue_fd(loop->packets->queue), EV_READ);
	ev_io_init(&loop->on_routes, routes_changed, loop->route_watch_fd, EV_READ);
	ev_prepare_init(&loop->on_turn, turn_ends);
	/* At once: what was restored may have to be told to the fast path. */
	ev_timer_init(&loop->on_tick, tick, 0.0, 1.0);
	ev_timer_init(&loop->on_reroute, reroute, 0.0, REROUTE_DELAY_MS / 1000.0);
	loop->on_packets.data = loop;
	loop->on_routes.data = loop;
	loop->on_turn.data = loop;
	loop->on_tick.data = loop;
	loop->on_reroute.data = loop;
	ev_io_start(loop->ev, &loop->on_packets);
	ev_io_start(loop->ev, &loop->on_routes);
	ev_prepare_start(loop->ev, &loop->on_turn);
	ev_timer_start(loop->ev, &loop->on_tick);
	watch_fast_path(loop);
	watch_signal(loop, &loop->on_term, SIGTERM);
	watch_signal(loop, &loop->on_int, SIGINT);
	signal(SIGPIPE, SIG_IGN);
}

/** Sets up the loop. */
int loop_open(struct loop *loop, const struct config *config, struct director *director,
	struct packets *packets, struct upkeep *upkeep)
{
	*loop = (struct loop){ .config = config,
		.director = director,
		.packets = packets,
		.upkeep = upkeep };
	loop->route_watch_fd = policy_route_watch_open();
	if (loop->route_watch_fd < 0)
		return loop->route_watch_fd;
	loop->ev = ev_default_loop(EVFLAG_AUTO);
	if (!loop->ev) {
		close(loop->route_watch_fd);
		return -EIO;
	}
	watch(loop);
	pace_watch(&loop->pace, loop->ev);
	return 0;
}

/** Ends the loop. */
void loop_close(struct loop *loop)
{
	close(loop->route_watch_fd);
	ev_loop_destroy(loop->ev);
}

/** Runs the loop. */
int loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
	return loop->exit_status;
}

/** Answers what waits, within a bound. */
void loop_drain(struct loop *loop)
{
	uint32_t left = loop->config->queue_length;
	int count = 1;

	while (count > 0 && left > 0) {
		count = packets_handle_batch(loop->packets, clock_now_ms());
		left -= count > 0 && (uint32_t)count < left ? (uint32_t)count : left;
	}
}
