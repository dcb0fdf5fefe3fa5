/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arguments of explain: a packet in digits, in words, or out of a file.
 */
#pragma once

#include <stdbool.h>

#include "ctl/request.h"

/** Of BYTES..., "-" reads them from the standard input. */
bool explain_hex(struct request *request, const struct command *command, int count,
	char *const *arguments);

/** Of words, see packet_words.h. */
bool explain_packet(struct request *request, const struct command *command, int count,
	char *const *arguments);

/** Of FILE [NUMBER|all]. */
bool explain_pcap(struct request *request, const struct command *command, int count,
	char *const *arguments);

/** Goes on to the next IP packet of the file: as request_next. */
int explain_next(struct request *request);
