/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link layers of captures: where the IP packet begins in a frame.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Tells whether frames of that link type, numbered as libpcap does (DLT_...), can be
 *  read. */
bool capture_link_known(int link);

/** Finds the IP packet in a frame of size_bytes. False: there is none. */
bool capture_link_strip(int link, const uint8_t *frame, size_t size_bytes,
	size_t *ret_offset_bytes);
