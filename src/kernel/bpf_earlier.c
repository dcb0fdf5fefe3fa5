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

#define SETTINGS_BYTES 512 /**< more than those of any layout */

/** Tells whether a map is one of ours, as it is in this version. */
static bool is_ours(int fd, const char *name, size_t value_bytes, struct bpf_map_info *ret_info)
{
	uint32_t size_bytes = sizeof(*ret_info);

	memset(ret_info, 0, sizeof(*ret_info));
	return !bpf_obj_get_info_by_fd(fd, ret_info, &size_bytes) &&
		strcmp(ret_info->name, name) == 0 && ret_info->value_size == value_bytes;
}

/** Reads them: of another layout only the identity, which comes first in each. */
struct bpf_settings bpf_earlier_settings(const char *directory)
{
	struct bpf_settings settings = { .identity = "" };
	uint8_t value[SETTINGS_BYTES] = { 0 };
	struct bpf_map_info info;
	int fd = bpf_pins_get(directory, BPF_MAP_SETTINGS);
	uint32_t first = 0;
	bool ours;

	if (fd < 0)
		return settings;
	ours = is_ours(fd, BPF_LAYOUT "settings", sizeof(settings), &info);
	if (info.value_size <= sizeof(value) && !bpf_map_lookup_elem(fd, &first, value))
		memcpy(&settings, value, ours ? sizeof(settings) : sizeof(settings.identity));
	close(fd);
	return settings;
}

/** Tells whether the pinned maps are about the servers of that identity. */
bool bpf_earlier_is_same(const char *directory, const char *identity)
{
	struct bpf_settings settings = bpf_earlier_settings(directory);

	return strncmp(settings.identity, identity, sizeof(settings.identity)) == 0;
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

/** Clears all masks. */
int bpf_earlier_unmark(int ways)
{
	struct bpf_map_info info;
	struct bpf_way way;
	uint32_t i;

	if (!is_ours(ways, BPF_LAYOUT "ways", sizeof(way), &info))
		return -EPROTO;
	for (i = 0; i < info.max_entries; i++) {
		if (bpf_map_lookup_elem(ways, &i, &way))
			return -errno;
		way.mark_mask = 0;
		if (bpf_map_update_elem(ways, &i, &way, BPF_ANY))
			return -errno;
	}
	return 0;
}
