/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf_elements.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#define CHANGES 2048 /**< kept before they are made in any case, and in one call */
#define LISTED 4096  /**< elements that one call shows */

/** One change to be made. */
struct bpf_change {
	struct fast_path_key key;
	uint32_t mark;
	bool remove;
	bool replaces; /**< an element that is there */
};

/** A key of either family. */
union key {
	struct bpf_client4 v4;
	struct bpf_client6 v6;
};

/** Gets ready. */
int bpf_elements_init(struct bpf_elements *elements, const struct config *config,
	const struct bpf_ingress *ingress)
{
	*elements = (struct bpf_elements){ .config = config, .ingress = ingress };
	elements->changes = calloc(CHANGES, sizeof(*elements->changes));
	elements->keys = calloc(LISTED, sizeof(struct bpf_client6));
	elements->values = calloc(LISTED, sizeof(struct bpf_client));
	if (elements->changes && elements->keys && elements->values)
		return 0;
	bpf_elements_fini(elements);
	return -ENOMEM;
}

/** Frees. */
void bpf_elements_fini(struct bpf_elements *elements)
{
	free(elements->changes);
	free(elements->keys);
	free(elements->values);
	*elements = (struct bpf_elements){ .config = NULL };
}

/** The map of a family. */
static int map_of(const struct bpf_elements *elements, bool v6)
{
	return bpf_program_map(elements->ingress, v6 ? BPF_MAP_CLIENTS6 : BPF_MAP_CLIENTS4);
}

/** The size of a family's keys. */
static size_t key_bytes(bool v6)
{
	return v6 ? sizeof(struct bpf_client6) : sizeof(struct bpf_client4);
}

/** Writes a key as the program reads it. */
static void key_write(const struct fast_path_key *key, void *out)
{
	union key bytes = { .v6 = { .zero = 0 } };
	bool v6 = key->client.family == AF_INET6;

	if (v6) {
		memcpy(bytes.v6.client, key->client.bytes, sizeof(bytes.v6.client));
		memcpy(bytes.v6.virtual, key->virtual.bytes, sizeof(bytes.v6.virtual));
		bytes.v6.client_port = htons(key->client_port);
	} else {
		memcpy(bytes.v4.client, key->client.bytes, sizeof(bytes.v4.client));
		memcpy(bytes.v4.virtual, key->virtual.bytes, sizeof(bytes.v4.virtual));
		bytes.v4.client_port = htons(key->client_port);
	}
	memcpy(out, &bytes, key_bytes(v6));
}

/** Reads a key. */
static struct fast_path_key key_read(const void *in, bool v6)
{
	struct fast_path_key key = { .client_port = 0 };
	union key bytes;

	memcpy(&bytes, in, key_bytes(v6));
	if (v6) {
		key.client = address_v6(bytes.v6.client);
		key.virtual = address_v6(bytes.v6.virtual);
		key.client_port = ntohs(bytes.v6.client_port);
	} else {
		key.client = address_v4(bytes.v4.client);
		key.virtual = address_v4(bytes.v4.virtual);
		key.client_port = ntohs(bytes.v4.client_port);
	}
	return key;
}

/** The index of the server that has a mark. */
static uint32_t server_of(const struct config *config, uint32_t mark)
{
	uint32_t unit = config->mark_mask & -config->mark_mask;

	return ((mark - config->mark_base) & config->mark_mask) / unit;
}

/** Takes a change down. An element that goes only to come back is replaced in one step. */
static void add_change(struct bpf_elements *elements, const struct bpf_change *change)
{
	size_t count = elements->change_count;
	struct bpf_change *last = count ? &elements->changes[count - 1] : NULL;

	if (last && !change->remove && last->remove &&
		memcmp(&last->key, &change->key, sizeof(last->key)) == 0) {
		*last = *change;
		last->replaces = true;
		return;
	}
	if (count == CHANGES)
		bpf_elements_commit(elements);
	elements->changes[elements->change_count++] = *change;
}

