/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends IPsec packets that belong to no tunnel, or that say they belong to a certain IKE
 * handshake, and prints which ICMP errors come back. For the lab and the demo: it needs
 * CAP_NET_RAW and shares no code with the director, so that a fault there cannot hide
 * itself here. It never answers IKE.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What is sent: the protocol number, ESP in UDP to port 4500, or an IKE_AUTH request. */
enum stray_kind {
	STRAY_ESP = IPPROTO_ESP,
	STRAY_AH = IPPROTO_AH,
	STRAY_ESP_IN_UDP = IPPROTO_UDP,
	STRAY_IKE = 256,
};

#define STRAY_BYTES 64
#define STRAY_BYTES_MAX 9216
#define STRAY_NATT_PORT 4500
#define UDP_HEADER_BYTES 8
#define UDP_CHECKSUM_OFFSET 6

/* The command line. */
struct stray_options {
	enum stray_kind kind;
	uint32_t spi;
	uint64_t icookie;
	uint64_t rcookie;
	unsigned int count;
	unsigned int wait_ms;
	uint16_t source_port;
	uint16_t target_port;
	bool destination_options;
	unsigned int bytes;
	const char *target;
};

/* The sockets and what has come so far. */
struct stray {
	struct sockaddr_storage target;
	socklen_t target_bytes;
	int send_fd;
	int icmp_fd;
	unsigned int sent;
	unsigned int answered;
};

/** Tells how to call the program. */
static void usage(FILE *out)
{
	fputs("usage: stray [OPTION...] ADDRESS\n"
	      "Send IPsec packets that belong to no tunnel, print the ICMP errors.\n"
	      "  -p, --protocol P   esp (default), ah, udp: ESP in UDP to port 4500, or\n"
	      "                     ike: IKE_AUTH requests, even from a port in use\n"
	      "  -s, --spi N        SPI, default 0x0badcafe\n"
	      "  -i, --icookie N    initiator cookie for ike\n"
	      "  -r, --rcookie N    responder cookie for ike\n"
	      "  -c, --count N      packets, default 1\n"
	      "  -w, --wait MS      how long to wait for answers, default 1000\n"
	      "  -P, --port N       source port for udp and ike, default 4500\n"
	      "  -t, --to-port N    destination port for ike, default 4500\n"
	      "  -d, --options      IPv6 destination options before the ESP or AH "
	      "header\n"
	      "  -l, --length N     bytes of ESP or AH, default 64, all in one packet "
	      "with DF\n"
	      "Exit status: 0 something came back, 1 nothing did, 2 usage, 3 no "
	      "socket.\n",
		out);
}

/** Reads a protocol name into ret_kind; -EINVAL for any other word. */
static int parse_kind(const char *word, enum stray_kind *ret_kind)
{
	if (!strcmp(word, "esp"))
		*ret_kind = STRAY_ESP;
	else if (!strcmp(word, "ah"))
		*ret_kind = STRAY_AH;
	else if (!strcmp(word, "udp"))
		*ret_kind = STRAY_ESP_IN_UDP;
	else if (!strcmp(word, "ike"))
		*ret_kind = STRAY_IKE;
	else
		return -EINVAL;
	return 0;
}

/** Reads a number from 0 to max into ret_value; -EINVAL for anything else. */
static int parse_number(const char *word, unsigned long max, unsigned long *ret_value)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(word, &end, 0);
	if (errno || end == word || *end || value > max)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

/** Takes an option that says what IKE packets have; -EINVAL when it is none. */
static int take_ike_option(struct stray_options *options, int letter, const char *value)
{
	unsigned long number = 0;
	int err;

	if (letter == 't') {
		err = parse_number(value, UINT16_MAX, &number);
		options->target_port = number;
		return err;
	}
	err = parse_number(value, ULONG_MAX, &number);
	if (letter == 'i')
		options->icookie = number;
	else if (letter == 'r')
		options->rcookie = number;
	else
		return -EINVAL;
	return err;
}

