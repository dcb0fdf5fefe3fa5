/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of what clients send before it is queued: kinds of packets, each limited by its
 * source, by the virtual address it is for, and altogether. The nft table enforces them
 * (ruleset_limits.h); here are only their numbers and names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum limit_kind {
	LIMIT_FIRST,  /**< ISAKMP without a responder cookie */
	LIMIT_ISAKMP, /**< all other */
	LIMIT_ESP,    /**< ESP, in UDP or not, that the kernel does not carry */
	LIMIT_AH,     /**< the same of AH */
	LIMIT_KNOWN,  /**< ISAKMP of established clients, first messages too */
};

enum limit_scope {
	LIMIT_FROM, /**< a source */
	LIMIT_TO,   /**< a virtual address */
	LIMIT_ALL,
};

#define LIMIT_SCOPES 3
#define LIMITS_OF_STRANGERS (LIMIT_KNOWN * LIMIT_SCOPES) /**< those that come first */
#define LIMITS (LIMITS_OF_STRANGERS + LIMIT_SCOPES)
#define LIMIT_RATE_MAX 1000000 /**< packets a second */

/** The number of a limit. */
#define LIMIT_INDEX(kind, scope) ((kind) * LIMIT_SCOPES + (scope))

/** The name of a limit: kind and scope, as in "first-source". NULL behind the last. */
const char *limit_name(size_t index);

/** The number of the limit of that name; LIMITS: there is none. */
size_t limit_find(const char *name);

/** Tells whether anything is limited: those of known clients alone do nothing, they are for
 *  where strangers have some. */
bool limit_is_any(const uint32_t limits[static LIMITS]);
