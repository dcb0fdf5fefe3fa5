/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): the keyed hash of every table that
 * strangers can fill. Without the key nobody can choose packets that collide.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t words[2];
};

/** Hashes size_bytes at data under key. */
uint64_t hash_keyed(const struct hash_key *key, const void *data, size_t size_bytes);
