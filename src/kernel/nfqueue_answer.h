/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdicts of a batch: most of them leave in one message, and all in one send. What the
 * kernel is too short of memory to take is sent in parts, then singly, and what it does not
 * take even so is owed: dropped as soon as that is possible. It receives nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/netlink.h"
#include "kernel/nfqueue.h"

struct nfqueue_answers {
	uint16_t queue;
	struct netlink *netlink;           /**< not owned */
	struct nfqueue_counters *counters; /**< not owned; of verdicts and their errors */
	uint8_t *buffer;                   /**< owned; messages to be sent */
	size_t messages;                   /**< how many there are */
	size_t ends[NFQUEUE_BATCH + 1];    /**< where they end, from [1] on */
	uint32_t owed[NFQUEUE_BATCH];      /**< ids whose verdict could not be sent */
	size_t owed_count;
	bool lost_id; /**< a packet waits whose id is not known */
};

/** Gets ready to answer for that queue by netlink, which may be opened later. -ENOMEM. */
int nfqueue_answers_init(struct nfqueue_answers *answers, uint16_t queue,
	struct netlink *netlink, struct nfqueue_counters *counters);

/** Undoes it, also when it failed or never was. */
void nfqueue_answers_fini(struct nfqueue_answers *answers);

/** Gives count packets their verdicts, up to NFQUEUE_BATCH, and counts them. Negative errno:
 *  some could not be sent, and are owed. */
int nfqueue_answer(struct nfqueue_answers *answers, const struct nfqueue_packet *packets,
	const struct nfqueue_verdict *verdicts, size_t count);

/** Drops a packet that nobody decided on. */
void nfqueue_answer_drop(struct nfqueue_answers *answers, uint32_t id);

/** Drops what is owed, if the kernel takes that now. */
void nfqueue_answer_owed(struct nfqueue_answers *answers);
