/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads by libbpf from the object that is part of this program. A map is taken over if it is
 * what would be made; its name, which the layout is part of, belongs to that.
 */
#include "kernel/bpf_program.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/bpf_earlier.h"
#include "kernel/bpf_hook.h"
#include "kernel/bpf_object.h"
#include "kernel/bpf_pins.h"

#define HOOKS 1024 /**< interfaces */

struct bpf_ingress {
	struct bpf_object *object; /**< owned */
	int program_fd;            /**< object's */
	uint32_t program;          /**< number in the kernel */
	int maps[BPF_MAP_COUNT];   /**< object's descriptors */
	bool took_over;
};

/** How many elements a map is to have room for. */
static uint32_t entries_of(
	enum bpf_map_name map, const struct bpf_program_limits *limits)
{
	switch (map) {
	case BPF_MAP_CLIENTS4:
		return limits->no_v4 ? 1 : limits->clients;
	case BPF_MAP_CLIENTS6:
		return limits->no_v6 ? 1 : limits->clients;
	case BPF_MAP_REPLIES4:
	case BPF_MAP_REPLIES6:
	case BPF_MAP_COUNTERS:
		return limits->servers;
	case BPF_MAP_WAYS:
		return bpf_way_index(limits->servers, 0);
	case BPF_MAP_REASONS:
		return BPF_REASON_COUNT;
	case BPF_MAP_HOOKS:
		return HOOKS;
	case BPF_MAP_SETTINGS:
	case BPF_MAP_COUNT:
		break;
	}
	return 1;
}

/** The map in the object. */
static struct bpf_map *map_in(const struct bpf_ingress *ingress, enum bpf_map_name map)
{
	char name[BPF_OBJ_NAME_LEN];

	snprintf(name, sizeof(name), BPF_LAYOUT "%s", bpf_pins_name(map));
	return bpf_object__find_map_by_name(ingress->object, name);
}

/** Tells whether a map of the kernel's is what would be made. */
static bool is_like(const struct bpf_map *wanted, int fd)
{
	struct bpf_map_info info = { .id = 0 };
	uint32_t size_bytes = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size_bytes) &&
		strcmp(info.name, bpf_map__name(wanted)) == 0 &&
		info.type == bpf_map__type(wanted) &&
		info.key_size == bpf_map__key_size(wanted) &&
		info.value_size == bpf_map__value_size(wanted) &&
		info.max_entries == bpf_map__max_entries(wanted) &&
		info.map_flags == bpf_map__map_flags(wanted);
}

/** Takes a map over if it is there and right: 1 or 0, or negative errno. */
static int take_over(struct bpf_map *wanted, const char *directory, enum bpf_map_name map)
{
	int fd = bpf_pins_get(directory, map);
	int error = 0;
	bool right;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	right = is_like(wanted, fd);
	if (right)
		error = bpf_map__reuse_fd(wanted, fd);
	close(fd);
	return error ? error : right;
}

/** Says how large each map is to be, and takes over what there is. */
static int maps_prepare(struct bpf_ingress *ingress, const char *directory,
	const struct bpf_program_limits *limits, bool taken[static BPF_MAP_COUNT])
{
	bool same = bpf_earlier_is_same(directory, limits->identity);
	int i, error;

	for (i = 0; i < BPF_MAP_COUNT; i++) {
		enum bpf_map_name map = (enum bpf_map_name)i;
		struct bpf_map *wanted = map_in(ingress, map);

		if (!wanted)
			return -ENOENT;
		error = bpf_map__set_max_entries(wanted, entries_of(map, limits));
		if (error)
			return error;
		if (!same && map != BPF_MAP_HOOKS && map != BPF_MAP_SETTINGS)
			continue;
		error = take_over(wanted, directory, map);
		if (error < 0)
			return error;
		taken[i] = error;
	}
	return 0;
}

/** Notes whose numbers are in the maps. When ways were right for an earlier run stays. */
static int identity_put(const struct bpf_ingress *ingress, const char *identity)
{
	struct bpf_settings settings = { .identity = "" };
	int map = ingress->maps[BPF_MAP_SETTINGS];
	uint32_t first = 0;

	if (bpf_map_lookup_elem(map, &first, &settings))
		return -errno;
	memset(settings.identity, 0, sizeof(settings.identity));
	strcpy(settings.identity, identity);
	return bpf_map_update_elem(map, &first, &settings, BPF_ANY);
}

/** Pins the maps that are new. The identity comes last: until then they are nobody's. */
static int maps_pin(struct bpf_ingress *ingress, const char *directory,
	const struct bpf_program_limits *limits, const bool taken[static BPF_MAP_COUNT])
{
	int i, error;

	if (strlen(limits->identity) >= BPF_IDENTITY_BYTES)
		return -EINVAL;
	for (i = 0; i < BPF_MAP_COUNT; i++) {
		ingress->maps[i] = bpf_map__fd(map_in(ingress, (enum bpf_map_name)i));
		error = taken[i] ? 0
				 : bpf_pins_put(directory, (enum bpf_map_name)i,
					   ingress->maps[i]);
		if (error)
			return error;
	}
	ingress->took_over = taken[BPF_MAP_CLIENTS4] && taken[BPF_MAP_CLIENTS6];
	return identity_put(ingress, limits->identity);
}

