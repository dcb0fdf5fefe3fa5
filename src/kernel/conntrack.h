/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the kernel forget connections that method nat made. Conntrack keeps to the server
 * that a connection began with, and what a server starts itself begins one as well; so
 * when a client's entry begins or ends, what conntrack has for it must go. A connection
 * is found by either of its two directions, hence one deletion does for both kinds. What
 * is deleted wrongly costs one look at the rules: the next packet makes it again.
 *
 * Deletions are collected and sent together. Nothing is read back but the errors.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/packet.h"

struct conntrack;

struct conntrack_counters {
	uint64_t deletions; /**< sent */
	uint64_t batches;   /**< sends */
	uint64_t absent;    /**< of the deletions: there was no such connection */
	uint64_t errors;    /**< of the deletions: failed otherwise */
	int last_error;     /**< of those, negative errno */
};

/** Opens the socket. Needs CAP_NET_ADMIN from then on. Negative errno. */
int conntrack_open(struct conntrack **ret_conntrack);

/** Closes it; what was not sent is lost. Accepts NULL. */
void conntrack_close(struct conntrack *conntrack);

/** Forgets the UDP connection of the flow, whoever started it. When the buffer is full it
 *  is sent at once. */
void conntrack_forget_udp(struct conntrack *conntrack, const struct packet_flow *flow);

/** Forgets the ESP connection of the flow's two addresses; conntrack sees no SPI, so this
 *  is all ESP that the two have. */
void conntrack_forget_esp(struct conntrack *conntrack, const struct packet_flow *flow);

/** Sends what was collected. */
void conntrack_flush(struct conntrack *conntrack);

/** What was counted since conntrack_open(). */
const struct conntrack_counters *conntrack_counters(const struct conntrack *conntrack);
