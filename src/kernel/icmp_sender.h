/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends complete IP packets that were built elsewhere (core) from addresses that need
 * not be ours: ICMP errors from a virtual address. Never builds or changes a packet; the
 * kernel fills in IPv4's total length and header checksum, and the id if it is zero.
 *
 * The route is looked up by destination alone, unmarked: main table's way to the client,
 * whether the virtual address is local to the director or not. The packet passes the
 * output hook; conntrack, where it is on, does not know what it answers (invalid).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

struct icmp_sender;

/** Opens the raw sockets; IPv6 may be missing in the kernel, IPv4 may not.
 *  -EPERM: no CAP_NET_RAW. */
int icmp_sender_open(struct icmp_sender **ret_sender);

/** Closes the sockets. Accepts NULL. */
void icmp_sender_close(struct icmp_sender *sender);

/** Sends one packet, which begins with its IP header, without blocking. -EAGAIN: no room,
 *  the packet is gone; -EAFNOSUPPORT: no IPv6 here; -ENETUNREACH and the like. */
int icmp_sender_send(struct icmp_sender *sender, const struct address *destination,
	const uint8_t *packet, size_t size_bytes);
