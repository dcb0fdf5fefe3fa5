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
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/bpf_earlier.h"
#include "kernel/bpf_hook.h"
#include "kernel/bpf_object.h"
#include "kernel/bpf_pins.h"
#include "kernel/fast_path.h"

#define HOOKS 1024 /**< interfaces */

struct bpf_ingress {
	struct bpf_object *object; /**< owned */
	int program_fd;            /**< object's */
	uint32_t program;          /**< number in the kernel */
	int maps[BPF_MAP_COUNT];   /**< object's descriptors */
	struct bpf_clients clients;
	struct bpf_settings settings; /**< as they are to be */
	bool took_over;
	char *directory; /**< owned; of pins that are not settled, or NULL */
};

/** How many elements a map is to have room for. */
static uint32_t entries_of(
	enum bpf_map_name map, const struct bpf_program_limits *limits)
{
	switch (map) {
	case BPF_MAP_CLIENTS4:
		return bpf_clients_pages(limits->no_v4 ? 0 : limits->clients, false);
	case BPF_MAP_CLIENTS6:
		return bpf_clients_pages(limits->no_v6 ? 0 : limits->clients, true);
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
	case BPF_MAP_COUNTED:
		return FAST_PATH_COUNTED;
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

/** Makes new secrets unless there are some: in tables that are taken over, elements are where
 *  theirs say. */
static int secret_make(struct cuckoo_secret *secret)
{
	size_t last = sizeof(secret->words) / sizeof(secret->words[0]) - 1;

	if (secret->words[last])
		return 0;
	if (getrandom(secret, sizeof(*secret), 0) != (ssize_t)sizeof(*secret))
		return -EIO;
	secret->words[last] |= 1;
	return 0;
}

/** Tells the program what does not change while it runs. */
static int constants_set(
	struct bpf_ingress *ingress, const struct bpf_program_limits *limits)
{
	struct bpf_map *map = bpf_object__find_map_by_name(ingress->object, ".rodata");
	struct bpf_constants constants = {
		.secret = ingress->settings.secret,
		.pages4 = entries_of(BPF_MAP_CLIENTS4, limits),
		.pages6 = entries_of(BPF_MAP_CLIENTS6, limits),
	};

	if (!map)
		return -ENOENT;
	return bpf_map__set_initial_value(map, &constants, sizeof(constants));
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

/** Takes the settings over, or makes them: those about other servers are worth nothing but for
 *  their secret. Tells whether they are about the same. */
static int settings_prepare(struct bpf_ingress *ingress, const char *directory,
	const struct bpf_program_limits *limits, bool *ret_same)
{
	struct bpf_settings *settings = &ingress->settings;

	if (strlen(limits->identity) >= sizeof(settings->identity))
		return -EINVAL;
	*settings = bpf_earlier_settings(directory);
	*ret_same = strncmp(settings->identity, limits->identity,
			    sizeof(settings->identity)) == 0;
	memset(settings->identity, 0, sizeof(settings->identity));
	strcpy(settings->identity, limits->identity);
	return secret_make(&settings->secret);
}

/** Says how large each map is to be, and takes over what there is. */
static int maps_prepare(struct bpf_ingress *ingress, const char *directory,
	const struct bpf_program_limits *limits, bool taken[static BPF_MAP_COUNT])
{
	bool same;
	int i, error = settings_prepare(ingress, directory, limits, &same);

	for (i = 0; i < BPF_MAP_COUNT && !error; i++) {
		enum bpf_map_name map = (enum bpf_map_name)i;
		struct bpf_map *wanted = map_in(ingress, map);

		if (!wanted)
			return -ENOENT;
		error = bpf_map__set_max_entries(wanted, entries_of(map, limits));
		if (error)
			return error;
		if (map == BPF_MAP_COUNTED ||
			(!same && map != BPF_MAP_HOOKS && map != BPF_MAP_SETTINGS))
			continue; /* what one run counts is not the next one's */
		error = take_over(wanted, directory, map);
		if (error < 0)
			return error;
		taken[i] = error;
		error = 0;
	}
	return error ? error : constants_set(ingress, limits);
}

/** Pins the maps that are new. Settings that are an earlier run's stay so for now. */
static int maps_pin(struct bpf_ingress *ingress, const char *directory,
	const bool taken[static BPF_MAP_COUNT])
{
	uint32_t first = 0;
	int i, error;

	for (i = 0; i < BPF_MAP_COUNT; i++) {
		ingress->maps[i] = bpf_map__fd(map_in(ingress, (enum bpf_map_name)i));
		error = taken[i] ? 0
				 : bpf_pins_put(directory, (enum bpf_map_name)i,
					   ingress->maps[i]);
		if (error)
			return error;
	}
	ingress->took_over = taken[BPF_MAP_CLIENTS4] && taken[BPF_MAP_CLIENTS6];
	return taken[BPF_MAP_SETTINGS] ? 0
				       : bpf_map_update_elem(ingress->maps[BPF_MAP_SETTINGS],
						 &first, &ingress->settings, BPF_ANY);
}

/** Maps the tables of clients. */
static int clients_open(struct bpf_ingress *ingress, const struct bpf_program_limits *limits)
{
	struct bpf_clients_maps maps = {
		.clients4 = ingress->maps[BPF_MAP_CLIENTS4],
		.clients6 = ingress->maps[BPF_MAP_CLIENTS6],
		.settings = ingress->maps[BPF_MAP_SETTINGS],
	};

	return bpf_clients_open(&ingress->clients, &maps, limits->clients);
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

	ingress->directory = strdup(directory);
	if (!ingress->directory)
		return -ENOMEM;
	error = bpf_pins_prepare(directory);
	if (!error)
		error = maps_prepare(ingress, directory, limits, taken);
	if (!error)
		error = bpf_object__load(ingress->object);
	if (!error)
		error = maps_pin(ingress, directory, taken);
	if (!error)
		error = clients_open(ingress, limits);
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

/** Puts the pins in their places. The identity comes last: until then they are nobody's. */
int bpf_program_settle(struct bpf_ingress *ingress)
{
	char *identity = ingress->clients.settings->identity;
	const char *wanted = ingress->settings.identity;
	int error;

	if (memcmp(identity, wanted, BPF_IDENTITY_BYTES) != 0)
		memset(identity, 0, BPF_IDENTITY_BYTES);
	error = bpf_pins_settle(ingress->directory);
	if (error)
		return error;
	memcpy(identity, wanted, BPF_IDENTITY_BYTES);
	free(ingress->directory);
	ingress->directory = NULL;
	return 0;
}

/** Closes the descriptors. */
void bpf_program_close(struct bpf_ingress *ingress)
{
	if (!ingress)
		return;
	if (ingress->directory)
		bpf_pins_undo(ingress->directory);
	free(ingress->directory);
	bpf_clients_close(&ingress->clients);
	bpf_object__close(ingress->object);
	free(ingress);
}

/** Tells what was there. */
bool bpf_program_took_over(const struct bpf_ingress *ingress)
{
	return ingress->took_over;
}

/** The tables. */
struct bpf_clients *bpf_program_clients(struct bpf_ingress *ingress)
{
	return &ingress->clients;
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
