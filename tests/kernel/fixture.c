/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces, wires and packets for the tests.
 */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/** How long an awaited packet may take on a busy machine. */
#define PATIENCE_MS 5000

/** The port of the marker, which no rule is about. */
#define MARKER_PORT 7777

static const char topology[] =
	"set -e\n"
	"sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 "
	"net.ipv4.conf.default.rp_filter=0\n"
	"ip link set lo up\n"
	"ip link add in0 type veth peer name wire_in\n"
	"ip link add out0 type veth peer name wire_out\n"
	"ip link set in0 address 02:00:00:00:00:01\n"
	"ip link set out0 address 02:00:00:00:00:02\n"
	"for i in wire_in wire_out; do\n"
	"	sysctl -qw net.ipv6.conf.$i.disable_ipv6=1\n"
	"	ip link set $i up\n"
	"done\n"
	"for i in in0 out0; do\n"
	"	ip link set $i addrgenmode none\n"
	"	ip link set $i up\n"
	"done\n"
	"ip addr add 192.0.2.1/24 dev in0\n"
	"ip addr add 10.2.0.1/24 dev out0\n"
	"ip addr add 2001:db8:2::1/64 dev in0 nodad\n"
	"ip addr add fd02::1/64 dev out0 nodad\n"
	"sysctl -qw net.ipv6.conf.all.forwarding=1\n"
	/* The kernel takes IPv6 addresses up in its own time. */
	"for i in $(seq 100); do\n"
	"	[ $(ip -6 route show table all | grep -c '^local [2f].*::1 ') = 2 ] && break\n"
	"	sleep 0.05\n"
	"done\n"
	"for i in 11 12 99; do\n"
	"	ip neigh add 10.2.0.$i lladdr 02:00:00:00:00:$i dev out0 nud permanent\n"
	"	ip neigh add fd02::$i lladdr 02:00:00:00:00:$i dev out0 nud permanent\n"
	"done\n"
	"ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev in0 nud permanent\n"
	"ip neigh add 2001:db8:2::9 lladdr 02:00:00:00:00:09 dev in0 nud permanent\n"
	"ip route add 203.0.113.0/24 via 192.0.2.9\n"
	"ip route add 2001:db8:7::/64 via 2001:db8:2::9\n"
	"ip route add default via 10.2.0.99\n"
	"ip route add default via fd02::99\n";

static int wire_in = -1;
static int wire_out = -1;

/** Opens a packet socket on one end of a wire. */
static int open_wire(const char *device)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(device),
	};
	int on = 1, size = 16 << 20;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	/* Else we read what we wrote. */
	ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
				 sizeof(on)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	ck_assert_int_eq(
		bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/** Makes the director. */
static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	fixture_shell("%s", topology);
	wire_in = open_wire("wire_in");
	wire_out = open_wire("wire_out");
}

/** Tells whether a namespace can be made here, without making one for ourselves. */
static bool may_unshare(void)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		_exit(unshare(CLONE_NEWNET) == 0 ? 0 : 1);
	if (child > 0)
		waitpid(child, &status, 0);
	return status == 0;
}

/** Runs the suite, one process for each test. */
int fixture_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	if (!may_unshare()) {
		fprintf(stderr, "skipped: no permission to make network namespaces\n");
		srunner_free(runner);
		return 77;
	}
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_VERBOSE);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

/** A test case whose tests share a namespace. */
TCase *fixture_shared_case(const char *name)
{
	TCase *tests = tcase_create(name);

	tcase_add_unchecked_fixture(tests, setup, NULL);
	tcase_set_timeout(tests, 120);
	return tests;
}

/** A test case in its own namespace. */
TCase *fixture_case(const char *name)
{
	TCase *tests = tcase_create(name);

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_set_timeout(tests, 120);
	return tests;
}

/** Formats a command and runs it. */
void fixture_shell(const char *format, ...)
{
	char command[8192];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	ck_assert_msg(system(command) == 0, "failed: %s", command);
}

/** Formats a command, runs it and keeps its output. */
char *fixture_output(const char *format, ...)
{
	char command[1024], *output = calloc(1, 65536);
	va_list arguments;
	FILE *pipe;
	size_t size;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	pipe = popen(command, "re");
	ck_assert_ptr_nonnull(output);
	ck_assert_ptr_nonnull(pipe);
	size = fread(output, 1, 65535, pipe);
	output[size] = '\0';
	pclose(pipe);
	return output;
}

/** The config of every test. */
struct config *fixture_config(void)
{
	static struct config_server servers[2];
	static struct config_service service;
	static struct config config;

