# SPDX-License-Identifier: GPL-2.0-or-later
# The lab is run by tests/lab/run as root; make only builds its helper and ships it.
check_PROGRAMS += tests/lab/stray
tests_lab_stray_SOURCES = tests/lab/stray.c

EXTRA_DIST += \
	tests/lab/README.md \
	tests/lab/affinity.sh \
	tests/lab/capture.sh \
	tests/lab/director.sh \
	tests/lab/expect.sh \
	tests/lab/gateway.sh \
	tests/lab/lib.sh \
	tests/lab/libreswan.sh \
	tests/lab/life.sh \
	tests/lab/nat.sh \
	tests/lab/peers.sh \
	tests/lab/pki.sh \
	tests/lab/run \
	tests/lab/seen.sh \
	tests/lab/topology.sh \
	tests/lab/vm-guest \
	tests/lab/vm-init \
	tests/lab/vm.sh \
	tests/lab/watch.sh \
	tests/lab/stages/ah.sh \
	tests/lab/stages/also.sh \
	tests/lab/stages/at-once.sh \
	tests/lab/stages/certificates.sh \
	tests/lab/stages/cleanup.sh \
	tests/lab/stages/esp-fragments.sh \
	tests/lab/stages/esp-in-udp.sh \
	tests/lab/stages/explain.sh \
	tests/lab/stages/external-ruleset.sh \
	tests/lab/stages/fast-path.sh \
	tests/lab/stages/ike-fragments.sh \
	tests/lab/stages/ikev1-direct.sh \
	tests/lab/stages/ikev2-direct.sh \
	tests/lab/stages/ipv6-direct.sh \
	tests/lab/stages/kill-9.sh \
	tests/lab/stages/libreswan-clients.sh \
	tests/lab/stages/libreswan-servers.sh \
	tests/lab/stages/local-behind.sh \
	tests/lab/stages/local-node.sh \
	tests/lab/stages/local-vip.sh \
	tests/lab/stages/mixed.sh \
	tests/lab/stages/mobike.sh \
	tests/lab/stages/nat-clients.sh \
	tests/lab/stages/nat-ends.sh \
	tests/lab/stages/nat-ports-kept.sh \
	tests/lab/stages/nat-rebinding.sh \
	tests/lab/stages/nat-esp.sh \
	tests/lab/stages/nat-external.sh \
	tests/lab/stages/nat-fragments.sh \
	tests/lab/stages/nat-refuses.sh \
	tests/lab/stages/nat-spread.sh \
	tests/lab/stages/nat.sh \
	tests/lab/stages/nat6.sh \
	tests/lab/stages/never-unmarked.sh \
	tests/lab/stages/orphan.sh \
	tests/lab/stages/plain-esp.sh \
	tests/lab/stages/plain-router.sh \
	tests/lab/stages/pmtu.sh \
	tests/lab/stages/realserver-networkd.sh \
	tests/lab/stages/realserver-tunnel.sh \
	tests/lab/stages/realserver.sh \
	tests/lab/stages/refuses.sh \
	tests/lab/stages/rekey-affinity.sh \
	tests/lab/stages/restart.sh \
	tests/lab/stages/rekeys.sh \
	tests/lab/stages/seen-bridge.sh \
	tests/lab/stages/seen-gateway.sh \
	tests/lab/stages/systemd.sh \
	tests/lab/stages/tunnel.sh \
	tests/lab/stages/tunnel6.sh \
	tests/lab/stages/two-initiators.sh \
	tests/lab/stages/two-services.sh \
	tests/lab/stages/weights.sh
