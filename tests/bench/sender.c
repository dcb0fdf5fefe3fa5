/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends ISAKMP of many clients to a virtual address as fast as it is carried: never
 * more than a window of packets are under way, as seen on the interface where they
 * arrive. So nothing is lost for want of room and what arrives is what was carried.
 *
 * Usage: sender MODE DEVICE DIRECTOR-MAC VIRTUAL NETNS-FILE NETNS-DEVICE PACKETS MS
 *   established   a thousand clients make a handshake each, then go on with both
 *                 cookies set; these latter packets are measured
 *   new-clients   every client sends a first message and one with both cookies
 * It ends after PACKETS sent or MS milliseconds. Prints "arrived PACKETS in MS ms".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "meter.h"

#define BATCH 64            /**< packets in one sendmmsg() */
#define CLIENTS 1000        /**< in mode established */
#define WINDOW 2048         /**< packets under way */
#define STALL_MS 200        /**< without progress: what is missing is lost */
#define PAYLOAD_BYTES 72    /**< behind the ISAKMP header */
#define ISAKMP_BYTES 28     /**< RFC 7296 3.1 */
#define FIRST_CLIENT 0x0a400000 /* 10.64.0.0 */

struct frame {
	struct ethhdr link;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t isakmp[ISAKMP_BYTES + PAYLOAD_BYTES];
} __attribute__((packed));

struct sender {
	int fd;
	struct meter meter;
	struct frame frames[BATCH];
	struct mmsghdr headers[BATCH];
	struct iovec vectors[BATCH];
	uint64_t sent;
	uint64_t lost;
	uint64_t first; /**< what the meter said at the begin */
};

/** Milliseconds of the monotonic clock. */
static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/** The checksum of an IPv4 header (RFC 1071). */
static uint16_t checksum(const void *data, size_t size_bytes)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < size_bytes; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/** Fills what all frames have in common. */
static void frame_prepare(
	struct frame *frame, const struct ethhdr *link, uint32_t virtual)
{
	memset(frame, 0, sizeof(*frame));
	frame->link = *link;
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.ttl = 64;
	frame->ip.protocol = IPPROTO_UDP;
	frame->ip.tot_len = htons(sizeof(*frame) - sizeof(frame->link));
	frame->ip.daddr = virtual;
	frame->udp.source = htons(500);
	frame->udp.dest = htons(500);
	frame->udp.len = htons(sizeof(frame->udp) + sizeof(frame->isakmp));
	frame->isakmp[16] = 33;   /* next payload: SA */
	frame->isakmp[17] = 0x20; /* version 2.0 */
	frame->isakmp[27] = sizeof(frame->isakmp);
}

/** Makes the frame one of a client: its first message, or one with both cookies. */
static void frame_set(struct frame *frame, uint32_t client, bool both)
{
	uint32_t cookie = htonl(client + 1);

	frame->ip.saddr = htonl(FIRST_CLIENT + client);
	frame->ip.check = 0;
	frame->ip.check = checksum(&frame->ip, sizeof(frame->ip));
	memcpy(frame->isakmp + 4, &cookie, sizeof(cookie));
	frame->isakmp[0] = 0xc1;
	memset(frame->isakmp + 8, both ? 0x5e : 0, 8);
	frame->isakmp[18] = both ? 35 : 34; /* IKE_AUTH, IKE_SA_INIT */
	frame->isakmp[19] = 0x08;           /* from the initiator */
	frame->isakmp[23] = both;           /* message id */
}

/** Waits until there is room in the window for one more batch. What does not come is
 *  lost, and not waited for again. */
static void wait_for_room(struct sender *sender, uint64_t window)
{
	uint64_t arrived = meter_read(&sender->meter) - sender->first, before = arrived;
	uint64_t since = now_ms();

	while (sender->sent - sender->lost - arrived > window) {
		struct timespec pause = { 0, 20000 };

		nanosleep(&pause, NULL);
		arrived = meter_read(&sender->meter) - sender->first;
		if (arrived != before) {
			before = arrived;
			since = now_ms();
		} else if (now_ms() - since > STALL_MS) {
			sender->lost = sender->sent - arrived;
		}
	}
}

/** Sends the first count frames. */
static bool send_batch(struct sender *sender, unsigned int count)
{
	unsigned int done = 0;
	int sent;

	while (done < count) {
		sent = sendmmsg(sender->fd, sender->headers + done, count - done, 0);
		if (sent == -1 && errno != ENOBUFS && errno != EINTR) {
			perror("sender: sendmmsg");
			return false;
		}
		done += sent > 0 ? (unsigned int)sent : 0;
	}
	sender->sent += count;
	return true;
}

/** Sends one message each of count clients from first on. */
static bool send_clients(
	struct sender *sender, uint32_t first, unsigned int count, bool both)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		frame_set(&sender->frames[i], first + i, both);
	return send_batch(sender, count);
}

