/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the defences against floods ask of a configuration.
 */
#include "daemon/config_check.h"

#include "core/director.h"

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

/** Checks that the limit on memory leaves something for entries. */
static void check_memory(const struct config *config, const struct config_places *places,
	struct config_errors *errors)
{
	uint64_t width_bytes = director_width_bytes(config);

	if (!config->max_memory_bytes || config->max_memory_bytes > width_bytes)
		return;
	config_errors_add(errors, places->max_memory,
		"max-memory: found %llu, expected more than %llu, which the tables take for "
		"max-entries = %u",
		(unsigned long long)config->max_memory_bytes,
		(unsigned long long)width_bytes, config->max_entries);
}

/** Checks all of it. */
void config_check_defence(const struct config *config, const struct config_places *places,
	struct config_errors *errors)
{
	check_watermarks(config, places, errors);
	check_memory(config, places, errors);
}

/** A Libreswan server drops a first message with a cookie that it did not give out itself,
 *  so no handshake would succeed. */
void config_refuse_challenge(struct config_service *service,
	const struct service_places *places, struct config_errors *errors)
{
	if (service->challenge == SWITCH_OFF)
		return;
	for (size_t i = 0; i < service->server_count; i++) {
		if (service->servers[i].peer != PEER_LIBRESWAN)
			continue;
		config_warnings_add(errors, places->challenge,
			"challenge: off, since server %s is Libreswan, which drops first "
			"messages with a cookie that is not its own; initial = auto and "
			"greylist = auto work with it",
			service->servers[i].name);
		service->challenge = SWITCH_OFF;
		return;
	}
}
