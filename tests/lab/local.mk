# SPDX-License-Identifier: GPL-2.0-or-later
# The lab is run by tests/lab/run as root; make only builds its helper and ships it.
check_PROGRAMS += tests/lab/stray
tests_lab_stray_SOURCES = tests/lab/stray.c

EXTRA_DIST += \
	tests/lab/director.sh \
	tests/lab/lib.sh \
	tests/lab/peers.sh \
	tests/lab/run \
	tests/lab/topology.sh \
	tests/lab/watch.sh
