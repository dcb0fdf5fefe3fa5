/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every key of the configuration file as a table. How its value is judged is in
 * config_read.c; what concerns several values is in config_check.c.
 */
#include "daemon/config_schema.h"

#include "core/config_default.h"
#include "daemon/config_check.h"
#include "daemon/config_read.h"

static const struct config_choice rulesets[] = {
	{ "nftables", RULESET_NFTABLES },
	{ "external", RULESET_EXTERNAL },
	{ NULL, 0 },
};

static const struct config_choice methods[] = {
	{ "direct", METHOD_DIRECT },
	{ "tunnel", METHOD_TUNNEL },
	{ "nat", METHOD_NAT },
	{ "local", METHOD_LOCAL },
	{ NULL, 0 },
};

static const struct config_choice encapsulations[] = {
	{ "ipip", ENCAPSULATION_IPIP },
	{ "gue", ENCAPSULATION_GUE },
	{ NULL, 0 },
};

static const struct config_choice fast_paths[] = {
	{ "auto", true },
	{ "off", false },
	{ NULL, 0 },
};

static const struct config_choice replies[] = {
	{ "unseen", false },
	{ "seen", true },
	{ NULL, 0 },
};

static const struct config_choice affinities[] = {
	{ "client", AFFINITY_CLIENT },
	{ "session", AFFINITY_SESSION },
	{ NULL, 0 },
};

