/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a cuckoo table lies in memory, and where in it a key may be: what those who read it, the
 * BPF program too, have in common with who writes it. Only the kernel's types, and arithmetic.
 *
 * The memory is pages of 64 KiB, a page is buckets, a bucket is slots. A key belongs to one
 * page, and there to two buckets. A slot is the key's address, of one or of four words, and
 * then the tail: 16 bits more of the key, 15 bits of value, and whether the slot is used. Last
 * come 32 bits that belong to readers.
 */
#pragma once

#include <linux/types.h>

#define CUCKOO_PAGE_BYTES 65536
#define CUCKOO_USED 0x80000000u
#define CUCKOO_TAIL_KEY (CUCKOO_USED | 0xffffu) /**< what a reader compares */
#define CUCKOO_VALUE_SHIFT 16
#define CUCKOO_VALUE_MASK 0x7fffu

#define CUCKOO_BUCKET1_BYTES 64  /**< of keys of one word: four slots of 16 bytes */
#define CUCKOO_BUCKET4_BYTES 128 /**< of four words: three of 40 */
#define CUCKOO_SLOTS1 4
#define CUCKOO_SLOTS4 3

/** A slot of a key of one word. */
struct cuckoo_slot1 {
	__u64 address;
	__u32 tail;
	__u32 readers;
};

/** A slot of a key of four words. */
struct cuckoo_slot4 {
	__u64 address[4];
	__u32 tail;
	__u32 readers;
};

/** A page of either kind. */
struct cuckoo_page {
	__u8 bytes[CUCKOO_PAGE_BYTES];
};

/** Random numbers that nobody else knows; the last one is odd. */
struct cuckoo_secret {
	__u64 words[10];
};

/** Has a hash's high half be good: so far a number of keys in a row are at even distances.
 *  Macros, since a program of BPF has the secret where no pointer is to be had. */
#define cuckoo_finish(sum, secret) (((sum) ^ (sum) >> 32) * (secret)->words[9])

/** Multiplies the halves of a word (Dietzfelbinger's pair-multiply-shift), each with a secret
 *  number added. */
#define cuckoo_pair(word, secret, i)                                                     \
	(((word) + (secret)->words[i]) * (((word) >> 32) + (secret)->words[(i) + 1]))

/** What the rest of a key adds to its sum; none costs nothing where that is known. */
#define cuckoo_rest(port, secret)                                                        \
	(__builtin_constant_p(port) && !(port) ? 0 : (port) * (secret)->words[8])

/** The sum for a key of one word, and what is in its tail. */
#define cuckoo_sum1(word, port, secret)                                                  \
	(cuckoo_pair(word, secret, 0) + cuckoo_rest(port, secret))

/** The same of four words. */
#define cuckoo_sum4(address, port, secret)                                               \
	(cuckoo_pair((address)[0], secret, 0) + cuckoo_pair((address)[1], secret, 2) +   \
		cuckoo_pair((address)[2], secret, 4) +                                   \
		cuckoo_pair((address)[3], secret, 6) + cuckoo_rest(port, secret))

/** The page of a hash. */
#define cuckoo_page_of(hash, page_count) ((__u32)(((hash) >> 32) * (page_count) >> 32))

/** Where in a page its two buckets begin. */
#define cuckoo_first_of(hash, bucket_bytes)                                              \
	((__u32)((hash) >> 26) & (CUCKOO_PAGE_BYTES - (bucket_bytes)))
#define cuckoo_second_of(hash, bucket_bytes)                                             \
	((__u32)((hash) >> 36) & (CUCKOO_PAGE_BYTES - (bucket_bytes)))
