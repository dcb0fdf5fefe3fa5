/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/apply.h"

#include "core/unreachable.h"

/** Marks for the server's routing table; the bits outside the mask stay the packet's. */
static struct nfqueue_verdict forward(const struct config *config, uint32_t packet_mark,
	const struct server *server)
{
	uint32_t mark = config_server_mark(config, server->config);

	return (struct nfqueue_verdict){
		.accept = true,
		.set_mark = true,
		.mark = (packet_mark & ~config->mark_mask) | mark,
	};
}

/** Answers ESP or AH that nobody asked for. A failure costs only the answer. */
static void send_unreachable(struct apply *apply, const struct packet *packet,
	const struct nfqueue_packet *queued)
{
	uint8_t answer[UNREACHABLE_BYTES];
	size_t size_bytes =
		unreachable_build(packet, queued->data, queued->captured_bytes, answer);
	int error;

	if (!size_bytes)
		return;
	error = icmp_sender_send(apply->icmp, &packet->flow.client, answer, size_bytes);
	if (error) {
		apply->icmp_errors++;
		apply->icmp_last_error = error;
		return;
	}
	apply->icmp_sent++;
}

/** Carries out the decision. */
struct nfqueue_verdict apply_decision(struct apply *apply, const struct packet *packet,
	const struct nfqueue_packet *queued, const struct decision *decision)
{
	switch (decision->action) {
	case DECISION_FORWARD:
		return forward(apply->config, queued->mark, decision->server);
	case DECISION_PASS:
		return (struct nfqueue_verdict){ .accept = true };
	case DECISION_UNREACHABLE:
		send_unreachable(apply, packet, queued);
		break;
	case DECISION_DROP:
		break;
	}
	return (struct nfqueue_verdict){ .accept = false };
}