/** Finds the loaded program and its number. */
static int program_find(struct bpf_ingress *ingress)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(ingress->object, BPF_HOOK_PROGRAM);
	struct bpf_prog_info info = { .id = 0 };
	uint32_t size_bytes = sizeof(info);
	int error;

	if (!program)
		return -ENOENT;
	ingress->program_fd = bpf_program__fd(program);
	error = bpf_obj_get_info_by_fd(ingress->program_fd, &info, &size_bytes);
	ingress->program = info.id;
	return error;
}

/** Loads what is opened. */
static int load(struct bpf_ingress *ingress, const char *directory,
	const struct bpf_program_limits *limits)
{
	bool taken[BPF_MAP_COUNT] = { false };
	int error;

	error = bpf_pins_prepare(directory);
	if (!error)
		error = maps_prepare(ingress, directory, limits, taken);
	if (!error)
		error = bpf_object__load(ingress->object);
	if (!error)
		error = maps_pin(ingress, directory, limits, taken);
	return error ? error : program_find(ingress);
}

/** Opens the object and loads it. libbpf would write its troubles to stderr. */
int bpf_program_open(const char *directory, const struct bpf_program_limits *limits,
	struct bpf_ingress **ret_ingress)
{
	struct bpf_ingress *ingress = calloc(1, sizeof(*ingress));
	const void *bytes;
	size_t size_bytes;
	int error;

	if (!ingress)
		return -ENOMEM;
	libbpf_set_print(NULL);
	bytes = bpf_object_bytes(&size_bytes);
	ingress->object = bpf_object__open_mem(bytes, size_bytes, NULL);
	error = ingress->object ? load(ingress, directory, limits) : -errno;
	if (error) {
		bpf_program_close(ingress);
		return error;
	}
	*ret_ingress = ingress;
	return 0;
}

/** Closes the descriptors. */
void bpf_program_close(struct bpf_ingress *ingress)
{
	if (!ingress)
		return;
	bpf_object__close(ingress->object);
	free(ingress);
}

/** Tells what was there. */
bool bpf_program_took_over(const struct bpf_ingress *ingress)
{
	return ingress->took_over;
}

/** The descriptor. */
int bpf_program_map(const struct bpf_ingress *ingress, enum bpf_map_name map)
{
	return ingress->maps[map];
}

/** The program's descriptor. */
int bpf_program_fd(const struct bpf_ingress *ingress)
{
	return ingress->program_fd;
}

/** Attaches, and notes what has to be undone some day. */
int bpf_program_attach(const struct bpf_ingress *ingress, uint32_t interface)
{
	uint32_t flags = 0;
	bool made;
	int hooks = ingress->maps[BPF_MAP_HOOKS];
	int error = bpf_hook_attach(interface, ingress->program_fd, &made);

	if (error)
		return error;
	if (bpf_map_lookup_elem(hooks, &interface, &flags))
		flags = 0;
	if (made)
		flags |= BPF_HOOK_OURS;
	return bpf_map_update_elem(hooks, &interface, &flags, BPF_ANY);
}

/** Detaches, given the map that knows whose clsact is; -1: there is none. */
static int detach(int hooks, uint32_t interface)
{
	uint32_t flags = 0;
	int error;

	if (hooks >= 0 && bpf_map_lookup_elem(hooks, &interface, &flags))
		flags = 0;
	error = bpf_hook_detach(interface, flags & BPF_HOOK_OURS);
	if (hooks >= 0)
		bpf_map_delete_elem(hooks, &interface);
	return error;
}

/** Detaches. */
int bpf_program_detach(const struct bpf_ingress *ingress, uint32_t interface)
{
	return detach(ingress->maps[BPF_MAP_HOOKS], interface);
}

/** Compares the programs' numbers. */
int bpf_program_is_attached(const struct bpf_ingress *ingress, uint32_t interface)
{
	uint32_t program;
	int error = bpf_hook_find(interface, &program);

	if (error == -EEXIST)
		return 0;
	return error ? error : program == ingress->program;
}

/** Looks at every interface, whatever is noted. */
int bpf_program_remove(const char *directory)
{
	struct if_nameindex *interfaces = if_nameindex();
	int hooks = bpf_pins_get(directory, BPF_MAP_HOOKS);
	int error = interfaces ? 0 : -errno, result;
	size_t i;

	libbpf_set_print(NULL);
	for (i = 0; interfaces && interfaces[i].if_index; i++) {
		result = detach(hooks, interfaces[i].if_index);
		error = error ? error : result;
	}
	if (interfaces)
		if_freenameindex(interfaces);
	if (hooks >= 0)
		close(hooks);
	result = bpf_pins_remove(directory);
	return error ? error : result;
}
