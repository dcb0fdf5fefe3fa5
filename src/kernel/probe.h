/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The self-check at start: what the daemon needs and does not find, each with what to do
 * about it. Looks only; changes nothing, except that the kernel may load a module.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** More findings than there are checks. */
#define PROBE_FINDINGS 16

struct probe_finding {
	const char *missing; /**< "CAP_NET_ADMIN", "nfnetlink_queue" */
	const char *effect;  /**< what does not work without it */
	const char *remedy;  /**< what an operator does about it */
	bool required;       /**< false: the daemon can start, but look at it */
};

/** Fills at most max findings, with nat also what that method needs; returns how many
 *  things are missing, 0 when all is well. */
size_t probe_kernel(bool nat, struct probe_finding *findings, size_t max);

/** Whether there is a bridge whose packets the rules of IP do not see, as they do with
 *  br_netfilter. */
bool probe_hidden_bridge(void);
