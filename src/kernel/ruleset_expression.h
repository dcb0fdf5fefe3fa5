/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The expressions by which a rule reads a packet: they load, compare and look up. What it
 * does with the packet then is ruleset_rule.c's.
 */
#pragma once

#include <stdio.h> /* which the next needs */
#include <libnftnl/expr.h>

#include "kernel/ruleset_rule.h"

/** Adds an expression to the rule being built. NULL if there is no memory, which the
 *  transaction remembers. */
struct nftnl_expr *ruleset_expression_add(
	struct ruleset_rule_build *build, const char *name);

/** Sets a number of an expression that may be NULL. */
void ruleset_expression_set_u32(
	struct nftnl_expr *expression, uint16_t attribute, uint32_t value);

/** Loads a piece of the packet's meta data, a NFT_META_*. */
void ruleset_expression_meta(struct ruleset_rule_build *build, uint32_t key);

/** Loads the packet's mark, the bits of mask alone. */
void ruleset_expression_mark(struct ruleset_rule_build *build, uint32_t mask);

/** Compares what was loaded with size_bytes at value; the rule ends unless it holds. */
void ruleset_expression_compare(struct ruleset_rule_build *build,
	enum ruleset_compare compare, const void *value, uint32_t size_bytes);

/** Adds one match: the rule ends unless it holds. */
void ruleset_expression_match(
	struct ruleset_rule_build *build, const struct ruleset_match *match);

/** Loads what is to be looked up. */
void ruleset_expression_key(struct ruleset_rule_build *build, enum ruleset_key key);

/** Looks the rule's key up, and ends the rule unless it is there; what a map leads to
 *  takes the key's place. */
void ruleset_expression_lookup(
	struct ruleset_rule_build *build, const struct ruleset_rule *rule, bool map);

/** Goes to another chain for good. */
void ruleset_expression_goto_chain(struct ruleset_rule_build *build, const char *chain);

/** Looks what was loaded up in a map that leads to chains, and goes there for good; the rule
 *  ends unless it is there. */
void ruleset_expression_goto(struct ruleset_rule_build *build, const char *map);
