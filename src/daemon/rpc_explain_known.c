/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sentences of explain about what the tables know of a packet, in the order in which
 * decide asks for it.
 */
#include "daemon/rpc_explain.h"

#include <stdio.h>

#include "core/handshake.h"
#include "core/label.h"
#include "core/spi.h"

#define FLOW_BYTES (2 * ADDRESS_TEXT_BYTES + 4)

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
static void say_flow(struct rpc_steps *steps)
{
	const struct packet_flow *flow = &steps->packet->flow;
	const struct session_entry *entry =
		session_find_flow(&steps->director->sessions, flow);
	char text[FLOW_BYTES];

	if (!flow->client_port)
		return;
	if (entry)
		rpc_say(steps, "flow %s: %s entry at %s, %lld s left",
			flow_format(flow, text), session_state_name(entry),
			session_server(entry)->config->name,
			(long long)rpc_expires_s(entry, steps->now_ms));
	else
		rpc_say(steps, "flow %s: no entry", flow_format(flow, text));
}

/** Writes the flow where a handshake is, as flow_format. */
static const char *handshake_flow_format(const struct session_table *sessions,
	const struct handshake *handshake, char out[static FLOW_BYTES])
{
	struct packet_flow flow = session_flow(handshake_entry(sessions, handshake));

	return flow_format(&flow, out);
}

/** The client that the address is. */
static void say_client(struct rpc_steps *steps)
{
	const struct service *service = steps->decision->service;
	const struct address *address = &steps->packet->flow.client;
	const struct session_client *client =
		session_find_client(&steps->director->sessions, service, address);
	char text[ADDRESS_TEXT_BYTES];

	address_format(address, text);
	if (!client)
		rpc_say(steps, "client %s: not known", text);
	else
		rpc_say(steps, "client %s: server %s, entries %u, ESTABLISHED %u", text,
			session_client_server(client)->config->name, client->entry_count,
			client->established_count);
	if (client && service->config->affinity == AFFINITY_SESSION)
		rpc_say(steps,
			"affinity is session: ESP, AH and ports 500 and 4500 follow "
			"those of "
			"unchanged ports, entries %u, ESTABLISHED %u",
			client->plain_count, client->plain_established_count);
}

/** The session that the pair of cookies names. Tells whether there is one. */
static bool say_pair(struct rpc_steps *steps)
{
	const struct packet *packet = steps->packet;
	const struct session_table *sessions = &steps->director->sessions;
	const struct handshake *pair = handshake_find_pair(
		sessions, steps->decision->service, packet->icookie, packet->rcookie);
	char text[FLOW_BYTES];

	if (pair)
		rpc_say(steps, "pair %016llx:%016llx: known from flow %s, at %s",
			(unsigned long long)packet->icookie,
			(unsigned long long)packet->rcookie,
			handshake_flow_format(sessions, pair, text),
			handshake_server(sessions, pair)->config->name);
	else
		rpc_say(steps, "pair %016llx:%016llx: of no ESTABLISHED entry",
			(unsigned long long)packet->icookie,
			(unsigned long long)packet->rcookie);
	return pair != NULL;
}

/** What is known of the responder's cookie of a handshake. */
static void say_responder(struct rpc_steps *steps, const struct handshake *handshake)
{
	const struct session_table *sessions = &steps->director->sessions;
	bool is_seen = handshake_server(sessions, handshake)->config->replies_seen;
	uint64_t offered = handshake_offered(sessions, handshake).rcookies[0];

	if (handshake->rcookie)
		rpc_say(steps, "its responder cookie is %016llx",
			(unsigned long long)handshake->rcookie);
	else if (handshake->by_server)
		rpc_say(steps, "the server began it, so any responder cookie will do");
	else if (offered)
		rpc_say(steps, "the server has sent the responder cookie %016llx",
			(unsigned long long)offered);
	else
		rpc_say(steps, is_seen ? "the server has not answered yet" :
				     "its responder cookie is not known yet");
}

/** The handshake that the initiator's cookie names. */
static void say_handshake(struct rpc_steps *steps)
{
	const struct packet *packet = steps->packet;
	const struct session_table *sessions = &steps->director->sessions;
	const struct handshake *handshake = handshake_find(sessions,
		steps->decision->service, &packet->flow.client, packet->icookie);
	char text[FLOW_BYTES];

	if (!packet->icookie)
		return;
	if (!handshake) {
		rpc_say(steps, "initiator cookie %016llx: of no handshake of this client",
			(unsigned long long)packet->icookie);
		return;
	}
	rpc_say(steps, "initiator cookie %016llx: handshake of flow %s, at %s",
		(unsigned long long)packet->icookie,
		handshake_flow_format(sessions, handshake, text),
		handshake_server(sessions, handshake)->config->name);
	say_responder(steps, handshake);
}

/** The server whose label one of the cookies bears. */
static void say_label(struct rpc_steps *steps)
{
	const struct server *server = label_of_cookies(steps->decision->service,
		steps->packet->icookie, steps->packet->rcookie);

	if (server && steps->packet->rcookie)
		rpc_say(steps, "the cookies bear the label of %s", server->config->name);
}

/** The template of the client, where it has no server of its own. */
static void say_template(struct rpc_steps *steps)
{
	const struct service *service = steps->decision->service;
	const struct server *server;

	if (!service->config->persistence_ms)
		return;
	server = template_server(&steps->director->templates, service,
		&steps->packet->flow.client);
	if (server)
		rpc_say(steps, "template of the client: server %s", server->config->name);
	else
		rpc_say(steps, "template of the client: none");
}

/** ISAKMP: cookies before addresses. */
static void say_isakmp(struct rpc_steps *steps)
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
static void say_range(struct rpc_steps *steps)
{
	const struct server *server =
		label_of_spi(steps->decision->service, steps->packet->spi);

	if (server)
		rpc_say(steps, "SPI %08x lies in the range of %s", steps->packet->spi,
			server->config->name);
}

/** The server at which the SPI was learned. */
static void say_spi(struct rpc_steps *steps)
{
	const struct service *service = steps->decision->service;
	uint32_t spi = steps->packet->spi;
	bool is_ambiguous;
	const struct server *server;

	if (!service->config->learn_spi)
		return;
	server = spi_find(&steps->director->spis, service, spi, &is_ambiguous);
	if (server)
		rpc_say(steps, "SPI %08x: learned at %s", spi, server->config->name);
	else
		rpc_say(steps, "SPI %08x: %s", spi,
			is_ambiguous ? "learned at several servers" : "not learned");
}

/** Whether AH is forwarded at all. */
static void say_ah(struct rpc_steps *steps)
{
	if (!steps->decision->service->config->ah)
		rpc_say(steps, "service %s does not take AH",
			steps->decision->service->config->name);
}

/** What the tables know of the packet, by its kind. */
void rpc_explain_known(struct rpc_steps *steps)
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
