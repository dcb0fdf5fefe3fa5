/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routing rules of many servers on the kernel: every mark finds its own table over its
 * group's rule, and none another's, however many servers there are and wherever the marks
 * begin; what is unmarked or nobody's is treated as with few.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kernel/policy_route.h"

#define MANY 200

static struct policy_route_counters counters;

/** The config with so many servers, each with a next hop of its own. */
static void make_servers(size_t count)
{
	static struct config_server servers[MANY];
	struct config *config = fixture_config();
	char address[32];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(address, sizeof(address), "10.2.0.%zu", i + 20);
		servers[i] = (struct config_server){ .index = (uint32_t)i };
		address_parse(address, &servers[i].address_v4);
	}
	config->services[0].servers = servers;
	config->services[0].server_count = count;
	config->services[0].address_count = 1;
	config->server_count = count;
	ck_assert_int_eq(policy_route_apply(config, &counters), 0);
}

/** Tells where a packet with a server's mark would go: the text after the destination. */
static void expect_way(size_t index, const char *expected)
{
	const struct config *config = fixture_config();
	const struct config_server server = { .index = (uint32_t)index };
	char *way = fixture_output("ip route get " FIXTURE_VIRTUAL_V4 " mark %u 2>&1",
		config_server_mark(config, &server));

	ck_assert_msg(strstr(way, expected), "server %zu: expected %s, found %s", index,
		expected, way);
	free(way);
}

/** Expects every server's packets at it, and that one server more would get none. */
static void expect_ways(size_t count)
{
	char expected[32];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(expected, sizeof(expected), "via 10.2.0.%zu ", i + 20);
		expect_way(i, expected);
	}
	expect_way(count, "Invalid argument");
	fixture_shell("ip route get " FIXTURE_VIRTUAL_V4 " | grep -q 'via 10.2.0.99 '");
	fixture_shell("ip route get 192.0.2.1 | grep -q ^local");
}

/** How many rules of ours there are at a priority. */
static unsigned long rules_at(unsigned int priority)
{
	char *text = fixture_output("ip rule show pref %u | wc -l", priority);
	unsigned long count = strtoul(text, NULL, 10);

	free(text);
	return count;
}

START_TEST(all_are_found)
{
	static const uint32_t bases[] = { 0x10000, 0x370000, 0x80000000 };
	static const uint32_t masks[] = { 0xff0000, 0xff0000, 0xffff0000 };
	struct config *config = fixture_config();

	config->mark_base = bases[_i];
	config->mark_mask = masks[_i];
	make_servers(MANY);
	expect_ways(MANY);
	make_servers(MANY);
	ck_assert_uint_eq(counters.rules_added + counters.rules_removed, 0);
	ck_assert_int_eq(policy_route_remove(), 0);
	fixture_shell("test $(ip rule | wc -l) = 3");
}
END_TEST

/** Eight are in one row; from nine on a packet meets its group's alone. */
START_TEST(rows_are_short)
{
	make_servers(8);
	ck_assert_uint_eq(rules_at(50), 1 + 8);
	ck_assert_uint_eq(rules_at(51), 0);
	/* The marks are 1 to 50: seven have the bits of the first group, and so on. */
	make_servers(50);
	ck_assert_uint_eq(rules_at(50), 1 + 7);
	ck_assert_uint_eq(rules_at(51), 7);
	ck_assert_uint_eq(rules_at(56), 8);
	ck_assert_uint_eq(rules_at(57), 3);
	ck_assert_uint_eq(rules_at(84), 1);
	ck_assert_uint_eq(rules_at(86), 1);
	fixture_shell("ip rule show pref 50 | head -n 1 | grep -q 'fwmark 0/0xff0000 goto 86'");
}
END_TEST

START_TEST(they_become_more_and_fewer)
{
	static const size_t counts[] = { 2, 8, 9, 50, 9, 8, 1 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		make_servers(counts[i]);
		expect_ways(counts[i]);
		fixture_shell("test $(ip rule show pref 86 | wc -l) = 1");
	}
}
END_TEST

/** An earlier release had the rules behind its servers' where the first groups' are now. */
START_TEST(an_earlier_release_had_others)
{
	make_servers(9);
	fixture_shell("ip rule add pref 51 not fwmark 0/0xff0000 blackhole protocol 83 && "
		      "ip rule add pref 52 lookup local protocol 83");
	make_servers(20);
	expect_ways(20);
	ck_assert_uint_eq(counters.rules_removed, 2);
	fixture_shell("! ip rule | grep -q '^52:.*local'");
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("policy_groups");
	TCase *tests = fixture_case("policy_groups");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, all_are_found, 0, 3);
	tcase_add_test(tests, rows_are_short);
	tcase_add_test(tests, they_become_more_and_fewer);
	tcase_add_test(tests, an_earlier_release_had_others);
	return fixture_run(suite);
}
