# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of the configuration file, the control socket and the tool.
if HAVE_CHECK
check_PROGRAMS += tests/unit/config_file
TESTS += tests/unit/config_file
tests_unit_config_file_SOURCES = tests/unit/config_file.c
tests_unit_config_file_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_config_file_LDADD = src/daemon/libipb-config.la $(CHECK_LIBS)
endif
