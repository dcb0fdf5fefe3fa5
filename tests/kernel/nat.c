/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules, routes, queue, and packets with checksums.
 */
#include "nat.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

#define PATIENCE_MS 2000

/* The payload: on port 4500 a non-ESP marker comes first. */
static const uint8_t payload[] = { 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0 };

static struct nfqueue *queue;

/** Makes all of it. */
void nat_up(enum config_method other)
{
	struct config *config = fixture_config();
	struct config_server *servers = config->services[0].servers;
	struct nfqueue_config wanted = { .queue = config->queue, .copy_bytes = 1280 };
	struct policy_route_counters counters;
	struct ruleset_info info;

	servers[0].method = METHOD_NAT;
	servers[0].replies_seen = true;
	servers[1].method = other;
	servers[1].replies_seen = other == METHOD_NAT;
	ck_assert_int_eq(nfqueue_open(&wanted, &queue), 0);
	ck_assert_int_eq(policy_route_apply(config, &counters), 0);
	ck_assert_int_eq(ruleset_install(config, &info), 0);
	ck_assert(info.nat);
}

/** The queue. */
struct nfqueue *nat_queue(void)
{
	return queue;
}

/** Lets the next packet of the queue go on, with our bits of its mark as given. */
static bool answer(uint32_t bits)
{
	struct pollfd wait = { .fd = nfqueue_fd(queue), .events = POLLIN };
	struct nfqueue_verdict verdict = { .accept = true, .set_mark = true };
	const struct nfqueue_packet *queued;

	if (poll(&wait, 1, PATIENCE_MS) != 1)
		return false;
	ck_assert_int_eq(nfqueue_receive(queue, &queued), 1);
	verdict.mark = (queued->mark & ~fixture_config()->mark_mask) | bits;
	ck_assert_int_eq(nfqueue_verdicts(queue, &verdict, 1), 0);
	return true;
}

/** With the server's mark. */
bool nat_give_to(size_t i)
{
	const struct config *config = fixture_config();

	return answer(config_server_mark(config, &config->services[0].servers[i]));
}

/** Without one. */
bool nat_let_go(void)
{
	return answer(0);
}

/** The sum of 16-bit words, of which the last may be half. */
static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t size_bytes)
{
	size_t i;

	for (i = 0; i < size_bytes; i += 2)
		sum += (uint32_t)bytes[i] << 8 | (i + 1 < size_bytes ? bytes[i + 1] : 0);
	return sum;
}

/** Folds the carries in and turns the sum over. */
static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/** RFC 1071. */
uint16_t nat_checksum(const uint8_t *bytes, size_t size_bytes)
{
	return fold(add_words(0, bytes, size_bytes));
}

/** The checksum of a UDP packet with its pseudo header, the field included. */
static uint16_t udp_sum(const uint8_t *packet, size_t size_bytes)
{
	bool v6 = packet[0] >> 4 == 6;
	size_t header_bytes = v6 ? 40 : 20, udp_bytes = size_bytes - header_bytes;
	uint32_t sum = add_words((uint32_t)udp_bytes + IPPROTO_UDP,
		packet + (v6 ? 8 : 12), v6 ? 32 : 8);

	return fold(add_words(sum, packet + header_bytes, udp_bytes));
}

/** Builds the packet. */
size_t nat_udp(uint8_t *out, const char *source, uint16_t source_port,
	const char *destination, uint16_t destination_port, bool checksum)
{
	size_t size = fixture_udp(out, source, destination, source_port, destination_port,
		payload, sizeof(payload));
	uint8_t *field = out + (out[0] >> 4 == 6 ? 40 : 20) + 6;
	uint16_t sum = udp_sum(out, size);

	if (checksum) {
		field[0] = (uint8_t)(sum >> 8);
		field[1] = (uint8_t)sum;
	}
	return size;
}

/** Reads a frame. */
struct nat_seen nat_look(const struct fixture_frame *frame)
{
	const uint8_t *packet = frame->packet;
	bool v6 = packet[0] >> 4 == 6;
	const uint8_t *transport = packet + (v6 ? 40 : 20);
	int family = v6 ? AF_INET6 : AF_INET;
	struct nat_seen seen = { .source_port = 0 };

	inet_ntop(family, packet + (v6 ? 8 : 12), seen.source, sizeof(seen.source));
	inet_ntop(family, packet + (v6 ? 24 : 16), seen.destination,
		sizeof(seen.destination));
	if (packet[v6 ? 6 : 9] != IPPROTO_UDP)
		return seen;
	seen.source_port = (uint16_t)(transport[0] << 8 | transport[1]);
	seen.destination_port = (uint16_t)(transport[2] << 8 | transport[3]);
	seen.checksum = (uint16_t)(transport[6] << 8 | transport[7]);
	seen.checksum_good = udp_sum(packet, frame->size_bytes) == 0;
	return seen;
}

/** Claims what a frame is about. */
void nat_expect(const struct fixture_frame *frame, const char *source,
	uint16_t source_port, const char *destination, uint16_t destination_port)
{
	struct nat_seen seen = nat_look(frame);

	ck_assert_str_eq(seen.source, source);
	ck_assert_str_eq(seen.destination, destination);
	ck_assert_uint_eq(seen.source_port, source_port);
	ck_assert_uint_eq(seen.destination_port, destination_port);
}

/** A client's packet on its whole way. */
void nat_client_sends(const char *client, uint16_t source_port, uint16_t port, size_t i)
{
	bool v6 = strchr(client, ':');
	const char *server = v6 ? NAT_SERVER_V6 : i ? NAT_OTHER_V4 : NAT_SERVER_V4;
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;

	fixture_inject(packet, nat_udp(packet, client, source_port,
				       v6 ? FIXTURE_VIRTUAL_V6 : FIXTURE_VIRTUAL_V4,
				       port, true));
	ck_assert(nat_give_to(i));
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, i ? 0x12 : 0x11);
	nat_expect(&frame, client, source_port, server, port);
	ck_assert(nat_look(&frame).checksum_good);
}

/** Counts what the tool lists. */
size_t nat_connections(void)
{
	char *output = fixture_output("{ conntrack -L -f ipv4; conntrack -L -f ipv6; } "
				      "2>/dev/null | wc -l");
	size_t count = strtoul(output, NULL, 10);

	free(output);
	return count;
}
