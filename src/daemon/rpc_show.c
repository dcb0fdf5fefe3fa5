/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The methods whose answers have the size of the configuration, and server.set.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/reason.h"
#include "core/ruleset_text.h"
#include "core/scheduler.h"
#include "daemon/rpc_method.h"

const char *const rpc_services_params[] = { "service", NULL };
const char *const rpc_servers_params[] = { "service", "server", NULL };
const char *const rpc_server_set_params[] = { "service", "server", "weight", NULL };

/** A service's counters by reason. NULL without memory. */
static json_t *counters_json(const struct service *service)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < REASON_COUNT; i++) {
		json_t *count = json_integer((json_int_t)service->counters[i]);

		if (json_object_set_new(object, reason_name((enum reason)i), count) == 0)
			continue;
		json_decref(object);
		return NULL;
	}
	return object;
}

/** The method of all servers of a service, or "mixed". */
static const char *service_method(const struct config_service *config)
{
	for (size_t i = 1; i < config->server_count; i++)
		if (config->servers[i].method != config->servers[0].method)
			return "mixed";
	return config_method_name(config->servers[0].method);
}

/** One service. NULL without memory. */
static json_t *service_json(const struct service *service, uint64_t now_ms)
{
	const struct config_service *config = service->config;
	const struct address *addresses[CONFIG_ADDRESSES];

	for (size_t i = 0; i < config->address_count; i++)
		addresses[i] = &config->addresses[i];
	return json_pack("{ss so ss ss sI s{sI sI sI} sI sI sI so so}", "service",
		config->name, "addresses",
		rpc_address_list(addresses, config->address_count), "method",
		service_method(config), "scheduler", config->scheduler->name, "clients",
		(json_int_t)service->client_count, "entries", "initial",
		(json_int_t)service->initial_count, "established",
		(json_int_t)service->established_count, "soft",
		(json_int_t)service->soft_count, "soft_quota",
		(json_int_t)service->soft_quota, "timeout_initial_s",
		(json_int_t)(config->timeout_initial_ms / 1000), "timeout_established_s",
		(json_int_t)(config->timeout_established_ms / 1000), "defence",
		rpc_flood_json(service, now_ms), "counters", counters_json(service));
}

/** The services. */
int rpc_show_services(struct rpc_call *call)
{
	const struct director *director = call->context->director;
	struct service *only;
	int code = rpc_service_param(call, &only);
	json_t *list = code ? NULL : json_array();

	for (size_t i = 0; list && i < director->service_count; i++) {
		if (only && only != &director->services[i])
			continue;
		if (json_array_append_new(list,
			    service_json(&director->services[i], call->now_ms)) == 0)
			continue;
		json_decref(list);
		list = NULL;
	}
	return code ? code : rpc_done(call, list);
}

/** One server. NULL without memory. */
static json_t *server_json(const struct config *config, const struct service *service,
	const struct server *server)
{
	const struct address *addresses[2];
	size_t count = 0;

	if (server->config->address_v4.family)
		addresses[count++] = &server->config->address_v4;
	if (server->config->address_v6.family)
		addresses[count++] = &server->config->address_v6;
	return json_pack("{ss ss so ss sI sI sI sI sI sI sI sI sI sI}",
		"service", service->config->name,
		"server", server->config->name,
		"addresses", rpc_address_list(addresses, count),
		"method", config_method_name(server->config->method),
		"weight", (json_int_t)server->weight,
		"mark", (json_int_t)config_server_mark(config, server->config),
		"table", (json_int_t)config_server_table(config, server->config),
		"clients", (json_int_t)server->clients,
		"entries_initial", (json_int_t)server->initial,
		"entries_established", (json_int_t)server->established,
		"packets", (json_int_t)server_packets(server),
		"bytes", (json_int_t)server_bytes(server),
		"fast_packets", (json_int_t)server->fast_packets,
		"fast_bytes", (json_int_t)server->fast_bytes);
}

/** What one server gets a second. NULL without memory. */
static json_t *rates_json(const struct config *config, const struct service *service,
	const struct server *server)
{
	(void)config;
	return json_pack("{ss ss sf sf sf}",
		"service", service->config->name,
		"server", server->config->name,
		"handshakes", server->handshake_rate.per_second,
		"packets", server->packet_rate.per_second,
		"bytes", server->byte_rate.per_second);
}

/** Writes one server. */
typedef json_t *server_json_fn(const struct config *config, const struct service *service,
	const struct server *server);

