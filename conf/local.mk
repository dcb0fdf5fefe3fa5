# SPDX-License-Identifier: GPL-2.0-or-later
dist_doc_DATA = README.md DESIGN.md NEWS
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	conf/direct.conf \
	conf/external-ruleset.conf \
	conf/external-ruleset.nft \
	conf/flood.conf \
	conf/ipsec-balancer.conf \
	conf/ipv6.conf \
	conf/local-node.conf \
	conf/nat.conf \
	conf/tunnel.conf \
	conf/seen-replies.conf \
	conf/two-services.conf

# What tests/house/snippets --write makes.
realserverdir = $(examplesdir)/realserver
realserverdirectseendir = $(realserverdir)/direct-seen
dist_realserverdirectseen_DATA = \
	conf/realserver/direct-seen/60-gateway.conf \
	conf/realserver/direct-seen/60-realserver.conf \
	conf/realserver/direct-seen/60-realserver.network \
	conf/realserver/direct-seen/commands
realserverdirectdir = $(realserverdir)/direct
dist_realserverdirect_DATA = \
	conf/realserver/direct/60-realserver.conf \
	conf/realserver/direct/60-realserver.network \
	conf/realserver/direct/commands
realserverguedir = $(realserverdir)/gue
dist_realservergue_DATA = \
	conf/realserver/gue/60-ipb-decap4.netdev \
	conf/realserver/gue/60-ipb-decap4.network \
	conf/realserver/gue/60-ipb-decap6.netdev \
	conf/realserver/gue/60-ipb-decap6.network \
	conf/realserver/gue/60-realserver.conf \
	conf/realserver/gue/60-realserver.network \
	conf/realserver/gue/commands \
	conf/realserver/gue/realserver-gue.service
realservernatdir = $(realserverdir)/nat
dist_realservernat_DATA = \
	conf/realserver/nat/60-gateway.conf \
	conf/realserver/nat/commands
realservertunneldir = $(realserverdir)/tunnel
dist_realservertunnel_DATA = \
	conf/realserver/tunnel/60-ipb-decap4.netdev \
	conf/realserver/tunnel/60-ipb-decap4.network \
	conf/realserver/tunnel/60-ipb-decap6.netdev \
	conf/realserver/tunnel/60-ipb-decap6.network \
	conf/realserver/tunnel/60-realserver.conf \
	conf/realserver/tunnel/60-realserver.network \
	conf/realserver/tunnel/commands

UNITS_OF_SYSTEMD = conf/ipsec-balancer.service conf/ipsec-balancer-realserver.service
systemdsystemunit_DATA = $(UNITS_OF_SYSTEMD)
CLEANFILES += $(UNITS_OF_SYSTEMD)
EXTRA_DIST += conf/ipsec-balancer.service.in conf/ipsec-balancer-realserver.service.in \
	conf/ipsec-balancer.sysusers

$(UNITS_OF_SYSTEMD): %: %.in Makefile
	$(AM_V_GEN)mkdir -p conf && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|g' $< > $@

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
