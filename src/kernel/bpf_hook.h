/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BPF program's place at tc ingress of an interface: clsact and a filter of ours behind
 * all that were given no higher priority. Knows a program of ours by its name. Foreign filters
 * are never touched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Filters run in the order of their priority. Those that tc chooses itself are below 49152,
 *  so ours comes after them. */
#define BPF_HOOK_PRIORITY 50000u
#define BPF_HOOK_HANDLE 1

/** The program's name in the kernel. */
#define BPF_HOOK_PROGRAM "ipb_ingress"

/** Finds our filter's program: its number, 0 if there is none; -EEXIST somebody else's has the
 *  place; else negative errno. */
int bpf_hook_find(uint32_t interface, uint32_t *ret_program);

/** Attaches the program of that descriptor, or replaces ours by it. ret_made: clsact was not
 *  there. Errors as bpf_program_attach(). */
int bpf_hook_attach(uint32_t interface, int program_fd, bool *ret_made);

/** Takes our filter off; if made, then clsact as well unless it is used. 0 also when there is
 *  nothing of ours. */
int bpf_hook_detach(uint32_t interface, bool made);
