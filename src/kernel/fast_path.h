/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What carries established clients without the daemon: a backend holds, for a client's
 * ESP and AH or for one flow of ESP in UDP, the mark that leads to its server. Backends are rows of
 * functions; to add one, write it and name it where the daemon chooses. Losing an element
 * costs speed, never a packet: what a backend does not know is queued.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "core/config.h"

/** What an element is found by. */
struct fast_path_key {
	struct address client;
	struct address virtual;
	uint16_t client_port; /**< of ESP in UDP to port 4500; 0: ESP and AH */
};

struct fast_path_counters {
	uint64_t put;      /**< elements */
	uint64_t removed;  /**< elements */
	uint64_t commits;
	uint64_t failed;   /**< elements that could not be put or removed */
	int last_error;    /**< of those, negative errno */
};

#define FAST_PATH_COUNTED 16384 /**< most elements that count at once */

/** What an element has been found for; bytes are those of IP packets. */
struct fast_path_count {
	uint64_t packets;
	uint64_t bytes;
};

/** Sees what one server, by its index, has been given. */
typedef void fast_path_server_fn(
	uint32_t index, uint64_t packets, uint64_t bytes, void *user);

/** Sees one element. A negative return ends the walk with that error. */
typedef int fast_path_element_fn(
	const struct fast_path_key *key, uint32_t mark, void *user);

/** Sees a number that a backend has to show beside its counters: name is for people and
 *  scripts, of a group of such names or NULL. */
typedef void fast_path_detail_fn(
	const char *group, const char *name, uint64_t value, void *user);

struct fast_path; /**< a backend's own */

struct fast_path_backend {
	const char *name;
	bool in_tables; /**< elements are in nft tables, which others may flush */
	/** Gets ready; what the kernel carries already it goes on carrying, if it is for the
	 *  same servers. config must outlive it. Negative errno: cannot be had here;
	 *  -ENOTSUP: was not built. */
	int (*attach)(const struct config *config, struct fast_path **ret_fast_path);
	/** Has what an earlier run has left for other servers give no marks any more, while it
	 *  goes on carrying: to be called when the nft tables are there, and before routes
	 *  change. fast_path is NULL where another backend was chosen. NULL: gives no marks
	 *  but by the tables. Negative errno. */
	int (*retire)(struct fast_path *fast_path, const struct config *config);
	/** Begins to carry, once nft tables and routes are there; where in_tables again when these
	 *  had to be repaired. Negative errno. */
	int (*begin)(struct fast_path *fast_path);
	/** Lets go; what the kernel has goes on working. Accepts NULL. */
	void (*detach)(struct fast_path *fast_path);
	/** Takes down that an element is to be there with mark; it was not, or is removed
	 *  before. Done by commit, or before that when there is no more room. */
	void (*put)(struct fast_path *fast_path, const struct fast_path_key *key,
		uint32_t mark);
	/** Takes down that an element is to go. */
	void (*remove)(struct fast_path *fast_path, const struct fast_path_key *key);
	/** Has the kernel do what was taken down, all at once if it can. -ENOENT: what it
	 *  belongs to is gone. Errors of single elements are counted. */
	int (*commit)(struct fast_path *fast_path);
	/** Takes down that an element is to count what it carries, or no longer. mark is the one
	 *  it was put with; 0: there is no such element, and it is only to be forgotten.
	 *  in_tables: each element begins with zero; else numbers go on, whether it is there or
	 *  not, until it is to count no longer. */
	void (*count)(struct fast_path *fast_path, const struct fast_path_key *key,
		uint32_t mark, bool on);
	/** What an element that counts has carried. -ENOENT: there is none; other negative
	 *  errno. */
	int (*counted)(struct fast_path *fast_path, const struct fast_path_key *key,
		struct fast_path_count *ret_count);
	/** Shows every element of the kernel's, those with a port first. May take long, and
	 *  is called by another thread than the rest: what has been changed meanwhile may
	 *  be shown or not. Negative errno. */
	int (*dump)(struct fast_path *fast_path, fast_path_element_fn *see, void *user);
	/** Shows what each server has been given since the tables were made. */
	int (*servers)(struct fast_path *fast_path, fast_path_server_fn *see, void *user);
	/** How long ago a packet was carried by an element. -ENOENT: there is no such element, or
	 *  none was; -EOPNOTSUPP: that is not known here; other negative errno. */
	int (*carried)(struct fast_path *fast_path, const struct fast_path_key *key,
		uint64_t *ret_ago_ms);
	/** A descriptor that is readable when follow has something to do; -1: never. */
	int (*fd)(const struct fast_path *fast_path);
	/** Follows links, routes and neighbours; all: also what the kernel does not tell of, to
	 *  be asked for once a second. */
	void (*follow)(struct fast_path *fast_path, bool all);
	const struct fast_path_counters *(*counters)(const struct fast_path *fast_path);
	/** Shows what else there is to know of it. */
	void (*details)(struct fast_path *fast_path, fast_path_detail_fn *see, void *user);
	/** Tells whether what is put from now on may be there already, which who puts it does not
	 *  know. At first it may not. */
	void (*doubt)(struct fast_path *fast_path, bool doubt);
	/** Whether the kernel has that element now: 1, 0, negative errno. */
	int (*has)(struct fast_path *fast_path, const struct fast_path_key *key);
	/** Notes that what a state file of that seal tells is all that the kernel has, for the
	 *  next run. NULL, like what follows: a backend whose elements are listed quickly
	 *  need not have it. */
	void (*note)(struct fast_path *fast_path, uint64_t seal);
	/** What the run before has noted, if that holds; else 0. */
	uint64_t (*noted)(const struct fast_path *fast_path);
	/** Removes what is in the kernel beside the nft tables. 0 also when there is nothing. */
	int (*clear)(void);
};

/** Maps in an nft table at the ingress of interfaces. */
extern const struct fast_path_backend nft_maps;

/** A BPF program at the interfaces, with maps of its own; where it is built. */
extern const struct fast_path_backend bpf_maps;
