/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiled BPF program, src/bpf, as a part of this one.
 */
#pragma once

#include <stddef.h>

/** The bytes of the object file and how many they are. */
const void *bpf_object_bytes(size_t *ret_size_bytes);
