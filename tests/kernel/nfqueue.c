/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue on the kernel: marks lead to servers, drops drop, nothing is left without a
 * verdict, overruns are survived, and a queue that is taken is told from a missing
 * privilege. Sending fails where a test says so: linked with --wrap=mnl_socket_sendto.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel/nfqueue.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

static const struct nfqueue_config ordinary = {
	.queue = 500,
	.queue_length = 4096,
	.socket_buffer_bytes = 8 << 20,
	.copy_bytes = 2048,
};

/** Sends larger than this fail with ENOBUFS; 0: none. */
static size_t send_limit_bytes;

ssize_t __real_mnl_socket_sendto(
	const struct mnl_socket *socket, const void *data, size_t size_bytes);
ssize_t __wrap_mnl_socket_sendto(
	const struct mnl_socket *socket, const void *data, size_t size_bytes);

/** What the queue calls in the place of mnl_socket_sendto(). */
ssize_t __wrap_mnl_socket_sendto(
	const struct mnl_socket *socket, const void *data, size_t size_bytes)
{
	if (send_limit_bytes && size_bytes > send_limit_bytes) {
		errno = ENOBUFS;
		return -1;
	}
	return __real_mnl_socket_sendto(socket, data, size_bytes);
}

/** Installs rules and routes and opens the queue. */
static struct nfqueue *begin(const struct nfqueue_config *wanted)
{
	struct policy_route_counters counters;
	struct ruleset_info info;
	struct nfqueue *queue;

	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	ck_assert_int_eq(nfqueue_open(wanted, &queue), 0);
	return queue;
}

/** Waits for packets, at most a few seconds. */
static int receive(struct nfqueue *queue, const struct nfqueue_packet **ret_packets)
{
	struct pollfd wait = { .fd = nfqueue_fd(queue), .events = POLLIN };

	if (poll(&wait, 1, 5000) != 1)
		return 0;
	return nfqueue_receive(queue, ret_packets);
}

/** The mark of a server. */
static uint32_t mark_of(size_t server)
{
	const struct config *config = fixture_config();

	return config_server_mark(config, &config->services[0].servers[server]);
}

/** A UDP packet's source port. */
static unsigned int port_of(const uint8_t *packet)
{
	return (unsigned int)(packet[20] << 8 | packet[21]);
}

/** What becomes of the packet from a port: every third is dropped, the others alternate
 *  between the servers. */
static struct nfqueue_verdict verdict_of(unsigned int port)
{
	return (struct nfqueue_verdict){
		.accept = port % 3 != 0,
		.set_mark = true,
		.mark = mark_of(port % 2),
	};
}

/** Answers count packets by verdict_of(). */
static void answer(struct nfqueue *queue, unsigned int count)
{
	struct nfqueue_verdict verdicts[NFQUEUE_BATCH];
	const struct nfqueue_packet *packets;
	unsigned int done = 0;

	while (done < count) {
		int i, now = receive(queue, &packets);

		ck_assert_int_gt(now, 0);
		for (i = 0; i < now; i++)
			verdicts[i] = verdict_of(port_of(packets[i].data));
		nfqueue_verdicts(queue, verdicts, (size_t)now);
		done += (unsigned int)now;
	}
}

/** Expects what verdict_of() let through of the ports from first on: every packet once,
 *  at its server, in order there. */
static void expect_answered(unsigned int first, unsigned int count)
{
	unsigned int port, expected = 0, last[2] = { 0, 0 };
	struct fixture_frame frame;

	for (port = first; port < first + count; port++)
		expected += verdict_of(port).accept;
	for (; expected; expected--) {
		ck_assert(fixture_out(&frame));
		port = port_of(frame.packet);
		ck_assert(verdict_of(port).accept);
		ck_assert_uint_eq(frame.station, port % 2 ? 0x12 : 0x11);
		ck_assert_uint_gt(port, last[port % 2]);
		last[port % 2] = port;
	}
	fixture_expect_only_marker();
}

/** Sends ISAKMP from count ports. */
static void send_ports(unsigned int first, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		fixture_send_udp(FIXTURE_CLIENT_V4, (uint16_t)(first + i), 500);
}

START_TEST(marks_lead_to_servers_and_drops_drop)
{
	struct nfqueue *queue = begin(&ordinary);
	struct nfqueue_kernel_counters kernel;
	const struct nfqueue_counters *counters = nfqueue_counters(queue);

	send_ports(1000, 300);
	answer(queue, 300);
	expect_answered(1000, 300);
	ck_assert_uint_eq(counters->packets, 300);
	ck_assert_uint_eq(counters->bytes, 300 * (20 + 8 + 16));
	ck_assert_uint_eq(counters->accepted, 200);
	ck_assert_uint_eq(counters->dropped, 100);
	ck_assert_uint_eq(counters->verdict_errors, 0);
	ck_assert_uint_lt(counters->batches, 300);
	ck_assert_int_eq(nfqueue_kernel_counters(queue, &kernel), 0);
	ck_assert_uint_eq(kernel.waiting, 0);
	ck_assert_uint_eq(kernel.queue_dropped + kernel.user_dropped, 0);
	nfqueue_close(queue);
}
END_TEST

