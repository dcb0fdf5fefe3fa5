# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of the configuration file, the control socket and the tool.
if HAVE_CHECK
check_PROGRAMS += tests/unit/config_file tests/unit/control tests/unit/ctl \
	tests/unit/ctl_explain tests/unit/documents tests/unit/rpc \
	tests/unit/rpc_entry tests/unit/rpc_explain tests/unit/rpc_explain_scenarios
TESTS += tests/unit/config_file tests/unit/control tests/unit/ctl tests/unit/ctl_explain \
	tests/unit/documents tests/unit/rpc \
	tests/unit/rpc_entry tests/unit/rpc_explain tests/unit/rpc_explain_scenarios
tests_unit_config_file_SOURCES = tests/unit/config_file.c $(UNIT_COMMON)
tests_unit_config_file_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_config_file_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_config_file_LDADD = src/daemon/libipb-config.la $(CHECK_LIBS)

tests_unit_control_SOURCES = tests/unit/control.c $(UNIT_COMMON)
tests_unit_control_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_control_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_control_LDADD = src/daemon/libipb-control.la $(CHECK_LIBS)

tests_unit_ctl_SOURCES = tests/unit/ctl.c $(UNIT_COMMON)
tests_unit_ctl_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ctl_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_ctl_LDADD = src/ctl/libipb-ctl.la src/daemon/libipb-control.la $(CHECK_LIBS)

tests_unit_ctl_explain_SOURCES = tests/unit/ctl_explain.c $(UNIT_COMMON)
tests_unit_ctl_explain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_ctl_explain_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_ctl_explain_LDADD = src/ctl/libipb-ctl.la tests/lib/libtest.a \
	src/core/libipb-core.la src/base/libipb-base.la $(CHECK_LIBS)

tests_unit_documents_SOURCES = tests/unit/documents.c $(UNIT_COMMON)
tests_unit_documents_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_documents_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_documents_LDADD = src/ctl/libipb-ctl.la src/daemon/libipb-config.la \
	src/daemon/libipb-control.la $(CHECK_LIBS)

tests_unit_rpc_SOURCES = tests/unit/rpc.c $(UNIT_COMMON)
tests_unit_rpc_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rpc_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_rpc_LDADD = src/daemon/libipb-control.la $(CHECK_LIBS)

EXPLAIN_SOURCES = tests/unit/explain_fixture.c tests/unit/explain_fixture.h $(UNIT_COMMON)
EXPLAIN_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
EXPLAIN_LDADD = tests/lib/libtest.a src/daemon/libipb-control.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/counting
TESTS += tests/unit/counting
tests_unit_counting_SOURCES = tests/unit/counting.c $(EXPLAIN_SOURCES)
tests_unit_counting_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_counting_CFLAGS = $(EXPLAIN_CFLAGS)
tests_unit_counting_LDADD = $(EXPLAIN_LDADD)

tests_unit_rpc_entry_SOURCES = tests/unit/rpc_entry.c $(EXPLAIN_SOURCES)
tests_unit_rpc_entry_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rpc_entry_CFLAGS = $(EXPLAIN_CFLAGS)
tests_unit_rpc_entry_LDADD = $(EXPLAIN_LDADD)

tests_unit_rpc_explain_SOURCES = tests/unit/rpc_explain.c $(EXPLAIN_SOURCES)
tests_unit_rpc_explain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rpc_explain_CFLAGS = $(EXPLAIN_CFLAGS)
tests_unit_rpc_explain_LDADD = $(EXPLAIN_LDADD)

tests_unit_rpc_explain_scenarios_SOURCES = tests/unit/rpc_explain_scenarios.c \
	$(EXPLAIN_SOURCES)
tests_unit_rpc_explain_scenarios_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rpc_explain_scenarios_CFLAGS = $(EXPLAIN_CFLAGS)
tests_unit_rpc_explain_scenarios_LDADD = $(EXPLAIN_LDADD)

check_PROGRAMS += tests/unit/adopt tests/unit/adopt_walk tests/unit/pace tests/unit/rpc_state \
	tests/unit/state_file tests/unit/turn
TESTS += tests/unit/adopt tests/unit/adopt_walk tests/unit/pace tests/unit/rpc_state \
	tests/unit/state_file tests/unit/turn
tests_unit_adopt_walk_SOURCES = tests/unit/adopt_walk.c tests/unit/unit.c tests/unit/unit.h
tests_unit_adopt_walk_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_adopt_walk_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_adopt_walk_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_mutex_lock
tests_unit_adopt_walk_LDADD = tests/lib/libtest.a src/daemon/libipb-daemon.la \
	$(CHECK_LIBS)
tests_unit_pace_SOURCES = tests/unit/pace.c tests/unit/unit.c tests/unit/unit.h
tests_unit_pace_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_pace_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_pace_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime -Wl,--wrap=getrusage
tests_unit_pace_LDADD = tests/lib/libtest.a src/daemon/libipb-daemon.la $(CHECK_LIBS) \
	$(EV_LIBS)
tests_unit_rpc_state_SOURCES = tests/unit/rpc_state.c tests/unit/unit.c tests/unit/unit.h
tests_unit_rpc_state_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_rpc_state_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_rpc_state_LDADD = tests/lib/libtest.a src/daemon/libipb-control.la $(CHECK_LIBS)
tests_unit_adopt_SOURCES = tests/unit/adopt.c tests/unit/unit.c tests/unit/unit.h
tests_unit_adopt_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_adopt_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_adopt_LDADD = tests/lib/libtest.a src/daemon/libipb-daemon.la $(CHECK_LIBS) \
	$(EV_LIBS)
tests_unit_turn_SOURCES = tests/unit/turn.c tests/unit/unit.c tests/unit/unit.h
tests_unit_turn_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_turn_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_turn_LDADD = tests/lib/libtest.a src/daemon/libipb-daemon.la $(CHECK_LIBS) \
	$(JANSSON_LIBS) $(EV_LIBS)
tests_unit_state_file_SOURCES = tests/unit/state_file.c tests/unit/unit.c tests/unit/unit.h
tests_unit_state_file_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_state_file_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_state_file_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=close
tests_unit_state_file_LDADD = tests/lib/libtest.a src/daemon/libipb-state.la $(CHECK_LIBS)
endif
