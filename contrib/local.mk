# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += .ci/run contrib/demo contrib/lib.sh contrib/realserver contrib/test

# It is installed under a name that says whose real server is meant.
sbin_SCRIPTS = contrib/ipsec-balancer-realserver
CLEANFILES += contrib/ipsec-balancer-realserver
contrib/ipsec-balancer-realserver: contrib/realserver
	$(AM_V_GEN)mkdir -p contrib && cp $(srcdir)/contrib/realserver $@ && chmod 755 $@
