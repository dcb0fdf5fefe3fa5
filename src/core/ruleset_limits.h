/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chains, sets and rules of the limits, as rows for the tables of ruleset_rules.c alone.
 *
 *   divert -> limit-4500, limit-500   tell the kinds apart
 *          -> limit-KIND              known clients' ESP and AH to the queue, their ISAKMP to
 *                                     limit-known; else by source, virtual address, in all
 *          -> over-KIND-SCOPE         counts and drops
 *   passed -> learn                   what the daemon has let through makes a client known
 *
 * A source has an element in a set for as long as it sends and ten seconds more. When the
 * set is full newcomers get none and are not limited by their source, only by what comes
 * behind: whoever fills it with forged sources locks nobody out by it. Elements that are
 * there go on limiting theirs.
 *
 * Known clients are in sets that packets fill on their way from the queue: ISAKMP with a
 * responder cookie that the daemon has not dropped, and ESP. What strangers forge gets there
 * only if the daemon believes it.
 */
#pragma once

#include "core/limit.h"

#define LIMITED RULESET_WITH_LIMITS
#define LIMITED_KNOWN (RULESET_WITH_LIMITS | RULESET_WITH_KNOWN)
#define LIMITED_KNOWN_BY_ESP (LIMITED_KNOWN | RULESET_WITHOUT_LABELS)

#define LIMIT_4500 "limit-4500"
#define LIMIT_500 "limit-500"
#define LIMIT_CHAIN(kind) "limit-" kind
#define LEARN "learn"

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
	LIMIT_CHAINS_OF("known", KNOWN), LIMIT_CHAINS_OF("first", FIRST), \
		LIMIT_CHAINS_OF("isakmp", ISAKMP), LIMIT_CHAINS_OF("esp", ESP), \
		LIMIT_CHAINS_OF("ah", AH), \
		{ LIMIT_4500, LIMITED, IN_INET, REGULAR }, \
		{ LIMIT_500, LIMITED, IN_INET, REGULAR }, \
		{ LEARN, LIMITED_KNOWN, IN_INET, REGULAR }
/* Behind the queue. */
#define RULESET_LIMIT_HOOKS \
	{ "passed", LIMITED_KNOWN, IN_INET, RULESET_HOOK_PREROUTING, "filter", -298, 0 }