	if (config.services)
		return &config;
	config_defaults(&config);
	config.services = &service;
	config.service_count = 1;
	config.server_count = 2;
	service.servers = servers;
	service.server_count = 2;
	service.address_count = 2;
	strcpy(servers[0].name, "gw1");
	strcpy(servers[1].name, "gw2");
	servers[1].index = 1;
	address_parse(FIXTURE_VIRTUAL_V4, &service.addresses[0]);
	address_parse(FIXTURE_VIRTUAL_V6, &service.addresses[1]);
	address_parse("10.2.0.11", &servers[0].address_v4);
	address_parse("10.2.0.12", &servers[1].address_v4);
	address_parse("fd02::11", &servers[0].address_v6);
	return &config;
}

/** Writes a frame around the packet, to the director's device with that number. */
static void inject(int fd, uint8_t device, const uint8_t *packet, size_t size_bytes)
{
	uint8_t frame[sizeof(struct ethhdr) + FIXTURE_BYTES] = { 2, 0, 0, 0, 0, device };
	bool v6 = packet[0] >> 4 == 6;

	ck_assert_uint_le(size_bytes, FIXTURE_BYTES);
	frame[6] = 2;
	frame[11] = 9;
	frame[12] = v6 ? ETH_P_IPV6 >> 8 : ETH_P_IP >> 8;
	frame[13] = v6 ? ETH_P_IPV6 & 0xff : ETH_P_IP & 0xff;
	memcpy(frame + sizeof(struct ethhdr), packet, size_bytes);
	ck_assert_int_eq(send(fd, frame, sizeof(struct ethhdr) + size_bytes, 0),
		(ssize_t)(sizeof(struct ethhdr) + size_bytes));
}

/** As a client's. */
void fixture_inject(const uint8_t *packet, size_t size_bytes)
{
	inject(wire_in, 1, packet, size_bytes);
}

/** As a client's, with whatever link header it has. */
void fixture_inject_frame(const uint8_t *frame, size_t size_bytes)
{
	ck_assert_int_eq(send(wire_in, frame, size_bytes, 0), (ssize_t)size_bytes);
}

/** As a server's. */
void fixture_inject_reply(const uint8_t *packet, size_t size_bytes)
{
	inject(wire_out, 2, packet, size_bytes);
}

/** Tells whether a frame carries IP; neighbour discovery and the like do not count. */
static bool is_traffic(const uint8_t *frame, ssize_t size_bytes)
{
	const uint8_t *packet = frame + sizeof(struct ethhdr);
	unsigned int type = (unsigned int)(frame[12] << 8 | frame[13]);

	if (size_bytes < (ssize_t)sizeof(struct ethhdr) + 20)
		return false;
	if (type == ETH_P_IP)
		return true;
	if (type != ETH_P_IPV6 || packet[0] >> 4 != 6)
		return false;
	return (frame[0] & 1) == 0 && packet[24] != 0xff && packet[24] != 0xfe;
}

/** Reads the next IP packet from a wire. */
static bool read_wire(int fd, struct fixture_frame *ret_frame)
{
	uint8_t frame[sizeof(struct ethhdr) + FIXTURE_BYTES];
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	while (poll(&wait, 1, PATIENCE_MS) == 1) {
		ssize_t size = recv(fd, frame, sizeof(frame), 0);

		if (!is_traffic(frame, size))
			continue;
		ret_frame->station = frame[5];
		ret_frame->size_bytes = (size_t)size - sizeof(struct ethhdr);
		memcpy(ret_frame->packet, frame + sizeof(struct ethhdr),
			ret_frame->size_bytes);
		return true;
	}
	return false;
}

/** The servers' side. */
bool fixture_out(struct fixture_frame *ret_frame)
{
	return read_wire(wire_out, ret_frame);
}

/** The clients' side. */
bool fixture_back(struct fixture_frame *ret_frame)
{
	return read_wire(wire_in, ret_frame);
}

/** Reads until nothing is left. */
void fixture_drain(void)
{
	uint8_t byte;

	while (recv(wire_in, &byte, 1, MSG_DONTWAIT) != -1 ||
		recv(wire_out, &byte, 1, MSG_DONTWAIT) != -1)
		continue;
}

/** RFC 1071, over network order. */
static uint16_t checksum(const uint8_t *bytes, size_t size_bytes)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < size_bytes; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/** Writes an IPv4 header. */
static size_t put_header_v4(uint8_t *out, const char *source, const char *destination,
	uint8_t protocol, size_t payload_bytes)
{
	struct iphdr header = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = protocol,
		.tot_len = htons((uint16_t)(sizeof(header) + payload_bytes)),
	};

	ck_assert_int_eq(inet_pton(AF_INET, source, &header.saddr), 1);
	ck_assert_int_eq(inet_pton(AF_INET, destination, &header.daddr), 1);
	header.check = checksum((const uint8_t *)&header, sizeof(header));
	memcpy(out, &header, sizeof(header));
	return sizeof(header);
}

