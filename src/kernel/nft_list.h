/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in an nft table: names of chains and sets, rules with their counters, elements.
 */
#pragma once

#include <stdint.h>

#include "kernel/netlink.h"

/** Sees a name; a negative return ends the list with that error. */
typedef int nft_name_fn(const char *name, void *user);

/** Sees a rule: its chain and what its last counter has. */
typedef int nft_rule_fn(const char *chain, uint64_t packets, uint64_t bytes, void *user);

/** Sees an element of a map of numbers. */
typedef int nft_element_fn(const void *key, uint32_t key_bytes, uint32_t data, void *user);

/** Sees what counts: an element's comment, or "", or a counter's name, and what it has
 *  counted. */
typedef int nft_counter_fn(
	const char *comment, uint64_t packets, uint64_t bytes, void *user);

/** Shows the chains of a table; none if there is no table. kept, here and below: a socket that
 *  netlink_keep() opens, and the caller closes; NULL: one only for this. Negative errno. */
int nft_list_chains(struct netlink *kept, uint16_t family, const char *table,
	nft_name_fn *see, void *user);

/** Shows the sets and maps of a table. */
int nft_list_sets(struct netlink *kept, uint16_t family, const char *table, nft_name_fn *see,
	void *user);

/** Shows the rules of a table. */
int nft_list_rules(struct netlink *kept, uint16_t family, const char *table, nft_rule_fn *see,
	void *user);

/** Shows the elements of a map; -ENOENT: no such map. The kernel takes time that grows with
 *  the square of their number. What changes meanwhile may be shown twice, or not at all. */
int nft_list_elements(struct netlink *kept, uint16_t family, const char *table,
	const char *map, nft_element_fn *see, void *user);

/** Whether a map has an element of that key: 1, 0, negative errno. */
int nft_has_element(struct netlink *netlink, uint16_t family, const char *table,
	const char *map, const void *key, uint32_t key_bytes);

/** What an element that counts by itself has counted. -ENOENT: there is no such element, or
 *  it does not count. */
int nft_element_counts(struct netlink *netlink, uint16_t family, const char *table,
	const char *map, const void *key, uint32_t key_bytes, uint64_t *ret_packets,
	uint64_t *ret_bytes);

/** Shows the elements of a set that counts; -ENOENT: no such set. */
int nft_list_counters(struct netlink *kept, uint16_t family, const char *table,
	const char *set, nft_counter_fn *see, void *user);

/** Shows the counters of a table that have names, by these; none if there is no table. */
int nft_list_named_counters(struct netlink *kept, uint16_t family, const char *table,
	nft_counter_fn *see, void *user);
