/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one function that every fuzz target has, as libFuzzer calls it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Runs the target on size_bytes at data; a fault ends the process. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);