/** Writes an IPv6 header. */
static size_t put_header_v6(uint8_t *out, const char *source, const char *destination,
	uint8_t protocol, size_t payload_bytes)
{
	struct ip6_hdr header = { .ip6_hlim = 64, .ip6_nxt = protocol };

	header.ip6_vfc = 0x60;
	header.ip6_plen = htons((uint16_t)payload_bytes);
	ck_assert_int_eq(inet_pton(AF_INET6, source, &header.ip6_src), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, destination, &header.ip6_dst), 1);
	memcpy(out, &header, sizeof(header));
	return sizeof(header);
}

/** Builds an IP packet of the source's family. */
size_t fixture_ip(uint8_t *out, const char *source, const char *destination,
	uint8_t protocol, const void *payload, size_t payload_bytes)
{
	size_t used = strchr(source, ':')
		? put_header_v6(out, source, destination, protocol, payload_bytes)
		: put_header_v4(out, source, destination, protocol, payload_bytes);

	ck_assert_uint_le(used + payload_bytes, FIXTURE_BYTES);
	memcpy(out + used, payload, payload_bytes);
	return used + payload_bytes;
}

/** Builds a UDP packet. Without checksum; nobody here looks at it. */
size_t fixture_udp(uint8_t *out, const char *source, const char *destination,
	uint16_t source_port, uint16_t destination_port, const void *payload,
	size_t payload_bytes)
{
	uint8_t datagram[FIXTURE_BYTES];
	struct udphdr header = {
		.source = htons(source_port),
		.dest = htons(destination_port),
		.len = htons((uint16_t)(sizeof(header) + payload_bytes)),
	};

	memcpy(datagram, &header, sizeof(header));
	memcpy(datagram + sizeof(header), payload, payload_bytes);
	return fixture_ip(out, source, destination, IPPROTO_UDP, datagram,
		sizeof(header) + payload_bytes);
}

/** Writes the pseudo header that an ICMPv6 checksum is also over, RFC 8200 8.1. */
static void put_pseudo_header(uint8_t *out, const char *source, const char *destination,
	size_t message_bytes)
{
	ck_assert_int_eq(inet_pton(AF_INET6, source, out), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, destination, out + 16), 1);
	out[34] = (uint8_t)(message_bytes >> 8);
	out[35] = (uint8_t)message_bytes;
	out[39] = IPPROTO_ICMPV6;
}

/** Builds an ICMP packet of the source's family. */
size_t fixture_icmp(uint8_t *out, const char *source, const char *destination,
	uint8_t *message, size_t message_bytes)
{
	uint8_t bytes[FIXTURE_BYTES] = { 0 };
	bool v6 = strchr(source, ':');
	uint16_t sum;

	ck_assert_uint_le(40 + message_bytes, sizeof(bytes));
	if (v6)
		put_pseudo_header(bytes, source, destination, message_bytes);
	memset(message + 2, 0, sizeof(sum));
	memcpy(bytes + 40, message, message_bytes);
	sum = checksum(bytes, 40 + message_bytes);
	memcpy(message + 2, &sum, sizeof(sum));
	return fixture_ip(out, source, destination, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		message, message_bytes);
}

/** Sends a small UDP packet. */
void fixture_send_udp(
	const char *client, uint16_t source_port, uint16_t destination_port)
{
	uint8_t packet[FIXTURE_BYTES];
	const char *virtual =
		strchr(client, ':') ? FIXTURE_VIRTUAL_V6 : FIXTURE_VIRTUAL_V4;

	fixture_inject(packet, fixture_udp(packet, client, virtual, source_port,
				       destination_port, "0123456789abcdef", 16));
}

/** Tells whether a frame is the marker. */
static bool is_marker(const struct fixture_frame *frame)
{
	const uint16_t port = htons(MARKER_PORT);

	return frame->packet[0] >> 4 == 4 && memcmp(frame->packet + 22, &port, 2) == 0;
}

/** The packet's frame comes before the marker's, if it comes. */
bool fixture_out_now(struct fixture_frame *ret_frame)
{
	struct fixture_frame frame;

	fixture_send_udp(FIXTURE_CLIENT_V4, 1, MARKER_PORT);
	ck_assert(fixture_out(ret_frame));
	if (is_marker(ret_frame))
		return false;
	ck_assert(fixture_out(&frame));
	ck_assert(is_marker(&frame));
	return true;
}

/** Sends the marker and waits for it. */
void fixture_expect_only_marker(void)
{
	struct fixture_frame frame;

	ck_assert(!fixture_out_now(&frame));
	ck_assert_uint_eq(frame.station, FIXTURE_ROUTER);
}
