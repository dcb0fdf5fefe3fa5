/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * count.begin, count.end and show.counts: what single clients send. A page is cut between flows;
 * behind them come the clients of which none was seen. The cursor is a bucket of the one table,
 * then of the other.
 */
#include <errno.h>

#include "daemon/counting.h"
#include "daemon/rpc_method.h"

#define PAGE_BUCKETS 65536 /**< most that a page looks into */

const char *const rpc_counts_params[] = { "client", "cursor", "limit", NULL };
const char *const rpc_count_begin_params[] = { "client", "seconds", NULL };
const char *const rpc_count_end_params[] = { "client", NULL };

/** The address of the parameter "client"; its family is 0 where it is left out. */
static int client_param(struct rpc_call *call, struct address *ret_address)
{
	const char *text;
	int code = rpc_text_param(call, "client", &text);

	*ret_address = (struct address){ .family = 0 };
	if (code || !text)
		return code;
	if (address_parse(text, ret_address))
		return rpc_fail(call, IPB_ERROR_PARAMS,
			"client: found %.64s, expected an address", text);
	return 0;
}

/** The same where there must be one. */
static int needed_client_param(struct rpc_call *call, struct address *ret_address)
{
	int code = client_param(call, ret_address);

	if (code || ret_address->family)
		return code;
	return rpc_fail(call, IPB_ERROR_PARAMS, "expected client");
}

/** Seconds that a client was counted, or has been until now. */
static json_int_t since_s(const struct counting_client *client, uint64_t now_ms)
{
	uint64_t end_ms = client->ended ? client->until_ms : now_ms;

	return (json_int_t)((end_ms - client->since_ms) / 1000);
}

/** Seconds that are left of it. */
static json_int_t left_s(const struct counting_client *client, uint64_t now_ms)
{
	if (client->ended || client->until_ms <= now_ms)
		return 0;
	return (json_int_t)((client->until_ms - now_ms + 999) / 1000);
}

/** What a client has sent by one flow; NULL: by none. NULL without memory. */
static json_t *count_json(const struct counting_client *client,
	const struct counting_flow *flow, uint64_t now_ms)
{
	static const struct counting_flow none;
	const struct fast_path_count *all = flow ? &flow->all : &none.all;
	const struct fast_path_count *fast = flow ? &flow->fast : &none.fast;
	char from[ADDRESS_TEXT_BYTES], to[ADDRESS_TEXT_BYTES];

	address_format(&client->address, from);
	if (flow && flow->key.client_port) {
		address_format_port(&client->address, flow->key.client_port, from);
		address_format_port(&flow->key.virtual, PACKET_PORT_NATT, to);
	} else if (flow) {
		address_format(&flow->key.virtual, to);
	}
	return json_pack("{ss ss? sI sI sI sI sI sI sI}",
		"client", from,
		"virtual", flow ? to : NULL,
		"packets", (json_int_t)all->packets,
		"bytes", (json_int_t)all->bytes,
		"fast_packets", (json_int_t)fast->packets,
		"fast_bytes", (json_int_t)fast->bytes,
		"since_s", since_s(client, now_ms),
		"left_s", left_s(client, now_ms),
		"unwatched", (json_int_t)client->unwatched);
}

/** A walk through both tables. */
struct walk {
	struct rpc_call *call;
	struct address client; /**< family 0: all */
	uint64_t cursor;
	uint64_t limit;
	json_t *items;
};

/** Adds an item, if it is of a client that is wanted; false without memory. */
static bool show(struct walk *walk, const struct counting_client *client,
	struct counting_flow *flow)
{
	if (walk->client.family && !address_equal(&walk->client, &client->address))
		return true;
	if (flow)
		counting_read(walk->call->context->counting, flow);
	return json_array_append_new(walk->items,
		       count_json(client, flow, walk->call->now_ms)) == 0;
}

/** Shows the flows in one bucket. */
static bool show_flows(struct walk *walk, const struct counting *counting, size_t bucket)
{
	struct counting_flow *flow = table_bucket(&counting->flows, bucket);
	bool done = true;

	for (; flow && done; flow = table_behind(&counting->flows, flow))
		done = show(walk, counting_client_of(counting, flow), flow);
	return done;
}

