/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client of fixture.h sends to the virtual address of its family, whichever backend of
 * the fast path carries it.
 */
#pragma once

#include "fixture.h"
#include "kernel/fast_path.h"

/** The key of a client, by port or by its addresses alone (0). */
struct fast_path_key client_key(const char *client, uint16_t port);

/** Sends a packet without ports; the server that it comes to, 0 for none. */
unsigned int client_server(const char *client, uint8_t protocol, const void *payload,
	size_t payload_bytes);

/** The same for UDP to port 4500. */
unsigned int client_server_udp(const char *client, uint16_t port, const void *payload,
	size_t payload_bytes);
