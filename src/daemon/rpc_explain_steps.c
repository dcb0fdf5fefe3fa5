/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sentences of explain: what the tables know of a packet, in the order in which decide
 * asks for it, and what the decision depends on besides. The decision itself is decide's;
 * nothing is decided here, and nothing is changed.
 */
#include "daemon/rpc_explain.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/handshake.h"
#include "core/label.h"
#include "core/scheduler.h"
#include "core/spi.h"

#define RIVALS 8 /**< servers named beside the one that was chosen */
#define FLOW_BYTES (2 * ADDRESS_TEXT_BYTES + 4)

/** A list being made. */
struct steps {
	json_t *list; /**< NULL once memory ran out */
	const struct director *director;
	const struct packet *packet;
	const struct decision *decision;
	uint64_t now_ms;
};

/** Adds a sentence. */
__attribute__((format(printf, 2, 3))) static void say(
	struct steps *steps, const char *format, ...)
{
	char text[320];
	va_list arguments;

	if (!steps->list)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (json_array_append_new(steps->list, json_string(text)) == 0)
		return;
	json_decref(steps->list);
	steps->list = NULL;
}

/** Writes "203.0.113.7:500 > 192.0.2.1:500" and returns out. */
static const char *flow_format(const struct packet_flow *flow, char out[static FLOW_BYTES])
{
	char from[ADDRESS_TEXT_BYTES], to[ADDRESS_TEXT_BYTES];

	snprintf(out, FLOW_BYTES, "%s > %s",
		address_format_port(&flow->client, flow->client_port, from),
		address_format_port(&flow->virtual, flow->virtual_port, to));
	return out;
}

/** The entry of exactly this flow. */
static void say_flow(struct steps *steps)
{
	const struct packet_flow *flow = &steps->packet->flow;
	const struct session_entry *entry =
		session_find_flow(&steps->director->sessions, flow);
	char text[FLOW_BYTES];

	if (!flow->client_port)
		return;
	if (entry)
		say(steps, "flow %s: %s entry at %s, %lld s left", flow_format(flow, text),
			session_state_name(entry), entry->server->config->name,
			(long long)rpc_expires_s(entry, steps->now_ms));
	else
		say(steps, "flow %s: no entry", flow_format(flow, text));
}

/** The client that the address is. */
static void say_client(struct steps *steps)
{
	const struct service *service = steps->decision->service;
	const struct address *address = &steps->packet->flow.client;
	const struct session_client *client =
		session_find_client(&steps->director->sessions, service, address);
	char text[ADDRESS_TEXT_BYTES];

	address_format(address, text);
	if (!client)
		say(steps, "client %s: not known", text);
	else
		say(steps, "client %s: server %s, entries %u, ESTABLISHED %u", text,
			client->server->config->name, client->entry_count,
			client->established_count);
	if (client && service->config->affinity == AFFINITY_SESSION)
		say(steps,
			"affinity is session: ESP, AH and ports 500 and 4500 follow those of "
			"unchanged ports, entries %u, ESTABLISHED %u",
			client->plain_count, client->plain_established_count);
}

/** The session that the pair of cookies names. Tells whether there is one. */
static bool say_pair(struct steps *steps)
{
	const struct packet *packet = steps->packet;
	const struct handshake *pair = handshake_find_pair(&steps->director->sessions,
		steps->decision->service, packet->icookie, packet->rcookie);
	char text[FLOW_BYTES];

	if (pair)
		say(steps, "pair %016llx:%016llx: known from flow %s, at %s",
			(unsigned long long)packet->icookie,
			(unsigned long long)packet->rcookie,
			flow_format(&pair->entry->flow, text),
			pair->entry->server->config->name);
	else
		say(steps, "pair %016llx:%016llx: of no ESTABLISHED entry",
			(unsigned long long)packet->icookie,
			(unsigned long long)packet->rcookie);
	return pair != NULL;
}

/** What is known of the responder's cookie of a handshake. */
static void say_responder(struct steps *steps, const struct handshake *handshake)
{
	bool is_seen = handshake->entry->server->config->replies_seen;

	if (handshake->rcookie)
		say(steps, "its responder cookie is %016llx",
			(unsigned long long)handshake->rcookie);
	else if (handshake->by_server)
		say(steps, "the server began it, so any responder cookie will do");
	else if (handshake->offered[0])
		say(steps, "the server has sent the responder cookie %016llx",
			(unsigned long long)handshake->offered[0]);
	else
		say(steps, is_seen ? "the server has not answered yet" :
				     "its responder cookie is not known yet");
}