static const struct config_choice yes_or_no[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

#define TEXT_OF(number) #number
#define TEXT(number) "\"" TEXT_OF(number) "\""
#define FIELD(type, field)                                                               \
	.offset = offsetof(struct type, field),                                          \
	.size_bytes = sizeof(((struct type *)0)->field)
#define PLACE(type, field) .place = offsetof(struct type, field)
#define NUMBER_OF(section_, name_, fallback_, min_, max_, scale_, unit_)                 \
	.section = section_, .name = name_, .read = config_read_number,                         \
	.fallback = TEXT(fallback_), .min = min_, .max = max_, .scale = scale_,          \
	.unit = unit_
#define NUMBER(...) NUMBER_OF(__VA_ARGS__, 1, "")
#define SECONDS(...) NUMBER_OF(__VA_ARGS__, 1000, " (seconds)")

/* Every key of the file. Order matters for nothing but this table's reader. */
static const struct config_key schema[] = {
	{.section = SECTION_GLOBAL,
		.name = "socket",
		.read = config_read_path,
		.fallback = "\"" CONFIG_DEFAULT_SOCKET "\"",
		FIELD(config, socket_path),
		.place = CONFIG_NO_PLACE},
	{.section = SECTION_GLOBAL,
		.name = "state-file",
		.read = config_read_path_or_none,
		.unit = ", or none",
		.fallback = "\"" CONFIG_DEFAULT_STATE_FILE "\"",
		FIELD(config, state_file),
		.place = CONFIG_NO_PLACE},
	{SECONDS(SECTION_GLOBAL, "state-interval", CONFIG_DEFAULT_STATE_INTERVAL_S, 0,
		 86400),
		FIELD(config, state_interval_ms), .place = CONFIG_NO_PLACE},
	{.section = SECTION_GLOBAL,
		.name = "socket-group",
		.read = config_read_name,
		FIELD(config, socket_group),
		.place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_GLOBAL, "mark-base", CONFIG_DEFAULT_MARK_BASE, 1, UINT32_MAX),
		FIELD(config, mark_base), PLACE(config_places, mark_base)},
	{NUMBER(SECTION_GLOBAL, "mark-mask", CONFIG_DEFAULT_MARK_MASK, 1, UINT32_MAX),
		FIELD(config, mark_mask), PLACE(config_places, mark_mask)},
	{NUMBER(SECTION_GLOBAL, "table-base", CONFIG_DEFAULT_TABLE_BASE, 1, UINT32_MAX),
		FIELD(config, table_base), PLACE(config_places, table_base)},
	{NUMBER(SECTION_GLOBAL, "rule-priority", CONFIG_DEFAULT_RULE_PRIORITY, 1, 32000),
		FIELD(config, rule_priority), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_GLOBAL, "queue", CONFIG_DEFAULT_QUEUE, 0, 65535),
		FIELD(config, queue), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_GLOBAL, "queue-length", CONFIG_DEFAULT_QUEUE_LENGTH, 16, 1048576),
		FIELD(config, queue_length), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_GLOBAL, "socket-buffer-bytes", CONFIG_DEFAULT_SOCKET_BUFFER_BYTES,
		 65536, 1073741824),
		FIELD(config, socket_buffer_bytes), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_GLOBAL, "max-entries", CONFIG_DEFAULT_MAX_ENTRIES, 1, 16777216),
		FIELD(config, max_entries), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_GLOBAL, "max-entries-per-client",
		 CONFIG_DEFAULT_MAX_ENTRIES_PER_CLIENT, 1, 65535),
		FIELD(config, max_entries_per_client), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_GLOBAL, "unreachable-rate", CONFIG_DEFAULT_UNREACHABLE_RATE, 0,
		 100000),
		FIELD(config, unreachable_rate), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_GLOBAL, "unreachable-burst", CONFIG_DEFAULT_UNREACHABLE_BURST, 1,
		 100000),
		FIELD(config, unreachable_burst), .place = CONFIG_NO_PLACE},
	{.section = SECTION_GLOBAL,
		.name = "fast-path",
		.read = config_read_choice,
		.choices = fast_paths,
		.fallback = "auto",
		FIELD(config, fast_path),
		.place = CONFIG_NO_PLACE},
	{.section = SECTION_GLOBAL,
		.name = "ruleset",
		.read = config_read_choice,
		.choices = rulesets,
		.fallback = "nftables",
		FIELD(config, ruleset),
		.place = CONFIG_NO_PLACE},

	{.section = SECTION_SERVICE,
		.name = "address",
		.read = config_read_service_address,
		.list = true,
		.place = CONFIG_NO_PLACE},
	{.section = SECTION_SERVICE,
		.name = "method",
		.read = config_read_choice,
		.choices = methods,
		.fallback = "direct",
		.in_places = true,
		FIELD(service_places, defaults.method),
		PLACE(service_places, method)},
	{.section = SECTION_SERVICE,
		.name = "encapsulation",
		.read = config_read_choice,
		.choices = encapsulations,
		.fallback = "ipip",
		.in_places = true,
		FIELD(service_places, defaults.encapsulation),
		.place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_SERVICE, "gue-port", CONFIG_DEFAULT_GUE_PORT, 1, 65535),
		.in_places = true,
		FIELD(service_places, defaults.gue_port),
		.place = CONFIG_NO_PLACE},
	{.section = SECTION_SERVICE,
		.name = "replies",
		.read = config_read_choice,
		.choices = replies,
		.fallback = "unseen",
		.in_places = true,
		FIELD(service_places, defaults.replies_seen),
		.place = CONFIG_NO_PLACE},
	{.section = SECTION_SERVICE,
		.name = "affinity",
		.read = config_read_choice,
		.choices = affinities,
		.fallback = "client",
		FIELD(config_service, affinity),
		.place = CONFIG_NO_PLACE},
	{SECONDS(SECTION_SERVICE, "persistence", CONFIG_DEFAULT_PERSISTENCE_S, 0, 2592000),
		FIELD(config_service, persistence_ms), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_SERVICE, "persistence-prefix", CONFIG_DEFAULT_PERSISTENCE_PREFIX_V4,
		 1, 32),
		FIELD(config_service, persistence_prefix_v4), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_SERVICE, "persistence-prefix6",
		 CONFIG_DEFAULT_PERSISTENCE_PREFIX_V6, 1, 128),
		FIELD(config_service, persistence_prefix_v6), .place = CONFIG_NO_PLACE},
	{.section = SECTION_SERVICE,
		.name = "also",
		.read = config_read_also,
		.list = true,
		PLACE(service_places, also)},
	{.section = SECTION_SERVICE,
		.name = "learn-spi",
		.read = config_read_choice,
		.choices = yes_or_no,
		.fallback = "no",
		FIELD(config_service, learn_spi),
		.place = CONFIG_NO_PLACE},
	{.section = SECTION_SERVICE,
		.name = "sloppy",
		.read = config_read_choice,
		.choices = yes_or_no,
		.fallback = "no",
		FIELD(config_service, sloppy),
		.place = CONFIG_NO_PLACE},
	{.section = SECTION_SERVICE,
		.name = "ah",
		.read = config_read_choice,
		.choices = yes_or_no,
		FIELD(config_service, ah),
		PLACE(service_places, ah)},
	{.section = SECTION_SERVICE,
		.name = "scheduler",
		.read = config_read_scheduler,
		.fallback = "wlc",
		.place = CONFIG_NO_PLACE},
	{SECONDS(SECTION_SERVICE, "timeout-initial", CONFIG_DEFAULT_TIMEOUT_INITIAL_S, 1,
		 3600),
		FIELD(config_service, timeout_initial_ms), .place = CONFIG_NO_PLACE},
	{SECONDS(SECTION_SERVICE, "timeout-established",
		 CONFIG_DEFAULT_TIMEOUT_ESTABLISHED_S, 1, 2592000),
		FIELD(config_service, timeout_established_ms), .place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_SERVICE, "soft-entries", CONFIG_DEFAULT_SOFT_ENTRIES, 0,
		 16777216),
		FIELD(config_service, soft_entries), .place = CONFIG_NO_PLACE},

	{.section = SECTION_SERVER,
		.name = "address",
		.read = config_read_server_address,
		.list = true,
		.place = CONFIG_NO_PLACE},
	{NUMBER(SECTION_SERVER, "weight", CONFIG_DEFAULT_WEIGHT, 0, 65535),
		FIELD(config_server, weight), .place = CONFIG_NO_PLACE},
	{.section = SECTION_SERVER,
		.name = "method",
		.read = config_read_choice,
		.choices = methods,
		FIELD(config_server, method),
		PLACE(server_places, method)},
	{.section = SECTION_SERVER,
		.name = "encapsulation",
		.read = config_read_choice,
		.choices = encapsulations,
		FIELD(config_server, encapsulation),
		PLACE(server_places, encapsulation)},
	{.section = SECTION_SERVER,
		.name = "gue-port",
		.read = config_read_number,
		.min = 1,
		.max = 65535,
		.scale = 1,
		.unit = "",
		FIELD(config_server, gue_port),
		PLACE(server_places, gue_port)},
	{.section = SECTION_SERVER,
		.name = "replies",
		.read = config_read_choice,
		.choices = replies,
		FIELD(config_server, replies_seen),
		PLACE(server_places, replies)},
	{.section = SECTION_SERVER,
		.name = "spi-label",
		.read = config_read_label,
		PLACE(server_places, label)},
	{.section = SECTION_SERVER,
		.name = "spi-range",
		.read = config_read_spi_range,
		PLACE(server_places, range)},
};

/** The i-th row of the table. */
const struct config_key *config_schema_at(size_t index)
{
	return index < sizeof(schema) / sizeof(schema[0]) ? &schema[index] : NULL;
}
