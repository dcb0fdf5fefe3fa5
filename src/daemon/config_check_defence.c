/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the defences against floods ask of a configuration.
 */
#include "daemon/config_check.h"

/** Checks the watermarks of dropentry. */
static void check_watermarks(const struct config *config, const struct config_places *places,
	struct config_errors *errors)
{
	if (config->drop_entry_low < config->drop_entry_high)
		return;
	config_errors_add(errors, places->drop_entry_low,
		"dropentry-low: found %u, expected less than dropentry-high, which is %u",
		config->drop_entry_low, config->drop_entry_high);
}

/** Checks all of it. */
void config_check_defence(const struct config *config, const struct config_places *places,
	struct config_errors *errors)
{
	check_watermarks(config, places, errors);
}
