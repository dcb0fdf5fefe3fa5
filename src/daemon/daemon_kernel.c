/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of the start: what the daemon has of the kernel, but for the fast path.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/ruleset_rules.h"
#include "daemon/daemon_steps.h"
#include "daemon/log.h"
#include "daemon/routing.h"
#include "kernel/conntrack.h"
#include "kernel/conntrack_sweep.h"
#include "kernel/icmp_sender.h"
#include "kernel/nfqueue.h"
#include "kernel/probe.h"
#include "kernel/ruleset.h"

#define COPY_BYTES 1280 /**< of a packet: all headers, and a whole ICMPv6 quote */
#define COPY_BYTES_CHALLENGE 4096
#define QUEUE_TRIES 20 /**< for a queue that another one has, who may be about to end */
#define QUEUE_PAUSE_NS 100000000

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

const struct daemon_step daemon_probe = { .up = probe_up };

/** Works the routing out, and makes what nothing leads into yet. Before the fast path, whose maps
 *  are new from then on: where this fails, nothing has changed. */
static int plan_up(struct daemon *daemon)
{
	return routing_prepare(daemon->config, &daemon->routing);
}

/** Frees the plan. */
static void plan_down(struct daemon *daemon)
{
	routing_close(daemon->routing);
	daemon->routing = NULL;
}

const struct daemon_step daemon_plan = { .up = plan_up, .down = plan_down };

/** Works the routing out for the fast path that was chosen: if it is nft, nothing has changed
 *  with the choice. */
static int plan_chosen_up(struct daemon *daemon)
{
	return routing_renew(daemon->config, &daemon->routing);
}

const struct daemon_step daemon_plan_chosen = { .up = plan_chosen_up };

/** Makes the routing, after the nft table and when nothing of an earlier run gives marks any more
 *  that mean other servers now. What the kernel does with marks goes on while the daemon is
 *  away; --cleanup removes it. */
static int routing_up(struct daemon *daemon)
{
	int error = daemon_fast_path_retire(daemon);

	if (!error)
		error = routing_commit(daemon->routing);
	plan_down(daemon);
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

const struct daemon_step daemon_routing = { .up = routing_up, .down = routing_down };

/** How much of a packet is handed over. A first message that may be challenged has its Ni
 *  behind a key of up to 1 KiB. */
static uint32_t copy_bytes(const struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++) {
		if (config->services[i].challenge != SWITCH_OFF)
			return COPY_BYTES_CHALLENGE;
	}
	return COPY_BYTES;
}

/** Opens the queue. Who was killed has it until all threads are gone, one of which may be with a
 *  slow disk, and is not seen any more by then. */
static int queue_open(const struct nfqueue_config *queue, struct nfqueue **ret_queue)
{
	const struct timespec pause = { .tv_nsec = QUEUE_PAUSE_NS };
	int error = nfqueue_open(queue, ret_queue);

	for (int i = 1; i < QUEUE_TRIES && error == -EBUSY; i++) {
		nanosleep(&pause, NULL);
		error = nfqueue_open(queue, ret_queue);
	}
	return error;
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
		.copy_bytes = copy_bytes(config),
	};
	int error = queue_open(&queue, &daemon->packets.queue);

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

const struct daemon_step daemon_queue = { .up = queue_up, .down = queue_down };

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

const struct daemon_step daemon_icmp = { .up = icmp_up, .down = icmp_down };

/** What the ruleset has to do with conntrack, in words. */
static const char *conntrack_words(const struct ruleset_info *info)
{
	if (info->nat)
		return "conntrack for method nat";
	return info->notrack ? "no conntrack" : "with conntrack";
}

/** Says that replies may pass unseen: the queue is for bridged packets where nft can do that, and
 *  else they have to be shown to the rules of IP. */
static void warn_of_bridges(const struct ruleset_info *info)
{
	if (info->no_bridge && probe_hidden_bridge())
		log_warning("replies = seen: this kernel's nft cannot queue what is bridged, and "
			    "rules of IP do not see it; where servers' replies pass a bridge "
			    "of this host, modprobe br_netfilter and set "
			    "net.bridge.bridge-nf-call-iptables and bridge-nf-call-ip6tables "
			    "to 1");
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
	warn_of_bridges(&daemon->ruleset);
	return 0;
}

const struct daemon_step daemon_ruleset = { .up = ruleset_up };

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

const struct daemon_step daemon_conntrack = { .up = conntrack_up, .down = conntrack_down };
