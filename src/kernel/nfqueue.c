/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue's socket. One recvmmsg() takes up to NFQUEUE_BATCH datagrams, each with
 * normally one packet; one send carries the verdicts of all of them, see nfqueue_answer.h.
 * That is where the speed is: a system call for every packet costs more than all of our own
 * work on it.
 */
#include "kernel/nfqueue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/netlink.h"
#include "kernel/nfqueue_answer.h"
#include "kernel/nfqueue_message.h"

/** What a message needs beside the packet: headers and all attributes but the payload
 *  (a link layer header and a security context are the large ones). */
#define OVERHEAD_BYTES 1024

/** Where the kernel lists its queues. */
#define KERNEL_LIST "/proc/self/net/netfilter/nfnetlink_queue"

struct nfqueue {
	struct netlink netlink;
	uint16_t queue;
	size_t slot_bytes; /**< room for one datagram */
	uint8_t *slots;    /**< owned; NFQUEUE_BATCH of them */
	struct mmsghdr headers[NFQUEUE_BATCH];
	struct iovec vectors[NFQUEUE_BATCH];
	size_t datagrams;             /**< received last */
	size_t next_datagram;         /**< first of them that is not read yet */
	struct nfqueue_reader reader; /**< the one being read */
	struct nfqueue_packet packets[NFQUEUE_BATCH];
	size_t count;    /**< packets returned last */
	size_t answered; /**< of them, from the first on, have a verdict */
	struct nfqueue_answers answers;
	struct nfqueue_counters counters;
};

