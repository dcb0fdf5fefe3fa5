/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/packets.h"

#include <linux/netfilter.h>

#include "core/classify.h"

/** Requests are queued where packets come in; replies behind the routing, or on a bridge. */
static enum packet_direction direction_of(const struct nfqueue_packet *queued)
{
	return queued->hook == NF_INET_PRE_ROUTING ? PACKET_TO_SERVER : PACKET_TO_CLIENT;
}

/** One packet: bytes to verdict. */
static struct nfqueue_verdict handle(struct packets *packets,
	const struct nfqueue_packet *queued, uint64_t now_ms)
{
	const struct server *server;
	struct packet packet;
	struct decision decision;

	classify(queued->data, queued->captured_bytes, queued->wire_bytes,
		direction_of(queued), &packet);
	packet.mark = queued->mark;
	if (packet.direction == PACKET_TO_CLIENT)
		director_name_sender(packets->director, &packet);
	decide(packets->director, &packet, &decision);
	server = decision.entry ? session_server(decision.entry) : NULL;
	decide_commit(packets->director, &packet, now_ms, queued->wire_bytes, &decision);
	if (decision.entry && session_server(decision.entry) != server)
		mirror_begins(packets->mirror, decision.entry);
	else if (server && decision.action == DECISION_FORWARD && decision.server != server)
		mirror_strays(packets->mirror, &packet.flow, decision.server);
	else if (decision.reason == REASON_STATELESS)
		mirror_strays(packets->mirror, &packet.flow, decision.server);
	if (decision.action == DECISION_FORWARD)
		counting_see(packets->mirror->counting, &packet, queued->wire_bytes);
	return apply_decision(&packets->apply, &packet, queued, &decision);
}

/** One batch. A verdict that could not be sent is counted by the queue, which drops the
 *  packet at the next receive: nothing more can be done for it here. */
int packets_handle_batch(struct packets *packets, uint64_t now_ms)
{
	struct nfqueue_verdict verdicts[NFQUEUE_BATCH];
	const struct nfqueue_packet *queued;
	int count = nfqueue_receive(packets->queue, &queued);

	if (count > 0)
		defence_advance(packets->director, now_ms);
	for (int i = 0; i < count; i++)
		verdicts[i] = handle(packets, &queued[i], now_ms);
	/* Conntrack sees these packets after their verdicts. */
	mirror_flush(packets->mirror);
	if (count > 0)
		nfqueue_verdicts(packets->queue, verdicts, (size_t)count);
	return count;
}
