/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain of a client: what each service knows of it, and what decide would say to the
 * next packet of each kind from it.
 */
#include "daemon/rpc_explain.h"

#include <netinet/in.h>
#include <string.h>

#include "core/handshake.h"
#include "core/isakmp.h"

#define FREE_PORT_FIRST 49152 /**< a port that a NAT may have put there */

/** A packet that a client may send next. */
struct sample {
	const char *name;
	enum packet_kind kind;
	uint8_t protocol;
	bool is_free; /**< from a port that the client has no entry of, else 500 */
};

static const struct sample samples[] = {
	{ "first message from port 500", PACKET_IKE_FIRST, IPPROTO_UDP, false },
	{ "first message from another port", PACKET_IKE_FIRST, IPPROTO_UDP, true },
	{ "ESP", PACKET_ESP, IPPROTO_ESP, false },
	{ "AH", PACKET_AH, IPPROTO_AH, false },
	{ "other traffic", PACKET_OTHER, 0, false },
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

/** What is asked about. */
struct question {
	const struct rpc_call *call;
	const struct director *director;
	struct service *service;
	struct address client;
	struct address virtual; /**< of the service, in the client's family */
};

/** Gives the packet the ports of a first message. */
static void set_ports(const struct question *question, bool is_free, struct packet *packet)
{
	struct packet_flow *flow = &packet->flow;

	flow->client_port = flow->virtual_port = PACKET_PORT_ISAKMP;
	if (!is_free)
		return;
	flow->client_port = FREE_PORT_FIRST;
	while (session_find_flow(&question->director->sessions, flow))
		flow->client_port++;
}

/** Gives the packet an initiator cookie of no handshake of the client. */
static void set_cookie(const struct question *question, struct packet *packet)
{
	packet->icookie = 1;
	while (handshake_find(&question->director->sessions, question->service,
		&question->client, packet->icookie))
		packet->icookie++;
}

/** Makes the packet one of the service's other traffic. */
static void set_also(const struct question *question, struct packet *packet)
{
	const struct config_also *also = &question->service->config->also[0];

	packet->protocol = also->protocol;
	packet->mark = also->mark;
	packet->flow.virtual_port = also->port;
}

/** Says what decide says to the sample. NULL without memory. */
static json_t *sample_json(const struct question *question, const struct sample *sample)
{
	struct packet packet = {
		.kind = sample->kind,
		.protocol = sample->protocol,
		.spi = UINT32_MAX,
		.version = 2,
		.flow = { .client = question->client, .virtual = question->virtual },
	};
	struct decision decision;

	if (sample->kind == PACKET_IKE_FIRST) {
		isakmp_make_init(&packet);
		set_ports(question, sample->is_free, &packet);
		set_cookie(question, &packet);
	} else if (sample->kind == PACKET_OTHER) {
		set_also(question, &packet);
	}
	decide(question->director, &packet, &decision);
	return json_pack("{ss ss ss ss ss? so}",
		"packet", sample->name,
		"action", decision_action_name(decision.action),
		"reason", reason_name(decision.reason),
		"text", reason_text(decision.reason),
		"server", decision.server ? decision.server->config->name : NULL,
		"steps", rpc_explain_steps(question->director, &packet, &decision,
			question->call->now_ms));
}

/** What would become of each sample. NULL without memory. */
static json_t *samples_json(const struct question *question)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < SAMPLES; i++) {
		if (samples[i].kind == PACKET_OTHER &&
			!question->service->config->also_count)
			continue;
		if (!json_array_append_new(list, sample_json(question, &samples[i])))
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

/** The client's first entries. NULL without memory. */
static json_t *entries_json(const struct session_table *sessions,
	const struct session_client *client, uint64_t now_ms)
{
	json_t *list = json_array();
	const struct session_entry *entry = client ? session_first(sessions, client) : NULL;

	for (size_t i = 0; list && entry && i < IPB_EXPLAIN_ENTRIES; i++) {
		if (json_array_append_new(list, rpc_entry_json(sessions, entry, now_ms))) {
			json_decref(list);
			return NULL;
		}
		entry = session_next(sessions, entry);
	}
	return list;
}

/** What the service knows of the client. NULL without memory. */
static json_t *service_json(const struct question *question)
{
	const struct session_table *sessions = &question->director->sessions;
	const struct session_client *client =
		session_find_client(sessions, question->service, &question->client);
	char address[ADDRESS_TEXT_BYTES], virtual[ADDRESS_TEXT_BYTES];

	return json_pack("{ss ss ss ss? sI sI so so}",
		"client", address_format(&question->client, address),
		"service", question->service->config->name,
		"virtual", address_format(&question->virtual, virtual),
		"server", client ? session_client_server(client)->config->name : NULL,
		"entries", (json_int_t)(client ? client->entry_count : 0),
		"established", (json_int_t)(client ? client->established_count : 0),
		"known", entries_json(sessions, client, question->call->now_ms),
		"next", samples_json(question));
}

/** Finds the service's first address of the client's family. */
static bool set_virtual(struct question *question)
{
	const struct config_service *config = question->service->config;

	for (size_t i = 0; i < config->address_count; i++) {
		question->virtual = config->addresses[i];
		if (question->virtual.family == question->client.family)
			return true;
	}
	return false;
}

/** Reads the client's address. */
static int client_param(struct rpc_call *call, struct address *ret_client)
{
	const char *text;
	int code = rpc_text_param(call, "client", &text);

	if (code)
		return code;
	if (address_parse(text, ret_client) || !address_is_unicast(ret_client))
		return rpc_fail(call, IPB_ERROR_PARAMS,
			"client: found %.64s, expected a host's address", text);
	if (json_object_get(call->params, "direction") ||
		json_object_get(call->params, "mark") ||
		json_object_get(call->params, "wire_bytes"))
		return rpc_fail(call, IPB_ERROR_PARAMS,
			"direction, mark and wire_bytes go with packet");
	return 0;
}

/** Adds what each service knows; false without memory. */
static bool services_add(
	struct question *question, const struct service *only, json_t *list)
{
	for (size_t i = 0; i < question->director->service_count; i++) {
		question->service = &question->director->services[i];
		if ((only && only != question->service) || !set_virtual(question))
			continue;
		if (json_array_append_new(list, service_json(question)))
			return false;
	}
	return true;
}

/** Explains a client. */
int rpc_explain_client(struct rpc_call *call)
{
	struct question question = { .call = call, .director = call->context->director };
	struct service *only;
	int code = rpc_service_param(call, &only);

	if (!code)
		code = client_param(call, &question.client);
	if (code)
		return code;
	json_t *list = json_array();

	if (!list || !services_add(&question, only, list)) {
		json_decref(list);
		return rpc_fail(call, IPB_ERROR_INTERNAL, "out of memory");
	}
	if (json_array_size(list) == 0) {
		json_decref(list);
		return rpc_fail(call, IPB_ERROR_NOT_FOUND,
			"no such service has an address of the client's family");
	}
	return rpc_done(call, json_pack("{so}", "services", list));
}
