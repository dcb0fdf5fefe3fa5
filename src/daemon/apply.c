/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/apply.h"

#include "core/challenge.h"
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

/** Sends an answer. A failure costs only the answer. */
static void send_answer(struct apply *apply, const struct packet *packet,
	const uint8_t *answer, size_t size_bytes, uint64_t *ret_sent)
{
	int error = icmp_sender_send(apply->icmp, &packet->flow.client, answer, size_bytes);

	if (error) {
		apply->icmp_errors++;
		apply->icmp_last_error = error;
		return;
	}
	++*ret_sent;
}

/** Answers ESP or AH that nobody asked for. */
static void send_unreachable(struct apply *apply, const struct packet *packet,
	const struct nfqueue_packet *queued)
{
	uint8_t answer[UNREACHABLE_BYTES];
	size_t size_bytes =
		unreachable_build(packet, queued->data, queued->captured_bytes, answer);

	if (size_bytes)
		send_answer(apply, packet, answer, size_bytes, &apply->icmp_sent);
}

/** Answers a first message with a cookie. */
static void send_challenge(struct apply *apply, const struct packet *packet)
{
	const struct defence *defence = apply->defence;
	uint8_t answer[CHALLENGE_BYTES];
	size_t size_bytes = challenge_build(&defence->key, packet, defence->now_ms, answer);

	send_answer(apply, packet, answer, size_bytes, &apply->challenges_sent);
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
	case DECISION_CHALLENGE:
		send_challenge(apply, packet);
		break;
	case DECISION_DROP:
		break;
	}
	return (struct nfqueue_verdict){ .accept = false };
}
