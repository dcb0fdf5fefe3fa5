/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds the ways that the BPF program takes (bpf/layout.h): each function fills in its part of
 * a way that was zero. Pure; knows no maps.
 */
#pragma once

#include <stdint.h>

#include "base/address.h"
#include "bpf/layout.h"

/** Puts the link to the next hop: hardware addresses of six bytes; family is that of the packet
 *  as it leaves, which with a tunnel is the outer one. */
void bpf_way_link(struct bpf_way *way, uint32_t interface, const uint8_t *destination,
	const uint8_t *source, uint8_t family);

/**
 * Makes it a tunnel between two addresses of one family, for packets of family inner. gue_port
 * in host order, 0: no GUE. The headers are what tunnel_device_put() has the kernel write; the
 * way's outer_bytes tell how long they are.
 */
void bpf_way_tunnel(struct bpf_way *way, const struct address *source,
	const struct address *destination, uint8_t inner, uint16_t gue_port);

/** Makes it method nat to a server's address. */
void bpf_way_nat(struct bpf_way *way, const struct address *server);
