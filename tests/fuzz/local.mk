# SPDX-License-Identifier: GPL-2.0-or-later
# With --enable-fuzzers (and CC=clang) the targets are libFuzzer's; run them as
#   tests/fuzz/fuzz_classify -dict=.../classify.dict NEW-CORPUS .../corpus/classify
# else replay.c is their main and `make check` feeds them the committed corpora.
include tests/fuzz/config.mk

check_PROGRAMS += tests/fuzz/fuzz_classify
tests_fuzz_fuzz_classify_SOURCES = tests/fuzz/fuzz_classify.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_classify_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) \
	-DCORPUS='"tests/fuzz/corpus/classify"'
tests_fuzz_fuzz_classify_LDADD = tests/lib/libtest.a src/core/libipb-core.la \
	src/base/libipb-base.la
if FUZZERS
tests_fuzz_fuzz_classify_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
tests_fuzz_fuzz_classify_SOURCES += tests/fuzz/replay.c
TESTS += tests/fuzz/fuzz_classify
endif

check_PROGRAMS += tests/fuzz/fuzz_record
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_record_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) \
	-DCORPUS='"tests/fuzz/corpus/record"'
tests_fuzz_fuzz_record_LDADD = tests/lib/libtest.a src/core/libipb-core.la \
	src/base/libipb-base.la
if FUZZERS
tests_fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
tests_fuzz_fuzz_record_SOURCES += tests/fuzz/replay.c
TESTS += tests/fuzz/fuzz_record
endif

EXTRA_PROGRAMS = tests/fuzz/seeds
tests_fuzz_seeds_SOURCES = tests/fuzz/seeds.c
tests_fuzz_seeds_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_seeds_LDADD = tests/lib/libtest.a src/core/libipb-core.la src/base/libipb-base.la
CLEANFILES += tests/fuzz/seeds

# Makes the seeds anew from the scenarios, into the source tree.
.PHONY: fuzz-seeds
fuzz-seeds: tests/fuzz/seeds
	tests/fuzz/seeds $(top_srcdir)/tests/fuzz/corpus/classify \
		$(top_srcdir)/tests/scenario/*.scenario

EXTRA_DIST += tests/fuzz/classify.dict tests/fuzz/corpus
