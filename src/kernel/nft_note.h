/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A number that is noted in our nft table when the daemon ends, in the name of an empty chain:
 * it stands for all that the maps have at that moment. It goes with the table, and with the
 * next start, which makes all chains anew.
 */
#pragma once

#include <stdint.h>

#include "core/config.h"

/** Notes number. Negative errno. */
int nft_note_write(uint64_t number);

/** The number that was noted; 0: none was, or the table was made for other servers. */
uint64_t nft_note_read(const struct config *config);
