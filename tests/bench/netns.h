/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A socket keeps to the network namespace in which it was made, so a process goes to
 * another one only to make it.
 */
#pragma once

#include <stdint.h>

/** Opens a packet socket bound to the device in the namespace whose file is at path, or in
 *  the process's own when path is NULL. protocol, in host order, is what it receives; 0:
 *  nothing. Negative errno. */
int netns_packet_socket(const char *path, const char *device, uint16_t protocol);

/** Opens a routing netlink socket there and learns the device's index. Negative errno. */
int netns_route_socket(const char *path, const char *device, unsigned int *ret_interface);
