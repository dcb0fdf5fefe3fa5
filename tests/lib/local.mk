# SPDX-License-Identifier: GPL-2.0-or-later
# What several kinds of tests share: packets from words, judges of what came out.
check_LIBRARIES += tests/lib/libtest.a
tests_lib_libtest_a_SOURCES = \
	tests/lib/checksum.c tests/lib/checksum.h \
	tests/lib/invariants.c tests/lib/invariants.h \
	tests/lib/packet_build.c tests/lib/packet_build.h \
	tests/lib/packet_text.c tests/lib/packet_text.h \
	tests/lib/test_config.c tests/lib/test_config.h
tests_lib_libtest_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
