/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page is copied before it is shown: nothing leaves its page, so with the lock held for as
 * long as that takes, some microseconds, nothing is shown twice or not at all.
 */
#include "kernel/bpf_clients.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

/** The table of a family. */
static struct cuckoo *table_of(const struct bpf_clients *clients, bool v6)
{
	const struct cuckoo *table = v6 ? &clients->v6 : &clients->v4;

	return (struct cuckoo *)(uintptr_t)table;
}

/** The table that a key belongs in. */
static struct cuckoo *table_for(
	const struct bpf_clients *clients, const struct fast_path_key *key)
{
	return table_of(clients, key->client.family == AF_INET6);
}

/** A key as the table has it: with addresses and port as they are in packets. */
static struct cuckoo_key key_write(const struct fast_path_key *key)
{
	struct cuckoo_key out = { .port = htons(key->client_port) };
	size_t size_bytes = key->client.family == AF_INET6 ? 16 : 4;

	memcpy(out.address, key->client.bytes, size_bytes);
	memcpy((uint8_t *)out.address + size_bytes, key->virtual.bytes, size_bytes);
	return out;
}

/** And back. */
static struct fast_path_key key_read(const struct cuckoo_key *key, bool v6)
{
	const uint8_t *bytes = (const uint8_t *)key->address;

	return (struct fast_path_key){
		.client = v6 ? address_v6(bytes) : address_v4(bytes),
		.virtual = v6 ? address_v6(bytes + 16) : address_v4(bytes + 4),
		.client_port = ntohs(key->port),
	};
}

/** Where in memory the elements are. */
uint32_t bpf_clients_pages(uint64_t elements, bool v6)
{
	return cuckoo_pages(elements, v6);
}

/** Maps a map. */
static int map(int fd, size_t size_bytes, void **ret_memory)
{
	void *memory =
		mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	*ret_memory = memory;
	return 0;
}

/** Maps a table and counts what is in it. */
static int table_open(
	struct bpf_clients *clients, struct cuckoo *table, int fd, bool v6, uint64_t limit)
{
	struct bpf_map_info info = { .id = 0 };
	uint32_t size_bytes = sizeof(info);
	void *memory = NULL;
	int error;

	if (bpf_obj_get_info_by_fd(fd, &info, &size_bytes))
		return -errno;
	error = map(fd, (size_t)info.max_entries * CUCKOO_PAGE_BYTES, &memory);
	if (error)
		return error;
	*table = (struct cuckoo){
		.memory = memory,
		.page_count = info.max_entries,
		.wide = v6,
		.secret = &clients->settings->secret,
		.moves = &clients->settings->moves,
		.limit = limit,
	};
	cuckoo_init(table);
	return 0;
}

/** Maps the settings, then both tables. */
int bpf_clients_open(struct bpf_clients *clients, const struct bpf_clients_maps *maps,
	uint64_t limit)
{
	void *settings = NULL;
	int error = map(maps->settings, sizeof(*clients->settings), &settings);

	if (error)
		return error;
	clients->settings = settings;
	pthread_mutex_init(&clients->moving, NULL);
	error = table_open(clients, &clients->v4, maps->clients4, false, limit);
	if (!error)
		error = table_open(clients, &clients->v6, maps->clients6, true, limit);
	if (error)
		bpf_clients_close(clients);
	return error;
}

/** Unmaps. */
void bpf_clients_close(struct bpf_clients *clients)
{
	struct cuckoo *tables[] = { &clients->v4, &clients->v6 };

	if (!clients->settings)
		return;
	for (size_t i = 0; i < 2; i++) {
		if (tables[i]->memory)
			munmap(tables[i]->memory,
				(size_t)tables[i]->page_count * CUCKOO_PAGE_BYTES);
	}
	munmap(clients->settings, sizeof(*clients->settings));
	pthread_mutex_destroy(&clients->moving);
	memset(clients, 0, sizeof(*clients));
}

/** Puts one. */
int bpf_clients_put(
	struct bpf_clients *clients, const struct fast_path_key *key, uint32_t value)
{
	struct cuckoo_key written = key_write(key);
	int result;

	pthread_mutex_lock(&clients->moving);
	result = cuckoo_put(table_for(clients, key), &written, value);
	pthread_mutex_unlock(&clients->moving);
	return result;
}

/** Removes one, which moves none. */
bool bpf_clients_remove(struct bpf_clients *clients, const struct fast_path_key *key)
{
	struct cuckoo_key written = key_write(key);

	return cuckoo_remove(table_for(clients, key), &written);
}

/** Looks. */
bool bpf_clients_get(const struct bpf_clients *clients, const struct fast_path_key *key,
	uint32_t *ret_value, uint32_t *ret_seen)
{
	struct cuckoo_key written = key_write(key);
	const uint32_t *tail = cuckoo_find(table_for(clients, key), &written);

	if (tail && ret_value)
		*ret_value = cuckoo_value(tail[0]);
	if (tail && ret_seen)
		*ret_seen = __atomic_load_n(&tail[1], __ATOMIC_RELAXED);
	return tail != NULL;
}

/** Adds them up. */
uint64_t bpf_clients_count(const struct bpf_clients *clients)
{
	return clients->v4.count + clients->v6.count;
}

/** A walk over one family. */
struct walk {
	bool v6;
	bpf_clients_see_fn *see;
	void *user;
};

/** Shows one element. */
static int see_one(
	const struct cuckoo_key *key, uint32_t value, uint32_t readers, void *user)
{
	const struct walk *walk = user;
	struct fast_path_key read = key_read(key, walk->v6);

	return walk->see(&read, value, readers, walk->user);
}

/** Shows a family. */
static int walk_family(
	struct bpf_clients *clients, struct cuckoo_page *copy, struct walk *walk)
{
	const struct cuckoo *table = table_of(clients, walk->v6);
	int error = 0;

	for (size_t i = 0; i < table->page_count && !error; i++) {
		pthread_mutex_lock(&clients->moving);
		memcpy(copy, table->memory + i * CUCKOO_PAGE_BYTES, sizeof(*copy));
		pthread_mutex_unlock(&clients->moving);
		error = cuckoo_walk(copy, walk->v6, see_one, walk);
	}
	return error;
}

/** Shows both. */
int bpf_clients_walk(struct bpf_clients *clients, bpf_clients_see_fn *see, void *user)
{
	struct cuckoo_page *copy = malloc(sizeof(*copy));
	struct walk walk = { .see = see, .user = user };
	int error;

	if (!copy)
		return -ENOMEM;
	error = walk_family(clients, copy, &walk);
	walk.v6 = true;
	if (!error)
		error = walk_family(clients, copy, &walk);
	free(copy);
	return error;
}

/** Forgets one. */
static int forget(
	const struct fast_path_key *key, uint32_t value, uint32_t seen, void *user)
{
	(void)value;
	(void)seen;
	bpf_clients_remove(user, key);
	return 0;
}

/** Removes one after the other: a packet may be looking. Then counts, for whoever shares the
 *  memory may have put some. */
void bpf_clients_clear(struct bpf_clients *clients)
{
	bpf_clients_walk(clients, forget, clients);
	cuckoo_init(&clients->v4);
	cuckoo_init(&clients->v6);
}