/** The handshake that the initiator's cookie names. */
static void say_handshake(struct steps *steps)
{
	const struct packet *packet = steps->packet;
	const struct handshake *handshake = handshake_find(&steps->director->sessions,
		steps->decision->service, &packet->flow.client, packet->icookie);
	char text[FLOW_BYTES];

	if (!packet->icookie)
		return;
	if (!handshake) {
		say(steps, "initiator cookie %016llx: of no handshake of this client",
			(unsigned long long)packet->icookie);
		return;
	}
	say(steps, "initiator cookie %016llx: handshake of flow %s, at %s",
		(unsigned long long)packet->icookie,
		flow_format(&handshake->entry->flow, text),
		handshake->entry->server->config->name);
	say_responder(steps, handshake);
}

/** The server whose label one of the cookies bears. */
static void say_label(struct steps *steps)
{
	const struct server *server = label_of_cookies(steps->decision->service,
		steps->packet->icookie, steps->packet->rcookie);

	if (server && steps->packet->rcookie)
		say(steps, "the cookies bear the label of %s", server->config->name);
}

/** The template of the client, where it has no server of its own. */
static void say_template(struct steps *steps)
{
	const struct service *service = steps->decision->service;
	const struct server *server;

	if (!service->config->persistence_ms)
		return;
	server = template_server(&steps->director->templates, service,
		&steps->packet->flow.client);
	if (server)
		say(steps, "template of the client: server %s", server->config->name);
	else
		say(steps, "template of the client: none");
}

/** ISAKMP: cookies before addresses. */
static void say_isakmp(struct steps *steps)
{
	say_flow(steps);
	if (!steps->packet->rcookie || !say_pair(steps))
		say_handshake(steps);
	say_label(steps);
	say_client(steps);
	if (steps->packet->kind == PACKET_IKE_FIRST)
		say_template(steps);
}

/** The server in whose range the SPI lies. */
static void say_range(struct steps *steps)
{
	const struct server *server =
		label_of_spi(steps->decision->service, steps->packet->spi);

	if (server)
		say(steps, "SPI %08x lies in the range of %s", steps->packet->spi,
			server->config->name);
}

/** The server at which the SPI was learned. */
static void say_spi(struct steps *steps)
{
	const struct service *service = steps->decision->service;
	uint32_t spi = steps->packet->spi;
	bool is_ambiguous;
	const struct server *server;

	if (!service->config->learn_spi)
		return;
	server = spi_find(&steps->director->spis, service, spi, &is_ambiguous);
	if (server)
		say(steps, "SPI %08x: learned at %s", spi, server->config->name);
	else
		say(steps, "SPI %08x: %s", spi,
			is_ambiguous ? "learned at several servers" : "not learned");
}

/** Whether AH is forwarded at all. */
static void say_ah(struct steps *steps)
{
	if (!steps->decision->service->config->ah)
		say(steps, "service %s does not take AH",
			steps->decision->service->config->name);
}

/** What the tables know of the packet, by its kind. */
static void say_known(struct steps *steps)
{
	switch (steps->packet->kind) {
	case PACKET_IKE_FIRST:
	case PACKET_IKE:
		say_isakmp(steps);
		break;
	case PACKET_ESP_IN_UDP:
		say_range(steps);
		say_flow(steps);
		say_spi(steps);
		break;
	case PACKET_KEEPALIVE:
	case PACKET_DRAFT_ESP:
		say_flow(steps);
		break;
	case PACKET_AH:
		say_ah(steps);
		say_range(steps);
		say_client(steps);
		break;
	case PACKET_ESP:
		say_range(steps);
		say_client(steps);
		say_spi(steps);
		break;
	case PACKET_FRAGMENT:
		say_client(steps);
		break;
	case PACKET_ICMP_ERROR:
		say_flow(steps);
		say_client(steps);
		break;
	case PACKET_OTHER:
		say_client(steps);
		say_template(steps);
		break;
	case PACKET_MALFORMED:
		break;
	}
}

/** A server's load, as the scheduler sees it. */
static void say_load(struct steps *steps, const char *words, const struct server *server)
{
	const struct service *service = steps->decision->service;
	bool by_entry = service->config->affinity == AFFINITY_SESSION;

	say(steps, "%s%s, which has %llu %s and weight %u", words, server->config->name,
		(unsigned long long)service_load(service, server),
		by_entry ? "entries" : "clients", server->weight);
}

/** The server that was chosen, and some that were not. */
static void say_choice(struct steps *steps)
{
	const struct service *service = steps->decision->service;
	char words[CONFIG_NAME_BYTES + 32];
	size_t named = 0;

	snprintf(words, sizeof(words), "scheduler %s chooses ",
		service->config->scheduler->name);
	say_load(steps, words, steps->decision->server);
	for (size_t i = 0; i < service->server_count && named < RIVALS; i++) {
		const struct server *server = &service->servers[i];

		if (server == steps->decision->server)
			continue;
		say_load(steps, "and not ", server);
		named++;
	}
}

