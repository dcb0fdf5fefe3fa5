/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads how many packets an interface of another network namespace has received, in
 * one cheap system call each way, so that the sender can pace itself by it.
 */
#pragma once

#include <stdint.h>

struct meter {
	int fd;
	unsigned int interface;
};

/** Opens a meter on a device of the namespace whose file is at path. Negative errno. */
int meter_open(struct meter *meter, const char *path, const char *device);

/** Packets received since the interface exists; 0 when the kernel does not say. */
uint64_t meter_read(const struct meter *meter);
