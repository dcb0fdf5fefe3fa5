# SPDX-License-Identifier: GPL-2.0-or-later
# Each scenario file is a test of its own, run by the runner.
check_PROGRAMS += tests/scenario/runner
tests_scenario_runner_SOURCES = \
	tests/scenario/runner.c \
	tests/scenario/act.c \
	tests/scenario/judge.c \
	tests/scenario/scenario.h
tests_scenario_runner_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_scenario_runner_LDADD = tests/lib/libtest.a src/daemon/libipb-config.la \
	src/core/libipb-core.la src/base/libipb-base.la

# Real traffic, read from a folder that is not part of the project; skipped without it.
if HAVE_PCAP
check_PROGRAMS += tests/scenario/replay_captures
TESTS += tests/scenario/replay_captures
endif
tests_scenario_replay_captures_SOURCES = tests/scenario/replay_captures.c
tests_scenario_replay_captures_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_scenario_replay_captures_CFLAGS = $(AM_CFLAGS) $(PCAP_CFLAGS)
tests_scenario_replay_captures_LDADD = tests/lib/libtest.a src/core/libipb-core.la \
	src/base/libipb-base.la $(PCAP_LIBS)

# Sessions that move, rekey and inherit flows, by chance that repeats itself.
check_PROGRAMS += tests/scenario/wander
TESTS += tests/scenario/wander
tests_scenario_wander_SOURCES = tests/scenario/wander.c
tests_scenario_wander_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_scenario_wander_LDADD = tests/lib/libtest.a src/core/libipb-core.la \
	src/base/libipb-base.la

TEST_EXTENSIONS = .scenario
SCENARIO_LOG_COMPILER = $(top_builddir)/tests/scenario/runner

