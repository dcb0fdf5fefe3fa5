/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A director that explains: what the tests of explain and entry.delete share.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "core/decide.h"
#include "daemon/rpc.h"
#include "ipsec-balancer/control.h"
#include "tests/lib/packet_text.h"

extern const struct rpc_rights explain_reader; /**< may read */
extern const struct rpc_rights explain_writer; /**< may do all */

/** A director, and what answers from it. */
struct explain_fixture {
	struct config *config;
	struct director *director;
	struct counting counting;
	struct rpc_context context;
	uint64_t packets;
	uint64_t now_ms;
	json_t *answer;
};

/** Begins with a service of three servers and the given method. */
void explain_begin(struct explain_fixture *fixture, enum config_method method);

/** Frees all. */
void explain_end(struct explain_fixture *fixture);

/** Calls method with params, which it consumes; the answer belongs to the fixture. */
json_t *explain_call(struct explain_fixture *fixture, const struct rpc_rights *rights,
	const char *method, json_t *params);

/** Calls method; there must be a result. */
json_t *explain_ask(struct explain_fixture *fixture, const struct rpc_rights *rights,
	const char *method, json_t *params);

/** Calls method; it must be refused with code and words in the message. */
void explain_refused(struct explain_fixture *fixture, const char *method,
	json_t *params, int code, const char *words);

/** Explains a packet in words, as one who may only read; direction may be NULL. */
json_t *explain_packet_text(
	struct explain_fixture *fixture, const char *text, const char *direction);

/** Lets a packet in words pass. */
struct decision explain_pass(
	struct explain_fixture *fixture, const char *text, enum packet_direction direction);

/** Checks a member that is text, or null for NULL. */
void explain_expect_text(const json_t *object, const char *name, const char *expected);

/** Checks that one of the sentences has these words. */
void explain_expect_step(const json_t *object, const char *words);

/** Frees the director of a fixture and makes it anew from its config, which has been
 *  changed. */
void explain_renew(struct explain_fixture *fixture);
