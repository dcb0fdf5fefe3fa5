/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

/** Enters the namespace at path. */
static int enter(const char *path)
{
	int error = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return -errno;
	if (setns(fd, CLONE_NEWNET) == -1)
		error = -errno;
	close(fd);
	return error;
}

/** Makes a packet socket where the process is. */
static int open_packet(unsigned int interface, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)interface,
	};
	int error, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/** Makes a socket of the family where the process is. */
static int open_here(int family, const char *device, uint16_t protocol, unsigned int *interface)
{
	int fd;

	*interface = if_nametoindex(device);
	if (!*interface)
		return -errno;
	if (family == AF_PACKET)
		return open_packet(*interface, protocol);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return fd == -1 ? -errno : fd;
}

/** Goes there, makes the socket and comes back. */
static int open_there(const char *path, int family, const char *device, uint16_t protocol,
	unsigned int *interface)
{
	int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int result;

	if (back == -1)
		return -errno;
	result = path ? enter(path) : 0;
	if (!result)
		result = open_here(family, device, protocol, interface);
	if (setns(back, CLONE_NEWNET) == -1 && result >= 0) {
		close(result);
		result = -errno;
	}
	close(back);
	return result;
}

/** A packet socket. */
int netns_packet_socket(const char *path, const char *device, uint16_t protocol)
{
	unsigned int interface;

	return open_there(path, AF_PACKET, device, protocol, &interface);
}

/** A routing socket. */
int netns_route_socket(const char *path, const char *device, unsigned int *ret_interface)
{
	return open_there(path, AF_NETLINK, device, 0, ret_interface);
}
