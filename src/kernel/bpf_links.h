/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF program at the interfaces that ingress_links.h chooses for it.
 */
#pragma once

#include <stdbool.h>

#include "kernel/ingress_links.h"

/** Attaches the program, and detaches whichever of ours is there; its user is the struct
 *  bpf_ingress. */
extern const struct ingress_links_owner bpf_links_owner;

/** Tells whether a program of ours, of an earlier run, is at some link. */
bool bpf_links_has_any(struct ingress_links *links);
