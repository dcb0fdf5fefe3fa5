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

/** How near the table is to its limits, and what is done about it. */
json_t *rpc_defence_json(const struct director *director)
{
	const struct config *config = director->config;
	const struct pressure *pressure = &director->defence.pressure;

	return json_pack("{sI sI sf sb sI ss sI sI sI ss sI}",
		"memory_bytes", (json_int_t)session_bytes(&director->sessions),
		"max_memory_bytes", (json_int_t)config->max_memory_bytes,
		"level_per_cent", pressure_level(director) / 10.0,
		"pressure", (int)pressure->is_on,
		"pressures", (json_int_t)pressure->times,
		"dropentry", switch_name(config->drop_entry),
		"dropentry_low_per_cent", (json_int_t)config->drop_entry_low,
		"dropentry_high_per_cent", (json_int_t)config->drop_entry_high,
		"dropped_entries", (json_int_t)pressure->entries,
		"droppacket", switch_name(config->drop_packet),
		"droppacket_one_in", (json_int_t)config->drop_packet_one_in);
}
