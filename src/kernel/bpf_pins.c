/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pins are put under another name first: what an earlier run has stays until all that is to
 * replace it is there, and each is replaced in one step.
 */
#include "kernel/bpf_pins.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define FRESH "-new" /**< ends the name of a pin that is not in its place yet */

/** The name. */
const char *bpf_pins_name(enum bpf_map_name map)
{
	static const char *const names[] = {
#define X(enumerator, name) name,
		BPF_MAP_LIST(X)
#undef X
	};

	return names[map];
}

/** Writes the path of a pin, or of the one that is to replace it. */
static int path_write(char out[static PATH_MAX], const char *directory,
	enum bpf_map_name map, const char *ending)
{
	int length = snprintf(
		out, PATH_MAX, "%s/%s%s", directory, bpf_pins_name(map), ending);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/** Mounts a BPF file system at a folder unless it is in one. */
static int mount_at(const char *folder)
{
	struct statfs about;

	if (statfs(folder, &about) == -1)
		return -errno;
	if (about.f_type == BPF_FS_MAGIC)
		return 0;
	return mount("bpf", folder, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME,
		       "mode=0700") == -1
		? -errno
		: 0;
}

/** Removes one pin. */
static int unpin(const char *directory, enum bpf_map_name map, const char *ending)
{
	char path[PATH_MAX];
	int error = path_write(path, directory, map, ending);

	if (error)
		return error;
	return unlink(path) == -1 && errno != ENOENT ? -errno : 0;
}

/** Removes those that are beside their places. */
static int unpin_fresh(const char *directory)
{
	int error = 0;

	for (int map = 0; map < BPF_MAP_COUNT && !error; map++)
		error = unpin(directory, (enum bpf_map_name)map, FRESH);
	return error;
}

/** Makes the directory, without what somebody has left in it who got no further. */
int bpf_pins_prepare(const char *directory)
{
	char parent[PATH_MAX];
	char *end;
	int error;

	if (strlen(directory) >= sizeof(parent))
		return -ENAMETOOLONG;
	strcpy(parent, directory);
	end = strrchr(parent, '/');
	if (!end || end == parent)
		return -EINVAL;
	*end = '\0';
	error = mount_at(parent);
	if (error)
		return error;
	if (mkdir(directory, 0700) == -1 && errno != EEXIST)
		return -errno;
	return unpin_fresh(directory);
}

/** Opens a pinned map. */
int bpf_pins_get(const char *directory, enum bpf_map_name map)
{
	char path[PATH_MAX];
	int error = path_write(path, directory, map, "");
	int fd;

	if (error)
		return error;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/** Pins. */
int bpf_pins_put(const char *directory, enum bpf_map_name map, int fd)
{
	char fresh[PATH_MAX];
	int error = path_write(fresh, directory, map, FRESH);

	if (error)
		return error;
	return bpf_obj_pin(fd, fresh) ? -errno : 0;
}

/** Renames one. */
static int settle(const char *directory, enum bpf_map_name map)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int error = path_write(path, directory, map, "");

	if (!error)
		error = path_write(fresh, directory, map, FRESH);
	if (error)
		return error;
	return rename(fresh, path) == -1 && errno != ENOENT ? -errno : 0;
}

/** Renames all that there are. */
int bpf_pins_settle(const char *directory)
{
	int error = 0;

	for (int map = 0; map < BPF_MAP_COUNT && !error; map++)
		error = settle(directory, (enum bpf_map_name)map);
	return error;
}

/** Unpins them. */
void bpf_pins_undo(const char *directory)
{
	unpin_fresh(directory);
	rmdir(directory);
}

/** Removes them. */
int bpf_pins_remove(const char *directory)
{
	struct stat about;
	int map, error;

	/* Asked first: a file system that is read-only refuses to remove what is not there. */
	if (stat(directory, &about) == -1 && errno == ENOENT)
		return 0;
	error = unpin_fresh(directory);
	for (map = 0; map < BPF_MAP_COUNT && !error; map++)
		error = unpin(directory, (enum bpf_map_name)map, "");
	if (error)
		return error;
	return rmdir(directory) == -1 && errno != ENOENT ? -errno : 0;
}