/** Takes one option; -EINVAL when it or its value is unknown. */
static int take_option(struct stray_options *options, int letter, const char *value)
{
	unsigned long number = 0;
	int err = 0;

	switch (letter) {
	case 'p':
		return parse_kind(value, &options->kind);
	case 's':
		err = parse_number(value, UINT32_MAX, &number);
		options->spi = number;
		return err;
	case 'c':
		err = parse_number(value, 1000, &number);
		options->count = number;
		return err;
	case 'w':
		err = parse_number(value, 60000, &number);
		options->wait_ms = number;
		return err;
	case 'P':
		err = parse_number(value, UINT16_MAX, &number);
		options->source_port = number;
		return err;
	case 'd':
		options->destination_options = true;
		return 0;
	case 'l':
		err = parse_number(value, STRAY_BYTES_MAX, &number);
		options->bytes = number;
		return err || number < STRAY_BYTES ? -EINVAL : 0;
	default:
		return take_ike_option(options, letter, value);
	}
}

/** Reads the command line into options; -EINVAL when it makes no sense. */
static int parse_options(struct stray_options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{"protocol", required_argument, NULL, 'p'},
		{"spi", required_argument, NULL, 's'},
		{"count", required_argument, NULL, 'c'},
		{"wait", required_argument, NULL, 'w'},
		{"port", required_argument, NULL, 'P'},
		{"options", no_argument, NULL, 'd'},
		{"length", required_argument, NULL, 'l'},
		{"icookie", required_argument, NULL, 'i'},
		{"rcookie", required_argument, NULL, 'r'},
		{"to-port", required_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "p:s:c:w:P:dl:i:r:t:", names, NULL)) != -1)
		if (take_option(options, letter, optarg))
			return -EINVAL;
	if (optind + 1 != argc)
		return -EINVAL;
	options->target = argv[optind];
	return 0;
}

/** Reads the numeric address of the target; -EINVAL when it is none. */
static int parse_target(struct stray *stray, const char *text)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_RAW};
	struct addrinfo *found;

	if (getaddrinfo(text, NULL, &hints, &found))
		return -EINVAL;
	memcpy(&stray->target, found->ai_addr, found->ai_addrlen);
	stray->target_bytes = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

/** Opens the raw socket for IKE: the port may be a daemon's, so UDP is made here. */
static int open_ike_sender(struct stray *stray)
{
	int family = stray->target.ss_family, offset = UDP_CHECKSUM_OFFSET;

	stray->send_fd = socket(family, SOCK_RAW, IPPROTO_UDP);
	if (stray->send_fd == -1)
		return -errno;
	/* IPv6 asks for a checksum, IPv4 does not. */
	if (family == AF_INET6 && setsockopt(stray->send_fd, IPPROTO_IPV6, IPV6_CHECKSUM,
					  &offset, sizeof(offset)) == -1)
		return -errno;
	return 0;
}

/** Has packets go in one piece, whatever is known of the way, and with DF. */
static int keep_whole(const struct stray *stray)
{
	bool v6 = stray->target.ss_family == AF_INET6;
	int probe = v6 ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE;

	return setsockopt(stray->send_fd, v6 ? (int)IPPROTO_IPV6 : (int)IPPROTO_IP,
		       v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &probe, sizeof(probe)) == -1
		? -errno
		: 0;
}

/** Opens the socket that sends: raw for ESP and AH, UDP from the wanted port. */
static int open_sender(struct stray *stray, const struct stray_options *options)
{
	int family = stray->target.ss_family;
	struct sockaddr_storage from = {.ss_family = family};

	if (options->kind == STRAY_IKE)
		return open_ike_sender(stray);
	if (options->kind != STRAY_ESP_IN_UDP) {
		int first = options->destination_options ? IPPROTO_DSTOPTS
							 : (int)options->kind;

		stray->send_fd = socket(family, SOCK_RAW, first);
		return stray->send_fd == -1 ? -errno : 0;
	}
	stray->send_fd = socket(family, SOCK_DGRAM, 0);
	if (stray->send_fd == -1)
		return -errno;
	/* Both families have the port in the same place. */
	((struct sockaddr_in *)&from)->sin_port = htons(options->source_port);
	if (bind(stray->send_fd, (struct sockaddr *)&from, stray->target_bytes) == -1)
		return -errno;
	return 0;
}

