/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of method tunnel share: the fixture's servers behind tunnels, packets that are
 * for one of them, and what there is in the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"

/** The fixture's config with both servers behind tunnels. The same object at every call. */
struct config *tunnels_config(void);

/** Marks what a client sends for a server, by its number, from now on. */
void tunnels_mark(size_t server);

/** All rules, routes and devices, sorted; to be freed. */
char *tunnels_everything(void);

/** Tells whether the kernel has the devices, looking in a namespace of its own. What does
 *  GUE, the kernel does not load by itself. */
bool tunnels_has_kernel(void);
