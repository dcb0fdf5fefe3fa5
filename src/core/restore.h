/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts what an earlier run has saved into a fresh director. Timers have gone on meanwhile.
 * Services and servers are found by their names; what the configuration no longer has is
 * left out. A file that is not whole is refused before anything of it is used.
 */
#pragma once

#include "core/director.h"
#include "core/record.h"

/** What came of it. */
struct restore_report {
	char refusal[80]; /**< why nothing was restored; empty: the file was good */
	bool is_foreign;  /**< the file is somebody else's, and to be left alone */
	bool servers_changed; /**< in number or order: a mark may mean another one now */
	uint64_t seal;    /**< of a file that was good */
	uint64_t away_ms; /**< since it was saved */
	size_t entries;   /**< restored, and so on */
	size_t handshakes;
	size_t templates;
	/* Entries and templates that were left out: */
	size_t expired;
	size_t unconfigured; /**< their server, service or virtual address is no more */
	size_t no_room;      /**< by limits or memory */
};

/**
 * Restores the file of size_bytes at data, with wall_ms being the wall clock at now_ms.
 * ESTABLISHED entries are announced. Returns false if the file was refused; then the
 * director is as it was, which must have no entries yet.
 */
bool restore(struct director *director, const uint8_t *data, size_t size_bytes,
	uint64_t now_ms, uint64_t wall_ms, struct restore_report *ret_report);
