/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * At which interfaces the BPF program is: those that the configuration names, else all Ethernet
 * links that belong to no bridge, bond or VRF, since frames come in by these. Links come and
 * go, so this is looked at again whenever the kernel tells of one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"
#include "kernel/bpf_program.h"
#include "kernel/rtnl_link.h"

/** A link that the program is to be at. */
struct bpf_link_state {
	char name[IFNAMSIZ];
	uint32_t interface;
	int error; /**< why it is not there, negative errno; 0: it is */
};

struct bpf_links {
	const struct config *config;
	struct bpf_ingress *ingress; /**< not owned */
	struct netlink netlink;
	struct bpf_link_state *items; /**< owned; as the last look found them */
	size_t count;
};

/** Begins; attaches nothing yet. Negative errno. */
int bpf_links_open(struct bpf_links *links, const struct config *config,
	struct bpf_ingress *ingress);

/** Ends; the program stays where it is. */
void bpf_links_close(struct bpf_links *links);

/** Attaches where the program is to be and is not, and detaches where it is not to be. What
 *  fails at one link is noted there. Negative errno when links could not be read. */
int bpf_links_look(struct bpf_links *links);

/** Takes programs of ours off all links. Negative errno. */
int bpf_links_detach_all(struct bpf_links *links);

/** Tells whether a program of ours, of an earlier run, is at some link. */
bool bpf_links_has_any(struct bpf_links *links);
