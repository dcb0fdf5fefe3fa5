/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of decide.c that have files of their own.
 */
#pragma once

#include "core/view.h"

/** What a server sends to a client, where that is seen. It is passed on in every case: only
 *  what it says of cookies is of interest. */
void decide_reply(const struct view *view);

/** A first message (decide_first.c). */
void decide_first(const struct view *view);

/** A server for a client that has none: that of its template, or a new one. NULL: none. */
struct server *decide_schedule(const struct view *view);

/** ESP, protocol 50 (RFC 4303). */
void decide_esp(const struct view *view);

/** AH, protocol 51 (RFC 4302). */
void decide_ah(const struct view *view);

/** ESP in UDP on port 4500 (RFC 3948). */
void decide_esp_in_udp(const struct view *view);

/** ESP behind a zero cookie on port 500 (draft-ietf-ipsec-udp-encaps-01). */
void decide_draft_esp(const struct view *view);
