/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/turn.h"

/** What expires comes first; a part of the share is left for the fast path. All that there is
 *  may have stood in the same chunks to the last, so these have a share of their own. */
bool turn_tidy(struct director *director, struct mirror *mirror, uint64_t now_ms)
{
	size_t ended = director_expire(director, now_ms, TURN_ENDS);
	bool is_more = mirror_refill_some(mirror, director, TURN_CHANGES - ended);
	size_t freed = memory_trim(&director->memory, TURN_CHUNKS);

	return is_more || ended == TURN_ENDS || freed == TURN_CHUNKS;
}
