/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The self-check finds what was taken away, and nothing else.
 */
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel/probe.h"

static struct probe_finding findings[PROBE_FINDINGS];

/** Tells whether a thing is among the findings. */
static bool is_missing(const char *name, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		ck_assert_ptr_nonnull(findings[i].effect);
		ck_assert_ptr_nonnull(findings[i].remedy);
		if (strcmp(findings[i].missing, name) == 0)
			return true;
	}
	return false;
}

START_TEST(a_director_has_everything)
{
	ck_assert_uint_eq(probe_kernel(true, findings, PROBE_FINDINGS), 0);
}
END_TEST

START_TEST(forwarding_that_is_off)
{
	size_t count;

	fixture_shell("sysctl -qw net.ipv4.ip_forward=0");
	count = probe_kernel(true, findings, PROBE_FINDINGS);
	ck_assert_uint_eq(count, 1);
	ck_assert(is_missing("IPv4 forwarding", count));
	ck_assert(!findings[0].required);
	fixture_shell("sysctl -qw net.ipv6.conf.all.forwarding=0");
	count = probe_kernel(true, findings, PROBE_FINDINGS);
	ck_assert_uint_eq(count, 2);
	ck_assert(is_missing("IPv6 forwarding", count));
}
END_TEST

START_TEST(privileges_that_are_gone)
{
	size_t count;

	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	count = probe_kernel(true, findings, PROBE_FINDINGS);
	ck_assert_uint_eq(count, 2);
	ck_assert(is_missing("CAP_NET_ADMIN", count));
	ck_assert(is_missing("CAP_NET_RAW", count));
	ck_assert(findings[0].required);
	ck_assert(findings[1].required);
	/* All are counted where only one has room. */
	findings[1].missing = "untouched";
	ck_assert_uint_eq(probe_kernel(true, findings, 1), 2);
	ck_assert_str_eq(findings[1].missing, "untouched");
}
END_TEST

/** A bridge is hidden until rules of IP are shown what passes it, both families'. */
START_TEST(bridges_that_nothing_sees)
{
	static const char set[] = "for i in iptables ip6tables; do "
				  "sysctl -qw net.bridge.bridge-nf-call-$i=%d || exit; done";
	bool can_show = access("/proc/sys/net/bridge", F_OK) == 0;

	if (can_show)
		fixture_shell(set, 0);
	ck_assert(!probe_hidden_bridge());
	fixture_shell("ip link add switch type bridge");
	ck_assert(probe_hidden_bridge());
	if (can_show) {
		fixture_shell("sysctl -qw net.bridge.bridge-nf-call-iptables=1");
		ck_assert(probe_hidden_bridge());
		fixture_shell(set, 1);
		ck_assert(!probe_hidden_bridge());
		fixture_shell(set, 0);
	}
	fixture_shell("ip link del switch");
	ck_assert(!probe_hidden_bridge());
}
END_TEST

/** All cases. */
int main(void)
{
	Suite *suite = suite_create("probe");
	TCase *tests = fixture_case("probe");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_director_has_everything);
	tcase_add_test(tests, forwarding_that_is_off);
	tcase_add_test(tests, bridges_that_nothing_sees);
	tcase_add_test(tests, privileges_that_are_gone);
	return fixture_run(suite);
}
