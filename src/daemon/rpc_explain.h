/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the method explain share. Of use to nobody else.
 */
#pragma once

#include "core/decide.h"
#include "daemon/rpc_method.h"

/** Explains the client of params.client. */
int rpc_explain_client(struct rpc_call *call);

/**
 * What decide looked at to come to decision, and what decide_commit would add, as a list of
 * sentences in that order. NULL without memory.
 */
json_t *rpc_explain_steps(const struct director *director, const struct packet *packet,
	const struct decision *decision, uint64_t now_ms);

/** A list of sentences being made. */
struct rpc_steps {
	json_t *list; /**< NULL once memory ran out */
	const struct director *director;
	const struct packet *packet;
	const struct decision *decision;
	uint64_t now_ms;
};

/** Adds a sentence. */
void rpc_say(struct rpc_steps *steps, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Adds what the tables know of the packet of a service, by its kind. */
void rpc_explain_known(struct rpc_steps *steps);

/** Adds what a first message meets on its way, and what is remembered of one. */
void rpc_explain_first(struct rpc_steps *steps);

/** Adds that an answer of that rate would not be sent now, if so: counted as limited. has_share:
 *  the packet's source may have one more. */
void rpc_explain_answer(struct rpc_steps *steps, const struct rate *rate, bool has_share,
	enum reason limited);
