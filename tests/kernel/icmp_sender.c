/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that bring their own header: they leave as they were built, from addresses
 * that are ours and that are not.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel/icmp_sender.h"

static const uint8_t unreachable_v4[] = { 3, 2, 0, 0, 0, 0, 0, 0, 0x45, 1, 2, 3 };
static const uint8_t problem_v6[] = { 4, 1, 0, 0, 0, 0, 0, 6, 0x60, 1, 2, 3 };

/** Sends an ICMP message from a virtual address and expects it at the clients' router. */
static void expect_sent(struct icmp_sender *sender, bool v6)
{
	const char *source = v6 ? FIXTURE_VIRTUAL_V6 : FIXTURE_VIRTUAL_V4;
	const char *client = v6 ? FIXTURE_CLIENT_V6 : FIXTURE_CLIENT_V4;
	uint8_t packet[FIXTURE_BYTES];
	struct fixture_frame frame;
	struct address destination;
	size_t size = fixture_ip(packet, source, client, v6 ? 58 : 1,
		v6 ? problem_v6 : unreachable_v4, sizeof(unreachable_v4));

	ck_assert_int_eq(address_parse(client, &destination), 0);
	ck_assert_int_eq(icmp_sender_send(sender, &destination, packet, size), 0);
	ck_assert(fixture_back(&frame));
	ck_assert_uint_eq(frame.station, 0x09);
	ck_assert_uint_eq(frame.size_bytes, size);
	if (v6) {
		ck_assert_mem_eq(frame.packet, packet, size);
		return;
	}
	/* The kernel gives an id where there is none, and the checksum with it. */
	ck_assert_mem_eq(frame.packet, packet, 4);
	ck_assert_mem_eq(frame.packet + 6, packet + 6, 4);
	ck_assert_mem_eq(frame.packet + 12, packet + 12, size - 12);
}

START_TEST(from_an_address_that_is_not_ours)
{
	struct icmp_sender *sender;

	ck_assert_int_eq(icmp_sender_open(&sender), 0);
	expect_sent(sender, false);
	expect_sent(sender, true);
	icmp_sender_close(sender);
}
END_TEST

START_TEST(from_an_address_of_our_own)
{
	struct icmp_sender *sender;

	fixture_shell(FIXTURE_VIRTUAL_ON_LO);
	ck_assert_int_eq(icmp_sender_open(&sender), 0);
	expect_sent(sender, false);
	expect_sent(sender, true);
	icmp_sender_close(sender);
}
END_TEST

START_TEST(errors_come_back)
{
	struct address destination = { .family = 0 };
	struct icmp_sender *sender;
	uint8_t packet[FIXTURE_BYTES] = { 0x45 };

	ck_assert_int_eq(icmp_sender_open(&sender), 0);
	ck_assert_int_eq(
		icmp_sender_send(sender, &destination, packet, 28), -EAFNOSUPPORT);
	fixture_shell("ip route del default");
	address_parse("8.8.8.8", &destination);
	ck_assert_int_eq(
		icmp_sender_send(sender, &destination, packet, 28), -ENETUNREACH);
	icmp_sender_close(sender);
	icmp_sender_close(NULL);
}
END_TEST

START_TEST(without_privilege_it_is_not_permitted)
{
	struct icmp_sender *sender;

	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq(icmp_sender_open(&sender), -EPERM);
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("icmp_sender");
	TCase *tests = fixture_case("icmp_sender");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, from_an_address_that_is_not_ours);
	tcase_add_test(tests, from_an_address_of_our_own);
	tcase_add_test(tests, errors_come_back);
	tcase_add_test(tests, without_privilege_it_is_not_permitted);
	return fixture_run(suite);
}
