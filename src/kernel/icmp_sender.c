/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw sockets that take whole packets, IP header included. They receive nothing: the
 * protocol number IPPROTO_RAW is for sending alone.
 */
#include "kernel/icmp_sender.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36
#endif

struct icmp_sender {
	int fd_v4;
	int fd_v6; /**< -1: no IPv6 in this kernel */
};

/** Opens one raw socket whose packets bring their header. */
static int open_raw(int family, int level, int option)
{
	int on = 1, error;
	int fd = socket(
		family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);

	if (fd == -1)
		return -errno;
	if (setsockopt(fd, level, option, &on, sizeof(on)) == -1) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

/** Opens both families. */
int icmp_sender_open(struct icmp_sender **ret_sender)
{
	struct icmp_sender *sender = malloc(sizeof(*sender));
	int error;

	if (!sender)
		return -ENOMEM;
	sender->fd_v6 = -1;
	sender->fd_v4 = open_raw(AF_INET, IPPROTO_IP, IP_HDRINCL);
	if (sender->fd_v4 < 0) {
		error = sender->fd_v4;
		goto fail;
	}
	sender->fd_v6 = open_raw(AF_INET6, IPPROTO_IPV6, IPV6_HDRINCL);
	if (sender->fd_v6 < 0 && sender->fd_v6 != -EAFNOSUPPORT) {
		error = sender->fd_v6;
		goto fail;
	}
	*ret_sender = sender;
	return 0;

fail:
	icmp_sender_close(sender);
	return error;
}

/** Closes what is open. */
void icmp_sender_close(struct icmp_sender *sender)
{
	if (!sender)
		return;
	if (sender->fd_v4 >= 0)
		close(sender->fd_v4);
	if (sender->fd_v6 >= 0)
		close(sender->fd_v6);
	free(sender);
}

/** Sends by the socket of the family. */
static int send_to(int fd, const struct sockaddr *to, socklen_t to_bytes,
	const uint8_t *packet, size_t size_bytes)
{
	ssize_t sent;

	if (fd < 0)
		return -EAFNOSUPPORT;
	do
		sent = sendto(fd, packet, size_bytes, MSG_DONTWAIT, to, to_bytes);
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -errno : 0;
}

/** Sends one IPv4 packet. */
static int send_v4(const struct icmp_sender *sender, const struct address *destination,
	const uint8_t *packet, size_t size_bytes)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	memcpy(&to.sin_addr, destination->bytes, sizeof(to.sin_addr));
	return send_to(sender->fd_v4, (const struct sockaddr *)&to, sizeof(to), packet,
		size_bytes);
}

/** Sends one IPv6 packet. */
static int send_v6(const struct icmp_sender *sender, const struct address *destination,
	const uint8_t *packet, size_t size_bytes)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };

	memcpy(&to.sin6_addr, destination->bytes, sizeof(to.sin6_addr));
	return send_to(sender->fd_v6, (const struct sockaddr *)&to, sizeof(to), packet,
		size_bytes);
}

/** Sends one packet. */
int icmp_sender_send(struct icmp_sender *sender, const struct address *destination,
	const uint8_t *packet, size_t size_bytes)
{
	switch (destination->family) {
	case AF_INET:
		return send_v4(sender, destination, packet, size_bytes);
	case AF_INET6:
		return send_v6(sender, destination, packet, size_bytes);
	}
	return -EAFNOSUPPORT;
}
