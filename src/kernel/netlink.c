/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets, requests, dumps and transactions over libmnl. What the messages mean is
 * known only to the callers.
 */
#include "kernel/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/** Large enough for what the kernel puts into one datagram of a dump. */
#define ANSWER_BYTES 32768

/** How often an interrupted dump starts over before it is given up. */
#define DUMP_ATTEMPTS 16

/** Sets the options that every socket of ours has; an old kernel may lack some. */
static void set_options(struct netlink *netlink, int bus)
{
	int on = 1;

	/* Errors come without a copy of the request, which may be large. */
	mnl_socket_setsockopt(netlink->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	/* Without this the kernel ignores what a route dump is to be limited to. */
	if (bus == NETLINK_ROUTE)
		mnl_socket_setsockopt(
			netlink->socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

/** Opens the socket and the answer buffer. */
int netlink_open(struct netlink *netlink, int bus, int flags)
{
	int error;

	memset(netlink, 0, sizeof(*netlink));
	netlink->buffer = malloc(ANSWER_BYTES);
	if (!netlink->buffer)
		return -ENOMEM;
	netlink->buffer_bytes = ANSWER_BYTES;
	netlink->socket = mnl_socket_open2(bus, SOCK_CLOEXEC | flags);
	if (!netlink->socket)
		goto fail;
	if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) == -1)
		goto fail;
	netlink->portid = mnl_socket_get_portid(netlink->socket);
	netlink->sequence = (uint32_t)time(NULL);
	set_options(netlink, bus);
	return 0;

fail:
	error = -errno;
	netlink_close(netlink);
	return error;
}

/** What is left of an answer would be in the next one's way, and its dump too. */
int netlink_keep(struct netlink *netlink, int bus)
{
	if (netlink->socket && !netlink->is_cut)
		return 0;
	netlink_close(netlink);
	return netlink_open(netlink, bus, 0);
}

/** Raises the send buffer; without the right the system's limit stays. */
void netlink_send_buffer(struct netlink *netlink, int size_bytes)
{
	setsockopt(mnl_socket_get_fd(netlink->socket), SOL_SOCKET, SO_SNDBUFFORCE, &size_bytes,
		sizeof(size_bytes));
}

/** Frees what netlink_open() made, whole or in part. */
void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	free(netlink->buffer);
	memset(netlink, 0, sizeof(*netlink));
}

/** Writes the header of a request. */
struct nlmsghdr *netlink_request(
	struct netlink *netlink, void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = ++netlink->sequence;
	return request;
}

/** Sends bytes, again when a signal came between. */
static int send_bytes(struct netlink *netlink, const void *data, size_t size_bytes)
{
	ssize_t sent;

	do
		sent = mnl_socket_sendto(netlink->socket, data, size_bytes);
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -errno : 0;
}

/** Receives one datagram into the answer buffer; its size or negative errno. */
static ssize_t receive_bytes(struct netlink *netlink)
{
	ssize_t received;

	do
		received = mnl_socket_recvfrom(
			netlink->socket, netlink->buffer, netlink->buffer_bytes);
	while (received == -1 && errno == EINTR);
	return received == -1 ? -errno : received;
}

/** What an error message says: 0 is an acknowledgement. Positive never comes back. */
static int error_of(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(error->error))
		return -EBADMSG;
	return error->error > 0 ? -error->error : error->error;
}

/** What reading one datagram of an answer came to. */
enum progress {
	PROGRESS_MORE, /**< read on */
	PROGRESS_END,  /**< the answer is complete, or failed */
};

/** Where an answer is being read. */
struct answer {
	struct netlink *netlink;
	netlink_message_fn *see; /**< NULL: nobody wants the messages */
	void *user_data;
	uint32_t sequence;
	int error;        /**< outcome */
	bool hasty;       /**< an error of see ends it at once */
	bool interrupted; /**< the kernel changed during the dump */
};

/** Takes one message of an answer. */
static enum progress answer_take(struct answer *answer, const struct nlmsghdr *message)
{
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		answer->interrupted = true;
	if (message->nlmsg_type == NLMSG_ERROR) {
		answer->error = error_of(message);
		return PROGRESS_END;
	}
	if (message->nlmsg_type == NLMSG_DONE) {
		/* A dump that failed half-way says so here. */
		if (mnl_nlmsg_get_payload_len(message) >= sizeof(int))
			answer->error = *(int *)mnl_nlmsg_get_payload(message);
		return PROGRESS_END;
	}
	if (message->nlmsg_type < NLMSG_MIN_TYPE || !answer->see || answer->error)
		return PROGRESS_MORE;
	answer->error = answer->see(message, answer->user_data);
	if (!answer->error || !answer->hasty)
		return PROGRESS_MORE;
	answer->netlink->is_cut = true;
	return PROGRESS_END;
}

/** Takes the messages of one datagram that belong to the request. */
static enum progress answer_datagram(struct answer *answer, size_t size_bytes)
{
	const struct nlmsghdr *message = (const void *)answer->netlink->buffer;
	int left = (int)size_bytes;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (message->nlmsg_seq != answer->sequence)
			continue;
		if (answer_take(answer, message) == PROGRESS_END)
			return PROGRESS_END;
	}
	return PROGRESS_MORE;
}

