/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A way whose mask has no bits leaves marks as they were, and packets to the daemon.
 */
#include "kernel/bpf_earlier.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "kernel/bpf_pins.h"

/** Tells whether the pinned maps are about the servers of that identity. */
bool bpf_earlier_is_same(const char *directory, const char *identity)
{
	struct bpf_settings settings = { .identity = "" };
	int fd = bpf_pins_get(directory, BPF_MAP_SETTINGS);
	uint32_t first = 0;
	bool same;

	if (fd < 0)
		return false;
	same = !bpf_map_lookup_elem(fd, &first, &settings) &&
		strncmp(settings.identity, identity, sizeof(settings.identity)) == 0;
	close(fd);
	return same;
}

/** Opens them. */
int bpf_earlier_ways(const char *directory, const char *identity)
{
	int ways;

	if (bpf_earlier_is_same(directory, identity))
		return -1;
	ways = bpf_pins_get(directory, BPF_MAP_WAYS);
	return ways < 0 ? -1 : ways;
}

/** Tells whether these are ways as we know them, and how many. */
static bool are_ways(int ways, uint32_t *ret_count)
{
	struct bpf_map_info info = { .id = 0 };
	uint32_t size_bytes = sizeof(info);

	if (bpf_obj_get_info_by_fd(ways, &info, &size_bytes))
		return false;
	*ret_count = info.max_entries;
	return strcmp(info.name, BPF_LAYOUT "ways") == 0 &&
		info.value_size == sizeof(struct bpf_way);
}

/** Clears all masks. */
int bpf_earlier_unmark(int ways)
{
	uint32_t count, i;
	struct bpf_way way;

	if (!are_ways(ways, &count))
		return -EPROTO;
	for (i = 0; i < count; i++) {
		if (bpf_map_lookup_elem(ways, &i, &way))
			return -errno;
		way.mark_mask = 0;
		if (bpf_map_update_elem(ways, &i, &way, BPF_ANY))
			return -errno;
	}
	return 0;
}
