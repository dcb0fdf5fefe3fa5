/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An element comes into being with its tail, which is written after its address, and ends with
 * it. So a reader compares address, tail, and the address once more: it is then that of the
 * tail. Where both buckets of a key are full, a chain of elements each of which can move to its
 * other bucket is looked for, the shortest first, and moved from its far end.
 */
#include "base/cuckoo.h"

#include <errno.h>
#include <string.h>

#define PATHS 256 /**< buckets that are looked at for a place at most */

/** Where a key may be. */
struct place {
	uint8_t *page;
	uint32_t buckets[2]; /**< offsets in the page */
};

/** A bucket that is full, on the way to one that is not. */
struct step {
	uint32_t bucket; /**< offset in the page */
	uint16_t before; /**< the step it was come to from */
	uint16_t slot;   /**< by which of its slots */
};

/** Words of an address. */
static size_t words_of(bool wide)
{
	return wide ? 4 : 1;
}

/** Slots in a bucket. */
static uint32_t slots_of(bool wide)
{
	return wide ? CUCKOO_SLOTS4 : CUCKOO_SLOTS1;
}

/** Bytes of a bucket. */
static uint32_t bucket_bytes(bool wide)
{
	return wide ? CUCKOO_BUCKET4_BYTES : CUCKOO_BUCKET1_BYTES;
}

/** A slot of a bucket. */
static uint64_t *slot_at(const uint8_t *page, bool wide, uint32_t bucket, uint32_t index)
{
	size_t slot_bytes = wide ? sizeof(struct cuckoo_slot4) : sizeof(struct cuckoo_slot1);

	return (uint64_t *)(uintptr_t)(page + bucket + index * slot_bytes);
}

/** Its tail. */
static uint32_t *tail_of(uint64_t *slot, bool wide)
{
	return (uint32_t *)(slot + words_of(wide));
}

/** Reads a tail. */
static uint32_t tail_read(const uint64_t *slot, bool wide)
{
	return __atomic_load_n(tail_of((uint64_t *)(uintptr_t)slot, wide), __ATOMIC_ACQUIRE);
}

/** Reads the key of a slot. */
static struct cuckoo_key key_read(const uint64_t *slot, bool wide)
{
	struct cuckoo_key key = { .port = (uint16_t)tail_read(slot, wide) };

	for (size_t i = 0; i < words_of(wide); i++)
		key.address[i] = __atomic_load_n(&slot[i], __ATOMIC_RELAXED);
	return key;
}

/** Tells where a key may be. */
static struct place place_of(const struct cuckoo *table, const struct cuckoo_key *key)
{
	uint64_t sum = table->wide ? cuckoo_sum4(key->address, key->port, table->secret)
				   : cuckoo_sum1(key->address[0], key->port, table->secret);
	uint64_t hash = cuckoo_finish(sum, table->secret);
	uint32_t size_bytes = bucket_bytes(table->wide);
	size_t page = cuckoo_page_of(hash, table->page_count);

	return (struct place){
		.page = table->memory + page * CUCKOO_PAGE_BYTES,
		.buckets = { cuckoo_first_of(hash, size_bytes),
			cuckoo_second_of(hash, size_bytes) },
	};
}

/** Tells whether a slot has that key. */
static bool slot_has(const uint64_t *slot, bool wide, const struct cuckoo_key *key)
{
	if ((tail_read(slot, wide) & CUCKOO_TAIL_KEY) != (CUCKOO_USED | key->port))
		return false;
	return memcmp(slot, key->address, words_of(wide) * sizeof(*slot)) == 0;
}

/** The slot of a key, or NULL. */
static uint64_t *find(
	const struct cuckoo *table, const struct place *place, const struct cuckoo_key *key)
{
	for (uint32_t i = 0; i < 2 * slots_of(table->wide); i++) {
		uint64_t *slot = slot_at(place->page, table->wide, place->buckets[i & 1], i >> 1);

		if (slot_has(slot, table->wide, key))
			return slot;
	}
	return NULL;
}

/** A slot of a bucket that is free, or NULL. */
static uint64_t *find_free(const struct cuckoo *table, uint8_t *page, uint32_t bucket)
{
	for (uint32_t i = 0; i < slots_of(table->wide); i++) {
		uint64_t *slot = slot_at(page, table->wide, bucket, i);

		if (!tail_read(slot, table->wide))
			return slot;
	}
	return NULL;
}

/** Fills a free slot. That it was free is to be seen before its address is another. */
static void slot_fill(uint64_t *slot, bool wide, const uint64_t *address, uint32_t tail)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (size_t i = 0; i < words_of(wide); i++)
		__atomic_store_n(&slot[i], address[i], __ATOMIC_RELAXED);
	__atomic_store_n(tail_of(slot, wide), tail, __ATOMIC_RELEASE);
}

/** Frees a slot. */
static void slot_free(uint64_t *slot, bool wide)
{
	__atomic_store_n(tail_of(slot, wide), 0, __ATOMIC_RELEASE);
}

