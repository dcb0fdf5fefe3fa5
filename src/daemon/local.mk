# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration reader is a library of its own, so that tests and scenarios can
# have it without the daemon.
noinst_LTLIBRARIES += src/daemon/libipb-config.la src/daemon/libipb-control.la \
	src/daemon/libipb-state.la src/daemon/libipb-daemon.la
src_daemon_libipb_config_la_SOURCES = src/core/config_default.h \
	src/daemon/config_check.c src/daemon/config_check.h \
	src/daemon/config_check_also.c src/daemon/config_check_defence.c \
	src/daemon/config_check_labels.c src/daemon/config_check_nat.c \
	src/daemon/config_check_tunnel.c \
	src/daemon/config_errors.c src/daemon/config_errors.h \
	src/daemon/config_file.c src/daemon/config_file.h \
	src/daemon/config_grammar.c src/daemon/config_grammar.h \
	src/daemon/config_read_interface.c \
	src/daemon/config_read.c src/daemon/config_read.h \
	src/daemon/config_schema.c src/daemon/config_schema.h \
	src/daemon/config_words.c src/daemon/config_words.h
src_daemon_libipb_config_la_CFLAGS = $(AM_CFLAGS) $(CONFUSE_CFLAGS)
src_daemon_libipb_config_la_LIBADD = src/core/libipb-core.la src/base/libipb-base.la \
	$(CONFUSE_LIBS)

# The control socket too: it reaches no kernel interface but its own socket.
src_daemon_libipb_control_la_SOURCES = \
	src/daemon/control.c src/daemon/control.h \
	src/daemon/control_connection.c src/daemon/control_connection.h \
	src/daemon/control_socket.c src/daemon/control_socket.h \
	src/daemon/counting.c src/daemon/counting.h \
	src/daemon/counting_flow.c src/daemon/counting_flow.h \
	src/daemon/rpc.c src/daemon/rpc.h \
	src/daemon/rpc_count.c \
	src/daemon/rpc_defence.c \
	src/daemon/rpc_entry.c \
	src/daemon/rpc_explain.c src/daemon/rpc_explain.h \
	src/daemon/rpc_explain_client.c src/daemon/rpc_explain_first.c \
	src/daemon/rpc_explain_known.c \
	src/daemon/rpc_explain_steps.c \
	src/daemon/rpc_method.h \
	src/daemon/rpc_pages.c \
	src/daemon/rpc_show.c \
	src/daemon/rpc_limit.c src/daemon/rpc_state.c
src_daemon_libipb_control_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
src_daemon_libipb_control_la_LIBADD = src/core/libipb-core.la src/base/libipb-base.la \
	$(JANSSON_LIBS) $(EV_LIBS)

# And the state file, which needs a clock, a log and a disk.
src_daemon_libipb_state_la_SOURCES = \
	src/daemon/clock.c src/daemon/clock.h \
	src/daemon/log.c src/daemon/log.h \
	src/daemon/state_file.c src/daemon/state_file.h \
	src/daemon/state_writer.c src/daemon/state_writer.h
src_daemon_libipb_state_la_LIBADD = src/core/libipb-core.la src/base/libipb-base.la \
	$(EV_LIBS)

src_daemon_libipb_daemon_la_SOURCES = \
	src/daemon/adopt.c src/daemon/adopt.h \
	src/daemon/adopt_walk.c src/daemon/adopt_walk.h \
	src/daemon/apply.c src/daemon/apply.h \
	src/daemon/carried.c src/daemon/carried.h \
	src/daemon/background.c src/daemon/background.h \
	src/daemon/daemon.c src/daemon/daemon.h \
	src/daemon/daemon_fast_path.c src/daemon/daemon_kernel.c \
	src/daemon/daemon_process.c \
	src/daemon/daemon_steps.h src/daemon/daemon_table.c \
	src/daemon/loop.c src/daemon/loop.h \
	src/daemon/pace.c src/daemon/pace.h \
	src/daemon/mirror.c src/daemon/mirror.h \
	src/daemon/notify.c src/daemon/notify.h \
	src/daemon/options.c src/daemon/options.h \
	src/daemon/packets.c src/daemon/packets.h \
	src/daemon/privileges.c src/daemon/privileges.h \
	src/daemon/routing.c src/daemon/routing.h \
	src/daemon/turn.c src/daemon/turn.h \
	src/daemon/upkeep.c src/daemon/upkeep.h \
	src/daemon/stats.c src/daemon/stats.h
src_daemon_libipb_daemon_la_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(JANSSON_CFLAGS) \
	$(CAPNG_CFLAGS)
src_daemon_libipb_daemon_la_LIBADD = src/daemon/libipb-config.la \
	src/daemon/libipb-control.la src/daemon/libipb-state.la \
	src/kernel/libipb-kernel.la src/core/libipb-core.la \
	src/base/libipb-base.la $(JANSSON_LIBS) $(CAPNG_LIBS) $(EV_LIBS)

sbin_PROGRAMS += src/ipsec-balancer
src_ipsec_balancer_SOURCES = src/daemon/main.c
src_ipsec_balancer_LDADD = src/daemon/libipb-daemon.la
