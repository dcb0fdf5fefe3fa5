/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the rules of decide.c and decide_reply.c share. Of use to nobody else.
 */
#pragma once

#include "core/decide.h"
#include "core/handshake.h"

/** Everything the rules of one packet look at. */
struct view {
	const struct director *director;
	const struct packet *packet;
	struct decision *decision;
};

/** The rules for what a server sends to a client, where that is seen. The service and what
 *  the tables know of the flow have been looked up. It is passed on in every case: only
 *  what it says of cookies is of interest. */
void decide_reply(const struct view *view);

/** The handshake that the packet's initiator cookie names, from whatever port. */
const struct handshake *decide_find_handshake(const struct view *view);

/** The ESTABLISHED session that the packet's pair names, from whatever address. */
const struct handshake *decide_find_pair(const struct view *view);
