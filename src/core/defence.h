/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps a flood from the table and from the servers, as one piece of the director's
 * state. Nothing in it grows: all is allocated at the start.
 */
#pragma once

#include <stdint.h>

#include "base/hash.h"
#include "core/pressure.h"
#include "core/rate.h"
#include "core/recent.h"
#include "core/throttle.h"

struct config;
struct director;
struct packet;
struct decision;
struct address;

struct defence {
	struct hash_key key; /**< secret, of this run */
	uint64_t now_ms;     /**< the latest moment that the director was told of */
	struct pressure pressure;
	struct recent recent;     /**< first messages; empty unless a service needs it */
	struct throttle answers;  /**< to one source: ICMP */
	struct throttle challenged; /**< to one source: challenges */
	struct throttle repeated; /**< more of them, for messages that come again */
	struct rate challenges;
	struct throttle spared;   /**< first messages of clients with a session */
};

/** Makes it; key is random, from the caller. -ENOMEM. */
int defence_init(struct defence *defence, const struct config *config,
	const struct hash_key *key);

/** Frees what it has. Accepts one that was never made. */
void defence_fini(struct defence *defence);

/** Tells the director what time it is: decide reads no clock. Once a batch of packets is
 *  right. */
void defence_advance(struct director *director, uint64_t now_ms);

/** Counts a first message, and makes what was decided about it be remembered. */
void defence_note(struct director *director, const struct packet *packet,
	const struct decision *decision);

/** Takes leave to answer source by ICMP: of the rate, and of what one source may have. */
bool defence_answers(struct director *director, const struct address *source);

/** Takes leave to challenge a first message. One that has none is remembered, so that there is
 *  another share for it when it comes again: whoever uses up that of a client whose address he
 *  forges cannot know its messages, and has to send his own twice to use up that, too. */
bool defence_challenges(struct director *director, const struct service *service,
	const struct packet *packet);

/** Tells whether a first message's source has a share left for it. */
bool defence_may_challenge(const struct defence *defence, const struct service *service,
	const struct packet *packet);
