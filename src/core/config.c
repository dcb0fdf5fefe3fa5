/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration's values: defaults, what follows from a server's number, freeing.
 * It never reads a file; the daemon does and fills the struct.
 */
#include "core/config.h"

#include <stdlib.h>
#include <string.h>

#include "core/config_default.h"

/** The method's name as in the file. */
const char *config_method_name(enum config_method method)
{
	switch (method) {
	case METHOD_DIRECT:
		return "direct";
	case METHOD_TUNNEL:
		return "tunnel";
	case METHOD_NAT:
		return "nat";
	case METHOD_LOCAL:
		return "local";
	}
	return "-";
}

/** The fwmark of a server: its index, counted in the mask's lowest bit, over the base. */
uint32_t config_server_mark(const struct config *config, const struct config_server *server)
{
	if (config->mark_mask == 0)
		return 0;
	uint32_t shift = (uint32_t)__builtin_ctz(config->mark_mask);

	return (config->mark_base + (server->index << shift)) & config->mark_mask;
}

/** The server's routing table. */
uint32_t config_server_table(const struct config *config, const struct config_server *server)
{
	switch (server->method) {
	case METHOD_DIRECT:
	case METHOD_TUNNEL:
		break;
	case METHOD_NAT:
		return CONFIG_TABLE_MAIN;
	case METHOD_LOCAL:
		return CONFIG_TABLE_LOCAL;
	}
	return config->table_base + server->index;
}

/** Looks for a server of another method. */
bool config_routes_by_mark(const struct config *config)
{
	size_t s, i;

	if (config->ruleset == RULESET_EXTERNAL)
		return true;
	for (s = 0; s < config->service_count; s++)
		for (i = 0; i < config->services[s].server_count; i++)
			if (config->services[s].servers[i].method != METHOD_NAT)
				return true;
	return false;
}

/** The server's own address of that family. */
const struct address *config_own_address(const struct config_server *server, uint8_t family)
{
	const struct address *address =
		family == AF_INET ? &server->address_v4 : &server->address_v6;

	return address->family ? address : NULL;
}

/** The address that a family's packets are sent to. */
const struct address *config_server_address(
	const struct config_server *server, uint8_t family)
{
	bool v4 = family == AF_INET;
	const struct address *same = v4 ? &server->address_v4 : &server->address_v6;
	const struct address *other = v4 ? &server->address_v6 : &server->address_v4;

	if (same->family)
		return same;
	return server->method == METHOD_TUNNEL && other->family ? other : NULL;
}

/** Fills what a file may leave out. */
void config_defaults(struct config *config)
{
	memset(config, 0, sizeof(*config));
	_Static_assert(sizeof(CONFIG_DEFAULT_SOCKET) <= sizeof(config->socket_path),
		"the socket's default path fits");
	memcpy(config->socket_path, CONFIG_DEFAULT_SOCKET, sizeof(CONFIG_DEFAULT_SOCKET));
	_Static_assert(sizeof(CONFIG_DEFAULT_STATE_FILE) <= sizeof(config->state_file),
		"the state file's default path fits");
	memcpy(config->state_file, CONFIG_DEFAULT_STATE_FILE,
		sizeof(CONFIG_DEFAULT_STATE_FILE));
	config->state_interval_ms = CONFIG_DEFAULT_STATE_INTERVAL_S * 1000;
	config->mark_base = CONFIG_DEFAULT_MARK_BASE;
	config->mark_mask = CONFIG_DEFAULT_MARK_MASK;
	config->table_base = CONFIG_DEFAULT_TABLE_BASE;
	config->rule_priority = CONFIG_DEFAULT_RULE_PRIORITY;
	config->queue = CONFIG_DEFAULT_QUEUE;
	config->queue_length = CONFIG_DEFAULT_QUEUE_LENGTH;
	config->socket_buffer_bytes = CONFIG_DEFAULT_SOCKET_BUFFER_BYTES;
	config->limits[LIMIT_INDEX(LIMIT_KNOWN, LIMIT_FROM)] = CONFIG_DEFAULT_LIMIT_KNOWN_SOURCE;
	config->limit_prefix_v4 = CONFIG_DEFAULT_LIMIT_PREFIX_V4;
	config->limit_prefix_v6 = CONFIG_DEFAULT_LIMIT_PREFIX_V6;
	config->limit_sources = CONFIG_DEFAULT_LIMIT_SOURCES;
	config->max_entries = CONFIG_DEFAULT_MAX_ENTRIES;
	config->max_entries_per_client = CONFIG_DEFAULT_MAX_ENTRIES_PER_CLIENT;
	config->max_memory_bytes = CONFIG_DEFAULT_MAX_MEMORY;
	config->drop_entry = SWITCH_AUTO;
	config->drop_entry_low = CONFIG_DEFAULT_DROP_ENTRY_LOW;
	config->drop_entry_high = CONFIG_DEFAULT_DROP_ENTRY_HIGH;
	config->drop_packet_one_in = CONFIG_DEFAULT_DROP_PACKET_ONE_IN;
	config->challenge_rate = CONFIG_DEFAULT_CHALLENGE_RATE;
	config->answers_per_source = CONFIG_DEFAULT_ANSWERS_PER_SOURCE;
	config->first_messages = CONFIG_DEFAULT_FIRST_MESSAGES;
	config->unreachable_rate = CONFIG_DEFAULT_UNREACHABLE_RATE;
	config->unreachable_burst = CONFIG_DEFAULT_UNREACHABLE_BURST;
	config->ruleset = RULESET_NFTABLES;
	config->fast_path = FAST_PATH_AUTO;
}

/** Frees services and servers, and the config itself. Accepts NULL. */
void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; config->services && i < config->service_count; i++)
		free(config->services[i].servers);
	free(config->services);
	free(config);
}
