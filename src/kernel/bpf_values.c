/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read from the program's maps, and ways as they are put into them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/bpf_program.h"

/** Reads what /proc has about one map. */
static uint64_t memory_of(int fd)
{
	char path[64], line[128];
	uint64_t bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file) &&
		sscanf(line, "memlock: %" SCNu64, &bytes) != 1)
		;
	fclose(file);
	return bytes;
}

/** Adds it up. */
uint64_t bpf_program_memory_bytes(const struct bpf_ingress *ingress)
{
	uint64_t bytes = 0;
	int i;

	for (i = 0; i < BPF_MAP_COUNT; i++)
		bytes += memory_of(bpf_program_map(ingress, (enum bpf_map_name)i));
	return bytes;
}

/** Has packets go up the stack until all of the way is there. */
int bpf_program_set_way(
	const struct bpf_ingress *ingress, uint32_t index, const struct bpf_way *way)
{
	int fd = bpf_program_map(ingress, BPF_MAP_WAYS);
	struct bpf_way value;
	int error = bpf_map_lookup_elem(fd, &index, &value);

	if (error || memcmp(&value, way, sizeof(value)) == 0)
		return error;
	value.method = BPF_METHOD_UP;
	error = bpf_map_update_elem(fd, &index, &value, BPF_ANY);
	value = *way;
	value.method = BPF_METHOD_UP;
	if (!error)
		error = bpf_map_update_elem(fd, &index, &value, BPF_ANY);
	return error ? error : bpf_map_update_elem(fd, &index, way, BPF_ANY);
}

/** Writes the time as the program has it. */
int bpf_program_beat(const struct bpf_ingress *ingress)
{
	int map = bpf_program_map(ingress, BPF_MAP_SETTINGS);
	struct bpf_settings settings;
	uint32_t first = 0;
	struct timespec now;

	if (bpf_map_lookup_elem(map, &first, &settings))
		return -errno;
	clock_gettime(CLOCK_MONOTONIC, &now);
	settings.alive = (uint32_t)(((uint64_t)now.tv_sec * 1000000000u +
					    (uint64_t)now.tv_nsec) >>
		BPF_SEEN_SHIFT);
	return bpf_map_update_elem(map, &first, &settings, BPF_ANY);
}

/** Sums numbers up, of which each CPU has so many in a row. */
static int sum_up(const struct bpf_ingress *ingress, enum bpf_map_name map, uint32_t index,
	size_t count, uint64_t *sums)
{
	int cpus = libbpf_num_possible_cpus(), error;
	uint64_t *values;
	size_t i;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus * count, sizeof(*values));
	if (!values)
		return -ENOMEM;
	error = bpf_map_lookup_elem(bpf_program_map(ingress, map), &index, values);
	memset(sums, 0, count * sizeof(*sums));
	for (i = 0; i < (size_t)cpus * count && !error; i++)
		sums[i % count] += values[i];
	free(values);
	return error;
}

/** Sums packets and bytes. */
int bpf_program_counters(const struct bpf_ingress *ingress, uint32_t server,
	struct bpf_counters *ret_counters)
{
	uint64_t sums[2];
	int error = sum_up(ingress, BPF_MAP_COUNTERS, server, 2, sums);

	*ret_counters = (struct bpf_counters){ .packets = sums[0], .bytes = sums[1] };
	return error;
}

/** Sums packets. */
int bpf_program_reason(
	const struct bpf_ingress *ingress, enum bpf_reason reason, uint64_t *ret_packets)
{
	return sum_up(ingress, BPF_MAP_REASONS, reason, 1, ret_packets);
}

/** The name. */
const char *bpf_program_reason_name(enum bpf_reason reason)
{
	static const char *const names[] = {
#define X(enumerator, name, help) name,
		BPF_REASON_LIST(X)
#undef X
	};

	return names[reason];
}

/** The explanation. */
const char *bpf_program_reason_help(enum bpf_reason reason)
{
	static const char *const help_texts[] = {
#define X(enumerator, name, help) help,
		BPF_REASON_LIST(X)
#undef X
	};

	return help_texts[reason];
}