START_TEST(small_batches_as_well)
{
	struct nfqueue *queue = begin(&ordinary);
	unsigned int i;

	for (i = 0; i < 40; i++) {
		send_ports(2000 + i * 3, i % 3 + 1);
		answer(queue, i % 3 + 1);
		expect_answered(2000 + i * 3, i % 3 + 1);
	}
	nfqueue_close(queue);
}
END_TEST

START_TEST(what_is_left_unanswered_is_dropped)
{
	const struct nfqueue_verdict accept = { true, true, mark_of(1) };
	struct nfqueue *queue = begin(&ordinary);
	const struct nfqueue_packet *packets;
	struct nfqueue_kernel_counters kernel;
	struct fixture_frame frame;
	int count;

	send_ports(100, 5);
	count = receive(queue, &packets);
	ck_assert_int_gt(count, 0);
	ck_assert_int_eq(nfqueue_verdicts(queue, &accept, 1), 0);
	ck_assert_int_eq(nfqueue_verdicts(queue, &accept, NFQUEUE_BATCH), -EINVAL);
	while (count < 5) {
		int more = receive(queue, &packets);

		ck_assert_int_gt(more, 0);
		count += more;
	}
	ck_assert_int_eq(nfqueue_receive(queue, &packets), 0);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(port_of(frame.packet), 100);
	fixture_expect_only_marker();
	ck_assert_int_eq(nfqueue_kernel_counters(queue, &kernel), 0);
	ck_assert_uint_eq(kernel.waiting, 0);
	ck_assert_uint_eq(nfqueue_counters(queue)->dropped, 4);
	nfqueue_close(queue);
}
END_TEST

START_TEST(part_by_part)
{
	struct nfqueue_verdict verdicts[2];
	struct nfqueue *queue = begin(&ordinary);
	const struct nfqueue_packet *packets;
	int i, count;

	send_ports(500, 9);
	for (i = 0; i < 9; i += count) {
		int j;

		count = receive(queue, &packets);
		ck_assert_int_gt(count, 0);
		for (j = 0; j < count; j++) {
			verdicts[0] = verdict_of(port_of(packets[j].data));
			nfqueue_verdicts(queue, verdicts, 1);
		}
	}
	expect_answered(500, 9);
	nfqueue_close(queue);
}
END_TEST

START_TEST(a_mark_that_is_not_set_stays)
{
	const struct nfqueue_verdict keep = { .accept = true };
	const struct nfqueue_packet *packets;
	struct fixture_frame frame;
	struct nfqueue *queue;

	/* With a fast path a server's mark would let the packet pass the queue. */
	fixture_config()->fast_path = FAST_PATH_OFF;
	queue = begin(&ordinary);
	fixture_shell("nft add table ip before && nft add chain ip before c "
		      "'{ type filter hook prerouting priority -350; }' && "
		      "nft add rule ip before c meta mark set %u",
		mark_of(1));
	send_ports(100, 1);
	ck_assert_int_eq(receive(queue, &packets), 1);
	ck_assert_uint_eq(packets[0].mark, mark_of(1));
	ck_assert_int_eq(nfqueue_verdicts(queue, &keep, 1), 0);
	ck_assert(fixture_out(&frame));
	ck_assert_uint_eq(frame.station, 0x12);
	nfqueue_close(queue);
}
END_TEST

START_TEST(sends_that_fail_are_made_smaller)
{
	struct nfqueue *queue = begin(&ordinary);

	send_limit_bytes = 200;
	send_ports(1000, 100);
	answer(queue, 100);
	send_limit_bytes = 0;
	expect_answered(1000, 100);
	ck_assert_uint_gt(nfqueue_counters(queue)->verdict_retries, 0);
	ck_assert_uint_eq(nfqueue_counters(queue)->verdict_errors, 0);
	nfqueue_close(queue);
}
END_TEST

