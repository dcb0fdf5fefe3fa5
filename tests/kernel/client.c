/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client.h"

#include <string.h>

/** The virtual address of the client's family. */
static const char *virtual_of(const char *client)
{
	return strchr(client, ':') ? FIXTURE_VIRTUAL_V6 : FIXTURE_VIRTUAL_V4;
}

/** Reads the addresses. */
struct fast_path_key client_key(const char *client, uint16_t port)
{
	struct fast_path_key key = { .client_port = port };

	address_parse(client, &key.client);
	address_parse(virtual_of(client), &key.virtual);
	return key;
}

/** Sends a packet and waits for it. */
static unsigned int server_of(const uint8_t *packet, size_t size_bytes)
{
	struct fixture_frame frame;

	fixture_inject(packet, size_bytes);
	return fixture_out_now(&frame) ? frame.station : 0;
}

/** Builds it and sends it. */
unsigned int client_server(const char *client, uint8_t protocol, const void *payload,
	size_t payload_bytes)
{
	uint8_t packet[FIXTURE_BYTES];

	return server_of(packet, fixture_ip(packet, client, virtual_of(client), protocol,
					 payload, payload_bytes));
}

/** Builds it and sends it. */
unsigned int client_server_udp(const char *client, uint16_t port, const void *payload,
	size_t payload_bytes)
{
	uint8_t packet[FIXTURE_BYTES];

	return server_of(packet, fixture_udp(packet, client, virtual_of(client), port, 4500,
					 payload, payload_bytes));
}
