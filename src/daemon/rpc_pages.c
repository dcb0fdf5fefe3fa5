/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show.entries and show.clients: a table in pages. The cursor is the number of a bucket.
 * The tables never change their width, so a walk with pauses sees every object that was
 * there all the time, once. A page ends with a bucket, and after so many objects and
 * buckets that packets do not wait for a table of a million.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/handshake.h"
#include "daemon/rpc_method.h"
#include "daemon/turn.h"

#define PAGE_BUCKETS 65536 /**< most that a page looks into */

const char *const rpc_entries_params[] = {
	"service", "server", "client", "state", "cursor", "limit", NULL};
const char *const rpc_clients_params[] = {
	"service", "server", "client", "cursor", "limit", NULL};

/** What is to be shown. */
struct filter {
	const struct service *service; /**< NULL: all */
	const char *server;            /**< name, NULL: all */
	const char *state;             /**< as in the entries, NULL: all */
	struct address client;         /**< family 0: all */
	unsigned int prefix_bits;
};

/** A walk through one table. */
struct page {
	struct rpc_call *call;
	struct filter filter;
	uint64_t cursor;
	uint64_t limit;
	json_t *items;
	/** Adds the object to items if the filter lets it; false without memory. */
	bool (*show)(struct page *page, const void *object);
};

/** Reads "203.0.113.7" or "203.0.113.0/24". */
static bool prefix_parse(
	const char *text, struct address *ret_address, unsigned int *ret_bits)
{
	char address[ADDRESS_TEXT_BYTES];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (address_parse(address, ret_address))
		return false;
	unsigned int most = (unsigned int)address_size_bytes(ret_address) * 8;

	*ret_bits = most;
	if (!slash)
		return true;
	size_t digits = strspn(slash + 1, "0123456789");

	if (digits == 0 || digits > 3 || slash[1 + digits] != '\0')
		return false;
	*ret_bits = (unsigned int)strtoul(slash + 1, NULL, 10);
	return *ret_bits <= most;
}

/** Tells whether the first bits of both addresses are the same. */
static bool prefix_holds(const struct address *prefix, unsigned int bits,
	const struct address *address)
{
	unsigned int bytes = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (bits % 8));

	if (prefix->family != address->family ||
		memcmp(prefix->bytes, address->bytes, bytes) != 0)
		return false;
	return bits % 8 == 0 ||
	       ((prefix->bytes[bytes] ^ address->bytes[bytes]) & mask) == 0;
}

/** Reads the filter on the client's address. */
static int client_param(struct rpc_call *call, struct filter *filter)
{
	const char *text;
	int code = rpc_text_param(call, "client", &text);

	if (code || !text)
		return code;
	if (!prefix_parse(text, &filter->client, &filter->prefix_bits))
		return rpc_fail(call, IPB_ERROR_PARAMS,
			"client: found %.64s, expected an address or a prefix", text);
	return 0;
}

/** Reads the filter on the state. */
static int state_param(struct rpc_call *call, struct filter *filter)
{
	static const char *const states[][2] = {
		{ "initial", "INITIAL" },
		{ "established", "ESTABLISHED" },
		{ "soft", "SOFT" },
	};
	const char *text;
	int code = rpc_text_param(call, "state", &text);

	if (code || !text)
		return code;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(text, states[i][0]) == 0)
			filter->state = states[i][1];
	if (!filter->state)
		return rpc_fail(call, IPB_ERROR_PARAMS,
			"state: found %.40s, expected initial, established or soft",
			text);
	return 0;
}

/** Reads the filter on the server's name, which some service must have. */
static int server_param(struct rpc_call *call, struct filter *filter)
{
	const struct director *director = call->context->director;
	int code = rpc_text_param(call, "server", &filter->server);

	if (code || !filter->server)
		return code;
	for (size_t i = 0; i < director->service_count; i++) {
		const struct service *service = &director->services[i];

		if ((!filter->service || filter->service == service) &&
			service_server(service, filter->server))
			return 0;
	}
	return rpc_fail(call, IPB_ERROR_NOT_FOUND, "no server %.31s", filter->server);
}

/** Reads what is to be shown and where to go on. */
static int page_params(struct page *page, size_t bucket_count)
{
	struct rpc_call *call = page->call;
	struct service *service;
	int code = rpc_service_param(call, &service);

	page->filter.service = service;
	page->limit = IPB_PAGE_ITEMS_DEFAULT;
	if (!code)
		code = server_param(call, &page->filter);
	if (!code)
		code = client_param(call, &page->filter);
	if (!code)
		code = state_param(call, &page->filter);
	if (!code)
		code = rpc_number_param(call, "cursor", 0, bucket_count, &page->cursor);
	if (!code)
		code = rpc_number_param(call, "limit", 1, IPB_PAGE_ITEMS, &page->limit);
	return code;
}

/** Walks buckets until the page is full or has taken long enough. */
static bool page_walk(struct page *page, const struct table *table)
{
	uint64_t end = page->cursor + PAGE_BUCKETS;
	size_t objects = 0;

	if (end > table->bucket_count)
		end = table->bucket_count;
	while (page->cursor < end && objects < TURN_OBJECTS &&
		json_array_size(page->items) < page->limit &&
		json_array_size(page->items) < TURN_ITEMS) {
		const void *object = table_bucket(table, page->cursor++);

		for (; object; object = table_behind(table, object), objects++)
			if (!page->show(page, object))
				return false;
	}
	return true;
}