/** Opens the socket that listens for ICMP errors of the target's family. */
static int open_listener(struct stray *stray)
{
	int family = stray->target.ss_family;

	stray->icmp_fd = socket(family, SOCK_RAW | SOCK_NONBLOCK,
		family == AF_INET6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	return stray->icmp_fd == -1 ? -errno : 0;
}

/** Writes a UDP packet with IKE_AUTH request number sequence; returns its length in bytes.
 *  What is encrypted in it cannot be told from a real one by who has not the key. */
static size_t write_ike(
	uint8_t *packet, const struct stray_options *options, unsigned int sequence)
{
	uint16_t udp[4] = {htons(options->source_port), htons(options->target_port),
		htons(STRAY_BYTES), 0};
	uint64_t cookies[2] = {htobe64(options->icookie), htobe64(options->rcookie)};
	size_t at = UDP_HEADER_BYTES;

	memset(packet, 0xa5, STRAY_BYTES);
	memcpy(packet, udp, sizeof(udp));
	if (options->target_port == STRAY_NATT_PORT) {
		memset(packet + at, 0, 4); /* non-ESP marker (RFC 3948, 2.2) */
		at += 4;
	}
	/* Encrypted payload first, version 2, IKE_AUTH, initiator (RFC 7296, 3.1). */
	uint32_t words[3] = {htonl(46u << 24 | 0x20u << 16 | 35u << 8 | 0x08u),
		htonl(sequence), htonl(STRAY_BYTES - at)};
	/* No payload in it, and it reaches to the end (RFC 7296, 3.14). */
	uint16_t payload[2] = {0, htons(STRAY_BYTES - at - 28)};

	memcpy(packet + at, cookies, sizeof(cookies));
	memcpy(packet + at + 16, words, sizeof(words));
	memcpy(packet + at + 28, payload, sizeof(payload));
	return STRAY_BYTES;
}

/** Writes packet number sequence; returns its length in bytes. */
static size_t write_packet(
	uint8_t *packet, const struct stray_options *options, unsigned int sequence)
{
	uint32_t words[2] = {htonl(options->spi), htonl(sequence)};
	size_t at = 0;

	if (options->kind == STRAY_IKE)
		return write_ike(packet, options, sequence);
	memset(packet, 0xa5, options->bytes);
	if (options->destination_options) {
		/* The shortest there is: one PadN of 4 bytes (RFC 8200, 4.6). */
		memcpy(packet, (uint8_t[]){options->kind, 0, 1, 4, 0, 0, 0, 0}, 8);
		at = 8;
	}
	if (options->kind == STRAY_AH) {
		/* No next header, 4 words beyond 2: 96-bit ICV (RFC 4302, 2), and then what
		 * nobody reads: to a shorter packet there is no answer. */
		memcpy(packet + at, (uint8_t[]){IPPROTO_NONE, 4, 0, 0}, 4);
		at += 4;
	}
	memcpy(packet + at, words, sizeof(words));
	return options->bytes;
}

/** Prints one ICMP error; quoted is the protocol of the packet that it quotes. */
static void print_answer(const char *name, const char *from, const char *detail, int type,
	int code, int quoted)
{
	printf("%s type %d code %d%s from %s, quoting protocol %d\n", name, type, code,
		detail, from, quoted);
}

/** Reads an ICMP message, IPv4 header before it; true when it was an error of ours. */
static bool read_icmp4(struct stray *stray, const uint8_t *packet, size_t bytes)
{
	const struct sockaddr_in *target = (const struct sockaddr_in *)&stray->target;
	size_t at = (packet[0] & 15) * 4u;
	struct icmphdr icmp;
	struct iphdr outer, quoted;
	char from[INET_ADDRSTRLEN];

	if (bytes < at + sizeof(icmp) + sizeof(quoted))
		return false;
	memcpy(&outer, packet, sizeof(outer));
	memcpy(&icmp, packet + at, sizeof(icmp));
	memcpy(&quoted, packet + at + sizeof(icmp), sizeof(quoted));
	if ((icmp.type != ICMP_DEST_UNREACH && icmp.type != ICMP_PARAMETERPROB) ||
		quoted.daddr != target->sin_addr.s_addr)
		return false;
	inet_ntop(AF_INET, &outer.saddr, from, sizeof(from));
	print_answer("ICMP", from, "", icmp.type, icmp.code, quoted.protocol);
	return true;
}

/** Reads an ICMPv6 message that came from an address; true when it was an error of ours.
 */
static bool read_icmp6(struct stray *stray, const uint8_t *packet, size_t bytes,
	const struct sockaddr_in6 *sender)
{
	const struct sockaddr_in6 *target = (const struct sockaddr_in6 *)&stray->target;
	struct icmp6_hdr icmp;
	struct ip6_hdr quoted;
	char from[INET6_ADDRSTRLEN], detail[32] = "";

	if (bytes < sizeof(icmp) + sizeof(quoted))
		return false;
	memcpy(&icmp, packet, sizeof(icmp));
	memcpy(&quoted, packet + sizeof(icmp), sizeof(quoted));
	/* Types below 128 are errors (RFC 4443, 2.1). */
	if (icmp.icmp6_type >= 128 ||
		memcmp(&quoted.ip6_dst, &target->sin6_addr, sizeof(quoted.ip6_dst)))
		return false;
	if (icmp.icmp6_type == ICMP6_PARAM_PROB)
		snprintf(detail, sizeof(detail), " pointer %u", ntohl(icmp.icmp6_pptr));
	inet_ntop(AF_INET6, &sender->sin6_addr, from, sizeof(from));
	print_answer(
		"ICMPv6", from, detail, icmp.icmp6_type, icmp.icmp6_code, quoted.ip6_nxt);
	return true;
}

/** Takes what has arrived and counts the errors among it. */
static void read_answers(struct stray *stray)
{
	uint8_t packet[2048];
	struct sockaddr_storage sender;

	for (;;) {
		socklen_t sender_bytes = sizeof(sender);
		ssize_t got = recvfrom(stray->icmp_fd, packet, sizeof(packet), 0,
			(struct sockaddr *)&sender, &sender_bytes);

		if (got == -1)
			return;
		if (stray->target.ss_family == AF_INET6
				? read_icmp6(stray, packet, got,
					  (struct sockaddr_in6 *)&sender)
				: read_icmp4(stray, packet, got))
			stray->answered++;
	}
}

/** Returns the monotonic clock in milliseconds. */
static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/** Waits for answers until all packets are answered or the time is over. */
static void await_answers(struct stray *stray, unsigned int wait_ms)
{
	int64_t end = now_ms() + wait_ms, left;
	struct pollfd poll_fd = {.fd = stray->icmp_fd, .events = POLLIN};

	while (stray->answered < stray->sent && (left = end - now_ms()) > 0) {
		poll(&poll_fd, 1, left);
		read_answers(stray);
	}
}

/** Sends all packets; a negative errno when one could not be sent. */
static int send_packets(struct stray *stray, const struct stray_options *options)
{
	uint8_t packet[STRAY_BYTES_MAX];

	if (options->kind == STRAY_ESP_IN_UDP)
		((struct sockaddr_in *)&stray->target)->sin_port = htons(STRAY_NATT_PORT);
	for (unsigned int i = 1; i <= options->count; i++) {
		size_t bytes = write_packet(packet, options, i);
		ssize_t sent = sendto(stray->send_fd, packet, bytes, 0,
			(struct sockaddr *)&stray->target, stray->target_bytes);

		/* An error that came in is told by the next send, which sends nothing. */
		if (sent == -1 && errno != ECONNREFUSED && errno != ENOPROTOOPT)
			return -errno;
		stray->sent += sent != -1;
	}
	return 0;
}

/** Opens, sends, waits and prints; returns the exit status. */
static int run(struct stray *stray, const struct stray_options *options)
{
	int err = open_sender(stray, options);

	if (!err && options->bytes > STRAY_BYTES)
		err = keep_whole(stray);
	if (!err)
		err = open_listener(stray);
	if (!err)
		err = send_packets(stray, options);
	if (err) {
		fprintf(stderr, "stray: %s\n", strerror(-err));
		return 3;
	}
	await_answers(stray, options->wait_ms);
	printf("sent %u answered %u\n", stray->sent, stray->answered);
	return stray->answered ? 0 : 1;
}

/** Reads the command line and runs. */
int main(int argc, char **argv)
{
	struct stray stray = {.send_fd = -1, .icmp_fd = -1};
	struct stray_options options = {
		.kind = STRAY_ESP,
		.spi = 0x0badcafe,
		.count = 1,
		.bytes = STRAY_BYTES,
		.wait_ms = 1000,
		.source_port = STRAY_NATT_PORT,
		.target_port = STRAY_NATT_PORT,
	};
	int status;

	if (parse_options(&options, argc, argv) || parse_target(&stray, options.target)) {
		usage(stderr);
		return 2;
	}
	status = run(&stray, &options);
	if (stray.send_fd != -1)
		close(stray.send_fd);
	if (stray.icmp_fd != -1)
		close(stray.icmp_fd);
	return status;
}
