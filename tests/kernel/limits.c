/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limits of what is queued, on the kernel: kinds are told apart, sources and virtual
 * addresses limited each on their own, established clients spared, what is dropped
 * counted; and a full set of sources locks nobody out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kernel/fast_path.h"
#include "kernel/nfqueue.h"
#include "kernel/ruleset.h"

#define VIRTUAL_V4 FIXTURE_VIRTUAL_V4
#define VIRTUAL_V6 FIXTURE_VIRTUAL_V6
#define CLIENT_V4 FIXTURE_CLIENT_V4
#define CLIENT_V6 FIXTURE_CLIENT_V6

#define RATE 2  /**< packets a second */
#define MANY 40 /**< so many more that no pause of the machine lets them all pass */

#define COOKIE "\x11\x11\x11\x11\x11\x11\x11\x11"
#define NONE "\0\0\0\0\0\0\0\0"
static const char first[] = COOKIE NONE "\x21\x20\x22\x08\0\0\0\0\0\0\0\x1c";
static const char later[] = COOKIE COOKIE "\x2e\x20\x23\x08\0\0\0\1\0\0\0\x1c";
static const char first_4500[] = "\0\0\0\0" COOKIE NONE "\x21\x20\x22\x08\0\0\0\0\0\0\0\x1c";
static const char later_4500[] =
	"\0\0\0\0" COOKIE COOKIE "\x2e\x20\x23\x08\0\0\0\1\0\0\0\x1c";
static const char esp[] = "\xc0\0\1\2\0\0\0\1\x9\x9\x9\x9\x9\x9\x9";

/** Sets one limit, and has the tables as they are then. */
static struct nfqueue *begin(size_t limit)
{
	struct config *config = fixture_config();
	const struct nfqueue_config wanted = {
		.queue = config->queue,
		.copy_bytes = FIXTURE_BYTES,
	};
	struct ruleset_info info;
	struct nfqueue *queue;

	config->limits[limit] = RATE;
	config->services[0].ah = true;
	ck_assert_int_eq(ruleset_install(config, &info), 0);
	ck_assert_int_eq(nfqueue_open(&wanted, &queue), 0);
	return queue;
}

/** Counts what has been queued, and drops it or lets it pass. */
static unsigned int queued_then(struct nfqueue *queue, bool pass)
{
	const struct nfqueue_packet *packets;
	struct nfqueue_verdict verdicts[NFQUEUE_BATCH];
	struct fixture_frame frame;
	unsigned int sum = 0;
	int count;

	for (size_t i = 0; i < NFQUEUE_BATCH; i++)
		verdicts[i] = (struct nfqueue_verdict){ .accept = pass };
	fixture_send_udp(CLIENT_V4, 1, 7777);
	ck_assert(fixture_out(&frame));
	while ((count = nfqueue_receive(queue, &packets)) > 0) {
		ck_assert_int_eq(nfqueue_verdicts(queue, verdicts, (size_t)count), 0);
		sum += (unsigned int)count;
	}
	ck_assert_int_eq(count, 0);
	return sum;
}

/** Counts what has been queued, and drops it. */
static unsigned int queued(struct nfqueue *queue)
{
	return queued_then(queue, false);
}

/** The virtual address of a client's family. */
static const char *virtual_of(const char *client)
{
	return strchr(client, ':') ? VIRTUAL_V6 : VIRTUAL_V4;
}

/** Sends UDP several times; how many were queued. */
static unsigned int udp(struct nfqueue *queue, const char *client, uint16_t port,
	const char *payload, size_t payload_bytes, unsigned int times)
{
	uint8_t packet[FIXTURE_BYTES];
	size_t size = fixture_udp(packet, client, virtual_of(client), port, port, payload,
		payload_bytes);

	for (unsigned int i = 0; i < times; i++)
		fixture_inject(packet, size);
	return queued(queue);
}

/** The same of another protocol. */
static unsigned int ip(struct nfqueue *queue, const char *client, uint8_t protocol,
	unsigned int times)
{
	uint8_t packet[FIXTURE_BYTES];
	size_t size = fixture_ip(
		packet, client, virtual_of(client), protocol, esp, sizeof(esp));

	for (unsigned int i = 0; i < times; i++)
		fixture_inject(packet, size);
	return queued(queue);
}

#define FIRST(client, times) udp(queue, client, 500, first, sizeof(first) - 1, times)

/** Notes one count. */
static void note(size_t index, uint64_t packets, void *user)
{
	uint64_t *counts = user;

	counts[index] = packets;
}