/** Forgets what was sent so far, once it has arrived. */
static void begin(struct sender *sender)
{
	wait_for_room(sender, 0);
	sender->first = meter_read(&sender->meter);
	sender->sent = sender->lost = 0;
}

/** Makes a handshake of each of the thousand clients. */
static bool shake_hands(struct sender *sender)
{
	uint32_t client;

	for (client = 0; client < CLIENTS; client += BATCH) {
		unsigned int count = CLIENTS - client < BATCH ? CLIENTS - client : BATCH;

		if (!send_clients(sender, client, count, false))
			return false;
		wait_for_room(sender, 0);
		if (!send_clients(sender, client, count, true))
			return false;
		wait_for_room(sender, 0);
	}
	if (sender->lost)
		fprintf(stderr, "sender: %llu handshake packets did not arrive\n",
			(unsigned long long)sender->lost);
	return true;
}

/** Goes on with established clients. */
static bool run_established(struct sender *sender, uint64_t packets, uint64_t end_ms)
{
	uint32_t client = 0;

	while (sender->sent < packets && now_ms() < end_ms) {
		if (!send_clients(sender, client, BATCH, true))
			return false;
		client = (client + BATCH) % (CLIENTS - BATCH);
		wait_for_room(sender, WINDOW);
	}
	return true;
}

/** Brings new clients, each with two packets. */
static bool run_new(struct sender *sender, uint64_t packets, uint64_t end_ms)
{
	uint32_t client = 0;

	while (sender->sent < packets && now_ms() < end_ms) {
		if (!send_clients(sender, client, BATCH, false) ||
			!send_clients(sender, client, BATCH, true))
			return false;
		client += BATCH;
		wait_for_room(sender, WINDOW);
	}
	return true;
}

/** Opens a packet socket on the device and learns its address. */
static int open_device(struct sender *sender, const char *device, struct ethhdr *link)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	struct ifreq request = { .ifr_name = "" };

	sender->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sender->fd == -1)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(sender->fd, SIOCGIFHWADDR, &request) == -1)
		return -errno;
	memcpy(link->h_source, request.ifr_hwaddr.sa_data, ETH_ALEN);
	link->h_proto = htons(ETH_P_IP);
	address.sll_ifindex = (int)if_nametoindex(device);
	if (bind(sender->fd, (const struct sockaddr *)&address, sizeof(address)) == -1)
		return -errno;
	return 0;
}

/** Prepares the frames of a batch. */
static void prepare(struct sender *sender, const struct ethhdr *link, uint32_t virtual)
{
	size_t i;

	for (i = 0; i < BATCH; i++) {
		frame_prepare(&sender->frames[i], link, virtual);
		sender->vectors[i].iov_base = &sender->frames[i];
		sender->vectors[i].iov_len = sizeof(sender->frames[i]);
		sender->headers[i].msg_hdr.msg_iov = &sender->vectors[i];
		sender->headers[i].msg_hdr.msg_iovlen = 1;
	}
}

/** Runs a mode and prints what arrived. */
static int run(struct sender *sender, bool established, uint64_t packets, uint64_t ms)
{
	uint64_t start;
	bool good;

	begin(sender);
	if (established && !shake_hands(sender))
		return 1;
	begin(sender);
	start = now_ms();
	good = established ? run_established(sender, packets, start + ms)
			   : run_new(sender, packets, start + ms);
	wait_for_room(sender, 0);
	printf("arrived %llu in %llu ms, lost %llu\n",
		(unsigned long long)(meter_read(&sender->meter) - sender->first),
		(unsigned long long)(now_ms() - start),
		(unsigned long long)sender->lost);
	return good ? 0 : 1;
}

/** Reads the arguments. */
int main(int argc, char **argv)
{
	static struct sender sender;
	struct ethhdr link = { .h_proto = 0 };
	struct in_addr virtual;
	int error;

	if (argc != 9 || inet_pton(AF_INET, argv[4], &virtual) != 1 ||
		sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &link.h_dest[0],
			&link.h_dest[1], &link.h_dest[2], &link.h_dest[3],
			&link.h_dest[4], &link.h_dest[5]) != 6) {
		fputs("Usage: sender established|new-clients DEVICE DIRECTOR-MAC "
		      "VIRTUAL NETNS-FILE NETNS-DEVICE PACKETS MS\n",
			stderr);
		return 2;
	}
	error = open_device(&sender, argv[2], &link);
	if (!error)
		error = meter_open(&sender.meter, argv[5], argv[6]);
	if (error) {
		fprintf(stderr, "sender: %s\n", strerror(-error));
		return 1;
	}
	prepare(&sender, &link, virtual.s_addr);
	return run(&sender, strcmp(argv[1], "established") == 0,
		strtoull(argv[7], NULL, 10), strtoull(argv[8], NULL, 10));
}
