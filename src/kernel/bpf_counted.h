/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF program has counted of single clients, as long as they are to be counted.
 */
#pragma once

#include "kernel/bpf_program.h"
#include "kernel/fast_path.h"

/** Begins with zero, unless it is counted already. Negative errno. */
int bpf_counted_begin(const struct bpf_ingress *ingress, const struct fast_path_key *key);

/** Forgets what was counted. */
void bpf_counted_end(const struct bpf_ingress *ingress, const struct fast_path_key *key);

/** What was counted, summed up over the CPUs. -ENOENT: it is not counted; other negative
 *  errno. */
int bpf_counted_read(const struct bpf_ingress *ingress, const struct fast_path_key *key,
	struct fast_path_count *ret_count);
