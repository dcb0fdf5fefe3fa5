/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: what would become of a packet, by the same classify and decide that real ones go
 * through. decide_commit is never called, so nothing is learned, counted or sent.
 */
#include "daemon/rpc_explain.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/classify.h"

const char *const rpc_explain_params[] = {
	"packet", "wire_bytes", "direction", "mark", "client", "service", NULL};

/** A packet as it was told. */
struct told {
	uint8_t data[IPB_EXPLAIN_BYTES];
	size_t size_bytes;
	uint64_t wire_bytes;
	uint64_t mark;         /**< firewall mark that it would have */
	const char *direction; /**< NULL: by the addresses */
};

/** The value of a hexadecimal digit, -1 if it is none. */
static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/** Reads digits, two a byte. */
static int bytes_read(struct rpc_call *call, const char *digits, struct told *told)
{
	size_t length = strlen(digits);

	if (length == 0 || length % 2)
		return rpc_fail(call, IPB_ERROR_PARAMS,
			"packet: expected hexadecimal digits, two a byte");
	if (length / 2 > sizeof(told->data))
		return rpc_fail(call, IPB_ERROR_PARAMS, "packet: expected at most %d bytes",
			IPB_EXPLAIN_BYTES);
	for (size_t i = 0; i < length / 2; i++) {
		int high = digit_value(digits[2 * i]);
		int low = digit_value(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return rpc_fail(call, IPB_ERROR_PARAMS,
				"packet: byte %zu is not hexadecimal", i + 1);
		told->data[i] = (uint8_t)(high * 16 + low);
	}
	told->size_bytes = length / 2;
	return 0;
}

/** Reads the direction. */
static int direction_param(struct rpc_call *call, const char **ret_direction)
{
	int code = rpc_text_param(call, "direction", ret_direction);

	if (code || !*ret_direction || !strcmp(*ret_direction, "request") ||
		!strcmp(*ret_direction, "reply"))
		return code;
	return rpc_fail(call, IPB_ERROR_PARAMS,
		"direction: found %.40s, expected request or reply", *ret_direction);
}

/** Reads the packet and what goes with it. */
static int told_params(struct rpc_call *call, const char *digits, struct told *told)
{
	int code = bytes_read(call, digits, told);

	told->wire_bytes = told->size_bytes;
	told->mark = 0;
	if (!code)
		code = rpc_number_param(call, "wire_bytes", told->size_bytes,
			UINT16_MAX + 40, &told->wire_bytes);
	if (!code)
		code = rpc_number_param(call, "mark", 0, UINT32_MAX, &told->mark);
	if (!code)
		code = direction_param(call, &told->direction);
	if (!code && json_object_get(call->params, "service"))
		code = rpc_fail(call, IPB_ERROR_PARAMS, "service goes with client");
	return code;
}

/** Classifies the packet as one of that direction. */
static void told_classify(const struct director *director, const struct told *told,
	enum packet_direction direction, struct packet *ret_packet)
{
	classify(told->data, told->size_bytes, told->wire_bytes, direction, ret_packet);
	ret_packet->mark = (uint32_t)told->mark;
	if (direction == PACKET_TO_CLIENT)
		director_name_sender(director, ret_packet);
}

/** Classifies the packet. Where no direction is told it is a request, unless only its
 * source is one of ours. */
static void told_packet(const struct director *director, const struct told *told,
	struct packet *ret_packet)
{
	struct packet reply;

	told_classify(director, told, PACKET_TO_SERVER, ret_packet);
	told_classify(director, told, PACKET_TO_CLIENT, &reply);
	if (told->direction) {
		if (strcmp(told->direction, "reply") == 0)
			*ret_packet = reply;
	} else if (!director_service_at(director, &ret_packet->flow.virtual) &&
		director_service_at(director, &reply.flow.virtual)) {
		*ret_packet = reply;
	}
}

/** One end of the flow: with its port where there is one; null where there is no address.
 */
static json_t *endpoint_json(const struct address *address, uint16_t port)
{
	char text[ADDRESS_TEXT_BYTES];

	if (!address->family)
		return json_null();
	if (port)
		return json_string(address_format_port(address, port, text));
	return json_string(address_format(address, text));
}

/** A number as text of that many hexadecimal digits. */
static json_t *hex_json(uint64_t number, int digits)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llx", digits, (unsigned long long)number);
	return json_string(text);
}

/** The fields of an ISAKMP header; null where there is none. */
static json_t *isakmp_json(const struct packet *packet)
{
	if (packet->kind != PACKET_IKE && packet->kind != PACKET_IKE_FIRST)
		return json_null();
	return json_pack("{so so si si sI}",
		"icookie", hex_json(packet->icookie, 16),
		"rcookie", hex_json(packet->rcookie, 16),
		"version", packet->version,
		"exchange", packet->exchange,
		"message_id", (json_int_t)packet->message_id);
}

