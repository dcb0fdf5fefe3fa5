/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several datagrams in one packet, as a sender that saves work makes them, or a device that
 * joins what it forwards: the queue has each by itself, for each may be of another kind, and
 * each goes on by its own verdict.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "host.h"
#include "kernel/nfqueue.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

#define SEGMENT_BYTES 200
#define PAYLOAD_BYTES 501 /**< two segments and a shorter one */
#define SEGMENTS 3

static const char *const clients[] = { FIXTURE_CLIENT_V4, FIXTURE_CLIENT_V6 };
static const char *const virtuals[] = { FIXTURE_VIRTUAL_V4, FIXTURE_VIRTUAL_V6 };

/** Installs rules and routes and opens the queue. */
static struct nfqueue *begin(void)
{
	const struct nfqueue_config wanted = {
		.queue = 500,
		.queue_length = 4096,
		.socket_buffer_bytes = 8 << 20,
		.copy_bytes = 2048,
	};
	struct policy_route_counters counters;
	struct ruleset_info info;
	struct nfqueue *queue;

	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	ck_assert_int_eq(nfqueue_open(&wanted, &queue), 0);
	return queue;
}

/** Claims that it is the segment of that number, and nothing more. */
static void expect_segment(const uint8_t *packet, size_t bytes, unsigned int number)
{
	size_t headers = packet[0] >> 4 == 6 ? 48 : 28;
	size_t payload = number < SEGMENTS - 1 ? SEGMENT_BYTES : PAYLOAD_BYTES % SEGMENT_BYTES;

	ck_assert_uint_eq(bytes, headers + payload);
	ck_assert_uint_eq(packet[headers], (uint8_t)(0xc1 + number * SEGMENT_BYTES));
}

/** Receives all segments; every second one is dropped, by the number. */
static void answer(struct nfqueue *queue)
{
	const struct config *config = fixture_config();
	struct nfqueue_verdict verdicts[NFQUEUE_BATCH];
	const struct nfqueue_packet *packets;
	unsigned int seen = 0;

	while (seen < SEGMENTS) {
		struct pollfd wait = { .fd = nfqueue_fd(queue), .events = POLLIN };
		int i, now;

		ck_assert_int_eq(poll(&wait, 1, 5000), 1);
		now = nfqueue_receive(queue, &packets);
		ck_assert_int_gt(now, 0);
		for (i = 0; i < now; i++) {
			expect_segment(packets[i].data, packets[i].wire_bytes, seen);
			ck_assert(host_checksum_is_right(packets[i].data));
			verdicts[i] = (struct nfqueue_verdict){
				.accept = seen++ % 2 == 0,
				.set_mark = true,
				.mark = config_server_mark(
					config, &config->services[0].servers[0]),
			};
		}
		nfqueue_verdicts(queue, verdicts, (size_t)now);
	}
	ck_assert_uint_eq(seen, SEGMENTS);
}

START_TEST(each_has_a_verdict)
{
	struct nfqueue *queue = begin();
	struct fixture_frame frame;
	unsigned int i;
	int fd;

	host_join("wire_in");
	fd = host_udp(clients[_i], 40000);
	host_send(fd, virtuals[_i], 4500, PAYLOAD_BYTES, SEGMENT_BYTES);
	answer(queue);
	for (i = 0; i < SEGMENTS; i += 2) {
		ck_assert(fixture_out(&frame));
		ck_assert_uint_eq(frame.station, 0x11);
		expect_segment(frame.packet, frame.size_bytes, i);
	}
	ck_assert(!fixture_out(&frame));
	close(fd);
	nfqueue_close(queue);
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("nfqueue-aggregate");
	TCase *tests = fixture_case("aggregate");

	tcase_add_loop_test(tests, each_has_a_verdict, 0, 2);
	suite_add_tcase(suite, tests);
	return fixture_run(suite);
}
