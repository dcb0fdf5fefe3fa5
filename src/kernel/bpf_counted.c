/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf_counted.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/** The key as the program has it. */
static struct bpf_counted_key key_of(const struct fast_path_key *key)
{
	struct bpf_counted_key counted = { .client_port = htons(key->client_port) };

	memcpy(counted.client, key->client.bytes, sizeof(counted.client));
	memcpy(counted.virtual, key->virtual.bytes, sizeof(counted.virtual));
	return counted;
}

/** Room for a value of each CPU, all zero; NULL without memory. */
static struct bpf_counters *values_new(int *ret_cpus)
{
	*ret_cpus = libbpf_num_possible_cpus();
	return *ret_cpus > 0 ? calloc((size_t)*ret_cpus, sizeof(struct bpf_counters)) : NULL;
}

/** Makes the element. */
int bpf_counted_begin(const struct bpf_ingress *ingress, const struct fast_path_key *key)
{
	struct bpf_counted_key counted = key_of(key);
	int cpus, error;
	struct bpf_counters *values = values_new(&cpus);

	if (!values)
		return -ENOMEM;
	error = bpf_map_update_elem(
		bpf_program_map(ingress, BPF_MAP_COUNTED), &counted, values, BPF_NOEXIST);
	free(values);
	return error == -EEXIST ? 0 : error;
}

/** Deletes it. */
void bpf_counted_end(const struct bpf_ingress *ingress, const struct fast_path_key *key)
{
	struct bpf_counted_key counted = key_of(key);

	bpf_map_delete_elem(bpf_program_map(ingress, BPF_MAP_COUNTED), &counted);
}

/** Sums up. */
int bpf_counted_read(const struct bpf_ingress *ingress, const struct fast_path_key *key,
	struct fast_path_count *ret_count)
{
	struct bpf_counted_key counted = key_of(key);
	int cpus, error;
	struct bpf_counters *values = values_new(&cpus);

	*ret_count = (struct fast_path_count){ 0, 0 };
	if (!values)
		return -ENOMEM;
	error = bpf_map_lookup_elem(
		bpf_program_map(ingress, BPF_MAP_COUNTED), &counted, values);
	for (int i = 0; i < cpus && !error; i++) {
		ret_count->packets += values[i].packets;
		ret_count->bytes += values[i].bytes;
	}
	free(values);
	return error;
}