/** What the bytes are. */
static json_t *packet_json(const struct packet *packet)
{
	const struct packet_flow *flow = &packet->flow;

	return json_pack("{ss ss so so si so so}",
		"kind", packet_kind_name(packet->kind),
		"direction", packet->direction == PACKET_TO_SERVER ? "request" : "reply",
		"client", endpoint_json(&flow->client, flow->client_port),
		"virtual", endpoint_json(&flow->virtual, flow->virtual_port),
		"protocol", packet->protocol,
		"isakmp", isakmp_json(packet),
		"spi", packet->spi ? hex_json(packet->spi, 8) : json_null());
}

/** The change in a word. */
static const char *change_name(enum decision_change change)
{
	switch (change) {
	case CHANGE_NONE:
		return "none";
	case CHANGE_BEGIN:
		return "begin";
	case CHANGE_JOIN:
		return "join";
	case CHANGE_ESTABLISH:
		return "establish";
	case CHANGE_TAKE_OVER:
		return "take-over";
	case CHANGE_TOUCH:
		return "touch";
	case CHANGE_LEARN:
		return "learn";
	case CHANGE_TEMPLATE:
		return "template";
	case CHANGE_LEARN_SPI:
		return "learn-spi";
	case CHANGE_OFFER:
		return "offer";
	}
	return "?";
}

/** The change in words. */
static const char *change_text(enum decision_change change, bool has_entry)
{
	switch (change) {
	case CHANGE_NONE:
		return "none";
	case CHANGE_BEGIN:
		return has_entry ? "the handshake is noted, the entry's timer starts anew" :
				   "an INITIAL entry is made, the handshake is noted";
	case CHANGE_JOIN:
		return has_entry ? "the entry's timer starts anew" :
				   "an INITIAL entry is made";
	case CHANGE_ESTABLISH:
		return has_entry ? "the entry becomes ESTABLISHED, the pair is noted" :
				   "an ESTABLISHED entry is made, the pair is noted";
	case CHANGE_TAKE_OVER:
		return "the entry changes its server if its own sessions have been silent";
	case CHANGE_TOUCH:
		return "the entry's timer starts anew";
	case CHANGE_LEARN:
		return "the entry's timer starts anew, the pair is noted if it is new";
	case CHANGE_TEMPLATE:
		return "the client's template is made, or its time starts anew";
	case CHANGE_LEARN_SPI:
		return "the SPI is noted as the server's";
	case CHANGE_OFFER:
		return has_entry ? "the server's cookie is noted" :
				   "an INITIAL entry is made, the server's cookie is noted";
	}
	return "?";
}

/** Where a server is reached from family; null where it is here. */
static json_t *next_hop_json(const struct config_server *server, uint8_t family)
{
	return endpoint_json(
		family == AF_INET6 ? &server->address_v6 : &server->address_v4, 0);
}

/** Adds the server that the packet would go to, and how; null for none. */
static int add_server(json_t *result, const struct config *config,
	const struct packet *packet, const struct decision *decision)
{
	const struct config_server *server =
		decision->server ? decision->server->config : NULL;
	bool is_sent = decision->action == DECISION_FORWARD;
	json_t *more = json_pack("{ss? ss? so so so}",
		"server", server ? server->name : NULL,
		"method", server ? config_method_name(server->method) : NULL,
		"mark", is_sent ? json_integer(config_server_mark(config, server)) :
				  json_null(),
		"table", is_sent ? json_integer(config_server_table(config, server)) :
				   json_null(),
		"next_hop", is_sent ? next_hop_json(server, packet->flow.client.family) :
				      json_null());
	int rc = json_object_update(result, more);

	json_decref(more);
	return rc;
}

/** The decision and how it was found. NULL without memory. */
static json_t *explanation_json(const struct rpc_call *call, const struct packet *packet,
	const struct decision *decision)
{
	const struct director *director = call->context->director;
	json_t *result = json_pack("{ss ss ss ss? ss ss so so so}",
		"action", decision_action_name(decision->action),
		"reason", reason_name(decision->reason),
		"text", reason_text(decision->reason),
		"service", decision->service ? decision->service->config->name : NULL,
		"change", change_name(decision->change),
		"change_text", change_text(decision->change, decision->entry != NULL),
		"entry", decision->entry ? rpc_entry_json(&director->sessions, decision->entry,
						   call->now_ms) :
					   json_null(),
		"packet", packet_json(packet),
		"steps", rpc_explain_steps(director, packet, decision, call->now_ms));

	if (!result || !add_server(result, call->context->config, packet, decision))
		return result;
	json_decref(result);
	return NULL;
}

/** Explains a packet. */
static int explain_packet(struct rpc_call *call, const char *digits)
{
	struct told told;
	struct packet packet;
	struct decision decision;
	int code = told_params(call, digits, &told);

	if (code)
		return code;
	told_packet(call->context->director, &told, &packet);
	decide(call->context->director, &packet, &decision);
	return rpc_done(call, explanation_json(call, &packet, &decision));
}

/** Explains a packet or a client. */
int rpc_explain(struct rpc_call *call)
{
	const char *digits;
	int code = rpc_text_param(call, "packet", &digits);
	bool has_client = json_object_get(call->params, "client") != NULL;

	if (code)
		return code;
	if (!digits == !has_client)
		return rpc_fail(call, IPB_ERROR_PARAMS, "expected packet or client");
	if (digits)
		return explain_packet(call, digits);
	return rpc_explain_client(call);
}
