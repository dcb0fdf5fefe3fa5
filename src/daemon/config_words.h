/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of the configuration file whose value is one of a few words: the words, and what each
 * is in struct config. Lists end with a name of NULL.
 */
#pragma once

#include "daemon/config_schema.h"

extern const struct config_choice config_words_rulesets[];
extern const struct config_choice config_words_methods[];
extern const struct config_choice config_words_encapsulations[];
extern const struct config_choice config_words_fast_paths[];
extern const struct config_choice config_words_replies[];
extern const struct config_choice config_words_affinities[];
extern const struct config_choice config_words_switches[];
extern const struct config_choice config_words_initials[];
extern const struct config_choice config_words_peers[];
extern const struct config_choice config_words_yes_or_no[];