/** Why nobody takes the packet. */
static void say_no_server(struct steps *steps)
{
	const struct service *service = steps->decision->service;
	uint8_t family = steps->packet->flow.client.family;

	for (size_t i = 0; i < service->server_count; i++)
		if (server_takes_new(&service->servers[i], family)) {
			say(steps, "the server it belongs to has no %s address",
				family == AF_INET6 ? "IPv6" : "IPv4");
			return;
		}
	say(steps, "no server of service %s has a weight above 0 and an %s address",
		service->config->name, family == AF_INET6 ? "IPv6" : "IPv4");
}

/** Tells whether the change makes an entry where there is none. */
static bool makes_entry(enum decision_change change)
{
	return change == CHANGE_BEGIN || change == CHANGE_JOIN ||
		change == CHANGE_ESTABLISH || change == CHANGE_OFFER;
}

/** Whether there is room for the entry that the packet would make. */
static void say_room(struct steps *steps)
{
	const struct session_table *sessions = &steps->director->sessions;
	const struct session_client *client = steps->decision->client;

	if (client && client->entry_count >= sessions->limits.entries_per_client)
		say(steps,
			"the client has max-entries-per-client: an entry must give way, or "
			"this is dropped as limit-client");
	if (sessions->entry_count >= sessions->limits.entries)
		say(steps,
			"the table has max-entries: an entry must give way, or this is "
			"dropped as limit-entries");
}

/** Whether the flow would be taken from the sessions that have it. */
static void say_take_over(struct steps *steps)
{
	uint64_t silent_ms = steps->now_ms - steps->decision->entry->proof_ms;

	say(steps,
		"the flow has sessions at %s that showed cookies %llu s ago: it would %s "
		"taken over",
		steps->decision->entry->server->config->name,
		(unsigned long long)(silent_ms / 1000),
		silent_ms < SESSION_TAKE_OVER_MS ? "not be" : "be");
}

/** Whether the answer would be within unreachable-rate; a copy of the rate is asked. */
static void say_rate(struct steps *steps)
{
	struct rate rate = steps->director->unreachable;

	if (!rate_take(&rate, steps->now_ms))
		say(steps, "unreachable-rate is used up now: not answered, and counted as %s",
			reason_name(REASON_ORPHAN_LIMITED));
}

/** What the tables and limits would say to the decision. */
static void say_commit(struct steps *steps)
{
	const struct decision *decision = steps->decision;

	if (decision->scheduled && decision->server)
		say_choice(steps);
	if (decision->reason == REASON_SLOPPY && !decision->entry)
		say(steps, "the service is sloppy: hash of the client's address chooses %s",
			decision->server->config->name);
	if (decision->reason == REASON_NO_SERVER)
		say_no_server(steps);
	if (decision->change == CHANGE_TAKE_OVER)
		say_take_over(steps);
	else if (!decision->entry && makes_entry(decision->change))
		say_room(steps);
	if (decision->action == DECISION_UNREACHABLE)
		say_rate(steps);
}

/** Where a server's packet comes from, and whether such packets come here. */
static void say_reply(struct steps *steps)
{
	const struct service *service = steps->decision->service;
	const struct server *sender = director_sender(steps->director, steps->packet);
	bool is_seen = false;

	if (sender)
		say(steps, "it comes from server %s, of method %s", sender->config->name,
			config_method_name(sender->config->method));
	for (size_t i = 0; i < service->server_count; i++)
		is_seen = is_seen || service->servers[i].config->replies_seen;
	if (!is_seen)
		say(steps,
			"no server of service %s has its replies seen: such a packet does "
			"not come here",
			service->config->name);
}

/** A packet of a service. */
static void say_service(struct steps *steps)
{
	char text[ADDRESS_TEXT_BYTES];

	say(steps,
		steps->packet->kind == PACKET_OTHER ?
			"what goes to %s like this is other traffic of service %s" :
			"%s is an address of service %s",
		address_format(&steps->packet->flow.virtual, text),
		steps->decision->service->config->name);
	if (steps->packet->direction == PACKET_TO_CLIENT)
		say_reply(steps);
	say_known(steps);
	say_commit(steps);
}

/** Makes the sentences. */
json_t *rpc_explain_steps(const struct director *director, const struct packet *packet,
	const struct decision *decision, uint64_t now_ms)
{
	struct steps steps = { json_array(), director, packet, decision, now_ms };
	char text[ADDRESS_TEXT_BYTES];

	if (packet->kind == PACKET_MALFORMED)
		say(&steps, "the packet is malformed: %s", reason_text(packet->reason));
	else if (packet->kind == PACKET_OTHER && !decision->service)
		say(&steps, "it is neither IPsec nor other traffic of a service");
	else if (!decision->service)
		say(&steps, "no service has the address %s",
			address_format(&packet->flow.virtual, text));
	else
		say_service(&steps);
	return steps.list;
}
