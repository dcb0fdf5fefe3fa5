/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tool can do. A new command is a row here, and columns or a function that shows
 * its answer.
 */
#include "ctl/command.h"

#include <string.h>

#include "ctl/explain.h"
#include "ctl/writer.h"
#include "ipsec-balancer/control.h"

static const char *const keys_none[] = { NULL };
static const char *const keys_entries[] = {"service", "server", "client", "state", NULL};
static const char *const keys_clients[] = { "service", "server", "client", NULL };
static const char *const keys_services[] = { "service", NULL };
static const char *const keys_servers[] = { "service", "server", NULL };
static const char *const keys_weight[] = { "weight", NULL };
static const char *const keys_rate[] = { "rate", NULL };
static const char *const keys_hex[] = {"direction", "mark", "wire_bytes", NULL};
static const char *const keys_packet[] = { "direction", "mark", NULL };
static const char *const names_server[] = { "service", "server", NULL };
static const char *const names_client[] = { "client", NULL };
static const char *const keys_client[] = { "client", NULL };
static const char *const keys_seconds[] = { "seconds", NULL };
static const char *const needs_weight[] = { "service", "server", "weight", NULL };
static const char *const names_limit[] = { "limit", NULL };
static const char *const needs_rate[] = { "limit", "rate", NULL };
static const char *const names_flow[] = { "client", "virtual", NULL };

#define FILTERS_ENTRIES                                                                  \
	"[service=NAME] [server=NAME] [client=ADDRESS[/BITS]] [state=STATE]"

