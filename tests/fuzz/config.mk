# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets for what people and programs write to the daemon.
check_PROGRAMS += tests/fuzz/fuzz_config tests/fuzz/fuzz_rpc
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_config_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) \
	-DCORPUS='"tests/fuzz/corpus/config"'
tests_fuzz_fuzz_config_LDADD = src/daemon/libipb-config.la
tests_fuzz_fuzz_rpc_SOURCES = tests/fuzz/fuzz_rpc.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_rpc_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) \
	-DCORPUS='"tests/fuzz/corpus/rpc"'
tests_fuzz_fuzz_rpc_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_rpc_LDADD = src/daemon/libipb-control.la
if FUZZERS
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_rpc_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
tests_fuzz_fuzz_config_SOURCES += tests/fuzz/replay.c
tests_fuzz_fuzz_rpc_SOURCES += tests/fuzz/replay.c
TESTS += tests/fuzz/fuzz_config tests/fuzz/fuzz_rpc
endif

EXTRA_DIST += tests/fuzz/config.dict tests/fuzz/rpc.dict
