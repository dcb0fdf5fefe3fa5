/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table of fixed size in memory that others read at the same time, without a lock and at
 * any moment: whoever is there all the while is found, by looking at two buckets. One writes.
 * With random secrets nobody can choose keys that meet. What the memory looks like is in
 * cuckoo_layout.h; where it comes from is the caller's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cuckoo_layout.h"

struct cuckoo_key {
	uint64_t address[4]; /**< or one word, and three that do not count */
	uint16_t port;       /**< the rest of the key */
};

struct cuckoo {
	uint8_t *memory; /**< pages; not owned */
	uint32_t page_count;
	bool wide; /**< keys of four words */
	const struct cuckoo_secret *secret; /**< not owned */
	/** Not owned; one more for each element that is moved, between its being at its new place
	 *  and its being no more at the old one. A reader that finds nothing, and the number as
	 *  it was before, may be sure. */
	uint32_t *moves;
	uint64_t limit; /**< elements */
	uint64_t count;
};

/** Sees one element; readers: what is theirs. A negative return ends the walk with it. */
typedef int cuckoo_see_fn(const struct cuckoo_key *key, uint32_t value, uint32_t readers,
	void *user);

/** How many pages are wanted for so many elements: four fifths of the slots. */
uint32_t cuckoo_pages(uint64_t elements, bool wide);

/** Begins with what is in the memory, of which all is zero if it is new: counts it. The caller
 *  has filled in all of table but the count. */
void cuckoo_init(struct cuckoo *table);

/** The tail of an element, followed by the readers' word; or NULL. It may be anywhere else
 *  after the next put. */
uint32_t *cuckoo_find(const struct cuckoo *table, const struct cuckoo_key *key);

/** The value in a tail. */
uint32_t cuckoo_value(uint32_t tail);

/** Puts an element, or gives one that is there another value (of 15 bits). 1: it is new; 0: it
 *  was there; -ENOSPC: there is no room, which can be so shortly before the limit. */
int cuckoo_put(struct cuckoo *table, const struct cuckoo_key *key, uint32_t value);

/** Removes an element. False if there is none. */
bool cuckoo_remove(struct cuckoo *table, const struct cuckoo_key *key);

/** Shows the elements of one page, which may be a copy. */
int cuckoo_walk(const struct cuckoo_page *page, bool wide, cuckoo_see_fn *see, void *user);