/** Shows the clients in one bucket that have no flow. */
static bool show_clients(struct walk *walk, const struct counting *counting, size_t bucket)
{
	struct counting_client *client = table_bucket(&counting->clients, bucket);
	bool done = true;

	for (; client && done; client = table_behind(&counting->clients, client)) {
		if (!client->flow_count)
			done = show(walk, client, NULL);
	}
	return done;
}

/** Walks until the page is full or has taken long enough; false without memory. */
static bool walk_on(struct walk *walk, const struct counting *counting)
{
	size_t flows = counting->flows.bucket_count;
	size_t end = flows + counting->clients.bucket_count;
	uint64_t last = walk->cursor + PAGE_BUCKETS;
	bool done = true;

	for (; done && walk->cursor < end && walk->cursor < last &&
		json_array_size(walk->items) < walk->limit;
		walk->cursor++) {
		if (walk->cursor < flows)
			done = show_flows(walk, counting, walk->cursor);
		else
			done = show_clients(walk, counting, walk->cursor - flows);
	}
	return done;
}

/** Reads what is to be shown. */
static int walk_params(struct walk *walk, uint64_t end)
{
	int code = client_param(walk->call, &walk->client);

	walk->limit = IPB_PAGE_ITEMS_DEFAULT;
	if (!code)
		code = rpc_number_param(walk->call, "cursor", 0, end, &walk->cursor);
	if (!code)
		code = rpc_number_param(
			walk->call, "limit", 1, IPB_PAGE_ITEMS, &walk->limit);
	return code;
}

/** A page of the counts. What the kernel was told is made first, so that what it has counted
 *  is of the elements we know. */
int rpc_show_counts(struct rpc_call *call)
{
	const struct counting *counting = call->context->counting;
	uint64_t end = counting->flows.bucket_count + counting->clients.bucket_count;
	struct walk walk = { .call = call };
	int code = walk_params(&walk, end);

	if (code)
		return code;
	if (counting->backend)
		counting->backend->commit(counting->fast_path);
	walk.items = json_array();
	if (!walk.items || !walk_on(&walk, counting)) {
		json_decref(walk.items);
		return rpc_fail(call, IPB_ERROR_INTERNAL, "out of memory");
	}
	return rpc_done(call, json_pack("{s:o, s:o}", "items", walk.items, "cursor",
				      walk.cursor < end
					      ? json_integer((json_int_t)walk.cursor)
					      : json_null()));
}

/** Begins to count a client. */
int rpc_count_begin(struct rpc_call *call)
{
	const struct rpc_context *context = call->context;
	uint64_t seconds = IPB_COUNT_S_DEFAULT;
	struct address address;
	int code = needed_client_param(call, &address);
	int error;

	if (!code)
		code = rpc_number_param(call, "seconds", 1, IPB_COUNT_S_MAX, &seconds);
	if (code)
		return code;
	error = counting_begin(context->counting, context->director, &address, call->now_ms,
		seconds * 1000);
	if (error == -ENOSPC)
		return rpc_fail(call, IPB_ERROR_FAILED,
			"%d clients are counted already; end one of them", IPB_COUNT_CLIENTS);
	if (error)
		return rpc_fail(call, IPB_ERROR_INTERNAL, "out of memory");
	return rpc_done(call, json_pack("{sO sI}", "client",
				      json_object_get(call->params, "client"), "seconds",
				      (json_int_t)seconds));
}

/** Sums up what a client's flows have. NULL without memory. */
static json_t *sum_json(const struct rpc_call *call, const struct counting_client *client)
{
	const struct counting *counting = call->context->counting;
	const struct counting_flow *flow = counting_first(counting, client);
	struct counting_flow sum = { .client = 0 };

	for (; flow; flow = counting_next(counting, flow)) {
		sum.all.packets += flow->all.packets;
		sum.all.bytes += flow->all.bytes;
	}
	return json_pack("{sO sI sI sI}", "client", json_object_get(call->params, "client"),
		"packets", (json_int_t)sum.all.packets, "bytes", (json_int_t)sum.all.bytes,
		"since_s", since_s(client, call->now_ms));
}

/** Ends it. */
int rpc_count_end(struct rpc_call *call)
{
	struct counting *counting = call->context->counting;
	struct address address;
	int code = needed_client_param(call, &address);

	if (code)
		return code;
	if (counting_end(counting, &address, call->now_ms))
		return rpc_fail(call, IPB_ERROR_NOT_FOUND, "that client is not counted");
	return rpc_done(call, sum_json(call, counting_find(counting, &address)));
}
