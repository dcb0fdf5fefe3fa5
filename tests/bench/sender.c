/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends packets of many clients to a virtual address as fast as they are carried: never
 * more than a window of packets are under way, as seen on the interface where they
 * arrive. So nothing is lost for want of room and what arrives is what was carried.
 *
 * See usage() for how to call it. Every phase prints a line
 * "PHASE sent N arrived N lost N ns N".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "meter.h"
#include "netns.h"
#include "responder.h"

#define BATCH 64                  /**< packets in one sendmmsg() */
#define WINDOW 2048               /**< packets under way */
#define STALL_NS 5000000000       /**< without progress: what is missing is lost */
#define NONE FRAME_KINDS

/** What one batch of clients sends in a phase. */
struct phase {
	const char *name;
	enum frame_kind kinds[2];
};

static const struct phase phases[] = {
	{ "handshake", { FRAME_FIRST, FRAME_BOTH } },
	{ "handshake-natt", { FRAME_FIRST, FRAME_BOTH_NATT } },
	{ "first", { FRAME_FIRST, NONE } },
	{ "isakmp", { FRAME_BOTH, NONE } },
	{ "isakmp-natt", { FRAME_BOTH_NATT, NONE } },
	{ "esp", { FRAME_ESP, NONE } },
	{ "esp-natt", { FRAME_ESP_NATT, NONE } },
};

/** The frames of one kind. */
struct batch {
	struct frame frames[BATCH];
	struct mmsghdr headers[BATCH];
	struct iovec vectors[BATCH];
};

struct sender {
	int fd;
	int responder; /**< -1: nobody answers */
	struct meter meter;
	struct batch batches[FRAME_KINDS];
	uint32_t clients;
	uint64_t limit_ns; /**< of a phase; 0: none */
	long pause_ns;     /**< how long to sleep when the window is full */
	uint64_t sent;
	uint64_t lost;
	uint64_t first;       /**< what the meter said at the begin */
	uint64_t progress_ns; /**< when something arrived last */
};

/** Nanoseconds of the monotonic clock. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/** Waits until no more than window packets are under way. What does not come is lost, and
 *  not waited for again. */
static void wait_for_room(struct sender *sender, uint64_t window)
{
	uint64_t arrived = meter_read(&sender->meter) - sender->first, before = arrived;

	sender->progress_ns = now_ns();
	while (sender->sent - sender->lost - arrived > window) {
		struct timespec pause = { 0, sender->pause_ns };

		nanosleep(&pause, NULL);
		arrived = meter_read(&sender->meter) - sender->first;
		if (arrived != before) {
			before = arrived;
			sender->progress_ns = now_ns();
		} else if (now_ns() - sender->progress_ns > STALL_NS) {
			sender->lost = sender->sent - arrived;
		}
	}
}

/** Sends one message of a kind each of count clients from client on. */
static bool send_batch(
	struct sender *sender, enum frame_kind kind, uint32_t client, unsigned int count)
{
	struct batch *batch = &sender->batches[kind];
	unsigned int i, done = 0;
	int sent;

	for (i = 0; i < count; i++)
		frame_set(&batch->frames[i], kind, client + i);
	while (done < count) {
		sent = sendmmsg(sender->fd, batch->headers + done, count - done, 0);
		if (sent == -1 && errno != ENOBUFS && errno != EINTR) {
			perror("sender: sendmmsg");
			return false;
		}
		done += sent > 0 ? (unsigned int)sent : 0;
	}
	sender->sent += count;
	return true;
}

/** Sends what the phase wants of count clients, one kind after the other. */
static bool send_clients(struct sender *sender, const struct phase *phase, uint32_t client,
	unsigned int count)
{
	if (!send_batch(sender, phase->kinds[0], client, count))
		return false;
	if (sender->responder >= 0 && phase->kinds[0] == FRAME_FIRST &&
		responder_answer(sender->responder, count) < count)
		fputs("sender: first messages that could not be answered\n", stderr);
	return phase->kinds[1] == NONE ||
		send_batch(sender, phase->kinds[1], client, count);
}

/** Goes round all clients until so many packets are sent or the time is over. */
static bool run_clients(struct sender *sender, const struct phase *phase, uint64_t packets)
{
	uint64_t end_ns = sender->limit_ns ? now_ns() + sender->limit_ns : UINT64_MAX;
	uint32_t client = 0;

	while (sender->sent < packets && now_ns() < end_ns) {
		uint32_t left = sender->clients - client;
		unsigned int count = left < BATCH ? left : BATCH;

		if (!send_clients(sender, phase, client, count))
			return false;
		client = count == left ? 0 : client + count;
		wait_for_room(sender, WINDOW);
	}
	return true;
}

/** How many packets go once round all clients. */
static uint64_t packets_of_round(const struct sender *sender, const struct phase *phase)
{
	return (uint64_t)sender->clients * (phase->kinds[1] == NONE ? 1 : 2);
}

