/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See host.h.
 */
#include "host.h"

#include <check.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "fixture.h"
#include "tests/lib/checksum.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define PAYLOAD_BYTES 2048 /**< the most that is sent */

static int director = -1, host = -1; /* namespaces */

/** Opens the namespace that we are in. */
static int namespace_open(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/** Enters one. */
static void enter(int namespace)
{
	ck_assert_int_eq(setns(namespace, CLONE_NEWNET), 0);
}

/** Moves the wire's end and gives it addresses. Neighbours are fixed, for the director's do not
 *  ask either. */
void host_join(const char *wire)
{
	bool client = strcmp(wire, "wire_in") == 0;

	director = namespace_open();
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	host = namespace_open();
	enter(director);
	fixture_shell("ip link set %s netns /proc/%d/fd/%d", wire, getpid(), host);
	enter(host);
	fixture_shell("ip link set %s addrgenmode none && ip link set %s up && "
		      "ip addr add %s dev %s && ip addr add %s dev %s nodad && "
		      "for i in %s; do ip neigh add $i lladdr 02:00:00:00:00:0%d dev %s "
		      "nud permanent && ip route add default via $i dev %s onlink || exit; done",
		wire, wire, client ? FIXTURE_CLIENT_V4 "/32" : "10.2.0.11/32", wire,
		client ? FIXTURE_CLIENT_V6 "/128" : "fd02::11/128", wire,
		client ? "192.0.2.1 2001:db8:2::1" : "10.2.0.1 fd02::1", client ? 1 : 2, wire,
		wire);
	enter(director);
}

/** Fills in a socket address. */
static socklen_t socket_address(
	const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct address address;

	memset(out, 0, sizeof(*out));
	ck_assert_int_eq(address_parse(text, &address), 0);
	out->ss_family = address.family;
	if (address.family == AF_INET6) {
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, address.bytes, 16);
		return sizeof(*v6);
	}
	v4->sin_port = htons(port);
	memcpy(&v4->sin_addr, address.bytes, 4);
	return sizeof(*v4);
}

/** Opens a socket over there. */
int host_udp(const char *address, uint16_t port)
{
	struct sockaddr_storage from;
	socklen_t bytes = socket_address(address, port, &from);
	int fd;

	enter(host);
	fd = socket(from.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&from, bytes), 0);
	enter(director);
	return fd;
}

/** Sends. */
void host_send(int fd, const char *to, uint16_t port, uint16_t payload_bytes,
	uint16_t segment_bytes)
{
	struct sockaddr_storage address;
	socklen_t bytes = socket_address(to, port, &address);
	uint8_t payload[PAYLOAD_BYTES];
	int segment = segment_bytes;
	uint16_t i;

	ck_assert_uint_le(payload_bytes, sizeof(payload));
	for (i = 0; i < payload_bytes; i++)
		payload[i] = (uint8_t)(0xc1 + i);
	if (segment)
		ck_assert_int_eq(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment,
					 sizeof(segment)), 0);
	ck_assert_int_eq(sendto(fd, payload, payload_bytes, 0,
				 (const struct sockaddr *)&address, bytes), payload_bytes);
}

/** By ethtool's request. */
void host_checksums_by_device(const char *device, bool on)
{
	struct ethtool_value value = { .cmd = ETHTOOL_STXCSUM, .data = on };
	struct ifreq request = { .ifr_data = (char *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	ck_assert_int_eq(ioctl(fd, SIOCETHTOOL, &request), 0);
	close(fd);
}

/** The sum of the pseudo header; where UDP is, and how long. */
static uint32_t pseudo_sum(const uint8_t *packet, const uint8_t **ret_udp, size_t *ret_bytes)
{
	bool v6 = packet[0] >> 4 == 6;
	struct address from, to;

	from = v6 ? address_v6(packet + 8) : address_v4(packet + 12);
	to = v6 ? address_v6(packet + 24) : address_v4(packet + 16);
	ck_assert_uint_eq(packet[v6 ? 6 : 9], IPPROTO_UDP);
	*ret_udp = packet + (v6 ? 40 : 20);
	*ret_bytes = (size_t)((*ret_udp)[4] << 8 | (*ret_udp)[5]);
	return checksum_add_pseudo(0, &from, &to, IPPROTO_UDP, *ret_bytes);
}

/** Sums it all up. */
bool host_checksum_is_right(const uint8_t *packet)
{
	const uint8_t *udp;
	size_t udp_bytes;
	uint32_t sum = pseudo_sum(packet, &udp, &udp_bytes);

	return checksum_finish(checksum_add(sum, udp, udp_bytes)) == 0;
}

/** Compares it with that of the pseudo header. */
bool host_checksum_is_partial(const uint8_t *packet)
{
	const uint8_t *udp;
	size_t udp_bytes;
	uint32_t sum = pseudo_sum(packet, &udp, &udp_bytes);

	return (udp[6] << 8 | udp[7]) == (uint16_t)~checksum_finish(sum);
}
