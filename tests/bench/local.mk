# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/bench/echo tests/bench/sender
tests_bench_echo_SOURCES = tests/bench/echo.c
tests_bench_echo_LDADD = src/kernel/libipb-kernel.la src/core/libipb-core.la \
	src/base/libipb-base.la
tests_bench_sender_SOURCES = tests/bench/sender.c tests/bench/meter.c tests/bench/meter.h
tests_bench_sender_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
tests_bench_sender_LDADD = $(MNL_LIBS)
EXTRA_DIST += tests/bench/run

# Prints what a client and a pair take; the linker puts its own functions before malloc's.
check_PROGRAMS += tests/bench/memory
TESTS += tests/bench/memory
tests_bench_memory_SOURCES = tests/bench/memory.c
tests_bench_memory_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_bench_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=free
tests_bench_memory_LDADD = tests/lib/libtest.a src/core/libipb-core.la \
	src/base/libipb-base.la
