/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One NFQUEUE: packets come in batches and are answered in batches, so that system
 * calls are paid once for many packets. Every packet that was received gets a verdict;
 * what cannot be understood but carries an id is dropped here. Never looks into a
 * packet. Not fail-open: what the daemon does not answer for is not forwarded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most packets that one nfqueue_receive() returns. */
#define NFQUEUE_BATCH 64

struct nfqueue;

struct nfqueue_config {
	uint16_t queue;
	uint32_t queue_length;        /**< packets that may wait for a verdict */
	uint32_t socket_buffer_bytes; /**< receive buffer; 0: the system's default */
	uint32_t copy_bytes;          /**< most bytes of a packet handed over */
};

struct nfqueue_packet {
	uint32_t id;
	uint32_t mark;
	uint8_t hook;        /**< linux/netfilter.h's number of where it was queued */
	const uint8_t *data; /**< from the IP header on; the queue's own, never NULL */
	size_t captured_bytes;
	size_t wire_bytes; /**< how long the packet is; >= captured_bytes */
};

struct nfqueue_verdict {
	bool accept;
	bool set_mark; /**< false: the packet keeps the mark it came with */
	uint32_t mark;
};

struct nfqueue_counters {
	uint64_t packets;            /**< received */
	uint64_t bytes;              /**< of them on the wire */
	uint64_t batches;            /**< receives that brought a packet */
	uint64_t enobufs;            /**< times our socket was overrun */
	uint64_t receive_errors;     /**< receives that failed otherwise */
	uint64_t malformed_messages; /**< netlink messages not understood */
	uint64_t truncated_messages; /**< netlink messages that did not fit */
	uint64_t accepted;           /**< verdicts given */
	uint64_t dropped;            /**< verdicts given */
	uint64_t verdict_errors;     /**< verdicts refused by the kernel or not sent */
	uint64_t verdict_retries;    /**< sends repeated in smaller parts */
};

/** What the kernel itself counts for the queue since it was bound. */
struct nfqueue_kernel_counters {
	uint32_t waiting;       /**< packets without a verdict now */
	uint32_t queue_dropped; /**< the queue was full */
	uint32_t user_dropped;  /**< our socket was full */
};

/** Binds the queue. -EBUSY: another process holds it; -EPERM: no CAP_NET_ADMIN;
 *  -EINVAL or -EOPNOTSUPP: the kernel has no nfnetlink_queue; else negative errno. */
int nfqueue_open(const struct nfqueue_config *config, struct nfqueue **ret_queue);

/** Unbinds; packets that wait for a verdict are dropped by the kernel. Accepts NULL. */
void nfqueue_close(struct nfqueue *queue);

/** The descriptor to wait on for reading. Level-triggered. */
int nfqueue_fd(const struct nfqueue *queue);

/** The size of the receive buffer that the kernel granted, in its own accounting. */
size_t nfqueue_socket_buffer_bytes(const struct nfqueue *queue);

/**
 * Receives what waits, at most NFQUEUE_BATCH packets, without blocking. The packets
 * are valid until the next call. Answer them all with nfqueue_verdicts() before that;
 * what is left unanswered is dropped at the next call.
 * Returns how many (NFQUEUE_BATCH: more may be there, call again); 0 when nothing waits
 * or what came was no packet; negative errno when the socket is dead. Overruns are
 * counted, not returned.
 */
int nfqueue_receive(struct nfqueue *queue, const struct nfqueue_packet **ret_packets);

/**
 * Answers the first count packets of the last receive that have none yet, in their
 * order. One send for all of them; where that fails, smaller ones. 0, or the last
 * negative errno when some could not be sent (counted in verdict_errors): those are
 * dropped as soon as sending works again.
 */
int nfqueue_verdicts(
	struct nfqueue *queue, const struct nfqueue_verdict *verdicts, size_t count);

/** What was counted since nfqueue_open(). */
const struct nfqueue_counters *nfqueue_counters(const struct nfqueue *queue);

/** Asks the kernel for its counters. -ENOENT when it does not list the queue. */
int nfqueue_kernel_counters(
	const struct nfqueue *queue, struct nfqueue_kernel_counters *ret_counters);
