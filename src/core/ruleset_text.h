/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ruleset in nft's own syntax, for operators who keep it themselves.
 */
#pragma once

#include "core/ruleset_rules.h"

/** Writes a file for `nft -f` that (re)places the tables. *ret_text is the caller's to
 *  free. -ENOMEM. */
int ruleset_text(const struct config *config, char **ret_text);
