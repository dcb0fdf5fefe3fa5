/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chains, sets and rules of the limits, as rows for the tables of ruleset_rules.c alone.
 *
 *   divert -> limit-4500, limit-500   tell the kinds apart; known clients to the queue
 *          -> limit-KIND              source, virtual address, all; then the queue
 *          -> over-KIND-SCOPE         counts and drops
 *
 * A source has an element in a set for as long as it sends and ten seconds more. When the
 * set is full newcomers get none and are not limited by their source, only by what comes
 * behind: whoever fills it with forged sources locks nobody out by it. Elements that are
 * there go on limiting theirs.
 */
#pragma once

#include "core/limit.h"

#define LIMITED RULESET_WITH_LIMITS
/* ESP and AH of established clients must not be limited: the kernel has to carry them. */
#define LIMITED_ESP (RULESET_WITH_LIMITS | RULESET_WITH_ALL_CARRIED)
#define LIMITED_AH (LIMITED_ESP | RULESET_WITH_FAST_AH)
#define LIMITED_KNOWN (RULESET_WITH_LIMITS | RULESET_WITH_FAST_MAPS)

#define LIMIT_4500 "limit-4500"
#define LIMIT_500 "limit-500"
#define LIMIT_CHAIN(kind) "limit-" kind

/* A limit's number in a row: 0 is none. */
#define LIMIT_OF(KIND, SCOPE) (LIMIT_INDEX(LIMIT_##KIND, LIMIT_##SCOPE) + 1)

#define OVER_CHAIN(kind, KIND, scope, SCOPE) \
	{ RULESET_CHAIN_OVER kind "-" scope, LIMITED, IN_INET, RULESET_HOOK_NONE, NULL, 0, \
		LIMIT_OF(KIND, SCOPE) }
#define LIMIT_CHAINS_OF(kind, KIND) \
	OVER_CHAIN(kind, KIND, "source", FROM), \
		OVER_CHAIN(kind, KIND, "service", TO), \
		OVER_CHAIN(kind, KIND, "total", ALL), \
		{ LIMIT_CHAIN(kind), LIMITED, IN_INET, REGULAR }
#define RULESET_LIMIT_CHAINS \
	LIMIT_CHAINS_OF("first", FIRST), LIMIT_CHAINS_OF("isakmp", ISAKMP), \
		LIMIT_CHAINS_OF("esp", ESP), LIMIT_CHAINS_OF("ah", AH), \
		{ LIMIT_4500, LIMITED, IN_INET, REGULAR }, \
		{ LIMIT_500, LIMITED, IN_INET, REGULAR }