/** What one limit has dropped; the others have dropped nothing. */
static uint64_t dropped(size_t limit)
{
	uint64_t counts[LIMITS] = { 0 };

	ck_assert_int_eq(ruleset_count_limited(NULL, note, counts), 0);
	for (size_t i = 0; i < LIMITS; i++)
		ck_assert_msg(i == limit || !counts[i], "%s", limit_name(i));
	return counts[limit];
}

/** Claims that of MANY packets some were queued and the others counted. */
static void expect_limited(unsigned int count, size_t limit)
{
	ck_assert_uint_ge(count, RATE);
	ck_assert_uint_lt(count, MANY);
	ck_assert_uint_eq(dropped(limit), MANY - count);
}

START_TEST(first_messages)
{
	size_t limit = LIMIT_INDEX(LIMIT_FIRST, LIMIT_ALL);
	struct nfqueue *queue = begin(limit);

	expect_limited(FIRST(CLIENT_V4, MANY), limit);
	ck_assert_uint_eq(
		udp(queue, CLIENT_V4, 500, later, sizeof(later) - 1, MANY), MANY);
	ck_assert_uint_eq(
		udp(queue, CLIENT_V4, 4500, later_4500, sizeof(later_4500) - 1, MANY), MANY);
	ck_assert_uint_eq(udp(queue, CLIENT_V4, 4500, esp, sizeof(esp), MANY), MANY);
	ck_assert_uint_lt(
		udp(queue, CLIENT_V6, 4500, first_4500, sizeof(first_4500) - 1, MANY), MANY);
	ck_assert_uint_eq(ip(queue, CLIENT_V4, 50, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

START_TEST(other_isakmp)
{
	size_t limit = LIMIT_INDEX(LIMIT_ISAKMP, LIMIT_ALL);
	struct nfqueue *queue = begin(limit);

	ck_assert_uint_eq(FIRST(CLIENT_V4, MANY), MANY);
	ck_assert_uint_eq(
		udp(queue, CLIENT_V4, 4500, first_4500, sizeof(first_4500) - 1, MANY), MANY);
	expect_limited(udp(queue, CLIENT_V6, 500, later, sizeof(later) - 1, MANY), limit);
	ck_assert_uint_lt(
		udp(queue, CLIENT_V4, 4500, later_4500, sizeof(later_4500) - 1, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

START_TEST(esp_in_udp_or_not)
{
	size_t limit = LIMIT_INDEX(LIMIT_ESP, LIMIT_ALL);
	struct nfqueue *queue = begin(limit);

	expect_limited(udp(queue, CLIENT_V4, 4500, esp, sizeof(esp), MANY), limit);
	ck_assert_uint_lt(ip(queue, CLIENT_V6, 50, MANY), MANY);
	ck_assert_uint_eq(ip(queue, CLIENT_V4, 51, MANY), MANY);
	ck_assert_uint_eq(FIRST(CLIENT_V4, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

START_TEST(ah)
{
	size_t limit = LIMIT_INDEX(LIMIT_AH, LIMIT_ALL);
	struct nfqueue *queue = begin(limit);

	expect_limited(ip(queue, CLIENT_V4, 51, MANY), limit);
	ck_assert_uint_eq(ip(queue, CLIENT_V4, 50, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

/** Has ESP of established clients queued: without a fast path, and with a service that learns
 *  from it or labels it. With BPF it is not, but neither are clients in our maps. */
static void queue_esp(int way)
{
	struct config *config = fixture_config();

	if (way == 0)
		config->fast_path = FAST_PATH_OFF;
	else if (way == 1)
		config->services[0].learn_spi = true;
	else if (way == 2)
		config->services[0].servers[0].spi_last = 1;
	else
		config->fast_path = FAST_PATH_BPF;
}

START_TEST(esp_in_all_modes)
{
	size_t limit = LIMIT_INDEX(LIMIT_ESP, LIMIT_ALL);
	struct nfqueue *queue;

	queue_esp(_i);
	queue = begin(limit);
	expect_limited(ip(queue, CLIENT_V4, 50, MANY), limit);
	ck_assert_uint_lt(udp(queue, CLIENT_V4, 4500, esp, sizeof(esp), MANY), MANY);
	ck_assert_uint_eq(ip(queue, CLIENT_V4, 51, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

START_TEST(ah_in_all_modes)
{
	size_t limit = LIMIT_INDEX(LIMIT_AH, LIMIT_ALL);
	struct nfqueue *queue;

	queue_esp(_i);
	queue = begin(limit);
	expect_limited(ip(queue, CLIENT_V4, 51, MANY), limit);
	ck_assert_uint_eq(ip(queue, CLIENT_V4, 50, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

START_TEST(sources_each_on_their_own)
{
	size_t limit = LIMIT_INDEX(LIMIT_FIRST, LIMIT_FROM);
	struct nfqueue *queue = begin(limit);

	expect_limited(FIRST(CLIENT_V4, MANY), limit);
	ck_assert_uint_eq(FIRST("203.0.113.99", RATE), RATE);
	ck_assert_uint_eq(FIRST("2001:db8:c::1", RATE), RATE);
	/* Another address of the same /64 is the same source. */
	ck_assert_uint_lt(FIRST("2001:db8:c::2", MANY), MANY);
	ck_assert_uint_eq(FIRST("2001:db8:c:1::2", RATE), RATE);
	nfqueue_close(queue);
}
END_TEST

START_TEST(a_shorter_prefix)
{
	size_t limit = LIMIT_INDEX(LIMIT_FIRST, LIMIT_FROM);
	struct nfqueue *queue;
	unsigned int count;

	fixture_config()->limit_prefix_v4 = 28;
	queue = begin(limit);
	count = FIRST("203.0.113.17", MANY / 2);
	count += FIRST("203.0.113.30", MANY / 2);
	expect_limited(count, limit);
	ck_assert_uint_eq(FIRST("203.0.113.33", RATE), RATE);
	nfqueue_close(queue);
}
END_TEST

START_TEST(virtual_addresses_each_on_their_own)
{
	size_t limit = LIMIT_INDEX(LIMIT_FIRST, LIMIT_TO);
	struct nfqueue *queue = begin(limit);

	expect_limited(FIRST(CLIENT_V4, MANY), limit);
	ck_assert_uint_eq(FIRST(CLIENT_V6, RATE), RATE);
	nfqueue_close(queue);
}
END_TEST

/** Sends one packet of UDP that the daemon lets pass. */
static void udp_passes(struct nfqueue *queue, const char *client, uint16_t port,
	const char *payload, size_t payload_bytes)
{
	uint8_t packet[FIXTURE_BYTES];

	fixture_inject(packet, fixture_udp(packet, client, virtual_of(client), port, port,
				       payload, payload_bytes));
	ck_assert_uint_eq(queued_then(queue, true), 1);
}

#define LATER(client, times) udp(queue, client, 500, later, sizeof(later) - 1, times)
#define KNOWN_V4 "203.0.113.50"
#define KNOWN_V6 "2001:db8:c:5::1"

/** Those are spared whose ISAKMP was let pass; not those whose first message was, nor whose
 *  ISAKMP was dropped. */
START_TEST(who_was_let_pass_is_spared)
{
	size_t limit = LIMIT_INDEX(LIMIT_ISAKMP, LIMIT_ALL);
	struct nfqueue *queue;

	queue_esp(_i);
	queue = begin(limit);
	udp_passes(queue, KNOWN_V4, 4500, later_4500, sizeof(later_4500) - 1);
	udp_passes(queue, KNOWN_V6, 500, later, sizeof(later) - 1);
	udp_passes(queue, CLIENT_V6, 500, first, sizeof(first) - 1);
	ck_assert_uint_lt(LATER(CLIENT_V4, MANY), MANY);
	ck_assert_uint_lt(LATER(CLIENT_V6, MANY), MANY);
	ck_assert_uint_eq(LATER(KNOWN_V4, MANY), MANY);
	ck_assert_uint_eq(LATER(KNOWN_V6, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

/** The same of ESP that was let pass, which is enough to be known unless labels are, for these
 *  anybody can write; and what is known is spared with ESP and AH as well. */
START_TEST(whose_esp_was_let_pass_is_spared)
{
	struct nfqueue *queue;

	queue_esp(_i);
	fixture_config()->limits[LIMIT_INDEX(LIMIT_AH, LIMIT_ALL)] = RATE;
	fixture_config()->limits[LIMIT_INDEX(LIMIT_FIRST, LIMIT_ALL)] = RATE;
	queue = begin(LIMIT_INDEX(LIMIT_ESP, LIMIT_ALL));
	udp_passes(queue, KNOWN_V4, 4500, esp, sizeof(esp));
	if (_i == 2) {
		ck_assert_uint_lt(FIRST(KNOWN_V4, MANY), MANY);
	} else {
		ck_assert_uint_eq(FIRST(KNOWN_V4, MANY), MANY);
		ck_assert_uint_eq(ip(queue, KNOWN_V4, 50, MANY), MANY);
		ck_assert_uint_eq(ip(queue, KNOWN_V4, 51, MANY), MANY);
	}
	ck_assert_uint_lt(ip(queue, CLIENT_V4, 50, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

/** Anybody can write a known client's address: its ISAKMP has a limit of its own. */
START_TEST(known_clients_have_a_limit_of_their_own)
{
	size_t limit = LIMIT_INDEX(LIMIT_KNOWN, LIMIT_FROM);
	struct nfqueue *queue;

	queue_esp(_i);
	fixture_config()->limits[LIMIT_INDEX(LIMIT_FIRST, LIMIT_ALL)] = 1000000;
	queue = begin(limit);
	udp_passes(queue, KNOWN_V4, 500, later, sizeof(later) - 1);
	udp_passes(queue, "203.0.113.51", 500, later, sizeof(later) - 1);
	expect_limited(FIRST(KNOWN_V4, MANY), limit);
	ck_assert_uint_eq(LATER("203.0.113.51", RATE), RATE);
	ck_assert_uint_eq(LATER(CLIENT_V4, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

/** Another rate, or a restart, leaves them known; and the elements' times are the entries'. */
START_TEST(known_clients_stay_known)
{
	size_t limit = LIMIT_INDEX(LIMIT_ISAKMP, LIMIT_ALL);
	struct nfqueue *queue;
	struct ruleset_info info;

	queue_esp(_i);
	fixture_config()->services[0].timeout_established_ms = 18000000;
	queue = begin(limit);
	udp_passes(queue, KNOWN_V4, 500, later, sizeof(later) - 1);
	fixture_config()->limits[limit] = RATE + 1;
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	ck_assert_uint_eq(LATER(KNOWN_V4, MANY), MANY);
	ck_assert_uint_lt(LATER(CLIENT_V4, MANY), MANY);
	fixture_shell("nft list set inet ipsec-balancer known4 | grep -q 'timeout 5h expires'");
	nfqueue_close(queue);
}
END_TEST

/** Forged sources have filled the set: a newcomer is not limited by his source. */
START_TEST(a_full_set_locks_nobody_out)
{
	size_t limit = LIMIT_INDEX(LIMIT_FIRST, LIMIT_FROM);
	struct nfqueue *queue;
	char source[32];

	fixture_config()->limit_sources = 16;
	queue = begin(limit);
	for (unsigned int i = 1; i <= 16; i++) {
		snprintf(source, sizeof(source), "203.0.113.%u", 100 + i);
		ck_assert_uint_eq(FIRST(source, 1), 1);
	}
	ck_assert_uint_eq(FIRST(CLIENT_V4, MANY), MANY);
	ck_assert_uint_eq(dropped(limit), 0);
	ck_assert_uint_lt(FIRST("203.0.113.116", MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

/** Another rate is in force at once, and none is as before. */
START_TEST(changed_while_it_runs)
{
	size_t limit = LIMIT_INDEX(LIMIT_FIRST, LIMIT_ALL);
	struct nfqueue *queue = begin(limit);
	struct ruleset_info info;

	expect_limited(FIRST(CLIENT_V4, MANY), limit);
	fixture_config()->limits[limit] = 1000;
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	ck_assert_uint_eq(FIRST(CLIENT_V4, MANY), MANY);
	fixture_config()->limits[limit] = 0;
	ck_assert_int_eq(ruleset_install(fixture_config(), &info), 0);
	fixture_shell("! nft list chain inet ipsec-balancer limit-first 2>/dev/null");
	ck_assert_uint_eq(FIRST(CLIENT_V4, MANY), MANY);
	nfqueue_close(queue);
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("limits");
	TCase *tests = fixture_case("limits");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, first_messages);
	tcase_add_test(tests, other_isakmp);
	tcase_add_test(tests, esp_in_udp_or_not);
	tcase_add_test(tests, ah);
	tcase_add_loop_test(tests, esp_in_all_modes, 0, 4);
	tcase_add_loop_test(tests, ah_in_all_modes, 0, 4);
	tcase_add_test(tests, sources_each_on_their_own);
	tcase_add_test(tests, a_shorter_prefix);
	tcase_add_test(tests, virtual_addresses_each_on_their_own);
	tcase_add_loop_test(tests, who_was_let_pass_is_spared, 0, 4);
	tcase_add_loop_test(tests, whose_esp_was_let_pass_is_spared, 0, 4);
	tcase_add_loop_test(tests, known_clients_have_a_limit_of_their_own, 0, 4);
	tcase_add_loop_test(tests, known_clients_stay_known, 0, 4);
	tcase_add_test(tests, a_full_set_locks_nobody_out);
	tcase_add_test(tests, changed_while_it_runs);
	return fixture_run(suite);
}
