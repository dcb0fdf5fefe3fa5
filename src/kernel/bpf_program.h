/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF program of src/bpf in the kernel: loaded, its maps made or taken over, attached at tc
 * ingress. Maps are pinned below a directory of a BPF file system, so that they and the program
 * outlive the process. What the maps mean is in bpf/layout.h; who fills them is another file.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/layout.h"
#include "kernel/bpf_clients.h"

/** Where the maps are pinned unless there is reason for another place. */
#define BPF_PROGRAM_DIRECTORY "/sys/fs/bpf/ipsec-balancer"

struct bpf_ingress;

struct bpf_program_limits {
	uint32_t clients; /**< elements of one family, a client's ESP and each of its UDP flows */
	bool no_v4; /**< there is no service of that family, so there are no clients */
	bool no_v6;
	uint32_t servers;
	const char *identity; /**< of the servers' numbers; shorter than BPF_IDENTITY_BYTES */
};

/**
 * Loads the program with maps of these limits. Those pinned in directory are taken over if
 * layout and limits are the same and the identity is, too; else they are made new, while a
 * program that is attached goes on with the old ones until bpf_program_attach(). The directory
 * is made if it is not there, and if its parent is not in a BPF file system, one is mounted
 * there. Nothing that is pinned changes until bpf_program_settle(); what is closed before that
 * leaves things as they were. Needs CAP_BPF, CAP_NET_ADMIN, and CAP_SYS_ADMIN to mount. -EOPNOTSUPP, -EINVAL or -EPERM: the kernel does not take it; other negative errno.
 */
int bpf_program_open(const char *directory, const struct bpf_program_limits *limits,
	struct bpf_ingress **ret_ingress);

/** Has the pins be those of this program's maps, and its identity theirs: to be called before
 *  it is attached, once the start cannot fail any more for other reasons. Negative errno. */
int bpf_program_settle(struct bpf_ingress *ingress);

/** Lets go; what is attached and settled stays. Accepts NULL. */
void bpf_program_close(struct bpf_ingress *ingress);

/** Whether the clients' maps were there already: their elements are to be looked at. */
bool bpf_program_took_over(const struct bpf_ingress *ingress);

/** The tables of clients; the program's. */
struct bpf_clients *bpf_program_clients(struct bpf_ingress *ingress);

/** The descriptor of a map; the program's, not to be closed. */
int bpf_program_map(const struct bpf_ingress *ingress, enum bpf_map_name map);

/** The descriptor of the program, not to be closed. */
int bpf_program_fd(const struct bpf_ingress *ingress);

/** Sum over the maps of what the kernel says they take. It counts hash tables by what they may
 *  become, or by what they are, as it knows; the clients' are taken as a whole at once. */
uint64_t bpf_program_memory_bytes(const struct bpf_ingress *ingress);

/** Puts a way, in such an order that no packet meets half of it. index: bpf_way_index().
 *  Negative errno. */
int bpf_program_set_way(
	const struct bpf_ingress *ingress, uint32_t index, const struct bpf_way *way);

/** Says that the ways are right, now. When nobody has done so for 30 seconds the program leaves
 *  packets, with their marks, to the kernel's routes and neighbours. Negative errno. */
int bpf_program_beat(const struct bpf_ingress *ingress);

/** Sums a counter of a server up over the CPUs. Negative errno. */
int bpf_program_counters(const struct bpf_ingress *ingress, uint32_t server,
	struct bpf_counters *ret_counters);

/** The same of the packets for a reason. */
int bpf_program_reason(
	const struct bpf_ingress *ingress, enum bpf_reason reason, uint64_t *ret_packets);

/** What users read for a reason, and its explanation. */
const char *bpf_program_reason_name(enum bpf_reason reason);
const char *bpf_program_reason_help(enum bpf_reason reason);

/**
 * Attaches the program at an interface; where an earlier one of ours is it is replaced without
 * a gap. -EOPNOTSUPP: not Ethernet; -EEXIST: somebody else's filter has our place; -ENODEV: no
 * such interface; else negative errno.
 */
int bpf_program_attach(const struct bpf_ingress *ingress, uint32_t interface);

/** Takes whichever program of ours off an interface, and clsact with it if it was not there
 *  before us and nobody else uses it now. 0 also when there is none. Negative errno. */
int bpf_program_detach(const struct bpf_ingress *ingress, uint32_t interface);

/** Whether this very program is at the interface still: 1 or 0, or negative errno. */
int bpf_program_is_attached(const struct bpf_ingress *ingress, uint32_t interface);

/** Takes programs of ours off all interfaces of this network namespace and unpins the maps.
 *  For when no program is loaded. Negative errno. */
int bpf_program_remove(const char *directory);
