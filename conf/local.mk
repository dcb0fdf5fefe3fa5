# SPDX-License-Identifier: GPL-2.0-or-later
dist_doc_DATA = README.md DESIGN.md NEWS
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	conf/direct.conf \
	conf/external-ruleset.conf \
	conf/external-ruleset.nft \
	conf/ipsec-balancer.conf \
	conf/ipv6.conf \
	conf/local-node.conf \
	conf/tunnel.conf \
	conf/two-services.conf

systemdsystemunit_DATA = conf/ipsec-balancer.service
CLEANFILES += conf/ipsec-balancer.service
EXTRA_DIST += conf/ipsec-balancer.service.in conf/ipsec-balancer.sysusers

conf/ipsec-balancer.service: conf/ipsec-balancer.service.in Makefile
	$(AM_V_GEN)mkdir -p conf && \
	$(SED) 's|@sbindir[@]|$(sbindir)|g' $(srcdir)/conf/ipsec-balancer.service.in > $@

# The configuration belongs to the operator: put where none is, taken away if unchanged.
ipbconfdir = $(sysconfdir)/ipsec-balancer
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(ipbconfdir) $(DESTDIR)$(sysusersdir)
	$(INSTALL_DATA) $(srcdir)/conf/ipsec-balancer.sysusers \
		$(DESTDIR)$(sysusersdir)/ipsec-balancer.conf
	test -e $(DESTDIR)$(ipbconfdir)/ipsec-balancer.conf || \
		$(INSTALL_DATA) $(srcdir)/conf/ipsec-balancer.conf \
			$(DESTDIR)$(ipbconfdir)/ipsec-balancer.conf

uninstall-local:
	rm -f $(DESTDIR)$(sysusersdir)/ipsec-balancer.conf
	if cmp -s $(srcdir)/conf/ipsec-balancer.conf \
		$(DESTDIR)$(ipbconfdir)/ipsec-balancer.conf; then \
		rm -f $(DESTDIR)$(ipbconfdir)/ipsec-balancer.conf; \
		rmdir $(DESTDIR)$(ipbconfdir) || true; fi
