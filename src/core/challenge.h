/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cookie challenge of IKEv2 (RFC 7296 2.6): an IKE_SA_INIT request is answered by
 * N(COOKIE), and only who sends it again with the cookie in front, so who has the address
 * that it claims, gets to a server. The director keeps nothing meanwhile: the cookie is a
 * keyed hash over client, SPIi and Ni. It has no time in it but the number of its secret,
 * so copies of a message get the same cookie as long as that lasts. Making and checking is
 * here, sending is the kernel floor's.
 *
 *   cookie   number of the secret (1) | keyed hash (16)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "core/packet.h"

#define CHALLENGE_BYTES 128       /**< room for an answer */
#define CHALLENGE_PERIOD_MS 60000 /**< a secret is used, then accepted for as long again */

/** Tells whether the message could be challenged: an IKE_SA_INIT request of an original
 *  initiator. An exchange that resumes a session cannot, its peers give up on a cookie. */
bool challenge_fits(const struct packet *packet);

/** Tells whether the message bears the cookie that it was, or would be, given. Takes the same
 *  time whatever cookie there is. */
bool challenge_is_met(const struct hash_key *key, const struct packet *packet,
	uint64_t now_ms);

/** Bytes of the answer with its IP header. */
size_t challenge_size_bytes(const struct packet *packet);

/** Writes the answer, a whole IP packet from the virtual address and port to the client's.
 *  Returns its length. */
size_t challenge_build(const struct hash_key *key, const struct packet *packet,
	uint64_t now_ms, uint8_t out[static CHALLENGE_BYTES]);
