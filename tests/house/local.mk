# SPDX-License-Identifier: GPL-2.0-or-later
# The house's own rules.
dist_check_SCRIPTS += tests/house/floors tests/house/functions tests/house/listed \
	tests/house/snippets
TESTS += tests/house/floors tests/house/functions tests/house/listed \
	tests/house/snippets
AM_TESTS_ENVIRONMENT = NM='$(NM)'; export NM;
