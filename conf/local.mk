# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration, examples, and what systemd wants to know.
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	conf/direct.conf \
	conf/external-ruleset.nft \
	conf/external.conf \
	conf/ipv6.conf \
	conf/two-services.conf

dist_sysusers_DATA = conf/sysusers.d/ipsec-balancer.conf
nodist_systemdsystemunit_DATA = conf/ipsec-balancer.service
CLEANFILES += conf/ipsec-balancer.service
EXTRA_DIST += conf/ipsec-balancer.conf conf/ipsec-balancer.service.in

conf/ipsec-balancer.service: conf/ipsec-balancer.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) conf && \
	$(SED) 's,[@]sbindir[@],$(sbindir),g' $(srcdir)/conf/ipsec-balancer.service.in >$@.tmp && \
	mv $@.tmp $@

# An operator's configuration is never written over, and removed only if nobody changed it.
balancerconf = $(DESTDIR)$(sysconfdir)/ipsec-balancer/ipsec-balancer.conf
install-data-local: install-balancer-conf
install-balancer-conf:
	test -e "$(balancerconf)" || { \
		$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/ipsec-balancer" && \
		$(INSTALL_DATA) $(srcdir)/conf/ipsec-balancer.conf "$(balancerconf)"; }
uninstall-local: uninstall-balancer-conf
uninstall-balancer-conf:
	! cmp -s $(srcdir)/conf/ipsec-balancer.conf "$(balancerconf)" || rm -f "$(balancerconf)"
	! test -d "$(DESTDIR)$(sysconfdir)/ipsec-balancer" || \
		rmdir "$(DESTDIR)$(sysconfdir)/ipsec-balancer" 2>/dev/null || :
.PHONY: install-balancer-conf uninstall-balancer-conf
