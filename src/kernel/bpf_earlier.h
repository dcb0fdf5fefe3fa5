/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BPF program that an earlier run has left, for other servers: it goes on until it is replaced,
 * and the marks it gives must not meet the routes of a new configuration. Attaches and detaches
 * nothing.
 */
#pragma once

#include <stdbool.h>

#include "bpf/layout.h"

/** The settings that are pinned in directory; of another version only whose they are, and all
 *  zero if there are none. */
struct bpf_settings bpf_earlier_settings(const char *directory);

/** Tells whether what is pinned in directory is of the servers of that identity. */
bool bpf_earlier_is_same(const char *directory, const char *identity);

/** Opens the ways that are pinned in directory if they are of other servers than identity's: a
 *  descriptor; -1 if they are the same, or there are none. */
int bpf_earlier_ways(const char *directory, const char *identity);

/** Has the program of these ways give no marks from now on; what it carries by itself it goes on
 *  carrying. -EPROTO: it is of another version; other negative errno. */
int bpf_earlier_unmark(int ways);
