/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends a flood with forged sources on a device, at a rate or as fast as it can, for a
 * bounded time and a bounded number of packets. It waits for nothing: what is lost on the
 * way is what the bench wants to see.
 *
 * See usage() for how to call it. At the end, which a signal may bring on, it prints
 * "sent N ns N".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"
#include "spoof.h"

#define BATCH 64
#define MOST_MS 600000
#define MOST_PACKETS 200000000
#define SECOND_NS 1000000000
#define TICK_NS 500000 /**< how long to sleep when the rate is kept */

struct flooder {
	int fd;
	enum spoof_kind kind;
	struct spoof frames[BATCH];
	struct mmsghdr headers[BATCH];
	struct iovec vectors[BATCH];
	int family;
	uint8_t source[SPOOF_ADDRESS_BYTES]; /**< the first */
	uint32_t sources;
	uint64_t random;
	uint64_t rate; /**< packets a second; 0: all it can */
	uint64_t limit_ns;
	uint64_t sent;
};

/** Nanoseconds of the monotonic clock. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/** Draws one of the sources: of IPv6 each is of another /64. */
static void draw_source(struct flooder *flooder, uint8_t out[static SPOOF_ADDRESS_BYTES])
{
	size_t at = flooder->family == AF_INET6 ? 4 : 0;
	uint32_t number;

	memcpy(out, flooder->source, SPOOF_ADDRESS_BYTES);
	memcpy(&number, out + at, sizeof(number));
	number = htonl(ntohl(number) +
		(uint32_t)(spoof_random(&flooder->random) >> 32) % flooder->sources);
	memcpy(out + at, &number, sizeof(number));
}

/** A batch of new packets. */
static bool send_batch(struct flooder *flooder, unsigned int count)
{
	unsigned int i, done = 0;

	for (i = 0; i < count; i++) {
		uint8_t source[SPOOF_ADDRESS_BYTES];

		draw_source(flooder, source);
		spoof_set(&flooder->frames[i], flooder->kind, source, &flooder->random);
	}
	while (done < count) {
		int sent = sendmmsg(flooder->fd, flooder->headers + done, count - done, 0);

		if (sent == -1 && errno != ENOBUFS && errno != EINTR) {
			perror("flooder: sendmmsg");
			return false;
		}
		done += sent > 0 ? (unsigned int)sent : 0;
	}
	flooder->sent += count;
	return true;
}

/** How many packets the rate allows now, at most a batch. */
static unsigned int due(const struct flooder *flooder, uint64_t passed_ns)
{
	uint64_t count;

	if (!flooder->rate)
		return BATCH;
	count = passed_ns / 1000 * flooder->rate / 1000000 - flooder->sent;
	return count < BATCH ? (unsigned int)count : BATCH;
}

/** True when the user or the bench wants an end. */
static bool is_asked_to_end(const sigset_t *signals)
{
	const struct timespec at_once = { 0, 0 };

	return sigtimedwait(signals, NULL, &at_once) > 0;
}

/** Sends until the time is over or a signal comes. */
static bool run(struct flooder *flooder, const sigset_t *signals)
{
	const struct timespec pause = { 0, TICK_NS };
	uint64_t start = now_ns(), passed = 0;
	bool good = true;

	while (good && passed < flooder->limit_ns && flooder->sent < MOST_PACKETS &&
		!is_asked_to_end(signals)) {
		unsigned int count = due(flooder, passed);

		if (count)
			good = send_batch(flooder, count);
		else
			nanosleep(&pause, NULL);
		passed = now_ns() - start;
	}
	printf("sent %llu ns %llu\n", (unsigned long long)flooder->sent,
		(unsigned long long)passed);
	return good;
}

/** Prepares all frames. */
static void prepare(struct flooder *flooder, const struct ethhdr *link,
	const uint8_t virtual[static SPOOF_ADDRESS_BYTES])
{
	size_t i;

	for (i = 0; i < BATCH; i++) {
		flooder->vectors[i].iov_base = &flooder->frames[i];
		flooder->vectors[i].iov_len = spoof_prepare(
			&flooder->frames[i], flooder->kind, link, virtual);
		flooder->headers[i].msg_hdr.msg_iov = &flooder->vectors[i];
		flooder->headers[i].msg_hdr.msg_iovlen = 1;
	}
}