/** To be put. */
void bpf_elements_put(
	struct bpf_elements *elements, const struct fast_path_key *key, uint32_t mark)
{
	add_change(elements, &(struct bpf_change){ .key = *key, .mark = mark });
}

/** To be removed. */
void bpf_elements_remove(struct bpf_elements *elements, const struct fast_path_key *key)
{
	add_change(elements, &(struct bpf_change){ .key = *key, .remove = true });
}

/** A call for changes of one kind and family, which are in the buffers. */
struct call {
	int map;
	bool remove;
	size_t key_bytes;
};

/** Makes as many changes in one call as the kernel takes; returns how many. ret_error: why the
 *  next one was refused. */
static uint32_t make_some(struct bpf_elements *elements, const struct call *call,
	uint32_t first, uint32_t count, int *ret_error)
{
	const uint8_t *keys = (const uint8_t *)elements->keys + first * call->key_bytes;
	const struct bpf_client *values = (const struct bpf_client *)elements->values + first;
	uint32_t made = count;

	elements->counters.commits++;
	if (call->remove) {
		*ret_error = bpf_map_delete_batch(call->map, keys, &made, NULL);
	} else if (elements->may_be_there) {
		count = made = 1;
		*ret_error = bpf_map_update_elem(call->map, keys, values, BPF_NOEXIST);
	} else {
		*ret_error = bpf_map_update_batch(call->map, keys, values, &made, NULL);
	}
	if (*ret_error && made >= count)
		return 0; /* the kernel did not even begin */
	return made;
}

/** Deals with a change that was refused: an element that is there is overwritten, and one that
 *  is to go and is not there is no failure. */
static void make_refused(struct bpf_elements *elements, const struct call *call,
	uint32_t index, int error)
{
	const uint8_t *key = (const uint8_t *)elements->keys + index * call->key_bytes;
	const struct bpf_client *value = (const struct bpf_client *)elements->values + index;

	if (call->remove && error == -ENOENT)
		return;
	if (!call->remove && error == -EEXIST)
		error = bpf_map_update_elem(call->map, key, value, BPF_ANY);
	if (!error) {
		elements->counters.put++;
		return;
	}
	elements->counters.failed++;
	elements->counters.last_error = error;
}

/** Makes count changes. */
static void make(struct bpf_elements *elements, const struct call *call, uint32_t count)
{
	uint32_t done = 0;

	while (done < count) {
		int error;
		uint32_t made = make_some(elements, call, done, count - done, &error);

		if (call->remove) {
			elements->counters.removed += made;
			elements->present -= made;
		} else {
			elements->counters.put += made;
			elements->present += made;
		}
		done += made;
		if (error)
			make_refused(elements, call, done++, error);
	}
}

/** Makes a run of changes of one kind and family; returns how many there were. */
static size_t make_run(struct bpf_elements *elements, size_t first)
{
	const struct bpf_change *changes = elements->changes;
	bool v6 = changes[first].key.client.family == AF_INET6;
	struct call call = { map_of(elements, v6), changes[first].remove, key_bytes(v6) };
	uint8_t *keys = elements->keys;
	struct bpf_client *values = elements->values;
	size_t i = first, replaced = 0;

	for (; i < elements->change_count && changes[i].remove == call.remove &&
		(changes[i].key.client.family == AF_INET6) == v6;
		i++) {
		key_write(&changes[i].key, keys + (i - first) * key_bytes(v6));
		values[i - first] = (struct bpf_client){
			.server = server_of(elements->config, changes[i].mark),
			.mark = changes[i].mark,
		};
		replaced += changes[i].replaces;
	}
	make(elements, &call, (uint32_t)(i - first));
	if (!elements->may_be_there)
		elements->present -= replaced;
	return i - first;
}

/** Makes all. */
void bpf_elements_commit(struct bpf_elements *elements)
{
	size_t at = 0;

	while (at < elements->change_count)
		at += make_run(elements, at);
	elements->change_count = 0;
}

