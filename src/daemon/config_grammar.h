/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of the configuration file, by libConfuse: text to sections and values. Each value
 * is kept with its line until it is judged, so that messages can say where. What values mean
 * is not known here.
 */
#pragma once

#include <confuse.h>

#include "daemon/config_schema.h"

/**
 * Parses text by the schema's keys; values are struct config_value. The result belongs to the
 * caller: cfg_free. -EINVAL: the grammar is wrong, the reader's errors say where; -ENOMEM.
 */
int config_grammar_parse(
	struct config_reader *reader, const char *text, cfg_t **ret_cfg);

/** The line that a section begins in. */
unsigned int config_grammar_line(const cfg_t *section);
