/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer is the message itself with the ways exchanged, so all checksums stay right,
 * and the responder's cookie that the sender's further messages have.
 */
#include "responder.h"

#include <errno.h>
#include <linux/filter.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "frame.h"
#include "netns.h"

#define WAIT_MS 200
#define BUFFER_BYTES (16 << 20)

/** Where first messages on port 500 say so. */
enum {
	AT_PROTOCOL = offsetof(struct frame, ip.protocol),
	AT_PORT = offsetof(struct frame, udp.dest),
	AT_COOKIE = offsetof(struct frame, in_udp) + 8,
};

/** Lets first messages through only. */
static int filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AT_PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, AT_PORT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 500, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_COOKIE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, sizeof(struct frame)),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };
	const struct timeval wait = { 0, WAIT_MS * 1000 };
	const int size_bytes = BUFFER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == -1 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == -1 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size_bytes,
			sizeof(size_bytes)) == -1)
		return -errno;
	return fd;
}

/** Opens it there. */
int responder_open(const char *path, const char *device)
{
	/* ETH_P_IP would be served behind the rule that drops what arrives. */
	int fd = netns_packet_socket(path, device, ETH_P_ALL);

	return fd < 0 ? fd : filter(fd);
}

/** Makes the message an answer to itself. */
static void turn_round(struct frame *frame)
{
	const struct frame was = *frame;

	memcpy(frame->link.h_dest, was.link.h_source, ETH_ALEN);
	memcpy(frame->link.h_source, was.link.h_dest, ETH_ALEN);
	frame->ip.saddr = was.ip.daddr;
	frame->ip.daddr = was.ip.saddr;
	frame_answer(frame);
}

/** Answers. */
unsigned int responder_answer(int fd, unsigned int count)
{
	struct frame frame;
	unsigned int done = 0;
	ssize_t size_bytes;

	while (done < count) {
		size_bytes = recv(fd, &frame, sizeof(frame), 0);
		if (size_bytes < (ssize_t)offsetof(struct frame, in_udp))
			break;
		turn_round(&frame);
		if (send(fd, &frame, (size_t)size_bytes, 0) == size_bytes)
			done++;
	}
	return done;
}
