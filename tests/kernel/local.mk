# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel floor against the kernel, each test in a network namespace of its own.
# Skipped (77) where namespaces may not be made.
KERNEL_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/kernel
KERNEL_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(MNL_CFLAGS)
KERNEL_LDADD = src/kernel/libipb-kernel.la src/core/libipb-core.la \
	src/base/libipb-base.la $(MNL_LIBS) $(CHECK_LIBS)
KERNEL_COMMON = tests/kernel/fixture.c tests/kernel/fixture.h
KERNEL_CLIENT = tests/kernel/client.c tests/kernel/client.h $(KERNEL_COMMON)

KERNEL_NAT = $(KERNEL_COMMON) tests/kernel/nat.c tests/kernel/nat.h

KERNEL_TESTS = \
	tests/kernel/conntrack \
	tests/kernel/icmp_sender \
	tests/kernel/ingress_links \
	tests/kernel/limits \
	tests/kernel/next_hop \
	tests/kernel/nfqueue \
	tests/kernel/nfqueue_aggregate \
	tests/kernel/nfqueue_message \
	tests/kernel/nft_carry \
	tests/kernel/nft_error \
	tests/kernel/nft_maps \
	tests/kernel/nft_pass \
	tests/kernel/policy_groups \
	tests/kernel/policy_change \
	tests/kernel/policy_route \
	tests/kernel/probe \
	tests/kernel/ruleset \
	tests/kernel/server_ways \
	tests/kernel/translate \
	tests/kernel/tunnel \
	tests/kernel/tunnel_each

if HAVE_BPF
KERNEL_TESTS += tests/kernel/bpf_maps
endif

if HAVE_CHECK
check_PROGRAMS += $(KERNEL_TESTS)
TESTS += $(KERNEL_TESTS)
endif

tests_kernel_icmp_sender_SOURCES = tests/kernel/icmp_sender.c $(KERNEL_COMMON)
tests_kernel_icmp_sender_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_icmp_sender_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_icmp_sender_LDADD = $(KERNEL_LDADD)
tests_kernel_ingress_links_SOURCES = tests/kernel/ingress_links.c $(KERNEL_COMMON)
tests_kernel_ingress_links_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_ingress_links_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_ingress_links_LDADD = $(KERNEL_LDADD)
tests_kernel_limits_SOURCES = tests/kernel/limits.c $(KERNEL_COMMON)
tests_kernel_limits_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_limits_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_limits_LDADD = $(KERNEL_LDADD)
tests_kernel_next_hop_SOURCES = tests/kernel/next_hop.c $(KERNEL_COMMON)
tests_kernel_next_hop_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_next_hop_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_next_hop_LDADD = $(KERNEL_LDADD)
tests_kernel_nfqueue_SOURCES = tests/kernel/nfqueue.c $(KERNEL_COMMON)
tests_kernel_nfqueue_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_nfqueue_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_nfqueue_LDADD = $(KERNEL_LDADD)
tests_kernel_nfqueue_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mnl_socket_sendto
tests_kernel_nfqueue_aggregate_SOURCES = tests/kernel/nfqueue_aggregate.c \
	tests/kernel/host.c tests/kernel/host.h $(KERNEL_COMMON)
tests_kernel_nfqueue_aggregate_CPPFLAGS = $(KERNEL_CPPFLAGS) -I$(top_srcdir)
tests_kernel_nfqueue_aggregate_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_nfqueue_aggregate_LDADD = tests/lib/libtest.a $(KERNEL_LDADD)
tests_kernel_nfqueue_message_SOURCES = tests/kernel/nfqueue_message.c
tests_kernel_nfqueue_message_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_nfqueue_message_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_nfqueue_message_LDADD = $(KERNEL_LDADD)
tests_kernel_nft_maps_SOURCES = tests/kernel/nft_maps.c $(KERNEL_CLIENT)
tests_kernel_nft_maps_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_nft_maps_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_nft_maps_LDADD = $(KERNEL_LDADD)
tests_kernel_nft_maps_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mnl_socket_close
tests_kernel_policy_groups_SOURCES = tests/kernel/policy_groups.c $(KERNEL_COMMON)
tests_kernel_policy_groups_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_policy_groups_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_policy_groups_LDADD = $(KERNEL_LDADD)
tests_kernel_policy_change_SOURCES = tests/kernel/policy_change.c $(KERNEL_COMMON)
tests_kernel_policy_change_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_policy_change_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_policy_change_LDADD = $(KERNEL_LDADD)
tests_kernel_policy_route_SOURCES = tests/kernel/policy_route.c $(KERNEL_COMMON)
tests_kernel_policy_route_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_policy_route_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_policy_route_LDADD = $(KERNEL_LDADD)
tests_kernel_probe_SOURCES = tests/kernel/probe.c $(KERNEL_COMMON)
tests_kernel_probe_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_probe_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_probe_LDADD = $(KERNEL_LDADD)
tests_kernel_ruleset_SOURCES = tests/kernel/ruleset.c $(KERNEL_COMMON)
tests_kernel_ruleset_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_ruleset_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_ruleset_LDADD = $(KERNEL_LDADD)
tests_kernel_server_ways_SOURCES = tests/kernel/server_ways.c $(KERNEL_COMMON)
tests_kernel_server_ways_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_server_ways_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_server_ways_LDADD = $(KERNEL_LDADD)
KERNEL_TUNNELS = tests/kernel/tunnels.c tests/kernel/tunnels.h $(KERNEL_COMMON)
tests_kernel_tunnel_SOURCES = tests/kernel/tunnel.c $(KERNEL_TUNNELS)
tests_kernel_tunnel_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_tunnel_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_tunnel_LDADD = $(KERNEL_LDADD)
tests_kernel_tunnel_each_SOURCES = tests/kernel/tunnel_each.c $(KERNEL_TUNNELS)
tests_kernel_tunnel_each_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_tunnel_each_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_tunnel_each_LDADD = $(KERNEL_LDADD)
tests_kernel_conntrack_SOURCES = tests/kernel/conntrack.c $(KERNEL_NAT)
tests_kernel_conntrack_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_conntrack_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_conntrack_LDADD = $(KERNEL_LDADD)
tests_kernel_translate_SOURCES = tests/kernel/translate.c $(KERNEL_NAT)
tests_kernel_translate_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_translate_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_translate_LDADD = $(KERNEL_LDADD)
tests_kernel_bpf_maps_SOURCES = tests/kernel/bpf_maps.c $(KERNEL_CLIENT)
tests_kernel_bpf_maps_CPPFLAGS = $(KERNEL_CPPFLAGS)
tests_kernel_bpf_maps_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_bpf_maps_LDADD = $(KERNEL_LDADD)

