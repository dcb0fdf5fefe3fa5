# SPDX-License-Identifier: GPL-2.0-or-later
# One check program for each module of base and core; they link those floors alone.
include tests/lib/local.mk
include tests/unit/config.mk

UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
UNIT_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
UNIT_LDADD = tests/lib/libtest.a src/core/libipb-core.la src/base/libipb-base.la \
	$(CHECK_LIBS)
UNIT_COMMON = tests/unit/unit.c tests/unit/unit.h
RECORD_FIXTURE = tests/unit/record_fixture.c tests/unit/record_fixture.h

UNITS = \
	tests/unit/address \
	tests/unit/challenge \
	tests/unit/classify \
	tests/unit/cuckoo \
	tests/unit/cursor \
	tests/unit/decide \
	tests/unit/director \
	tests/unit/estimate \
	tests/unit/hash \
	tests/unit/chain \
	tests/unit/list \
	tests/unit/pool \
	tests/unit/rate \
	tests/unit/reason \
	tests/unit/recent \
	tests/unit/record \
	tests/unit/restore \
	tests/unit/scheduler \
	tests/unit/session \
	tests/unit/session_memory \
	tests/unit/spi \
	tests/unit/table \
	tests/unit/unreachable

if HAVE_CHECK
check_PROGRAMS += $(UNITS)
TESTS += $(UNITS)
endif

tests_unit_address_SOURCES = tests/unit/address.c $(UNIT_COMMON)
tests_unit_address_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_address_CFLAGS = $(UNIT_CFLAGS)
tests_unit_address_LDADD = $(UNIT_LDADD)
tests_unit_chain_SOURCES = tests/unit/chain.c $(UNIT_COMMON)
tests_unit_chain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_chain_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chain_LDADD = $(UNIT_LDADD)
tests_unit_challenge_SOURCES = tests/unit/challenge.c $(UNIT_COMMON)
tests_unit_challenge_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_challenge_CFLAGS = $(UNIT_CFLAGS)
tests_unit_challenge_LDADD = $(UNIT_LDADD)
tests_unit_classify_SOURCES = tests/unit/classify.c $(UNIT_COMMON)
tests_unit_classify_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_classify_CFLAGS = $(UNIT_CFLAGS)
tests_unit_classify_LDADD = $(UNIT_LDADD)
tests_unit_cuckoo_SOURCES = tests/unit/cuckoo.c $(UNIT_COMMON)
tests_unit_cuckoo_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cuckoo_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cuckoo_LDADD = $(UNIT_LDADD) -lpthread
tests_unit_cursor_SOURCES = tests/unit/cursor.c $(UNIT_COMMON)
tests_unit_cursor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cursor_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cursor_LDADD = $(UNIT_LDADD)
tests_unit_decide_SOURCES = tests/unit/decide.c $(UNIT_COMMON)
tests_unit_decide_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_decide_CFLAGS = $(UNIT_CFLAGS)
tests_unit_decide_LDADD = $(UNIT_LDADD)
tests_unit_director_SOURCES = tests/unit/director.c $(UNIT_COMMON)
tests_unit_director_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_director_CFLAGS = $(UNIT_CFLAGS)
tests_unit_director_LDADD = $(UNIT_LDADD)
tests_unit_estimate_SOURCES = tests/unit/estimate.c $(UNIT_COMMON)
tests_unit_estimate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_estimate_CFLAGS = $(UNIT_CFLAGS)
tests_unit_estimate_LDADD = $(UNIT_LDADD)
tests_unit_hash_SOURCES = tests/unit/hash.c $(UNIT_COMMON)
tests_unit_hash_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_hash_CFLAGS = $(UNIT_CFLAGS)
tests_unit_hash_LDADD = $(UNIT_LDADD)
tests_unit_list_SOURCES = tests/unit/list.c $(UNIT_COMMON)
tests_unit_list_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_list_CFLAGS = $(UNIT_CFLAGS)
tests_unit_list_LDADD = $(UNIT_LDADD)
tests_unit_pool_SOURCES = tests/unit/pool.c $(UNIT_COMMON)
tests_unit_pool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_pool_CFLAGS = $(UNIT_CFLAGS)
tests_unit_pool_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aligned_alloc -Wl,--wrap=realloc
tests_unit_pool_LDADD = $(UNIT_LDADD)
tests_unit_rate_SOURCES = tests/unit/rate.c $(UNIT_COMMON)
tests_unit_rate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rate_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rate_LDADD = $(UNIT_LDADD)
tests_unit_reason_SOURCES = tests/unit/reason.c $(UNIT_COMMON)
tests_unit_reason_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_reason_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reason_LDADD = $(UNIT_LDADD)
tests_unit_recent_SOURCES = tests/unit/recent.c $(UNIT_COMMON)
tests_unit_recent_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_recent_CFLAGS = $(UNIT_CFLAGS)
tests_unit_recent_LDADD = $(UNIT_LDADD)
tests_unit_record_SOURCES = tests/unit/record.c $(RECORD_FIXTURE) $(UNIT_COMMON)
tests_unit_record_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_record_CFLAGS = $(UNIT_CFLAGS)
tests_unit_record_LDADD = $(UNIT_LDADD)
tests_unit_restore_SOURCES = tests/unit/restore.c $(RECORD_FIXTURE) $(UNIT_COMMON)
tests_unit_restore_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_restore_CFLAGS = $(UNIT_CFLAGS)
tests_unit_restore_LDADD = $(UNIT_LDADD)
tests_unit_scheduler_SOURCES = tests/unit/scheduler.c $(UNIT_COMMON)
tests_unit_scheduler_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_scheduler_CFLAGS = $(UNIT_CFLAGS)
tests_unit_scheduler_LDADD = $(UNIT_LDADD)
tests_unit_session_SOURCES = tests/unit/session.c $(UNIT_COMMON)
tests_unit_session_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_session_CFLAGS = $(UNIT_CFLAGS)
tests_unit_session_LDADD = $(UNIT_LDADD)
tests_unit_session_memory_SOURCES = tests/unit/session_memory.c $(UNIT_COMMON)
tests_unit_session_memory_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_session_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_session_memory_LDADD = $(UNIT_LDADD)
tests_unit_spi_SOURCES = tests/unit/spi.c $(UNIT_COMMON)
tests_unit_spi_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_spi_CFLAGS = $(UNIT_CFLAGS)
tests_unit_spi_LDADD = $(UNIT_LDADD)
tests_unit_table_SOURCES = tests/unit/table.c $(UNIT_COMMON)
tests_unit_table_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_table_CFLAGS = $(UNIT_CFLAGS)
tests_unit_table_LDADD = $(UNIT_LDADD)
tests_unit_unreachable_SOURCES = tests/unit/unreachable.c $(UNIT_COMMON)
tests_unit_unreachable_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unreachable_CFLAGS = $(UNIT_CFLAGS)
tests_unit_unreachable_LDADD = $(UNIT_LDADD)
# Allocation fails where the test says so.
tests_unit_session_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=pool_take
