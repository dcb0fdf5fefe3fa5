/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scenario while it runs: one director on virtual time, the packet sent last and what
 * was decided about it. Files: runner.c reads lines, act.c lets things happen, judge.c
 * compares.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decide.h"
#include "core/director.h"

#define SCENARIO_START_MS 1000000 /**< virtual time of "at 0": no special value */
#define SCENARIO_LINE_BYTES 8192

struct scenario {
	const char *file;  /**< as given, for messages */
	unsigned int line; /**< of the statement that runs */
	unsigned int failures;
	struct config *config;	   /**< owned */
	struct director *director; /**< owned; NULL until the config was read */
	uint64_t now_ms;
	uint64_t packets;     /**< committed so far */
	uint64_t established; /**< events announced */
	uint64_t removed;
	enum packet_direction direction;
	struct packet packet; /**< sent last */
	struct decision decision;
	char cookie[2 * PACKET_COOKIE_BYTES + 1]; /**< of the last challenge, in hex */
	unsigned int unexpected_line; /**< a send that no expect followed yet, or 0 */
};

/** Counts a failure and prints file:line and the message. */
void scenario_fail(struct scenario *scenario, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Makes the director of configuration text. False, and said why, if it is refused. */
bool scenario_configure(struct scenario *scenario, const char *text);

/* Statements. Each reads the rest of its line; wrong words are failures. */

/** at SECONDS: lets everything expire on its way there. */
void act_at(struct scenario *scenario, char *rest);

/** send PACKET, reply PACKET */
void act_send(struct scenario *scenario, char *rest);
void act_reply(struct scenario *scenario, char *rest);
void act_reply(struct scenario *scenario, char *rest);

/** flood N PACKET, with {i} and {d} the number of the packet in hex and decimal. */
void act_flood(struct scenario *scenario, char *rest);

/** weight SERVICE SERVER N */
void act_weight(struct scenario *scenario, char *rest);

/** expect ACTION [SERVER] REASON */
void judge_expect(struct scenario *scenario, char *rest);

/** kind KIND */
void judge_kind(struct scenario *scenario, char *rest);

/** table [SERVICE] NAME=N ... */
void judge_table(struct scenario *scenario, char *rest);

/** server SERVICE SERVER NAME=N ... */
void judge_server(struct scenario *scenario, char *rest);

/** state FLOW STATE [NAME=VALUE ...] or state FLOW none */
void judge_state(struct scenario *scenario, char *rest);

/** client SERVICE ADDRESS NAME=VALUE ... or client SERVICE ADDRESS none */
void judge_client(struct scenario *scenario, char *rest);

/** count [SERVICE] REASON=N ... */
void judge_count(struct scenario *scenario, char *rest);

/** events established=N removed=N */
void judge_events(struct scenario *scenario, char *rest);

/** Asks whether the director still agrees with itself. */
void judge_invariants(struct scenario *scenario);
