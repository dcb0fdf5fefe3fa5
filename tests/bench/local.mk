# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/bench/echo tests/bench/sender
tests_bench_echo_SOURCES = tests/bench/echo.c
tests_bench_echo_LDADD = src/kernel/libipb-kernel.la src/core/libipb-core.la \
	src/base/libipb-base.la
tests_bench_sender_SOURCES = tests/bench/sender.c tests/bench/meter.c tests/bench/meter.h
tests_bench_sender_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
tests_bench_sender_LDADD = $(MNL_LIBS)
EXTRA_DIST += tests/bench/run
