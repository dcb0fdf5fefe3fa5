/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pins of our maps in a directory of a BPF file system. Knows names and descriptors, and
 * not what maps are for.
 */
#pragma once

#include "bpf/layout.h"

/** A map's name below the directory. */
const char *bpf_pins_name(enum bpf_map_name map);

/** Makes the directory, and mounts the file system above it if there is none. What somebody
 *  has left beside the pins' places is removed. Negative errno. */
int bpf_pins_prepare(const char *directory);

/** Opens what is pinned there: a descriptor, or negative errno. */
int bpf_pins_get(const char *directory, enum bpf_map_name map);

/** Pins a map beside its place, where another one may be. Negative errno. */
int bpf_pins_put(const char *directory, enum bpf_map_name map, int fd);

/** Puts those that are beside their places into them. Negative errno. */
int bpf_pins_settle(const char *directory);

/** Removes those that are beside their places, and the directory if that was all. */
void bpf_pins_undo(const char *directory);

/** Removes all pins and the directory. 0 also when there is none. */
int bpf_pins_remove(const char *directory);