static const struct command commands[] = {
	{
		.words = { "show", "entries" },
		.arguments = FILTERS_ENTRIES,
		.keys = keys_entries,
		.method = IPB_SHOW_ENTRIES,
		.answer = ANSWER_PAGES,
		.columns = column_entries,
		.repeats = true,
		.help = "the ISAKMP table",
	},
	{
		.words = { "show", "clients" },
		.arguments = "[service=NAME] [server=NAME] [client=ADDRESS[/BITS]]",
		.keys = keys_clients,
		.method = IPB_SHOW_CLIENTS,
		.answer = ANSWER_PAGES,
		.columns = column_clients,
		.repeats = true,
		.help = "client addresses and their servers",
	},
	{
		.words = { "show", "services" },
		.arguments = "[service=NAME]",
		.keys = keys_services,
		.method = IPB_SHOW_SERVICES,
		.answer = ANSWER_LIST,
		.columns = column_services,
		.repeats = true,
		.help = "virtual services",
	},
	{
		.words = { "show", "servers" },
		.arguments = "[service=NAME] [server=NAME]",
		.keys = keys_servers,
		.method = IPB_SHOW_SERVERS,
		.answer = ANSWER_LIST,
		.columns = column_servers,
		.repeats = true,
		.help = "real servers",
	},
	{
		.words = { "show", "rates" },
		.arguments = "[service=NAME] [server=NAME]",
		.keys = keys_servers,
		.method = IPB_SHOW_RATES,
		.answer = ANSWER_LIST,
		.columns = column_rates,
		.repeats = true,
		.help = "what real servers get a second",
	},
	{
		.words = { "show", "counts" },
		.arguments = "[client=ADDRESS]",
		.keys = keys_client,
		.method = IPB_SHOW_COUNTS,
		.answer = ANSWER_PAGES,
		.columns = column_counts,
		.repeats = true,
		.help = "what the clients that are counted have sent",
	},
	{
		.words = { "show", "stats" },
		.arguments = "",
		.keys = keys_none,
		.method = IPB_SHOW_STATS,
		.answer = ANSWER_OBJECT,
		.show = writer_text_stats,
		.repeats = true,
		.help = "counters, by reason",
	},
	{
		.words = { "show", "ruleset" },
		.arguments = "",
		.keys = keys_none,
		.method = IPB_SHOW_RULESET,
		.answer = ANSWER_OBJECT,
		.show = writer_text_ruleset,
		.help = "the nftables rules that bring packets",
	},
	{
		.words = { "show", "version" },
		.arguments = "",
		.keys = keys_none,
		.method = IPB_SHOW_VERSION,
		.answer = ANSWER_OBJECT,
		.show = writer_text_version,
		.help = "version of the daemon",
	},
	{
		.words = { "explain", "client" },
		.arguments = "ADDRESS [service=NAME]",
		.names = names_client,
		.keys = keys_services,
		.needs = names_client,
		.method = IPB_EXPLAIN,
		.answer = ANSWER_OBJECT,
		.show = writer_text_explain_client,
		.repeats = true,
		.help = "where a client's packets go, and why",
	},
	{
		.words = { "explain", "packet" },
		.arguments = "from=ADDRESS[:PORT] to=ADDRESS[:PORT] WORD... "
			     "[direction=DIRECTION] [mark=N]",
		.keys = keys_packet,
		.make = explain_packet,
		.method = IPB_EXPLAIN,
		.answer = ANSWER_OBJECT,
		.show = writer_text_explain,
		.repeats = true,
		.help = "where a packet in words would go, and why",
	},
	{
		.words = { "explain", "hex" },
		.arguments = "BYTES...|- [direction=DIRECTION] [mark=N] [wire_bytes=N]",
		.keys = keys_hex,
		.make = explain_hex,
		.method = IPB_EXPLAIN,
		.answer = ANSWER_OBJECT,
		.show = writer_text_explain,
		.help = "the same of a packet in hexadecimal digits",
	},
	{
		.words = { "explain", "pcap" },
		.arguments = "FILE [NUMBER|all] [direction=DIRECTION] [mark=N]",
		.keys = keys_packet,
		.make = explain_pcap,
		.method = IPB_EXPLAIN,
		.answer = ANSWER_OBJECT,
		.columns = column_explained,
		.show = writer_text_explain,
		.help = "the same of a captured packet, or of all in the file",
	},
	{
		.words = { "server", "set" },
		.arguments = "SERVICE SERVER weight=N",
		.names = names_server,
		.keys = keys_weight,
		.needs = needs_weight,
		.method = IPB_SERVER_SET,
		.answer = ANSWER_OBJECT,
		.show = writer_text_weight,
		.help = "change a weight; 0 takes no new clients",
	},
	{
		.words = { "limit", "set" },
		.arguments = "LIMIT rate=N",
		.names = names_limit,
		.keys = keys_rate,
		.needs = needs_rate,
		.method = IPB_LIMIT_SET,
		.answer = ANSWER_OBJECT,
		.show = writer_text_limit,
		.help = "change how much is queued a second; 0: no limit",
	},
	{
		.words = { "entry", "delete" },
		.arguments = "CLIENT[:PORT] [VIRTUAL[:PORT]] [service=NAME]",
		.names = names_flow,
		.keys = keys_services,
		.needs = names_client,
		.method = IPB_ENTRY_DELETE,
		.answer = ANSWER_OBJECT,
		.show = writer_text_deleted,
		.help = "take entries of a client out of the table",
	},
	{
		.words = { "count", "begin" },
		.arguments = "CLIENT [seconds=N]",
		.names = names_client,
		.keys = keys_seconds,
		.needs = names_client,
		.method = IPB_COUNT_BEGIN,
		.answer = ANSWER_OBJECT,
		.show = writer_text_count_begins,
		.help = "count what a client sends",
	},
	{
		.words = { "count", "end" },
		.arguments = "CLIENT",
		.names = names_client,
		.keys = keys_none,
		.needs = names_client,
		.method = IPB_COUNT_END,
		.answer = ANSWER_OBJECT,
		.show = writer_text_count_ends,
		.help = "end that, and show how much it was",
	},
	{
		.words = { "state", "save" },
		.arguments = "",
		.keys = keys_none,
		.method = IPB_STATE_SAVE,
		.answer = ANSWER_OBJECT,
		.show = writer_text_saving,
		.help = "write the state file now",
	},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/** The i-th command. */
const struct command *command_at(size_t index)
{
	return index < COMMANDS ? &commands[index] : NULL;
}

/** The command of these words. */
const struct command *command_find(const char *first, const char *second)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].words[0], first) == 0 &&
			strcmp(commands[i].words[1], second) == 0)
			return &commands[i];
	return NULL;
}
