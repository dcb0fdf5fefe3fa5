# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/bench/echo tests/bench/sender tests/bench/state tests/bench/flooder
tests_bench_state_SOURCES = tests/bench/state.c
tests_bench_state_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_bench_state_LDADD = tests/lib/libtest.a src/daemon/libipb-state.la
tests_bench_echo_SOURCES = tests/bench/echo.c
tests_bench_echo_LDADD = src/kernel/libipb-kernel.la src/core/libipb-core.la \
	src/base/libipb-base.la
tests_bench_sender_SOURCES = tests/bench/sender.c tests/bench/frame.c \
	tests/bench/frame.h tests/bench/meter.c tests/bench/meter.h tests/bench/netns.c \
	tests/bench/netns.h tests/bench/responder.c tests/bench/responder.h
tests_bench_flooder_SOURCES = tests/bench/flooder.c tests/bench/netns.c \
	tests/bench/netns.h tests/bench/spoof.c tests/bench/spoof.h
tests_bench_sender_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
tests_bench_sender_LDADD = $(MNL_LIBS)

# Prints what a client and a pair take; the linker puts its own functions before malloc's.
check_PROGRAMS += tests/bench/memory
TESTS += tests/bench/memory
tests_bench_memory_SOURCES = tests/bench/memory.c
tests_bench_memory_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_bench_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=free \
	-Wl,--wrap=aligned_alloc -Wl,--wrap=realloc
tests_bench_memory_LDADD = tests/lib/libtest.a src/core/libipb-core.la \
	src/base/libipb-base.la

# A shared object that is loaded by its path.
check_PROGRAMS += tests/bench/noise tests/bench/stall.so
tests_bench_noise_SOURCES = tests/bench/noise.c
tests_bench_stall_so_SOURCES = tests/bench/stall.c
tests_bench_stall_so_CFLAGS = $(AM_CFLAGS) -fPIC
tests_bench_stall_so_LINK = $(CC) $(AM_CFLAGS) $(CFLAGS) -shared -o $@
tests_bench_stall_so_LDADD = -ldl

EXTRA_DIST += \
	tests/bench/README.md \
	tests/bench/esp.sh \
	tests/bench/flood.sh \
	tests/bench/handshakes.sh \
	tests/bench/lib.sh \
	tests/bench/run \
	tests/bench/scale.sh