# nft's table at ingress, packet by packet.
KERNEL_NFT = tests/kernel/nft_run.c tests/kernel/nft_run.h $(KERNEL_COMMON)
KERNEL_NFT_CPPFLAGS = $(KERNEL_CPPFLAGS) -I$(top_srcdir)
tests_kernel_nft_carry_SOURCES = tests/kernel/nft_carry.c tests/kernel/tunnels.c \
	tests/kernel/tunnels.h $(KERNEL_NFT)
tests_kernel_nft_carry_CPPFLAGS = $(KERNEL_NFT_CPPFLAGS)
tests_kernel_nft_carry_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_nft_carry_LDADD = tests/lib/libtest.a $(KERNEL_LDADD)
tests_kernel_nft_error_SOURCES = tests/kernel/nft_error.c $(KERNEL_NFT)
tests_kernel_nft_error_CPPFLAGS = $(KERNEL_NFT_CPPFLAGS)
tests_kernel_nft_error_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_nft_error_LDADD = tests/lib/libtest.a $(KERNEL_LDADD)
tests_kernel_nft_pass_SOURCES = tests/kernel/nft_pass.c $(KERNEL_NFT)
tests_kernel_nft_pass_CPPFLAGS = $(KERNEL_NFT_CPPFLAGS)
tests_kernel_nft_pass_CFLAGS = $(KERNEL_CFLAGS)
tests_kernel_nft_pass_LDADD = tests/lib/libtest.a $(KERNEL_LDADD)

# The BPF program, frame by frame.
KERNEL_BPF = tests/kernel/bpf_run.c tests/kernel/bpf_run.h $(KERNEL_CLIENT)
KERNEL_BPF_TESTS = \
	tests/kernel/bpf_away \
	tests/kernel/bpf_carry \
	tests/kernel/bpf_clients \
	tests/kernel/bpf_counted \
	tests/kernel/bpf_error \
	tests/kernel/bpf_offload \
	tests/kernel/bpf_pass \
	tests/kernel/bpf_program \
	tests/kernel/bpf_tunnel
KERNEL_BPF_CPPFLAGS = $(KERNEL_CPPFLAGS) -I$(top_srcdir)
if HAVE_BPF
if HAVE_CHECK
check_PROGRAMS += $(KERNEL_BPF_TESTS)
TESTS += $(KERNEL_BPF_TESTS)
endif
endif
tests_kernel_bpf_away_SOURCES = tests/kernel/bpf_away.c $(KERNEL_BPF)
tests_kernel_bpf_away_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_away_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_away_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS)
tests_kernel_bpf_carry_SOURCES = tests/kernel/bpf_carry.c $(KERNEL_BPF)
tests_kernel_bpf_carry_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_carry_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_carry_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS)
tests_kernel_bpf_counted_SOURCES = tests/kernel/bpf_counted.c $(KERNEL_BPF)
tests_kernel_bpf_counted_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_counted_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_counted_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS)
tests_kernel_bpf_error_SOURCES = tests/kernel/bpf_error.c $(KERNEL_BPF)
tests_kernel_bpf_error_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_error_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_error_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS)
tests_kernel_bpf_clients_SOURCES = tests/kernel/bpf_clients.c $(KERNEL_BPF)
tests_kernel_bpf_clients_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_clients_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_clients_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS) -lpthread
tests_kernel_bpf_offload_SOURCES = tests/kernel/bpf_offload.c tests/kernel/host.c \
	tests/kernel/host.h $(KERNEL_BPF)
tests_kernel_bpf_offload_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_offload_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_offload_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS)
tests_kernel_bpf_pass_SOURCES = tests/kernel/bpf_pass.c $(KERNEL_BPF)
tests_kernel_bpf_pass_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_pass_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_pass_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS)
tests_kernel_bpf_program_SOURCES = tests/kernel/bpf_program.c $(KERNEL_BPF)
tests_kernel_bpf_program_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_program_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_program_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS)
tests_kernel_bpf_tunnel_SOURCES = tests/kernel/bpf_tunnel.c $(KERNEL_BPF)
tests_kernel_bpf_tunnel_CPPFLAGS = $(KERNEL_BPF_CPPFLAGS)
tests_kernel_bpf_tunnel_CFLAGS = $(KERNEL_CFLAGS) $(BPF_CFLAGS)
tests_kernel_bpf_tunnel_LDADD = tests/lib/libtest.a $(KERNEL_LDADD) $(BPF_LIBS)
