/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of NFQUEUE without a kernel: several in a datagram, cut off, lying.
 */
#include <arpa/inet.h>
#include <check.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nfqueue_message.h"

static union {
	struct nlmsghdr header;
	uint8_t bytes[8192];
} datagram;

/** Appends a packet's message at offset; returns its end. */
static size_t put_packet(size_t offset, uint32_t id, const char *payload)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(datagram.bytes + offset);
	struct nfqnl_msg_packet_hdr header = { .packet_id = htonl(id) };
	struct nfgenmsg *general;

	message->nlmsg_type = (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET;
	general = mnl_nlmsg_put_extra_header(message, sizeof(*general));
	general->version = NFNETLINK_V0;
	mnl_attr_put(message, NFQA_PACKET_HDR, sizeof(header), &header);
	mnl_attr_put_u32(message, NFQA_MARK, htonl(0x1234));
	if (payload)
		mnl_attr_put(message, NFQA_PAYLOAD, strlen(payload), payload);
	return offset + MNL_ALIGN(message->nlmsg_len);
}

/** Begins reading size_bytes of the datagram. */
static struct nfqueue_reader reader_of(size_t size_bytes)
{
	return (struct nfqueue_reader){ datagram.bytes, size_bytes };
}

START_TEST(several_packets_in_one_datagram)
{
	size_t end = put_packet(put_packet(put_packet(0, 7, "one"), 8, "second"), 9, "3");
	struct nfqueue_reader reader = reader_of(end);
	struct nfqueue_packet packet;

	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_PACKET);
	ck_assert_uint_eq(packet.id, 7);
	ck_assert_uint_eq(packet.mark, 0x1234);
	ck_assert_mem_eq(packet.data, "one", 3);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_PACKET);
	ck_assert_uint_eq(packet.captured_bytes, 6);
	ck_assert_uint_eq(packet.wire_bytes, 6);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_PACKET);
	ck_assert_uint_eq(packet.id, 9);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_END);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_END);
}
END_TEST

START_TEST(a_captured_part_tells_the_whole_length)
{
	struct nfqueue_packet packet;
	struct nfqueue_reader reader;

	put_packet(0, 1, NULL);
	mnl_attr_put_u32(&datagram.header, NFQA_CAP_LEN, htonl(9000));
	mnl_attr_put(&datagram.header, NFQA_PAYLOAD, 5, "01234");
	reader = reader_of(datagram.header.nlmsg_len);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_PACKET);
	ck_assert_uint_eq(packet.captured_bytes, 5);
	ck_assert_uint_eq(packet.wire_bytes, 9000);
}
END_TEST

START_TEST(without_payload_only_the_id_is_left)
{
	struct nfqueue_reader reader = reader_of(put_packet(0, 41, NULL));
	struct nfqueue_packet packet;

	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_BROKEN);
	ck_assert_uint_eq(packet.id, 41);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_END);
}
END_TEST

/** Every cut is either known by its id or not at all; none reads beyond the cut, which
 *  the sanitizers see, for the copy has exactly that size. */
START_TEST(cut_anywhere)
{
	size_t end = put_packet(0, 42, "a payload of some length"), cut;
	size_t id_end = MNL_NLMSG_HDRLEN + 4 + 4 + sizeof(struct nfqnl_msg_packet_hdr);

	for (cut = 1; cut < end; cut++) {
		uint8_t *copy = malloc(cut);
		struct nfqueue_reader reader = { copy, cut };
		struct nfqueue_packet packet = { .id = 0 };
		enum nfqueue_message kind;

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, datagram.bytes, cut);
		kind = nfqueue_message_next(&reader, &packet);
		if (cut < id_end) {
			ck_assert_int_eq(kind, NFQUEUE_MESSAGE_MALFORMED);
		} else {
			ck_assert_int_eq(kind, NFQUEUE_MESSAGE_BROKEN);
			ck_assert_uint_eq(packet.id, 42);
		}
		ck_assert_int_eq(
			nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_END);
		free(copy);
	}
}
END_TEST

START_TEST(lengths_that_lie)
{
	size_t end = put_packet(0, 43, "payload");
	struct nfqueue_reader reader;
	struct nfqueue_packet packet;

	datagram.header.nlmsg_len = 3;
	reader = reader_of(end);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_BROKEN);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_END);
	datagram.header.nlmsg_len = 0xffffffff;
	reader = reader_of(end);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_BROKEN);
	put_packet(0, 43, "payload");
	/* The header's attribute claims to reach over the end of the message. */
	datagram.bytes[MNL_NLMSG_HDRLEN + 4] = 0xf0;
	reader = reader_of(end);
	ck_assert_int_eq(
		nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_MALFORMED);
}
END_TEST

START_TEST(a_refused_verdict_is_told)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(datagram.bytes);
	struct nlmsgerr *error = mnl_nlmsg_put_extra_header(message, sizeof(*error));
	struct nfqueue_reader reader;
	struct nfqueue_packet packet;

	message->nlmsg_type = NLMSG_ERROR;
	error->error = -2;
	reader = reader_of(message->nlmsg_len);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_REFUSED);
	error->error = 0;
	reader = reader_of(message->nlmsg_len);
	ck_assert_int_eq(nfqueue_message_next(&reader, &packet), NFQUEUE_MESSAGE_OTHER);
}
END_TEST

/** All cases; none needs a privilege. */
int main(void)
{
	Suite *suite = suite_create("nfqueue_message");
	TCase *tests = tcase_create("messages");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, several_packets_in_one_datagram);
	tcase_add_test(tests, a_captured_part_tells_the_whole_length);
	tcase_add_test(tests, without_payload_only_the_id_is_left);
	tcase_add_test(tests, cut_anywhere);
	tcase_add_test(tests, lengths_that_lie);
	tcase_add_test(tests, a_refused_verdict_is_told);
	srunner_run_all(runner, CK_VERBOSE);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