/** Moves an element to a free slot: for a moment it is at both. */
static void slot_move(struct cuckoo *table, uint64_t *from, uint64_t *to)
{
	uint32_t *old = tail_of(from, table->wide), *new = tail_of(to, table->wide);

	__atomic_store_n(new + 1, __atomic_load_n(old + 1, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	slot_fill(to, table->wide, from, *old);
	__atomic_store_n(table->moves, *table->moves + 1, __ATOMIC_RELEASE);
	slot_free(from, table->wide);
}

/** The bucket, not that one, where the element of a slot may be as well. */
static uint32_t other_bucket(const struct cuckoo *table, const uint64_t *slot, uint32_t bucket)
{
	struct cuckoo_key key = key_read(slot, table->wide);
	struct place place = place_of(table, &key);

	return place.buckets[place.buckets[0] == bucket];
}

/** Moves all the elements on the way to a free slot; returns the slot at its beginning. */
static uint64_t *follow_back(struct cuckoo *table, uint8_t *page, const struct step *steps,
	uint16_t step, uint32_t index, uint64_t *free_slot)
{
	for (;;) {
		uint64_t *slot = slot_at(page, table->wide, steps[step].bucket, index);

		slot_move(table, slot, free_slot);
		free_slot = slot;
		if (step < 2)
			return free_slot;
		index = steps[step].slot;
		step = steps[step].before;
	}
}

/** Makes a free slot in one of two buckets that are full; NULL: in vain. */
static uint64_t *make_free(struct cuckoo *table, const struct place *place)
{
	struct step steps[PATHS] = {
		{ .bucket = place->buckets[0] },
		{ .bucket = place->buckets[1] },
	};
	uint16_t count = 2;

	for (uint16_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < slots_of(table->wide); j++) {
			uint64_t *slot = slot_at(place->page, table->wide, steps[i].bucket, j);
			uint32_t other = other_bucket(table, slot, steps[i].bucket);
			uint64_t *free_slot = find_free(table, place->page, other);

			if (free_slot)
				return follow_back(table, place->page, steps, i, j, free_slot);
			if (count < PATHS)
				steps[count++] = (struct step){ other, i, (uint16_t)j };
		}
	}
	return NULL;
}

/** Slots on a page. */
static uint64_t page_slots(bool wide)
{
	return (uint64_t)CUCKOO_PAGE_BYTES / bucket_bytes(wide) * slots_of(wide);
}

/** Rounds up. */
uint32_t cuckoo_pages(uint64_t elements, bool wide)
{
	uint64_t slots = elements + elements / 4;

	return (uint32_t)(slots / page_slots(wide) + 1);
}

/** Counts one. */
static int count_one(
	const struct cuckoo_key *key, uint32_t value, uint32_t readers, void *user)
{
	(void)key;
	(void)value;
	(void)readers;
	++*(uint64_t *)user;
	return 0;
}

/** Counts. */
void cuckoo_init(struct cuckoo *table)
{
	const struct cuckoo_page *pages = (const struct cuckoo_page *)table->memory;

	table->count = 0;
	for (uint32_t i = 0; i < table->page_count; i++)
		cuckoo_walk(&pages[i], table->wide, count_one, &table->count);
}

/** Looks at two buckets. */
uint32_t *cuckoo_find(const struct cuckoo *table, const struct cuckoo_key *key)
{
	struct place place = place_of(table, key);
	uint64_t *slot = find(table, &place, key);

	return slot ? tail_of(slot, table->wide) : NULL;
}

/** The bits between. */
uint32_t cuckoo_value(uint32_t tail)
{
	return tail >> CUCKOO_VALUE_SHIFT & CUCKOO_VALUE_MASK;
}

/** A slot for a key that is not there, or NULL. The first bucket comes first, for a reader
 *  looks there first. */
static uint64_t *room_for(struct cuckoo *table, const struct place *place)
{
	uint64_t *slot;

	if (table->count >= table->limit)
		return NULL;
	slot = find_free(table, place->page, place->buckets[0]);
	if (!slot)
		slot = find_free(table, place->page, place->buckets[1]);
	return slot ? slot : make_free(table, place);
}

/** Overwrites, or adds. */
int cuckoo_put(struct cuckoo *table, const struct cuckoo_key *key, uint32_t value)
{
	struct place place = place_of(table, key);
	uint64_t *slot = find(table, &place, key);
	uint32_t tail = CUCKOO_USED | value << CUCKOO_VALUE_SHIFT | key->port;

	if (slot) {
		__atomic_store_n(tail_of(slot, table->wide), tail, __ATOMIC_RELEASE);
		return 0;
	}
	slot = room_for(table, &place);
	if (!slot)
		return -ENOSPC;
	__atomic_store_n(tail_of(slot, table->wide) + 1, 0, __ATOMIC_RELAXED);
	slot_fill(slot, table->wide, key->address, tail);
	table->count++;
	return 1;
}

/** Frees the slot. */
bool cuckoo_remove(struct cuckoo *table, const struct cuckoo_key *key)
{
	struct place place = place_of(table, key);
	uint64_t *slot = find(table, &place, key);

	if (!slot)
		return false;
	slot_free(slot, table->wide);
	table->count--;
	return true;
}

/** Shows the element of a slot. */
static int see_slot(const uint64_t *slot, bool wide, cuckoo_see_fn *see, void *user)
{
	const uint32_t *tail = (const uint32_t *)(slot + words_of(wide));
	struct cuckoo_key key = key_read(slot, wide);

	return see(&key, cuckoo_value(tail[0]), tail[1], user);
}

/** Goes over all slots of one width. Most may be free, so little is done with them. */
static inline int walk(
	const struct cuckoo_page *page, bool wide, cuckoo_see_fn *see, void *user)
{
	int error = 0;

	for (uint32_t i = 0; i < CUCKOO_PAGE_BYTES; i += bucket_bytes(wide)) {
		for (uint32_t j = 0; j < slots_of(wide); j++) {
			const uint64_t *slot = slot_at(page->bytes, wide, i, j);

			if (tail_read(slot, wide))
				error = see_slot(slot, wide, see, user);
			if (error < 0)
				return error;
		}
	}
	return 0;
}

/** Goes over them. */
int cuckoo_walk(const struct cuckoo_page *page, bool wide, cuckoo_see_fn *see, void *user)
{
	return wide ? walk(page, true, see, user) : walk(page, false, see, user);
}
