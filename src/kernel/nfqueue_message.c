/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads and writes NFQUEUE's netlink messages (linux/netfilter/nfnetlink_queue.h).
 *
 *   struct nlmsghdr | struct nfgenmsg (res_id: queue) | attributes
 *
 * The kernel puts NFQA_PACKET_HDR first and NFQA_PAYLOAD last, so that the id is there
 * even in a message that did not fit into the buffer.
 */
#include "kernel/nfqueue_message.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <string.h>

#define TYPE_PACKET ((NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET)

/** What was found in a packet's message. */
struct attributes {
	const struct nfqnl_msg_packet_hdr *header;
	const struct nlattr *payload;
	uint32_t mark;
	uint32_t full_bytes; /**< 0: the payload is the whole packet */
	bool broken; /**< an attribute does not fit */
};

/** An attribute's value of four bytes in network order; 0 and broken if it is short. */
static uint32_t attribute_u32(const struct nlattr *attribute, struct attributes *found)
{
	if (mnl_attr_get_payload_len(attribute) >= sizeof(uint32_t))
		return ntohl(mnl_attr_get_u32(attribute));
	found->broken = true;
	return 0;
}

/** Takes what we use of one attribute. */
static void attribute_take(const struct nlattr *attribute, struct attributes *found)
{
	switch (mnl_attr_get_type(attribute)) {
	case NFQA_PACKET_HDR:
		if (mnl_attr_get_payload_len(attribute) >= sizeof(*found->header))
			found->header = mnl_attr_get_payload(attribute);
		break;
	case NFQA_MARK:
		found->mark = attribute_u32(attribute, found);
		break;
	case NFQA_CAP_LEN:
		found->full_bytes = attribute_u32(attribute, found);
		break;
	case NFQA_PAYLOAD:
		found->payload = attribute;
		break;
	}
}

/** Walks the attributes of size_bytes from the message's begin on. */
static void attributes_read(
	const uint8_t *message, size_t size_bytes, struct attributes *found)
{
	size_t offset = MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct nfgenmsg));

	memset(found, 0, sizeof(*found));
	while (offset < size_bytes) {
		const struct nlattr *attribute = (const void *)(message + offset);

		if (!mnl_attr_ok(attribute, (int)(size_bytes - offset))) {
			found->broken = true;
			return;
		}
		attribute_take(attribute, found);
		offset += MNL_ALIGN(attribute->nla_len);
	}
}

/** Fills the packet from the attributes, or tells what is left of it. */
static enum nfqueue_message packet_of(
	const struct attributes *found, struct nfqueue_packet *ret_packet)
{
	size_t captured_bytes;

	if (!found->header)
		return NFQUEUE_MESSAGE_MALFORMED;
	ret_packet->id = ntohl(found->header->packet_id);
	if (found->broken || !found->payload)
		return NFQUEUE_MESSAGE_BROKEN;
	captured_bytes = mnl_attr_get_payload_len(found->payload);
	ret_packet->mark = found->mark;
	ret_packet->hook = found->header->hook;
	ret_packet->data = mnl_attr_get_payload(found->payload);
	ret_packet->captured_bytes = captured_bytes;
	ret_packet->wire_bytes =
		found->full_bytes > captured_bytes ? found->full_bytes : captured_bytes;
	return NFQUEUE_MESSAGE_PACKET;
}

/** What an error message says about our requests. */
static enum nfqueue_message refused_of(const uint8_t *message, size_t size_bytes)
{
	const struct nlmsgerr *error = (const void *)(message + MNL_NLMSG_HDRLEN);

	if (size_bytes < MNL_NLMSG_HDRLEN + sizeof(error->error))
		return NFQUEUE_MESSAGE_MALFORMED;
	return error->error ? NFQUEUE_MESSAGE_REFUSED : NFQUEUE_MESSAGE_OTHER;
}

/** Reads the next message and steps over it. */
enum nfqueue_message nfqueue_message_next(
	struct nfqueue_reader *reader, struct nfqueue_packet *ret_packet)
{
	const uint8_t *message = reader->data;
	const struct nlmsghdr *header = (const void *)message;
	size_t size_bytes = reader->left_bytes, step_bytes;
	struct attributes found;
	bool whole;

	if (!size_bytes)
		return NFQUEUE_MESSAGE_END;
	whole = size_bytes >= sizeof(*header) && header->nlmsg_len >= sizeof(*header) &&
		header->nlmsg_len <= size_bytes;
	if (whole)
		size_bytes = header->nlmsg_len;
	step_bytes = MNL_ALIGN(size_bytes);
	if (!whole || step_bytes > reader->left_bytes)
		step_bytes = reader->left_bytes;
	reader->data += step_bytes;
	reader->left_bytes -= step_bytes;
	if (size_bytes < sizeof(*header))
		return NFQUEUE_MESSAGE_MALFORMED;
	if (header->nlmsg_type == NLMSG_ERROR)
		return refused_of(message, size_bytes);
	if (header->nlmsg_type != TYPE_PACKET)
		return whole ? NFQUEUE_MESSAGE_OTHER : NFQUEUE_MESSAGE_MALFORMED;
	attributes_read(message, size_bytes, &found);
	found.broken |= !whole;
	return packet_of(&found, ret_packet);
}

/** Writes a verdict message. */
size_t nfqueue_message_verdict(uint8_t *out, uint16_t queue, uint32_t id,
	enum nfqueue_scope scope, const struct nfqueue_verdict *verdict)
{
	int type = scope == NFQUEUE_SCOPE_ONE ? NFQNL_MSG_VERDICT
					      : NFQNL_MSG_VERDICT_BATCH;
	struct nlmsghdr *message = nfq_nlmsg_put((char *)out, type, queue);

	nfq_nlmsg_verdict_put(message, (int)id, verdict->accept ? NF_ACCEPT : NF_DROP);
	if (verdict->set_mark)
		nfq_nlmsg_verdict_put_mark(message, verdict->mark);
	return message->nlmsg_len;
}
