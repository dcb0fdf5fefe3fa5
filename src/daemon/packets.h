/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet's way through the daemon, batch by batch: receive, classify, decide, apply,
 * and all verdicts in one send.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/director.h"
#include "daemon/apply.h"
#include "daemon/mirror.h"
#include "kernel/nfqueue.h"

struct packets {
	struct nfqueue *queue;     /**< borrowed */
	struct director *director; /**< borrowed */
	struct mirror *mirror;     /**< borrowed */
	struct apply apply;
};

/** Handles one batch. Returns the number of packets, 0 when none waits; negative errno
 *  when the queue's socket is dead. Each packet received is answered. */
int packets_handle_batch(struct packets *packets, uint64_t now_ms);