/** Reads until the answer is complete. Reading goes on after an error of see, so that
 *  the rest of this answer does not stand in the next one's way. */
static int answer_read(struct answer *answer)
{
	ssize_t received;

	do {
		received = receive_bytes(answer->netlink);
		if (received < 0) {
			answer->netlink->is_cut = true;
			return (int)received;
		}
	} while (answer_datagram(answer, (size_t)received) == PROGRESS_MORE);
	return answer->error;
}

/** Sends one request and reads the answer to its end. */
int netlink_talk(struct netlink *netlink, struct nlmsghdr *request,
	netlink_message_fn *see, void *user_data)
{
	struct answer answer = {
		.netlink = netlink,
		.see = see,
		.user_data = user_data,
		.sequence = request->nlmsg_seq,
	};
	int error;

	request->nlmsg_flags |= NLM_F_ACK;
	error = send_bytes(netlink, request, request->nlmsg_len);
	return error ? error : answer_read(&answer);
}

/** Dumps until the kernel did not change meanwhile. */
int netlink_dump(struct netlink *netlink, struct nlmsghdr *request,
	netlink_message_fn *see, void (*begin)(void *user_data), void *user_data)
{
	int attempt;

	request->nlmsg_flags |= NLM_F_DUMP;
	for (attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
		struct answer answer = {
			.netlink = netlink, .see = see, .user_data = user_data
		};
		int error;

		request->nlmsg_seq = ++netlink->sequence;
		answer.sequence = request->nlmsg_seq;
		if (begin)
			begin(user_data);
		error = send_bytes(netlink, request, request->nlmsg_len);
		if (!error)
			error = answer_read(&answer);
		if (error != -EINTR && !answer.interrupted)
			return error;
	}
	return -EBUSY;
}

/** Dumps once. */
int netlink_dump_once(struct netlink *netlink, struct nlmsghdr *request,
	netlink_message_fn *see, void *user_data)
{
	struct answer answer = {
		.netlink = netlink,
		.see = see,
		.user_data = user_data,
		.hasty = true,
	};
	int error;

	request->nlmsg_flags |= NLM_F_DUMP;
	request->nlmsg_seq = answer.sequence = ++netlink->sequence;
	error = send_bytes(netlink, request, request->nlmsg_len);
	return error ? error : answer_read(&answer);
}

/** Looks for the transaction's outcome in one datagram: the first error of any of its
 *  messages, or the acknowledgement of the last. */
static enum progress transact_datagram(const struct netlink *netlink, size_t size_bytes,
	uint32_t last_sequence, int *ret_error)
{
	const struct nlmsghdr *message = (const void *)netlink->buffer;
	int left = (int)size_bytes;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (message->nlmsg_type != NLMSG_ERROR)
			continue;
		if (!*ret_error)
			*ret_error = error_of(message);
		if (*ret_error || message->nlmsg_seq == last_sequence)
			return PROGRESS_END;
	}
	return PROGRESS_MORE;
}

/** Throws away what is left of an answer whose outcome is known. */
static void drain(struct netlink *netlink)
{
	int fd = mnl_socket_get_fd(netlink->socket);

	while (recv(fd, netlink->buffer, netlink->buffer_bytes, MSG_DONTWAIT) > 0)
		;
}

/** Sends a transaction and waits for the outcome of the whole. */
int netlink_transact(struct netlink *netlink, const void *messages, size_t size_bytes,
	uint32_t last_sequence)
{
	int error = send_bytes(netlink, messages, size_bytes);
	ssize_t received;
	int outcome = 0;

	if (error)
		return error;
	do {
		received = receive_bytes(netlink);
		if (received < 0) {
			netlink->is_cut = true;
			return (int)received;
		}
	} while (transact_datagram(netlink, (size_t)received, last_sequence, &outcome) ==
		 PROGRESS_MORE);
	drain(netlink);
	return outcome;
}

/** Shows the errors of one datagram. */
static void post_datagram(const struct netlink *netlink, size_t size_bytes,
	void (*see)(int error, void *user_data), void *user_data)
{
	const struct nlmsghdr *message = (const void *)netlink->buffer;
	int left = (int)size_bytes;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		if (message->nlmsg_type == NLMSG_ERROR && error_of(message))
			see(error_of(message), user_data);
}

/** Sends, and reads what the kernel had to say to it. */
int netlink_post(struct netlink *netlink, const void *messages, size_t size_bytes,
	void (*see)(int error, void *user_data), void *user_data)
{
	int fd = mnl_socket_get_fd(netlink->socket);
	int error = send_bytes(netlink, messages, size_bytes);
	ssize_t received;

	if (error)
		return error;
	while ((received = recv(fd, netlink->buffer, netlink->buffer_bytes,
			MSG_DONTWAIT)) > 0)
		post_datagram(netlink, (size_t)received, see, user_data);
	return 0;
}
