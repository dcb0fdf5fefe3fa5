/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes frames. What changes from client to client is little, for the sender's own share
 * of a measurement is to be small.
 */
#include "frame.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#define FIRST_CLIENT 0x0a400000 /* 10.64.0.0 */
#define RESPONDER_COOKIE 0x5e   /* each of its bytes */

/** The checksum of the frame's IPv4 header (RFC 1071). */
static uint16_t checksum(const struct frame *frame)
{
	uint16_t words[sizeof(frame->ip) / 2];
	uint32_t sum = 0;
	size_t i;

	memcpy(words, &frame->ip, sizeof(words));
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

/** True for what travels in UDP on port 4500. */
static bool is_natt(enum frame_kind kind)
{
	return kind == FRAME_BOTH_NATT || kind == FRAME_ESP_NATT;
}

/** Where the ISAKMP header begins. */
static uint8_t *isakmp_of(struct frame *frame, enum frame_kind kind)
{
	return frame->in_udp + (is_natt(kind) ? FRAME_MARKER_BYTES : 0);
}

/** Where the SPI is. */
static uint8_t *spi_of(struct frame *frame, enum frame_kind kind)
{
	return kind == FRAME_ESP ? frame->esp : frame->in_udp;
}

/** Fills what is the same in all ISAKMP messages of a kind. Returns the bytes in UDP. */
static size_t prepare_isakmp(struct frame *frame, enum frame_kind kind)
{
	uint8_t *isakmp = isakmp_of(frame, kind);
	bool both = kind != FRAME_FIRST;

	isakmp[0] = 0xc1;
	memset(isakmp + 8, both ? RESPONDER_COOKIE : 0, 8);
	isakmp[16] = 33;             /* next payload: SA */
	isakmp[17] = 0x20;           /* version 2.0 */
	isakmp[18] = both ? 35 : 34; /* IKE_AUTH, IKE_SA_INIT */
	isakmp[19] = 0x08;           /* from the initiator */
	isakmp[23] = both;           /* message id */
	isakmp[27] = FRAME_ISAKMP_BYTES;
	return (size_t)(isakmp - frame->in_udp) + FRAME_ISAKMP_BYTES;
}

/** Fills the UDP header. Returns the bytes behind the IP header. */
static size_t prepare_udp(struct frame *frame, enum frame_kind kind)
{
	uint16_t port = htons(is_natt(kind) ? 4500 : 500);
	size_t size_bytes = sizeof(frame->udp) +
		(kind == FRAME_ESP_NATT ? FRAME_ESP_BYTES : prepare_isakmp(frame, kind));

	frame->udp.source = port;
	frame->udp.dest = port;
	frame->udp.len = htons((uint16_t)size_bytes);
	return size_bytes;
}

/** Fills all that does not depend on the client. */
size_t frame_prepare(struct frame *frame, enum frame_kind kind, const struct ethhdr *link,
	uint32_t virtual)
{
	size_t size_bytes = sizeof(frame->ip);

	memset(frame, 0, sizeof(*frame));
	size_bytes += kind == FRAME_ESP ? FRAME_ESP_BYTES : prepare_udp(frame, kind);
	frame->link = *link;
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.ttl = 64;
	frame->ip.protocol = kind == FRAME_ESP ? IPPROTO_ESP : IPPROTO_UDP;
	frame->ip.tot_len = htons((uint16_t)size_bytes);
	frame->ip.daddr = virtual;
	return sizeof(frame->link) + size_bytes;
}

/** Sets address, and cookie or SPI. */
void frame_set(struct frame *frame, enum frame_kind kind, uint32_t client)
{
	uint32_t number = htonl(client + 0x1000);
	bool esp = kind == FRAME_ESP || kind == FRAME_ESP_NATT;

	frame->ip.saddr = htonl(FIRST_CLIENT + client);
	frame->ip.check = 0;
	frame->ip.check = checksum(frame);
	memcpy(esp ? spi_of(frame, kind) : isakmp_of(frame, kind) + 4, &number,
		sizeof(number));
}

/** Makes an answer of it. */
void frame_answer(struct frame *frame)
{
	uint8_t *isakmp = isakmp_of(frame, FRAME_FIRST);

	memset(isakmp + 8, RESPONDER_COOKIE, 8);
	isakmp[19] = 0x20; /* an answer, not from the initiator */
}
