/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

#define HASH_ROTATE(word, bits) ((word) << (bits) | (word) >> (64 - (bits)))

/** One SipRound over the four state words. */
static inline void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = HASH_ROTATE(v[1], 13) ^ v[0];
	v[0] = HASH_ROTATE(v[0], 32);
	v[2] += v[3];
	v[3] = HASH_ROTATE(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = HASH_ROTATE(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = HASH_ROTATE(v[1], 17) ^ v[2];
	v[2] = HASH_ROTATE(v[2], 32);
}

/** Takes one message word in: two rounds. */
static inline void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v);
	mix(v);
	v[0] ^= word;
}

/** Reads eight bytes, the first lowest. */
static inline uint64_t load(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return le64toh(word);
}

/** Reads the last bytes, less than eight, under the length. */
static inline uint64_t load_last(const uint8_t *bytes, size_t left_bytes, size_t size_bytes)
{
	uint64_t word = (uint64_t)size_bytes << 56;

	for (size_t i = 0; i < left_bytes; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	return word;
}

/** SipHash-2-4. */
uint64_t hash_keyed(const struct hash_key *key, const void *data, size_t size_bytes)
{
	const uint8_t *bytes = data;
	uint64_t v[4] = {
		key->words[0] ^ UINT64_C(0x736f6d6570736575),
		key->words[1] ^ UINT64_C(0x646f72616e646f6d),
		key->words[0] ^ UINT64_C(0x6c7967656e657261),
		key->words[1] ^ UINT64_C(0x7465646279746573),
	};
	size_t whole = size_bytes & ~(size_t)7;

	for (size_t i = 0; i < whole; i += 8)
		absorb(v, load(bytes + i));
	absorb(v, load_last(bytes + whole, size_bytes - whole, size_bytes));
	v[2] ^= 0xff;
	for (int round = 0; round < 4; round++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