/** The packets whose verdict is lost must not get the next batch's common verdict. */
START_TEST(what_could_not_be_answered_is_dropped_later)
{
	struct nfqueue *queue = begin(&ordinary);
	struct nfqueue_kernel_counters kernel;

	send_limit_bytes = 1;
	send_ports(1000, 50);
	answer(queue, 50);
	ck_assert_uint_eq(nfqueue_counters(queue)->verdict_errors, 50);
	ck_assert_int_eq(nfqueue_kernel_counters(queue, &kernel), 0);
	ck_assert_uint_eq(kernel.waiting, 50);
	send_limit_bytes = 0;
	send_ports(2000, 50);
	answer(queue, 50);
	expect_answered(2000, 50);
	ck_assert_int_eq(nfqueue_kernel_counters(queue, &kernel), 0);
	ck_assert_uint_eq(kernel.waiting, 0);
	nfqueue_close(queue);
}
END_TEST

START_TEST(an_overrun_is_counted_and_survived)
{
	struct nfqueue_config tiny = ordinary;
	const struct nfqueue_packet *packets;
	struct nfqueue_kernel_counters kernel;
	struct nfqueue *queue;
	unsigned int got = 0;
	int now;

	tiny.socket_buffer_bytes = 1;
	queue = begin(&tiny);
	ck_assert_uint_lt(nfqueue_socket_buffer_bytes(queue), 8192);
	send_ports(1000, 500);
	while ((now = nfqueue_receive(queue, &packets)) > 0)
		got += (unsigned int)now;
	ck_assert_int_eq(now, 0);
	ck_assert_uint_gt(got, 0);
	ck_assert_uint_lt(got, 500);
	ck_assert_uint_ge(nfqueue_counters(queue)->enobufs, 1);
	ck_assert_int_eq(nfqueue_kernel_counters(queue, &kernel), 0);
	ck_assert_uint_eq(kernel.user_dropped, 500 - got);
	send_ports(3001, 1);
	answer(queue, 1);
	expect_answered(3001, 1);
	nfqueue_close(queue);
}
END_TEST

START_TEST(a_full_queue_drops)
{
	struct nfqueue_config small = ordinary;
	struct nfqueue_kernel_counters kernel;
	struct nfqueue *queue;

	small.queue_length = 10;
	queue = begin(&small);
	send_ports(1000, 30);
	ck_assert_int_eq(nfqueue_kernel_counters(queue, &kernel), 0);
	ck_assert_uint_eq(kernel.waiting, 10);
	ck_assert_uint_eq(kernel.queue_dropped, 20);
	answer(queue, 10);
	expect_answered(1000, 10);
	nfqueue_close(queue);
}
END_TEST

START_TEST(only_the_begin_of_a_packet)
{
	struct nfqueue_config part = ordinary;
	const struct nfqueue_packet *packets;
	uint8_t packet[FIXTURE_BYTES], payload[1000] = { 0 };
	struct nfqueue *queue;

	part.copy_bytes = 64;
	queue = begin(&part);
	fixture_inject(packet, fixture_udp(packet, FIXTURE_CLIENT_V4, FIXTURE_VIRTUAL_V4,
				       500, 500, payload, sizeof(payload)));
	ck_assert_int_eq(receive(queue, &packets), 1);
	ck_assert_uint_eq(packets[0].captured_bytes, 64);
	ck_assert_uint_eq(packets[0].wire_bytes, 1028);
	ck_assert_mem_eq(packets[0].data, packet, 64);
	nfqueue_close(queue);
}
END_TEST

START_TEST(a_taken_queue_is_busy)
{
	struct nfqueue *queue, *second;

	ck_assert_int_eq(nfqueue_open(&ordinary, &queue), 0);
	ck_assert_int_eq(nfqueue_open(&ordinary, &second), -EBUSY);
	nfqueue_close(queue);
	ck_assert_int_eq(nfqueue_open(&ordinary, &queue), 0);
	nfqueue_close(queue);
	nfqueue_close(NULL);
}
END_TEST

START_TEST(without_privilege_it_is_not_permitted)
{
	struct nfqueue *queue;

	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq(nfqueue_open(&ordinary, &queue), -EPERM);
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("nfqueue");
	TCase *tests = fixture_case("nfqueue");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, marks_lead_to_servers_and_drops_drop);
	tcase_add_test(tests, small_batches_as_well);
	tcase_add_test(tests, what_is_left_unanswered_is_dropped);
	tcase_add_test(tests, part_by_part);
	tcase_add_test(tests, a_mark_that_is_not_set_stays);
	tcase_add_test(tests, sends_that_fail_are_made_smaller);
	tcase_add_test(tests, what_could_not_be_answered_is_dropped_later);
	tcase_add_test(tests, an_overrun_is_counted_and_survived);
	tcase_add_test(tests, a_full_queue_drops);
	tcase_add_test(tests, only_the_begin_of_a_packet);
	tcase_add_test(tests, a_taken_queue_is_busy);
	tcase_add_test(tests, without_privilege_it_is_not_permitted);
	return fixture_run(suite);
}