/** Looks for one. */
int bpf_elements_has(const struct bpf_elements *elements, const struct fast_path_key *key)
{
	struct bpf_client value;
	union key bytes;

	key_write(key, &bytes);
	if (!bpf_map_lookup_elem(
		    map_of(elements, key->client.family == AF_INET6), &bytes, &value))
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/** Elements that one call brought. see may put and remove, so they are not in the buffers. */
struct portion {
	uint8_t keys[LISTED][sizeof(struct bpf_client6)];
	struct bpf_client values[LISTED];
};

/** Shows a portion. */
static int show(const struct portion *portion, bool v6, uint32_t count, bool with_port,
	fast_path_element_fn *see, void *user)
{
	const uint8_t *keys = portion->keys[0];
	int error = 0;

	for (uint32_t i = 0; i < count && !error; i++) {
		struct fast_path_key key = key_read(keys + i * key_bytes(v6), v6);

		if ((key.client_port != 0) == with_port)
			error = see(&key, portion->values[i].mark, user);
	}
	return error < 0 ? error : 0;
}

/** Shows one family's. */
static int walk_family(const struct bpf_elements *elements, bool v6, bool with_port,
	fast_path_element_fn *see, void *user)
{
	struct portion *portion = malloc(sizeof(*portion));
	uint64_t place[8] = { 0 }; /* the kernel's own */
	bool begun = false;
	int error = portion ? 0 : -ENOMEM;

	while (!error) {
		uint32_t count = LISTED;
		int status = bpf_map_lookup_batch(map_of(elements, v6), begun ? place : NULL,
			place, portion->keys, portion->values, &count, NULL);

		if (status && errno != ENOENT) {
			error = -errno;
			break;
		}
		error = show(portion, v6, count, with_port, see, user);
		begun = true;
		if (status)
			break;
	}
	free(portion);
	return error;
}

/** Shows both families'. */
int bpf_elements_walk(struct bpf_elements *elements, bool with_port,
	fast_path_element_fn *see, void *user)
{
	int error = walk_family(elements, false, with_port, see, user);

	return error ? error : walk_family(elements, true, with_port, see, user);
}

/** By the program's clock, which is the kernel's since it booted. */
int bpf_elements_carried(const struct bpf_elements *elements,
	const struct fast_path_key *key, uint64_t *ret_ago_ms)
{
	uint8_t bytes[sizeof(union key)];
	struct bpf_client client;
	struct timespec now;
	uint64_t now_ns, seen_ns;

	key_write(key, bytes);
	if (bpf_map_lookup_elem(
		    map_of(elements, key->client.family == AF_INET6), bytes, &client))
		return -errno;
	if (!client.seen)
		return -ENOENT;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	seen_ns = (uint64_t)client.seen << BPF_SEEN_SHIFT;
	*ret_ago_ms = now_ns > seen_ns ? (now_ns - seen_ns) / 1000000 : 0;
	return 0;
}

/** Counts one. */
static int count_one(const struct fast_path_key *key, uint32_t mark, void *user)
{
	(void)key;
	(void)mark;
	++*(uint64_t *)user;
	return 0;
}

/** Counts all. */
int bpf_elements_count(struct bpf_elements *elements)
{
	int error;

	elements->present = 0;
	error = bpf_elements_walk(elements, true, count_one, &elements->present);
	if (error)
		return error;
	return bpf_elements_walk(elements, false, count_one, &elements->present);
}

/** Takes down that one is to go. */
static int remove_one(const struct fast_path_key *key, uint32_t mark, void *user)
{
	(void)mark;
	bpf_elements_remove(user, key);
	return 0;
}

/** Removes all. */
int bpf_elements_clear(struct bpf_elements *elements)
{
	int error = bpf_elements_walk(elements, true, remove_one, elements);

	if (!error)
		error = bpf_elements_walk(elements, false, remove_one, elements);
	bpf_elements_commit(elements);
	elements->present = 0;
	return error;
}
