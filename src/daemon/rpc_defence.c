/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the defences against floods stand, as show stats has it.
 */
#include "core/director.h"
#include "daemon/rpc_method.h"

/** The word for a switch. */
static const char *switch_name(enum config_switch position)
{
	switch (position) {
	case SWITCH_OFF:
		return "off";
	case SWITCH_AUTO:
		return "auto";
	case SWITCH_ON:
		return "on";
	}
	return "?";
}

/** The word for what becomes of first messages. */
static const char *initial_name(enum config_initial initial)
{
	switch (initial) {
	case INITIAL_TABLE:
		return "table";
	case INITIAL_AUTO:
		return "auto";
	case INITIAL_STATELESS:
		return "stateless";
	}
	return "?";
}

/** What a service does about floods, and whether there is one. */
json_t *rpc_flood_json(const struct service *service, uint64_t now_ms)
{
	const struct config_service *config = service->config;

	return json_pack("{ss ss ss sI sb sI}",
		"initial", initial_name(config->initial),
		"challenge", switch_name(config->challenge),
		"greylist", switch_name(config->greylist),
		"flood_rate", (json_int_t)config->flood_rate,
		"flood", (int)flood_is_on(&service->flood, now_ms),
		"floods", (json_int_t)service->flood.times);
}

/** How many services see a flood, as of the time that the director was told. */
static size_t floods(const struct director *director)
{
	size_t count = 0;

	for (size_t i = 0; i < director->service_count; i++)
		count += flood_is_on(&director->services[i].flood, director->defence.now_ms);
	return count;
}

/** How near the table is to its limits, and what is done about it. */
json_t *rpc_defence_json(const struct director *director)
{
	const struct config *config = director->config;
	const struct pressure *pressure = &director->defence.pressure;

	return json_pack("{sI sI sI sb sI ss sI sI sI ss sI sI sI sI}",
		"memory_bytes", (json_int_t)(director->memory.width_bytes +
			memory_objects_bytes(&director->memory)),
		"max_memory_bytes", (json_int_t)config->max_memory_bytes,
		"level_per_cent", (json_int_t)pressure_level(director) / 10,
		"pressure", (int)pressure->is_on,
		"pressures", (json_int_t)pressure->times,
		"dropentry", switch_name(config->drop_entry),
		"dropentry_low_per_cent", (json_int_t)config->drop_entry_low,
		"dropentry_high_per_cent", (json_int_t)config->drop_entry_high,
		"dropped_entries", (json_int_t)pressure->entries,
		"droppacket", switch_name(config->drop_packet),
		"droppacket_one_in", (json_int_t)config->drop_packet_one_in,
		"services_in_flood", (json_int_t)floods(director),
		"challenge_rate", (json_int_t)config->challenge_rate,
		"answers_per_source", (json_int_t)config->answers_per_source);
}