/** Makes one page of table. */
static int page_make(struct rpc_call *call, const struct table *table,
	bool (*show)(struct page *page, const void *object))
{
	struct page page = { .call = call, .show = show };
	int code = page_params(&page, table->bucket_count);

	if (code)
		return code;
	page.items = json_array();
	if (!page.items || !page_walk(&page, table)) {
		json_decref(page.items);
		return rpc_fail(call, IPB_ERROR_INTERNAL, "out of memory");
	}
	json_t *cursor = page.cursor < table->bucket_count
				 ? json_integer((json_int_t)page.cursor)
				 : json_null();

	return rpc_done(
		call, json_pack("{s:o, s:o}", "items", page.items, "cursor", cursor));
}

/** Tells whether the filter lets a client, or an entry of it, at server through. */
static bool client_passes(const struct filter *filter, const struct session_client *client,
	const struct server *server)
{
	if (filter->service && filter->service != client->service)
		return false;
	if (filter->server && strcmp(filter->server, server->config->name) != 0)
		return false;
	return !filter->client.family ||
		prefix_holds(&filter->client, filter->prefix_bits, &client->address);
}

/** An entry's handshakes, the oldest first: "icookie:rcookie" in hexadecimal digits. */
static json_t *cookies_json(
	const struct session_table *sessions, const struct session_entry *entry)
{
	const struct handshake *handshakes[HANDSHAKES_PER_ENTRY];
	size_t count = handshake_list(sessions, entry, handshakes);
	json_t *list = json_array();
	char text[40];

	for (size_t i = 0; list && i < count; i++) {
		snprintf(text, sizeof(text), "%016llx:%016llx",
			(unsigned long long)handshakes[i]->icookie,
			(unsigned long long)handshakes[i]->rcookie);
		if (json_array_append_new(list, json_string(text)) == 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

/** Seconds until the entry expires; negative: how long a soft one is past it. */
json_int_t rpc_expires_s(const struct session_entry *entry, uint64_t now_ms)
{
	uint64_t at_ms = session_expires_ms(entry);

	if (at_ms >= now_ms)
		return (json_int_t)((at_ms - now_ms) / 1000);
	return entry->soft ? -(json_int_t)((now_ms - at_ms) / 1000) : 0;
}

/** One entry. NULL without memory. */
json_t *rpc_entry_json(const struct session_table *sessions,
	const struct session_entry *entry, uint64_t now_ms)
{
	const struct session_client *client = entry->client;
	const struct config_server *server = session_server(entry)->config;
	struct packet_flow flow = session_flow(entry);
	char from[ADDRESS_TEXT_BYTES], to[ADDRESS_TEXT_BYTES];

	address_format_port(&flow.client, flow.client_port, from);
	address_format_port(&flow.virtual, flow.virtual_port, to);
	return json_pack("{ss ss sI ss ss ss ss ss so sI}",
		"proto", "UDP",
		"state", session_state_name(entry),
		"expires_s", rpc_expires_s(entry, now_ms),
		"client", from,
		"virtual", to,
		"server", server->name,
		"service", client->service->config->name,
		"method", config_method_name(server->method),
		"cookies", cookies_json(sessions, entry),
		"packets", (json_int_t)entry->packets);
}

/** Adds an entry to its page. */
static bool show_entry(struct page *page, const void *object)
{
	const struct session_table *sessions = &page->call->context->director->sessions;
	const struct session_entry *entry = object;
	const char *state = page->filter.state;

	if (!client_passes(&page->filter, entry->client, session_server(entry)) ||
		(state && strcmp(state, session_state_name(entry)) != 0))
		return true;
	return json_array_append_new(
		       page->items, rpc_entry_json(sessions, entry, page->call->now_ms)) == 0;
}

/** For how many seconds the kernel has carried nothing for a client; null: that is not
 *  known. */
static json_t *carried_json(const struct rpc_context *context, const struct session_client *client)
{
	uint64_t ago_ms;

	if (!context->carried || context->carried(context->carried_user, client, &ago_ms))
		return json_null();
	return json_integer((json_int_t)(ago_ms / 1000));
}

/** Adds a client to its page. */
static bool show_client(struct page *page, const void *object)
{
	const struct session_client *client = object;
	const struct server *server = session_client_server(client);
	char address[ADDRESS_TEXT_BYTES];

	if (!client_passes(&page->filter, client, server))
		return true;
	return json_array_append_new(page->items,
		       json_pack("{ss ss ss sI sI so}", "client",
			       address_format(&client->address, address), "service",
			       client->service->config->name, "server",
			       server->config->name, "entries",
			       (json_int_t)client->entry_count, "established",
			       (json_int_t)client->established_count, "carried_s",
			       carried_json(page->call->context, client))) == 0;
}

/** A page of the ISAKMP table. */
int rpc_show_entries(struct rpc_call *call)
{
	return page_make(call, &call->context->director->sessions.flows, show_entry);
}

/** A page of the clients. */
int rpc_show_clients(struct rpc_call *call)
{
	return page_make(call, &call->context->director->sessions.clients, show_client);
}