/** Adds the servers of a service that have the name, or all when it is NULL. */
static bool add_servers(json_t *list, const struct config *config,
	const struct service *service, const char *name, server_json_fn *write)
{
	for (size_t i = 0; i < service->server_count; i++) {
		const struct server *server = &service->servers[i];

		if (name && strcmp(name, server->config->name) != 0)
			continue;
		if (json_array_append_new(list, write(config, service, server)))
			return false;
	}
	return true;
}

/** A list of servers, each as write has it. */
static int show_servers(struct rpc_call *call, server_json_fn *write)
{
	const struct director *director = call->context->director;
	struct service *only;
	const char *name;
	int code = rpc_service_param(call, &only);

	if (!code)
		code = rpc_text_param(call, "server", &name);
	if (code)
		return code;
	json_t *list = json_array();

	for (size_t i = 0; list && i < director->service_count; i++) {
		const struct service *service = &director->services[i];

		if ((only && only != service) ||
			add_servers(list, call->context->config, service, name, write))
			continue;
		json_decref(list);
		list = NULL;
	}
	if (list && name && json_array_size(list) == 0) {
		json_decref(list);
		return rpc_fail(call, IPB_ERROR_NOT_FOUND, "no server %.31s", name);
	}
	return rpc_done(call, list);
}

/** The servers. */
int rpc_show_servers(struct rpc_call *call)
{
	return show_servers(call, server_json);
}

/** The servers' rates. */
int rpc_show_rates(struct rpc_call *call)
{
	return show_servers(call, rates_json);
}

/** All reasons with their counters and what they mean. NULL without memory. */
static json_t *reasons_json(const struct director *director)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < REASON_COUNT; i++) {
		enum reason reason = (enum reason)i;

		if (json_array_append_new(
			    list, json_pack("{ss sI ss}", "name", reason_name(reason),
					  "packets",
					  (json_int_t)director_count(director, reason),
					  "text", reason_text(reason))) == 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

/** Counters, the table's size, and what the daemon adds. */
int rpc_show_stats(struct rpc_call *call)
{
	const struct rpc_context *context = call->context;
	const struct session_table *sessions = &context->director->sessions;
	json_t *result = json_pack("{sI sI sI sI so so}",
		"uptime_s", (json_int_t)((call->now_ms - context->started_ms) / 1000),
		"entries", (json_int_t)sessions->entry_count,
		"max_entries", (json_int_t)sessions->limits.entries,
		"clients", (json_int_t)sessions->clients.count,
		"defence", rpc_defence_json(context->director),
		"reasons", reasons_json(context->director));
	json_t *more = context->more_stats ? context->more_stats(context->more_stats_user)
					   : NULL;

	if (result && more)
		json_object_update_missing(result, more);
	json_decref(more);
	return rpc_done(call, result);
}

/** The ruleset that diverts packets, in nft's syntax. */
int rpc_show_ruleset(struct rpc_call *call)
{
	char *text = NULL;

	if (ruleset_text(call->context->config, &text) < 0)
		return rpc_fail(call, IPB_ERROR_INTERNAL, "out of memory");
	json_t *result = json_pack("{ss}", "ruleset", text);

	free(text);
	return rpc_done(call, result);
}

/** Which program and which protocol this is. */
int rpc_show_version(struct rpc_call *call)
{
	return rpc_done(call, json_pack("{ss si}", "version", PACKAGE_VERSION, "protocol",
				      IPB_CONTROL_PROTOCOL));
}

/** Sets a server's weight; 0 gives it no new clients. */
int rpc_server_set(struct rpc_call *call)
{
	struct service *service;
	const char *name;
	uint64_t weight = UINT64_MAX;
	int code = rpc_service_param(call, &service);

	if (!code)
		code = rpc_text_param(call, "server", &name);
	if (!code)
		code = rpc_number_param(call, "weight", 0, SERVER_WEIGHT_MAX, &weight);
	if (code)
		return code;
	if (!service || !name || weight == UINT64_MAX)
		return rpc_fail(
			call, IPB_ERROR_PARAMS, "expected service, server and weight");
	struct server *server = service_server(service, name);

	if (!server)
		return rpc_fail(call, IPB_ERROR_NOT_FOUND,
			"no server %.31s in service %s", name, service->config->name);
	json_t *result = json_pack("{ss ss sI sI}", "service", service->config->name,
		"server", server->config->name, "weight", (json_int_t)weight, "previous",
		(json_int_t)server->weight);

	if (result)
		server->weight = (uint32_t)weight;
	return rpc_done(call, result);
}
