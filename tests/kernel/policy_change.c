/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of the routing in two steps, as a start needs it: what is prepared leads nobody
 * anywhere, what is given up leaves nothing, and what is made is made as a whole.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kernel/policy_route.h"

static struct policy_route_counters counters;

/** All rules, routes and devices. */
static char *everything(void)
{
	return fixture_output("{ ip rule; ip -6 rule; ip route show table all; "
			      "ip -6 route show table all; ip -o link | cut -d: -f2; } | sort");
}

/** Expects them to be what they were; frees that. */
static void expect_everything(char *before)
{
	char *now = everything();

	ck_assert_str_eq(now, before);
	free(now);
	free(before);
}

/** Has both servers be in tunnels. */
static void servers_in_tunnels(void)
{
	fixture_config()->services[0].servers[0].method = METHOD_TUNNEL;
	fixture_config()->services[0].servers[1].method = METHOD_TUNNEL;
}

/** Tells whether this kernel has the devices; without them there is less to see. */
static bool have_tunnels(void)
{
	char *answer = fixture_output("ip link add probe type ipip external 2>&1 && "
				      "ip link add probe6 type ip6tnl external 2>&1 && "
				      "ip link add probesit type sit remote 192.0.2.77 2>&1; "
				      "for i in probe probe6 probesit; do "
				      "ip link del $i 2>/dev/null; done; true");
	bool have = !*answer;

	free(answer);
	return have;
}

START_TEST(given_up)
{
	struct policy_route *change = NULL;
	char *before;

	if (_i && !have_tunnels())
		return;
	before = everything();
	if (_i)
		servers_in_tunnels();
	ck_assert_int_eq(policy_route_prepare(fixture_config(), &counters, &change), 0);
	policy_route_close(change);
	expect_everything(before);
	policy_route_close(NULL);
}
END_TEST

/** Where marks lead, and what else there is, changes with the second step. */
START_TEST(prepared_then_made)
{
	struct policy_route *change = NULL;
	char *before;

	ck_assert_int_eq(policy_route_apply(fixture_config(), &counters), 0);
	before = everything();
	address_parse("10.2.0.13", &fixture_config()->services[0].servers[0].address_v4);
	ck_assert_int_eq(policy_route_prepare(fixture_config(), &counters, &change), 0);
	expect_everything(before);
	ck_assert_int_eq(policy_route_commit(change), 0);
	policy_route_close(change);
	ck_assert_uint_eq(counters.routes_added, 1);
	fixture_shell("ip route get 198.51.100.1 mark 0x10000 | grep -q 'via 10.2.0.13 '");
}
END_TEST

/** Devices are there after the first step, ways into them after the second. */
START_TEST(tunnels_prepared_then_made)
{
	struct policy_route *change = NULL;

	if (!have_tunnels())
		return;
	servers_in_tunnels();
	ck_assert_int_eq(policy_route_prepare(fixture_config(), &counters, &change), 0);
	fixture_shell("ip link show ipb-tunnel4 >/dev/null");
	fixture_shell("! ip route show table all | grep ipb-tunnel4");
	ck_assert_int_eq(policy_route_commit(change), 0);
	policy_route_close(change);
	fixture_shell("ip route show table all | grep -q ipb-tunnel4");
}
END_TEST

/** Runs the tests. */
int main(void)
{
	Suite *suite = suite_create("policy-change");
	TCase *tests = fixture_case("change");

	tcase_add_loop_test(tests, given_up, 0, 2);
	tcase_add_test(tests, prepared_then_made);
	tcase_add_test(tests, tunnels_prepared_then_made);
	suite_add_tcase(suite, tests);
	return fixture_run(suite);
}
