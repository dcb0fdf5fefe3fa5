/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nfqueue_answer.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nfqueue_message.h"

/** Makes room for a batch's messages. */
int nfqueue_answers_init(struct nfqueue_answers *answers, uint16_t queue,
	struct netlink *netlink, struct nfqueue_counters *counters)
{
	*answers = (struct nfqueue_answers){
		.queue = queue, .netlink = netlink, .counters = counters };
	answers->buffer = calloc(NFQUEUE_BATCH, NFQUEUE_VERDICT_BYTES);
	return answers->buffer ? 0 : -ENOMEM;
}

/** Frees it. */
void nfqueue_answers_fini(struct nfqueue_answers *answers)
{
	free(answers->buffer);
	answers->buffer = NULL;
}

/** Begins a new send. */
static void verdicts_begin(struct nfqueue_answers *answers)
{
	answers->messages = 0;
}

/** Writes a message behind those already written. */
static void verdict_put(struct nfqueue_answers *answers, uint32_t id,
	enum nfqueue_scope scope, const struct nfqueue_verdict *verdict)
{
	size_t *ends = answers->ends + answers->messages++;

	ends[1] = ends[0] + nfqueue_message_verdict(answers->buffer + ends[0],
				    answers->queue, id, scope, verdict);
}

/** Sends count messages from first on; 0 or negative errno, then none of them. */
static int verdicts_send_part(struct nfqueue_answers *answers, size_t first, size_t count)
{
	const uint8_t *data = answers->buffer + answers->ends[first];
	size_t size_bytes = answers->ends[first + count] - answers->ends[first];
	ssize_t sent;

	do
		sent = mnl_socket_sendto(answers->netlink->socket, data, size_bytes);
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -errno : 0;
}

/** Remembers a packet whose verdict could not be sent; it is dropped when that is
 *  possible again. One more than there is room for waits until the queue is closed. */
static void owe(struct nfqueue_answers *answers, uint32_t id)
{
	answers->counters->verdict_errors++;
	if (answers->owed_count < NFQUEUE_BATCH)
		answers->owed[answers->owed_count++] = id;
	else
		answers->lost_id = true;
}

/** Sends the messages, one for each of packets, in ever smaller parts while the kernel
 *  is short of memory. What it does not take alone either is owed. */
static int verdicts_send_parts(
	struct nfqueue_answers *answers, const struct nfqueue_packet *packets)
{
	size_t sent = 0, part = answers->messages;
	int outcome = 0;

	while (sent < answers->messages) {
		size_t left = answers->messages - sent;
		size_t now = part < left ? part : left;
		int error = verdicts_send_part(answers, sent, now);

		if (error && now > 1) {
			part = now / 2;
			answers->counters->verdict_retries++;
			continue;
		}
		if (error) {
			outcome = error;
			owe(answers, packets[sent].id);
		}
		sent += now;
	}
	return outcome;
}

/** Tells whether two verdicts are the same. */
static bool verdict_equal(
	const struct nfqueue_verdict *one, const struct nfqueue_verdict *other)
{
	return one->accept == other->accept && one->set_mark == other->set_mark &&
	       (!one->set_mark || one->mark == other->mark);
}

/** The verdict that most packets get, if any gets the majority; else one of them. */
static const struct nfqueue_verdict *verdict_common(
	const struct nfqueue_verdict *verdicts, size_t count)
{
	const struct nfqueue_verdict *common = verdicts;
	size_t i, lead = 0;

	for (i = 0; i < count; i++) {
		if (!lead)
			common = &verdicts[i];
		if (verdict_equal(common, &verdicts[i]))
			lead++;
		else
			lead--;
	}
	return common;
}

/** Tells whether one verdict may answer for all that wait up to an id: nothing older may
 *  wait, or it would be let through by a verdict that is not its own. */
static bool may_answer_together(const struct nfqueue_answers *answers,
	const struct nfqueue_packet *packets, size_t count)
{
	size_t i;

	if (answers->owed_count || answers->lost_id)
		return false;
	for (i = 1; i < count; i++) {
		if ((int32_t)(packets[i].id - packets[i - 1].id) <= 0)
			return false;
	}
	return true;
}

/** Answers with few messages: the packets that differ one by one, then all others, which
 *  are by then the only ones that wait, together. Packets of one flow go to one server
 *  and stay in their order. 0, or negative errno: then nothing was answered. */
static int answer_together(struct nfqueue_answers *answers,
	const struct nfqueue_packet *packets, const struct nfqueue_verdict *verdicts,
	size_t count)
{
	const struct nfqueue_verdict *common = verdict_common(verdicts, count);
	uint32_t last = packets[0].id;
	size_t i;

	verdicts_begin(answers);
	for (i = 0; i < count; i++) {
		if (verdict_equal(common, &verdicts[i]))
			last = packets[i].id;
		else
			verdict_put(
				answers, packets[i].id, NFQUEUE_SCOPE_ONE, &verdicts[i]);
	}
	verdict_put(answers, last, NFQUEUE_SCOPE_UP_TO, common);
	return verdicts_send_part(answers, 0, answers->messages);
}

/** Answers every packet by a message of its own. */
static int answer_singly(struct nfqueue_answers *answers,
	const struct nfqueue_packet *packets, const struct nfqueue_verdict *verdicts,
	size_t count)
{
	size_t i;

	verdicts_begin(answers);
	for (i = 0; i < count; i++)
		verdict_put(answers, packets[i].id, NFQUEUE_SCOPE_ONE, &verdicts[i]);
	return verdicts_send_parts(answers, packets);
}

/** Counts the verdicts that the caller decided on. */
static void count_verdicts(struct nfqueue_answers *answers,
	const struct nfqueue_verdict *verdicts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (verdicts[i].accept)
			answers->counters->accepted++;
		else
			answers->counters->dropped++;
	}
}

/** Answers together if possible, else singly. */
int nfqueue_answer(struct nfqueue_answers *answers, const struct nfqueue_packet *packets,
	const struct nfqueue_verdict *verdicts, size_t count)
{
	count_verdicts(answers, verdicts, count);
	if (may_answer_together(answers, packets, count)) {
		if (!answer_together(answers, packets, verdicts, count))
			return 0;
		answers->counters->verdict_retries++;
	}
	return answer_singly(answers, packets, verdicts, count);
}

/** Drops a packet. */
void nfqueue_answer_drop(struct nfqueue_answers *answers, uint32_t id)
{
	static const struct nfqueue_verdict drop = { .accept = false };
	const struct nfqueue_packet packet = { .id = id };

	answers->counters->dropped++;
	answer_singly(answers, &packet, &drop, 1);
}

/** Tries again to drop what is owed. */
void nfqueue_answer_owed(struct nfqueue_answers *answers)
{
	size_t i, count = answers->owed_count;
	uint32_t ids[NFQUEUE_BATCH];

	if (!count)
		return;
	memcpy(ids, answers->owed, count * sizeof(ids[0]));
	answers->owed_count = 0;
	for (i = 0; i < count; i++)
		nfqueue_answer_drop(answers, ids[i]);
}