#define SET_OF_CLIENTS_V4 RULESET_TYPE_CLIENT_V4, RULESET_TYPE_NONE
#define SET_OF_CLIENTS_V6 RULESET_TYPE_CLIENT_V6, RULESET_TYPE_NONE
#define LIMIT_SET(name, what, bits, CONTENT, LIMIT) \
	{ name, LIMITED, IN_INET, SET_OF_##what##bits, CONTENT, FAMILY_##bits, 0, LIMIT }
#define KNOWN_SET(name, bits) \
	{ name, LIMITED_KNOWN, IN_INET, SET_OF_CLIENTS_##bits, RULESET_KNOWN, \
		FAMILY_##bits, 0, 0 }
#define LIMIT_SETS_OF(kind, KIND, what) \
	LIMIT_SET(kind "-source4", what, V4, RULESET_LIMITED_SOURCES, LIMIT_OF(KIND, FROM)), \
		LIMIT_SET(kind "-source6", what, V6, RULESET_LIMITED_SOURCES, \
			LIMIT_OF(KIND, FROM)), \
		LIMIT_SET(kind "-service4", , V4, RULESET_LIMITED_VIRTUALS, \
			LIMIT_OF(KIND, TO)), \
		LIMIT_SET(kind "-service6", , V6, RULESET_LIMITED_VIRTUALS, \
			LIMIT_OF(KIND, TO))
#define RULESET_LIMIT_SETS \
	LIMIT_SETS_OF("first", FIRST, ), LIMIT_SETS_OF("isakmp", ISAKMP, ), \
		LIMIT_SETS_OF("esp", ESP, ), LIMIT_SETS_OF("ah", AH, ), \
		LIMIT_SETS_OF("known", KNOWN, CLIENTS_), \
		KNOWN_SET(RULESET_SET_KNOWN_V4, V4), KNOWN_SET(RULESET_SET_KNOWN_V6, V6)

#define LIMIT_EACH(kind, KIND, scope, SCOPE, number, bits, KEY) \
	{ LIMIT_CHAIN(kind), LIMITED, NULL, { IS_##bits }, RULESET_KEY_##KEY##_##bits, \
		kind "-" scope number, RULESET_LIMIT_EACH, \
		RULESET_CHAIN_OVER kind "-" scope, 0, LIMIT_OF(KIND, SCOPE) }
#define LIMIT_DROP(kind, KIND, scope, SCOPE) \
	{ RULESET_CHAIN_OVER kind "-" scope, LIMITED, NULL, { { 0 } }, NO_KEY, \
		RULESET_COUNT_DROP, NULL, 0, LIMIT_OF(KIND, SCOPE) }
#define LIMIT_RULES_OF(kind, KIND, KEY) \
	LIMIT_DROP(kind, KIND, "source", FROM), \
		LIMIT_DROP(kind, KIND, "service", TO), \
		LIMIT_DROP(kind, KIND, "total", ALL), \
		LIMIT_EACH(kind, KIND, "source", FROM, "4", V4, KEY), \
		LIMIT_EACH(kind, KIND, "source", FROM, "6", V6, KEY), \
		LIMIT_EACH(kind, KIND, "service", TO, "4", V4, DESTINATION), \
		LIMIT_EACH(kind, KIND, "service", TO, "6", V6, DESTINATION), \
		{ LIMIT_CHAIN(kind), LIMITED, NULL, { { 0 } }, NO_KEY, RULESET_LIMIT_ALL, \
			RULESET_CHAIN_OVER kind "-total", 0, LIMIT_OF(KIND, ALL) }, \
		{ LIMIT_CHAIN(kind), LIMITED, NULL, { { 0 } }, GO_TO(QUEUE) }

/* What known clients send leaves the chain of its kind at once. */
#define IF_KNOWN_IN(chain, bits, next) \
	{ chain, LIMITED_KNOWN, NULL, { IS_##bits }, RULESET_KEY_CLIENT_##bits, \
		RULESET_SET_KNOWN_##bits, RULESET_GOTO, next, 0, 0 }
#define IF_KNOWN(kind, next) \
	IF_KNOWN_IN(LIMIT_CHAIN(kind), V4, next), IF_KNOWN_IN(LIMIT_CHAIN(kind), V6, next)

#define BYTES(offset, compare) { RULESET_LOAD_TRANSPORT, offset, 4, 0, compare, 0 }
#define NO_BYTES(offset) BYTES(offset, RULESET_EQUAL)
#define SOME_BYTES(offset) BYTES(offset, RULESET_UNEQUAL)

#define LEARN_FROM(bits, needs, statement, text, ...) \
	{ LEARN, needs, text, { __VA_ARGS__ }, RULESET_KEY_CLIENT_##bits, \
		RULESET_SET_KNOWN_##bits, statement, NULL, 0, 0 }
/* ISAKMP renews what is there, ESP only adds: of that there may be much. A label is written
 * into an SPI by whoever likes to. */
#define LEARN_RULES(bits) \
	LEARN_FROM(bits, LIMITED_KNOWN, RULESET_UPDATE, \
		"udp dport 500 @th,128,32 != 0", PROTOCOL(IPPROTO_UDP), UDP_DPORT(500), \
		SOME_BYTES(16), IS_##bits), \
	LEARN_FROM(bits, LIMITED_KNOWN, RULESET_UPDATE, \
		"udp dport 4500 @th,64,32 0 @th,160,32 != 0", PROTOCOL(IPPROTO_UDP), \
		UDP_DPORT(4500), NO_BYTES(8), SOME_BYTES(20), IS_##bits), \
	LEARN_FROM(bits, LIMITED_KNOWN_BY_ESP, RULESET_ADD, "meta l4proto esp", \
		PROTOCOL(IPPROTO_ESP), IS_##bits), \
	LEARN_FROM(bits, LIMITED_KNOWN_BY_ESP, RULESET_ADD, \
		"udp dport 4500 @th,64,32 != 0", PROTOCOL(IPPROTO_UDP), UDP_DPORT(4500), \
		SOME_BYTES(8), IS_##bits)
#define RULESET_LEARN_RULES \
	LEARN_RULES(V4), LEARN_RULES(V6), \
		{ "passed", LIMITED_KNOWN, NULL, { IS_V4 }, IF_TO(V4, RULESET_SET_V4, LEARN) }, \
		{ "passed", LIMITED_KNOWN, NULL, { IS_V6 }, IF_TO(V6, RULESET_SET_V6, LEARN) }

#define RULESET_LIMIT_RULES \
	LIMIT_RULES_OF("known", KNOWN, CLIENT), \
		IF_KNOWN("first", LIMIT_CHAIN("known")), \
		LIMIT_RULES_OF("first", FIRST, SOURCE_PREFIX), \
		IF_KNOWN("isakmp", LIMIT_CHAIN("known")), \
		LIMIT_RULES_OF("isakmp", ISAKMP, SOURCE_PREFIX), \
		IF_KNOWN("esp", QUEUE), LIMIT_RULES_OF("esp", ESP, SOURCE_PREFIX), \
		IF_KNOWN("ah", QUEUE), LIMIT_RULES_OF("ah", AH, SOURCE_PREFIX), \
		{ LIMIT_4500, LIMITED, "@th,64,32 != 0", { SOME_BYTES(8) }, \
			GO_TO(LIMIT_CHAIN("esp")) }, \
		{ LIMIT_4500, LIMITED, "@th,160,32 0 @th,192,32 0", \
			{ NO_BYTES(20), NO_BYTES(24) }, GO_TO(LIMIT_CHAIN("first")) }, \
		{ LIMIT_4500, LIMITED, NULL, { { 0 } }, GO_TO(LIMIT_CHAIN("isakmp")) }, \
		{ LIMIT_500, LIMITED, "@th,128,32 0 @th,160,32 0", \
			{ NO_BYTES(16), NO_BYTES(20) }, GO_TO(LIMIT_CHAIN("first")) }, \
		{ LIMIT_500, LIMITED, NULL, { { 0 } }, GO_TO(LIMIT_CHAIN("isakmp")) }
#define RULESET_LIMIT_DIVERSIONS \
	{ DIVERT, LIMITED, "udp dport 4500", { PROTOCOL(IPPROTO_UDP), UDP_DPORT(4500) }, \
		GO_TO(LIMIT_4500) }, \
	{ DIVERT, LIMITED, "udp dport 500", { PROTOCOL(IPPROTO_UDP), UDP_DPORT(500) }, \
		GO_TO(LIMIT_500) }, \
	{ DIVERT, LIMITED, "meta l4proto esp", { PROTOCOL(IPPROTO_ESP) }, \
		GO_TO(LIMIT_CHAIN("esp")) }, \
	{ DIVERT, LIMITED, "meta l4proto ah", { PROTOCOL(IPPROTO_AH) }, \
		GO_TO(LIMIT_CHAIN("ah")) }