/** Gives every datagram its slot. */
static int slots_make(struct nfqueue *queue, uint32_t copy_bytes)
{
	size_t i;

	queue->slot_bytes = MNL_ALIGN((size_t)copy_bytes + OVERHEAD_BYTES);
	queue->slots = calloc(NFQUEUE_BATCH, queue->slot_bytes);
	if (!queue->slots)
		return -ENOMEM;
	for (i = 0; i < NFQUEUE_BATCH; i++) {
		queue->vectors[i].iov_base = queue->slots + i * queue->slot_bytes;
		queue->vectors[i].iov_len = queue->slot_bytes;
		queue->headers[i].msg_hdr.msg_iov = &queue->vectors[i];
		queue->headers[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

/** Sizes the receive buffer beyond the system's limit where we may, else up to it. */
static void size_socket(const struct nfqueue *queue, uint32_t size_bytes)
{
	int fd = nfqueue_fd(queue), size = (int)size_bytes;

	if (!size_bytes)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == -1)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/** Begins a configuration message for the queue. */
static struct nlmsghdr *config_message(struct nfqueue *queue, void *buffer)
{
	struct nlmsghdr *message = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, queue->queue);

	message->nlmsg_seq = ++queue->netlink.sequence;
	return message;
}

/** Tells whether the kernel lets us configure queues at all: a command that it has
 *  long since made to do nothing succeeds. */
static bool may_configure(struct nfqueue *queue)
{
	uint64_t buffer[NETLINK_REQUEST_BYTES / sizeof(uint64_t)];
	struct nlmsghdr *message = config_message(queue, buffer);

	nfq_nlmsg_cfg_put_cmd(message, AF_INET, NFQNL_CFG_CMD_PF_BIND);
	return netlink_talk(&queue->netlink, message, NULL, NULL) == 0;
}

/** Binds the queue, not yet delivering. Without NFQA_CFG_F_GSO: packets that were joined the
 *  kernel takes apart, since each of them may be of another kind. It says EPERM both for a queue
 *  of somebody else and for a lack of privilege; we do not. */
static int bind_queue(struct nfqueue *queue, const struct nfqueue_config *config)
{
	uint64_t buffer[NETLINK_REQUEST_BYTES / sizeof(uint64_t)];
	struct nlmsghdr *message = config_message(queue, buffer);
	int error;

	nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	if (config->queue_length)
		nfq_nlmsg_cfg_put_qmaxlen(message, config->queue_length);
	error = netlink_talk(&queue->netlink, message, NULL, NULL);
	if (error == -EPERM && may_configure(queue))
		return -EBUSY;
	return error;
}

/** Lets the kernel deliver. No acknowledgement: packets could come before it, and only
 *  the receive path knows how to keep them. */
static int start_delivery(struct nfqueue *queue, uint32_t copy_bytes)
{
	uint64_t buffer[NETLINK_REQUEST_BYTES / sizeof(uint64_t)];
	struct nlmsghdr *message = config_message(queue, buffer);

	nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, (int)copy_bytes);
	if (mnl_socket_sendto(queue->netlink.socket, message, message->nlmsg_len) == -1)
		return -errno;
	return 0;
}

/** Opens, binds and begins. */
int nfqueue_open(const struct nfqueue_config *config, struct nfqueue **ret_queue)
{
	struct nfqueue *queue = calloc(1, sizeof(*queue));
	int error;

	if (!queue)
		return -ENOMEM;
	queue->queue = config->queue;
	error = slots_make(queue, config->copy_bytes);
	if (!error)
		error = nfqueue_answers_init(&queue->answers, config->queue,
			&queue->netlink, &queue->counters);
	if (error)
		goto fail;
	error = netlink_open(&queue->netlink, NETLINK_NETFILTER, SOCK_NONBLOCK);
	if (error)
		goto fail;
	size_socket(queue, config->socket_buffer_bytes);
	error = bind_queue(queue, config);
	if (error)
		goto fail;
	error = start_delivery(queue, config->copy_bytes);
	if (error)
		goto fail;
	*ret_queue = queue;
	return 0;

fail:
	nfqueue_close(queue);
	return error;
}

/** Closing the socket unbinds. */
void nfqueue_close(struct nfqueue *queue)
{
	if (!queue)
		return;
	netlink_close(&queue->netlink);
	free(queue->slots);
	nfqueue_answers_fini(&queue->answers);
	free(queue);
}

/** The netlink socket. */
int nfqueue_fd(const struct nfqueue *queue)
{
	return mnl_socket_get_fd(queue->netlink.socket);
}

/** What SO_RCVBUF says now. */
size_t nfqueue_socket_buffer_bytes(const struct nfqueue *queue)
{
	int size = 0;
	socklen_t length = sizeof(size);

	getsockopt(nfqueue_fd(queue), SOL_SOCKET, SO_RCVBUF, &size, &length);
	return (size_t)size;
}

/** Answers the next count packets of the batch. */
int nfqueue_verdicts(
	struct nfqueue *queue, const struct nfqueue_verdict *verdicts, size_t count)
{
	const struct nfqueue_packet *packets = queue->packets + queue->answered;

	if (count > queue->count - queue->answered)
		return -EINVAL;
	if (!count)
		return 0;
	queue->answered += count;
	return nfqueue_answer(&queue->answers, packets, verdicts, count);
}

/** Drops what the caller left unanswered. */
static void drop_rest(struct nfqueue *queue)
{
	for (; queue->answered < queue->count; queue->answered++)
		nfqueue_answer_drop(&queue->answers, queue->packets[queue->answered].id);
}

/** Counts and keeps, or sees to, what one message brought. */
static void take_message(struct nfqueue *queue, enum nfqueue_message kind)
{
	const struct nfqueue_packet *packet = &queue->packets[queue->count];

	switch (kind) {
	case NFQUEUE_MESSAGE_PACKET:
		queue->counters.packets++;
		queue->counters.bytes += packet->wire_bytes;
		queue->count++;
		break;
	case NFQUEUE_MESSAGE_BROKEN:
		queue->counters.malformed_messages++;
		nfqueue_answer_drop(&queue->answers, packet->id);
		break;
	case NFQUEUE_MESSAGE_MALFORMED:
		queue->counters.malformed_messages++;
		queue->answers.lost_id = true;
		break;
	case NFQUEUE_MESSAGE_REFUSED:
		queue->counters.verdict_errors++;
		break;
	case NFQUEUE_MESSAGE_OTHER:
	case NFQUEUE_MESSAGE_END:
		break;
	}
}

/** Goes to the next received datagram; false when there is none. */
static bool next_datagram(struct nfqueue *queue)
{
	const struct mmsghdr *header = &queue->headers[queue->next_datagram];

	if (queue->next_datagram == queue->datagrams)
		return false;
	if (header->msg_hdr.msg_flags & MSG_TRUNC)
		queue->counters.truncated_messages++;
	queue->reader.data = header->msg_hdr.msg_iov->iov_base;
	queue->reader.left_bytes = header->msg_len;
	queue->next_datagram++;
	return true;
}

/** Reads packets out of the datagrams until the batch is full or they are used up. */
static void read_datagrams(struct nfqueue *queue)
{
	enum nfqueue_message kind;

	while (queue->count < NFQUEUE_BATCH) {
		kind = nfqueue_message_next(
			&queue->reader, &queue->packets[queue->count]);
		if (kind != NFQUEUE_MESSAGE_END)
			take_message(queue, kind);
		else if (!next_datagram(queue))
			return;
	}
}

/** Receives datagrams; how many, 0 when nothing waits, or negative errno. An overrun is
 *  reported once, in the place of data; what did fit is still there to be read. */
static int receive_datagrams(struct nfqueue *queue)
{
	int received;

	do {
		received = recvmmsg(nfqueue_fd(queue), queue->headers, NFQUEUE_BATCH,
			MSG_DONTWAIT, NULL);
		if (received == -1 && errno == ENOBUFS)
			queue->counters.enobufs++;
	} while (received == -1 && (errno == EINTR || errno == ENOBUFS));
	if (received != -1)
		return received;
	if (errno == EAGAIN)
		return 0;
	queue->counters.receive_errors++;
	return -errno;
}

/** Receives one batch. */
int nfqueue_receive(struct nfqueue *queue, const struct nfqueue_packet **ret_packets)
{
	int received;

	nfqueue_answer_owed(&queue->answers);
	drop_rest(queue);
	queue->count = queue->answered = 0;
	read_datagrams(queue);
	if (!queue->count) {
		received = receive_datagrams(queue);
		if (received < 0)
			return received;
		queue->datagrams = (size_t)received;
		queue->next_datagram = 0;
		read_datagrams(queue);
	}
	if (queue->count)
		queue->counters.batches++;
	*ret_packets = queue->packets;
	return (int)queue->count;
}

/** Our own counters. */
const struct nfqueue_counters *nfqueue_counters(const struct nfqueue *queue)
{
	return &queue->counters;
}

/** Finds the queue's line in the kernel's list. */
int nfqueue_kernel_counters(
	const struct nfqueue *queue, struct nfqueue_kernel_counters *ret_counters)
{
	unsigned int number, peer, waiting, mode, range, queue_dropped, user_dropped;
	FILE *list = fopen(KERNEL_LIST, "re");
	int outcome = -ENOENT;
	char line[256];

	if (!list)
		return -errno;
	while (outcome && fgets(line, sizeof(line), list)) {
		if (sscanf(line, "%u %u %u %u %u %u %u", &number, &peer, &waiting, &mode,
			    &range, &queue_dropped, &user_dropped) != 7)
			continue;
		if (number != queue->queue)
			continue;
		ret_counters->waiting = waiting;
		ret_counters->queue_dropped = queue_dropped;
		ret_counters->user_dropped = user_dropped;
		outcome = 0;
	}
	fclose(list);
	return outcome;
}