#define LIMIT_SET(name, bits, CONTENT, LIMIT) \
	{ name, LIMITED, IN_INET, SET_OF_##bits, CONTENT, FAMILY_##bits, 0, LIMIT }
#define LIMIT_SETS_OF(kind, KIND) \
	LIMIT_SET(kind "-source4", V4, RULESET_LIMITED_SOURCES, LIMIT_OF(KIND, FROM)), \
		LIMIT_SET(kind "-source6", V6, RULESET_LIMITED_SOURCES, \
			LIMIT_OF(KIND, FROM)), \
		LIMIT_SET(kind "-service4", V4, RULESET_LIMITED_VIRTUALS, \
			LIMIT_OF(KIND, TO)), \
		LIMIT_SET(kind "-service6", V6, RULESET_LIMITED_VIRTUALS, \
			LIMIT_OF(KIND, TO))
#define RULESET_LIMIT_SETS \
	LIMIT_SETS_OF("first", FIRST), LIMIT_SETS_OF("isakmp", ISAKMP), \
		LIMIT_SETS_OF("esp", ESP), LIMIT_SETS_OF("ah", AH)

#define LIMIT_EACH(kind, KIND, scope, SCOPE, number, bits, KEY) \
	{ LIMIT_CHAIN(kind), LIMITED, NULL, { IS_##bits }, RULESET_KEY_##KEY##_##bits, \
		kind "-" scope number, RULESET_LIMIT_EACH, \
		RULESET_CHAIN_OVER kind "-" scope, 0, LIMIT_OF(KIND, SCOPE) }
#define LIMIT_DROP(kind, KIND, scope, SCOPE) \
	{ RULESET_CHAIN_OVER kind "-" scope, LIMITED, NULL, { { 0 } }, NO_KEY, \
		RULESET_COUNT_DROP, NULL, 0, LIMIT_OF(KIND, SCOPE) }
#define LIMIT_RULES_OF(kind, KIND) \
	LIMIT_DROP(kind, KIND, "source", FROM), \
		LIMIT_DROP(kind, KIND, "service", TO), \
		LIMIT_DROP(kind, KIND, "total", ALL), \
		LIMIT_EACH(kind, KIND, "source", FROM, "4", V4, SOURCE_PREFIX), \
		LIMIT_EACH(kind, KIND, "source", FROM, "6", V6, SOURCE_PREFIX), \
		LIMIT_EACH(kind, KIND, "service", TO, "4", V4, DESTINATION), \
		LIMIT_EACH(kind, KIND, "service", TO, "6", V6, DESTINATION), \
		{ LIMIT_CHAIN(kind), LIMITED, NULL, { { 0 } }, NO_KEY, RULESET_LIMIT_ALL, \
			RULESET_CHAIN_OVER kind "-total", 0, LIMIT_OF(KIND, ALL) }, \
		{ LIMIT_CHAIN(kind), LIMITED, NULL, { { 0 } }, GO_TO(QUEUE) }

#define NO_BYTES(offset) { RULESET_LOAD_TRANSPORT, offset, 4, 0, RULESET_EQUAL, 0 }
#define LIMIT_KNOWN(chain) \
	{ chain, LIMITED_KNOWN, NULL, { IS_V4 }, RULESET_KEY_CLIENT_V4, \
		RULESET_MAP_CLIENT_V4, RULESET_IF_MAPPED, QUEUE, 0, 0 }, \
	{ chain, LIMITED_KNOWN, NULL, { IS_V6 }, RULESET_KEY_CLIENT_V6, \
		RULESET_MAP_CLIENT_V6, RULESET_IF_MAPPED, QUEUE, 0, 0 }
#define RULESET_LIMIT_RULES \
	LIMIT_RULES_OF("first", FIRST), LIMIT_RULES_OF("isakmp", ISAKMP), \
		LIMIT_RULES_OF("esp", ESP), LIMIT_RULES_OF("ah", AH), \
		{ LIMIT_4500, LIMITED_ESP, "@th,64,32 != 0", \
			{ { RULESET_LOAD_TRANSPORT, 8, 4, 0, RULESET_UNEQUAL, 0 } }, \
			GO_TO(LIMIT_CHAIN("esp")) }, \
		{ LIMIT_4500, LIMITED, "@th,64,32 != 0", \
			{ { RULESET_LOAD_TRANSPORT, 8, 4, 0, RULESET_UNEQUAL, 0 } }, \
			GO_TO(QUEUE) }, \
		LIMIT_KNOWN(LIMIT_4500), \
		{ LIMIT_4500, LIMITED, "@th,160,32 0 @th,192,32 0", \
			{ NO_BYTES(20), NO_BYTES(24) }, GO_TO(LIMIT_CHAIN("first")) }, \
		{ LIMIT_4500, LIMITED, NULL, { { 0 } }, GO_TO(LIMIT_CHAIN("isakmp")) }, \
		LIMIT_KNOWN(LIMIT_500), \
		{ LIMIT_500, LIMITED, "@th,128,32 0 @th,160,32 0", \
			{ NO_BYTES(16), NO_BYTES(20) }, GO_TO(LIMIT_CHAIN("first")) }, \
		{ LIMIT_500, LIMITED, NULL, { { 0 } }, GO_TO(LIMIT_CHAIN("isakmp")) }
#define RULESET_LIMIT_DIVERSIONS \
	{ DIVERT, LIMITED, "udp dport 4500", { PROTOCOL(IPPROTO_UDP), UDP_DPORT(4500) }, \
		GO_TO(LIMIT_4500) }, \
	{ DIVERT, LIMITED, "udp dport 500", { PROTOCOL(IPPROTO_UDP), UDP_DPORT(500) }, \
		GO_TO(LIMIT_500) }, \
	{ DIVERT, LIMITED_ESP, "meta l4proto esp", { PROTOCOL(IPPROTO_ESP) }, \
		GO_TO(LIMIT_CHAIN("esp")) }, \
	{ DIVERT, LIMITED_AH, "meta l4proto ah", { PROTOCOL(IPPROTO_AH) }, \
		GO_TO(LIMIT_CHAIN("ah")) }