SCENARIOS = \
	tests/scenario/affinity-cookie-before-client.scenario \
	tests/scenario/ah-refused.scenario \
	tests/scenario/answers-per-source.scenario \
	tests/scenario/bad-draft-esp.scenario \
	tests/scenario/bad-esp-ah.scenario \
	tests/scenario/bad-icmp.scenario \
	tests/scenario/bad-ip.scenario \
	tests/scenario/bad-isakmp.scenario \
	tests/scenario/bad-natt.scenario \
	tests/scenario/bad-udp.scenario \
	tests/scenario/challenge-auto.scenario \
	tests/scenario/challenge-never.scenario \
	tests/scenario/challenge-on.scenario \
	tests/scenario/challenge-rate.scenario \
	tests/scenario/challenge-forged-source.scenario \
	tests/scenario/cookie-retry.scenario \
	tests/scenario/draft-esp.scenario \
	tests/scenario/dropentry-auto.scenario \
	tests/scenario/dropentry-on.scenario \
	tests/scenario/dropentry-services.scenario \
	tests/scenario/droppacket-auto.scenario \
	tests/scenario/droppacket.scenario \
	tests/scenario/esp-and-ah-slaves.scenario \
	tests/scenario/esp-in-udp.scenario \
	tests/scenario/establish-after-float.scenario \
	tests/scenario/establish-float-nat-ports.scenario \
	tests/scenario/establish-same-port.scenario \
	tests/scenario/established-isakmp.scenario \
	tests/scenario/family-without-server.scenario \
	tests/scenario/first-message-known-client.scenario \
	tests/scenario/first-message-new-client.scenario \
	tests/scenario/first-message-same-entry.scenario \
	tests/scenario/fragments-ipv6.scenario \
	tests/scenario/fragments.scenario \
	tests/scenario/greylist-bounded.scenario \
	tests/scenario/greylist-challenge.scenario \
	tests/scenario/greylist.scenario \
	tests/scenario/handshakes-bounded.scenario \
	tests/scenario/icmp-error.scenario \
	tests/scenario/icmp-not-about-ipsec.scenario \
	tests/scenario/informational-mid-handshake.scenario \
	tests/scenario/ipv4-options.scenario \
	tests/scenario/ipv6-extensions.scenario \
	tests/scenario/ipv6.scenario \
	tests/scenario/keepalive-proves-nothing.scenario \
	tests/scenario/keepalive.scenario \
	tests/scenario/label-before-table.scenario \
	tests/scenario/label-filters.scenario \
	tests/scenario/label.scenario \
	tests/scenario/learn-spi.scenario \
	tests/scenario/limit-all-established.scenario \
	tests/scenario/limit-client.scenario \
	tests/scenario/limit-entries.scenario \
	tests/scenario/limit-server.scenario \
	tests/scenario/local-node.scenario \
	tests/scenario/lookup-order.scenario \
	tests/scenario/malformed-counted.scenario \
	tests/scenario/max-memory.scenario \
	tests/scenario/max-memory-remembered.scenario \
	tests/scenario/max-memory-learned.scenario \
	tests/scenario/mobike.scenario \
	tests/scenario/move-and-outlive.scenario \
	tests/scenario/move-esp-follows.scenario \
	tests/scenario/move-family.scenario \
	tests/scenario/move-from-soft.scenario \
	tests/scenario/move-other-service.scenario \
	tests/scenario/move-to-known-address.scenario \
	tests/scenario/nat-cookies.scenario \
	tests/scenario/nat-move.scenario \
	tests/scenario/nat-server-begins.scenario \
	tests/scenario/no-icmp-for-esp-in-udp.scenario \
	tests/scenario/only-first-messages-begin.scenario \
	tests/scenario/orphan-esp-answered.scenario \
	tests/scenario/oversized.scenario \
	tests/scenario/pair-known-other-port.scenario \
	tests/scenario/pairs-bounded.scenario \
	tests/scenario/persistence.scenario \
	tests/scenario/quiesced-server.scenario \
	tests/scenario/reauth-on-4500.scenario \
	tests/scenario/rekey-by-client.scenario \
	tests/scenario/rekey-by-server.scenario \
	tests/scenario/rekeyed-unused-pair.scenario \
	tests/scenario/reordered-handshake.scenario \
	tests/scenario/restart-of-director.scenario \
	tests/scenario/retransmission-after-established.scenario \
	tests/scenario/retransmission.scenario \
	tests/scenario/scheduler-wlc.scenario \
	tests/scenario/scheduler-wrr.scenario \
	tests/scenario/seen-another-try.scenario \
	tests/scenario/seen-mixed.scenario \
	tests/scenario/seen-move.scenario \
	tests/scenario/seen-port-reused.scenario \
	tests/scenario/seen-rekey-then-move.scenario \
	tests/scenario/seen-right-cookie.scenario \
	tests/scenario/seen-server-begins.scenario \
	tests/scenario/server-starts-phase-1.scenario \
	tests/scenario/session-owner-returns.scenario \
	tests/scenario/session-port-reused.scenario \
	tests/scenario/session-reconnect.scenario \
	tests/scenario/session-retries.scenario \
	tests/scenario/session-spoofed.scenario \
	tests/scenario/session-spread.scenario \
	tests/scenario/sloppy.scenario \
	tests/scenario/soft-entries-make-room.scenario \
	tests/scenario/soft-entries.scenario \
	tests/scenario/soft-quota-shrinks.scenario \
	tests/scenario/spared.scenario \
	tests/scenario/spoofed-first-messages.scenario \
	tests/scenario/spoofed-while-reauthenticating.scenario \
	tests/scenario/stateless-challenge.scenario \
	tests/scenario/stateless-flood.scenario \
	tests/scenario/stateless-label.scenario \
	tests/scenario/stateless-seen.scenario \
	tests/scenario/stateless-session.scenario \
	tests/scenario/stateless.scenario \
	tests/scenario/two-initiators-one-address.scenario \
	tests/scenario/two-initiators-session.scenario \
	tests/scenario/two-services.scenario \
	tests/scenario/unknown-cookies-initial.scenario \
	tests/scenario/unknown-cookies.scenario \
	tests/scenario/unknown-pair-is-not-scheduled.scenario \
	tests/scenario/unprotected-notice.scenario

TESTS += $(SCENARIOS)
EXTRA_DIST += $(SCENARIOS) tests/scenario/README.md \
	tests/scenario/labels.conf \
	tests/scenario/nat.conf \
	tests/scenario/seen.conf \
	tests/scenario/session.conf \
	tests/scenario/standard.conf
