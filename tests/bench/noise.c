/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How even the machine is: does the same little piece of work again and again, a read and a
 * write here and there in much memory, and prints the median and the longest time that one
 * took, in its own processor time. What goes beyond the median is not the work's: it is what
 * any program's figures have in them here. Usage: noise MILLISECONDS
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS (UINT32_C(1) << 26) /* as much memory as a million clients take */
#define READS 8000                /* in one piece */
#define SLOTS 4096                /* of a microsecond, for the median */

/** Reads a clock. */
static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/** One piece of work; returns how long it took. */
static uint64_t piece_ns(uint32_t *words, uint64_t *state)
{
	uint64_t began_ns = read_ns(CLOCK_THREAD_CPUTIME_ID);

	for (uint32_t i = 0; i < READS; i++) {
		*state = *state * UINT64_C(6364136223846793005) + 1;
		words[(*state >> 32) % WORDS] += i;
	}
	return read_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
}

/** The median of what was counted by microseconds. */
static size_t median_us(const uint64_t *slots, uint64_t count)
{
	uint64_t seen = 0;
	size_t i = 0;

	for (; i < SLOTS - 1; i++) {
		seen += slots[i];
		if (2 * seen >= count)
			break;
	}
	return i;
}

/** Works for a while and prints. */
int main(int argc, char **argv)
{
	uint64_t for_ns = argc > 1 ? strtoull(argv[1], NULL, 10) * 1000000 : 0;
	uint64_t until_ns, state = 1, longest_ns = 0, count = 0;
	static uint64_t slots[SLOTS];
	uint32_t *words = malloc(WORDS * sizeof(*words));

	if (!words || !for_ns)
		return 1;
	memset(words, 1, WORDS * sizeof(*words));
	until_ns = read_ns(CLOCK_MONOTONIC) + for_ns;
	for (; read_ns(CLOCK_MONOTONIC) < until_ns; count++) {
		uint64_t ns = piece_ns(words, &state);

		longest_ns = ns > longest_ns ? ns : longest_ns;
		slots[ns / 1000 < SLOTS ? ns / 1000 : SLOTS - 1]++;
	}
	printf("noise pieces %llu median-us %zu longest-us %llu\n", (unsigned long long)count,
		median_us(slots, count), (unsigned long long)longest_ns / 1000);
	free(words);
	return 0;
}
