/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The payloads of an IKE_SA_INIT request (RFC 7296 1.2, 2.6), as far as a cookie depends on
 * them: Ni, and the cookie itself. Nothing is refused: what is broken has neither.
 */
#pragma once

#include "base/cursor.h"
#include "core/packet.h"

/** Reads the payloads at cursor, the first being of type first, into packet's nonce and
 *  cookie. */
void ike_init_parse(struct cursor *cursor, uint8_t first, struct packet *packet);
