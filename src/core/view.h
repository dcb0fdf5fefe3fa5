/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet while it is decided about: what the rules look at, and how they say what they
 * decide. Of use to the rules alone.
 */
#pragma once

#include "core/decide.h"
#include "core/handshake.h"

struct view {
	const struct director *director;
	const struct packet *packet;
	struct decision *decision; /**< service, client and entry are found before the rules */
};

/** Decides to drop. */
void view_drop(const struct view *view, enum reason reason);

/** Decides to forward to server, unless it has no address of the packet's family. server may
 *  be NULL: there is none. */
void view_forward(const struct view *view, struct server *server,
	enum decision_change change, enum reason reason);

/** Forwards to where the packet's entry goes, which must be there. */
void view_forward_entry(const struct view *view, enum decision_change change,
	enum reason reason);

/** Forwards to where the packet's client goes, which must be there. Changes no table. */
void view_forward_client(const struct view *view, enum reason reason);

/** Tells whether the packet's own entry is there and ESTABLISHED. */
bool view_entry_established(const struct view *view);

/** Tells whether the packet's client has an ESTABLISHED entry that its other traffic
 *  follows. */
bool view_client_established(const struct view *view);

/** The server that a handshake is with. */
struct server *view_server_of(const struct view *view, const struct handshake *handshake);

/** The handshake that the packet's initiator cookie names, from whatever port. */
const struct handshake *view_find_handshake(const struct view *view);

/** The server that the first message of the packet's handshake was forwarded to within the
 *  last minute, or NULL. Without a table: core/recent.h says what that is worth. */
struct server *view_remembered(const struct view *view);

/** The ESTABLISHED session that the packet's pair names, from whatever address. */
const struct handshake *view_find_pair(const struct view *view);