/** Opens a packet socket on the device and learns its address. */
static int open_device(struct flooder *flooder, const char *device, struct ethhdr *link)
{
	struct ifreq request = { .ifr_name = "" };

	flooder->fd = netns_packet_socket(NULL, device, 0);
	if (flooder->fd < 0)
		return flooder->fd;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(flooder->fd, SIOCGIFHWADDR, &request) == -1)
		return -errno;
	memcpy(link->h_source, request.ifr_hwaddr.sa_data, ETH_ALEN);
	link->h_proto = htons(flooder->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP);
	return 0;
}

/** Reads ADDRESS/LENGTH, of IPv6 no longer than a /64. */
static bool parse_sources(struct flooder *flooder, char *text)
{
	unsigned long most = flooder->family == AF_INET6 ? 64 : 32;
	char *slash = strchr(text, '/');
	unsigned long length = slash ? strtoul(slash + 1, NULL, 10) : most;

	if (slash)
		*slash = '\0';
	if (inet_pton(flooder->family, text, flooder->source) != 1 || length > most ||
		length <= most - 32)
		return false;
	flooder->sources = (uint32_t)1 << (most - length);
	return true;
}

/** Opens and prepares by the arguments behind the options. */
static int open_all(struct flooder *flooder, char **names)
{
	struct ethhdr link = { .h_proto = 0 };
	uint8_t virtual[SPOOF_ADDRESS_BYTES];
	int error;

	flooder->kind = spoof_kind_of(names[4]);
	flooder->family = strchr(names[2], ':') ? AF_INET6 : AF_INET;
	if (inet_pton(flooder->family, names[2], virtual) != 1 ||
		!parse_sources(flooder, names[3]) || flooder->kind == SPOOF_KINDS ||
		sscanf(names[1], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &link.h_dest[0],
			&link.h_dest[1], &link.h_dest[2], &link.h_dest[3],
			&link.h_dest[4], &link.h_dest[5]) != 6)
		return -EINVAL;
	error = open_device(flooder, names[0], &link);
	if (!error)
		prepare(flooder, &link, virtual);
	return error;
}

/** Says how to call it. */
static int usage(void)
{
	fputs("Usage: flooder [OPTION]... DEVICE DIRECTOR-MAC VIRTUAL SOURCES KIND\n"
	      "  -r RATE  packets a second (all it can)\n"
	      "  -t MS    for so long, at most 600000 (1000)\n"
	      "SOURCES: ADDRESS or ADDRESS/LENGTH, of which one is drawn for each packet;\n"
	      "  of IPv6 a /64, so LENGTH is 33 to 64.\n"
	      "KIND: init (IKE_SA_INIT), main (IKEv1 main mode), later (both cookies),\n"
	      "  esp\n",
		stderr);
	return 2;
}

/** Reads the options. */
static bool parse_options(struct flooder *flooder, int argc, char **argv)
{
	uint64_t limit_ms = 1000;
	int option;

	while ((option = getopt(argc, argv, "r:t:")) != -1) {
		if (option == '?')
			return false;
		if (option == 'r')
			flooder->rate = strtoull(optarg, NULL, 10);
		if (option == 't')
			limit_ms = strtoull(optarg, NULL, 10);
	}
	flooder->limit_ns = (limit_ms < MOST_MS ? limit_ms : MOST_MS) * 1000000;
	flooder->random = now_ns() | 1;
	return argc - optind == 5;
}

/** Reads the arguments and floods. */
int main(int argc, char **argv)
{
	static struct flooder flooder;
	sigset_t signals;
	int error;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (!parse_options(&flooder, argc, argv))
		return usage();
	error = open_all(&flooder, argv + optind);
	if (error) {
		fprintf(stderr, "flooder: %s\n", strerror(-error));
		return 1;
	}
	return run(&flooder, &signals) ? 0 : 1;
}