/** Runs a phase, given as NAME or NAME:PACKETS, and prints what came of it. */
static bool run_phase(struct sender *sender, const char *text)
{
	size_t i, length = strcspn(text, ":");
	const struct phase *phase = NULL;
	uint64_t start;
	bool good;

	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		if (strncmp(phases[i].name, text, length) == 0 && !phases[i].name[length])
			phase = &phases[i];
	if (!phase) {
		fprintf(stderr, "sender: no phase %s\n", text);
		return false;
	}
	sender->sent = sender->lost = 0;
	sender->first = meter_read(&sender->meter);
	start = now_ns();
	good = run_clients(sender, phase,
		text[length] ? strtoull(text + length + 1, NULL, 10)
			     : packets_of_round(sender, phase));
	wait_for_room(sender, 0);
	printf("%s sent %llu arrived %llu lost %llu ns %llu\n", phase->name,
		(unsigned long long)sender->sent,
		(unsigned long long)(meter_read(&sender->meter) - sender->first),
		(unsigned long long)sender->lost,
		(unsigned long long)(sender->progress_ns - start));
	fflush(stdout);
	return good;
}

/** Opens a packet socket on the device and learns its address. */
static int open_device(struct sender *sender, const char *device, struct ethhdr *link)
{
	struct ifreq request = { .ifr_name = "" };

	sender->fd = netns_packet_socket(NULL, device, 0);
	if (sender->fd < 0)
		return sender->fd;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(sender->fd, SIOCGIFHWADDR, &request) == -1)
		return -errno;
	memcpy(link->h_source, request.ifr_hwaddr.sa_data, ETH_ALEN);
	link->h_proto = htons(ETH_P_IP);
	return 0;
}

/** Prepares the frames of all kinds. */
static void prepare(struct sender *sender, const struct ethhdr *link, uint32_t virtual)
{
	enum frame_kind kind;
	size_t i;

	for (kind = 0; kind < FRAME_KINDS; kind++) {
		struct batch *batch = &sender->batches[kind];

		for (i = 0; i < BATCH; i++) {
			batch->vectors[i].iov_len =
				frame_prepare(&batch->frames[i], kind, link, virtual);
			batch->vectors[i].iov_base = &batch->frames[i];
			batch->headers[i].msg_hdr.msg_iov = &batch->vectors[i];
			batch->headers[i].msg_hdr.msg_iovlen = 1;
		}
	}
}

/** Says how to call it. */
static int usage(void)
{
	fputs("Usage: sender [OPTION]... DEVICE DIRECTOR-MAC VIRTUAL NETNS-FILE "
	      "NETNS-DEVICE PHASE[:PACKETS]...\n"
	      "  -c CLIENTS  how many clients (1000)\n"
	      "  -t MS       at most so long in each phase\n"
	      "  -a          first messages are answered from where arrivals are counted\n"
	      "  -p US       sleep so long when the window is full (20)\n"
	      "Arrivals are counted on NETNS-DEVICE in NETNS-FILE. PACKETS: as many as go\n"
	      "once round all clients. Phases: handshake handshake-natt first isakmp\n"
	      "isakmp-natt esp esp-natt\n",
		stderr);
	return 2;
}

/** Reads the options. */
static bool parse_options(struct sender *sender, int argc, char **argv)
{
	int option;

	sender->clients = 1000;
	sender->pause_ns = 20000;
	sender->responder = -1;
	while ((option = getopt(argc, argv, "ac:t:p:")) != -1) {
		if (option == '?')
			return false;
		if (option == 'a')
			sender->responder = 0;
		if (option == 'c')
			sender->clients = (uint32_t)strtoul(optarg, NULL, 10);
		if (option == 't')
			sender->limit_ns = strtoull(optarg, NULL, 10) * 1000000;
		if (option == 'p')
			sender->pause_ns = strtol(optarg, NULL, 10) * 1000;
	}
	return argc - optind > 5 && sender->clients > 0;
}

/** Opens what is named by the arguments behind the options. */
static int open_all(struct sender *sender, char **names)
{
	struct ethhdr link = { .h_proto = 0 };
	struct in_addr virtual;
	int error;

	if (inet_pton(AF_INET, names[2], &virtual) != 1 ||
		sscanf(names[1], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &link.h_dest[0],
			&link.h_dest[1], &link.h_dest[2], &link.h_dest[3],
			&link.h_dest[4], &link.h_dest[5]) != 6)
		return -EINVAL;
	error = open_device(sender, names[0], &link);
	if (error)
		return error;
	prepare(sender, &link, virtual.s_addr);
	if (sender->responder == 0) {
		sender->responder = responder_open(names[3], names[4]);
		if (sender->responder < 0)
			return sender->responder;
	}
	return meter_open(&sender->meter, names[3], names[4]);
}

/** Reads the arguments and runs the phases. */
int main(int argc, char **argv)
{
	static struct sender sender;
	int i, error;

	if (!parse_options(&sender, argc, argv))
		return usage();
	error = open_all(&sender, argv + optind);
	if (error) {
		fprintf(stderr, "sender: %s\n", strerror(-error));
		return 1;
	}
	for (i = optind + 5; i < argc; i++)
		if (!run_phase(&sender, argv[i]))
			return 1;
	return 0;
}
