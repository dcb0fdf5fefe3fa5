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

TEST_EXTENSIONS = .scenario
SCENARIO_LOG_COMPILER = $(top_builddir)/tests/scenario/runner
