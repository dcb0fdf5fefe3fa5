# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LTLIBRARIES += src/kernel/libipb-kernel.la
src_kernel_libipb_kernel_la_SOURCES = \
	src/kernel/conntrack.c src/kernel/conntrack.h \
	src/kernel/conntrack_sweep.c src/kernel/conntrack_sweep.h \
	src/kernel/icmp_sender.c src/kernel/icmp_sender.h \
	src/kernel/ingress_links.c src/kernel/ingress_links.h \
	src/kernel/netlink.c src/kernel/netlink.h \
	src/kernel/nfqueue.c src/kernel/nfqueue.h \
	src/kernel/nfqueue_answer.c src/kernel/nfqueue_answer.h \
	src/kernel/nfqueue_message.c src/kernel/nfqueue_message.h \
	src/kernel/nft_transaction.c src/kernel/nft_transaction.h \
	src/kernel/next_hop.c src/kernel/next_hop.h \
	src/kernel/policy_plan.c src/kernel/policy_plan.h \
	src/kernel/policy_route.c src/kernel/policy_route.h \
	src/kernel/policy_route_watch.c \
	src/kernel/policy_rules.c src/kernel/policy_rules.h \
	src/kernel/policy_tunnel.c src/kernel/policy_tunnel.h \
	src/kernel/probe.c src/kernel/probe.h \
	src/kernel/rtnl_attribute.c src/kernel/rtnl_attribute.h \
	src/kernel/rtnl_link.c src/kernel/rtnl_link.h \
	src/kernel/rtnl_neighbour.c src/kernel/rtnl_neighbour.h \
	src/kernel/rtnl_route.c src/kernel/rtnl_route.h \
	src/kernel/rtnl_rule.c src/kernel/rtnl_rule.h \
	src/kernel/rtnl_watch.c src/kernel/rtnl_watch.h \
	src/kernel/server_ways.c src/kernel/server_ways.h \
	src/kernel/nft_carry.c src/kernel/nft_carry.h \
	src/kernel/nft_changes.c src/kernel/nft_changes.h \
	src/kernel/nft_hop.c src/kernel/nft_hop.h \
	src/kernel/nft_links.c src/kernel/nft_links.h \
	src/kernel/nft_list.c src/kernel/nft_list.h \
	src/kernel/nft_maps.c src/kernel/fast_path.h \
	src/kernel/nft_note.c src/kernel/nft_note.h \
	src/kernel/nft_set.c src/kernel/nft_set.h \
	src/kernel/ruleset.c src/kernel/ruleset.h \
	src/kernel/ruleset_build.c src/kernel/ruleset_build.h \
	src/kernel/ruleset_replace.c src/kernel/ruleset_replace.h \
	src/kernel/server_counts.c src/kernel/server_counts.h \
	src/kernel/ruleset_expression.c src/kernel/ruleset_expression.h \
	src/kernel/ruleset_rule.c src/kernel/ruleset_rule.h \
	src/kernel/tunnel_device.c src/kernel/tunnel_device.h
src_kernel_libipb_kernel_la_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(NFQ_CFLAGS) $(NFTNL_CFLAGS) \
	$(NFCT_CFLAGS)
src_kernel_libipb_kernel_la_LIBADD = $(NFCT_LIBS) $(NFQ_LIBS) $(NFTNL_LIBS) $(MNL_LIBS)

BPF_LOADER = \
	src/kernel/bpf_clients.c src/kernel/bpf_clients.h \
	src/kernel/bpf_earlier.c src/kernel/bpf_earlier.h \
	src/kernel/bpf_counted.c src/kernel/bpf_counted.h \
	src/kernel/bpf_elements.c src/kernel/bpf_elements.h \
	src/kernel/bpf_links.c src/kernel/bpf_links.h \
	src/kernel/bpf_maps.c \
	src/kernel/bpf_servers.c src/kernel/bpf_servers.h \
	src/kernel/bpf_hook.c src/kernel/bpf_hook.h \
	src/kernel/bpf_object.c src/kernel/bpf_object.h \
	src/kernel/bpf_pins.c src/kernel/bpf_pins.h \
	src/kernel/bpf_program.c src/kernel/bpf_program.h \
	src/kernel/bpf_values.c \
	src/kernel/bpf_way.c src/kernel/bpf_way.h
if HAVE_BPF
src_kernel_libipb_kernel_la_SOURCES += $(BPF_LOADER)
src_kernel_libipb_kernel_la_CFLAGS += $(BPF_CFLAGS)
src_kernel_libipb_kernel_la_LIBADD += $(BPF_LIBS)
# By way of a variable: automake would take it for another rule in the place of its own.
BPF_EMBEDDING = src/kernel/libipb_kernel_la-bpf_object.lo
$(BPF_EMBEDDING): src/bpf/ingress.bpf.o
endif
