/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the session table takes of the heap, as the allocator counts it: for a client with an
 * ESTABLISHED entry and its handshake, for an entry more, for a pair of cookies more, and
 * the hash tables that are there from the start. Prints one line. It fails where something
 * is not taken or not given back; how much it is, is for the reader to judge. Usage:
 * memory [CLIENTS]
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decide.h"
#include "core/director.h"
#include "core/handshake.h"
#include "tests/lib/test_config.h"

#define CLIENTS 20000 /* a look; of many, what is left of the last chunks does not matter */
/* The first pair comes with the handshake. */
#define MORE_PAIRS (HANDSHAKES_PER_ENTRY - 1)
/* What stands before each piece that malloc gives, on glibc. */
#define HEAD_BYTES sizeof(size_t)

static size_t heap_bytes;
static uint32_t clients = CLIENTS;

void *__real_malloc(size_t size_bytes);
void *__real_calloc(size_t count, size_t size_bytes);
void *__real_aligned_alloc(size_t alignment, size_t size_bytes);
void *__real_realloc(void *memory, size_t size_bytes);
void __real_free(void *memory);
void *__wrap_malloc(size_t size_bytes);
void *__wrap_calloc(size_t count, size_t size_bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t size_bytes);
void *__wrap_realloc(void *memory, size_t size_bytes);
void __wrap_free(void *memory);

/** What a piece of memory takes. A pool's chunk has a mapping of its own, larger than the
 *  chunk because of its alignment; nothing else of that is touched but the page before. */
static size_t size_of(void *memory)
{
	size_t bytes = malloc_usable_size(memory) + HEAD_BYTES;
	bool is_chunk = (uintptr_t)memory % POOL_CHUNK_BYTES == 0 && bytes > POOL_CHUNK_BYTES;

	return is_chunk ? POOL_CHUNK_BYTES + 4096 : bytes;
}

/** Counts a piece of memory, and passes it on. */
static void *taken(void *memory)
{
	if (memory)
		heap_bytes += size_of(memory);
	return memory;
}

/** Stands before malloc. */
void *__wrap_malloc(size_t size_bytes)
{
	return taken(__real_malloc(size_bytes));
}

/** Stands before calloc. */
void *__wrap_calloc(size_t count, size_t size_bytes)
{
	return taken(__real_calloc(count, size_bytes));
}

/** Stands before aligned_alloc. */
void *__wrap_aligned_alloc(size_t alignment, size_t size_bytes)
{
	return taken(__real_aligned_alloc(alignment, size_bytes));
}

/** Stands before realloc. */
void *__wrap_realloc(void *memory, size_t size_bytes)
{
	if (memory)
		heap_bytes -= size_of(memory);
	return taken(__real_realloc(memory, size_bytes));
}

/** Stands before free. */
void __wrap_free(void *memory)
{
	if (memory)
		heap_bytes -= size_of(memory);
	__real_free(memory);
}

/** One ISAKMP message of client number i through decide; ends the program unless it is
 *  forwarded. */
static void pass(struct director *director, uint32_t i, uint16_t port, uint64_t icookie,
	uint64_t rcookie)
{
	uint8_t bytes[4] = { 100, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
	struct decision decision;
	struct packet packet;

	memset(&packet, 0, sizeof(packet));
	packet.kind = rcookie ? PACKET_IKE : PACKET_IKE_FIRST;
	packet.flow.client = address_v4(bytes);
	packet.flow.virtual = test_address("192.0.2.1");
	packet.flow.client_port = port;
	packet.flow.virtual_port = port;
	packet.version = 2;
	packet.icookie = icookie;
	packet.rcookie = rcookie;
	decide(director, &packet, &decision);
	decide_commit(director, &packet, 1000, 100, &decision);
	if (decision.action == DECISION_FORWARD)
		return;
	fprintf(stderr, "client %u: %s\n", i, reason_name(decision.reason));
	exit(1);
}

/** A message of every client: on this port, with these cookies, made different by client.
 *  Returns by how many bytes the heap grew for one of them. */
static double grow(struct director *director, uint16_t port, uint64_t icookie,
	uint64_t rcookie)
{
	size_t before = heap_bytes;

	for (uint32_t i = 1; i <= clients; i++)
		pass(director, i, port, icookie + i * UINT64_C(1000),
			rcookie ? rcookie + i : 0);
	return (double)(heap_bytes - before) / clients;
}

/** Fills a director step by step and prints; false if a step took no memory. */
static bool measure(struct director *director, size_t tables_bytes)
{
	double client = grow(director, 4500, 1, 0) + grow(director, 4500, 1, 2);
	double entry = grow(director, 500, 1, 0);
	double pairs = 0;

	for (uint64_t i = 0; i < MORE_PAIRS; i++)
		pairs += grow(director, 4500, 10 + i, 20 + i);
	printf("memory: %.0f bytes a client with its entry and handshake, %.0f an entry more, "
	       "%.0f a pair more; the tables %.1f for each of max-entries\n",
		client, entry, pairs / MORE_PAIRS, (double)tables_bytes / clients / 4);
	return client > 0 && entry > 0 && pairs > 0;
}

/** Measures, and sees whether all is given back. */
int main(int argc, char **argv)
{
	static const struct hash_key key = { { 1, 2 } };
	struct config *config = test_config(2);
	size_t before = heap_bytes;
	struct director *director;
	bool grown;

	if (argc > 1)
		clients = (uint32_t)strtoul(argv[1], NULL, 10);
	config->max_entries = clients * 4;
	if (director_new(config, &key, NULL, &director))
		return 1;
	grown = measure(director, heap_bytes - before);
	director_free(director);
	if (heap_bytes != before)
		fprintf(stderr, "%zu bytes were not given back\n", heap_bytes - before);
	grown = grown && heap_bytes == before;
	config_free(config);
	return grown ? 0 : 1;
}
