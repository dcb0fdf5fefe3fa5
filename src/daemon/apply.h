/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decision to effects: the one place where a packet's fate reaches the kernel.
 */
#pragma once

#include <stdint.h>

#include "core/decide.h"
#include "kernel/icmp_sender.h"
#include "kernel/nfqueue.h"

struct apply {
	const struct config *config;
	struct icmp_sender *icmp;     /**< borrowed */
	const struct defence *defence; /**< borrowed: the director's */
	uint64_t icmp_sent;
	uint64_t challenges_sent;
	uint64_t icmp_errors;
	int icmp_last_error;          /**< negative errno of the latest failure */
};

/** Carries out the decision on a packet: sends what has to be sent, and returns the
 *  verdict, which the caller must deliver. */
struct nfqueue_verdict apply_decision(struct apply *apply, const struct packet *packet,
	const struct nfqueue_packet *queued, const struct decision *decision);
