# shellcheck shell=bash
# the unit under a real systemd: start, rights, crash, stop, refusal of a bad config

UNIT=ipsec-balancer.service

# What is installed and started must not be this machine's, but a guest's that is thrown away.
needs() {
	director_missing
	[ -n "${LAB_GUEST:-}" ] && [ -d /run/systemd/system ] ||
		echo "no guest with systemd, see --vm"
	command -v make >/dev/null || echo "no make"
}

# Prints property $1 of the unit.
unit_property() {
	systemctl show -P "$1" "$UNIT"
}

# Prints field $1 of the daemon's /proc status.
unit_status() {
	sed -n "s/^$1:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$(unit_property MainPID)/status"
}

# Prints what variable $1 of the build is worth.
build_variable() {
	printf 'lab-print:\n\t@echo %s\n' "\$($1)" |
		make -s -C "$BUILD" -f Makefile -f - lab-print
}

# Installs the build over the guest's root, as an administrator would.
unit_install() {
	make -C "$BUILD" install && systemd-sysusers && systemctl daemon-reload
}

# Makes the director's link to the real servers, in the guest's own network.
unit_link_up() {
	ip link add lab0 type dummy && ip addr add 10.2.0.1/24 dev lab0 && ip link set lab0 up
}

# Writes a config whose scheduler is $1 where the unit looks for it.
unit_config() {
	director_service vpn "\"$LAB_VIP\"" "$1" 1 2 >"$UNIT_CONFIG"
}

# True when the unit's journal has the words $1.
unit_journal() {
	journalctl --sync
	journalctl -u "$UNIT" --no-pager | tee "$LAB_DIR/log/journal.log" | grep -F "$1"
}

# True when the daemon runs and is not process $1.
unit_runs_anew() {
	[ "$(systemctl is-active "$UNIT")" = active ] && [ "$(unit_property MainPID)" != "$1" ]
}

# True when the BPF program is at link $1, by default that to the servers.
unit_has_program() {
	tc filter show dev "${1:-lab0}" ingress | grep -q ipb_ingress
}

# Makes a link; true when the program is there soon. The daemon has few rights left by then.
unit_program_follows() {
	ip link add lab1 type dummy && lab_until 30 unit_has_program lab1
}

# Claims that the running daemon has its own user and no right but to configure the network.
expect_rights() {
	expect "user of the daemon" "$(id -u ipsec-balancer)" "$(unit_status Uid)"
	expect "its capabilities (CAP_NET_ADMIN)" 0000000000001000 "$(unit_status CapEff)"
	expect "those it could regain" 0000000000001000 "$(unit_status CapPrm)"
	expect "those a program it started would have" 0000000000000000 "$(unit_status CapAmb)"
	expect "no new privileges" 1 "$(unit_status NoNewPrivs)"
	expect "system calls filtered (mode 2)" 2 "$(unit_status Seccomp)"
}

# Installs, then takes the unit through its life.
stage() {
	local pid
	expect_true "make install, systemd-sysusers" unit_install
	UNIT_CONFIG=$(build_variable sysconfdir)/ipsec-balancer/ipsec-balancer.conf
	expect_true "a link to the real servers" unit_link_up
	expect "what systemd-analyze verify has to say" "" \
		"$(systemd-analyze verify --recursive-errors=no "$UNIT" 2>&1)"
	stage_say "$(systemd-analyze security --no-pager "$UNIT" | tail -n 1)"
	unit_config wlc
	expect_true "systemctl start" systemctl start "$UNIT"
	expect "state" active "$(systemctl is-active "$UNIT")"
	expect_rights
	expect_at_least "words of the tool, by the default socket" 1 \
		"$("$(build_variable sbindir)/ipsec-balancerctl" show version | wc -w)"
	expect_true "packets go to the queue by nft's own expression" unit_journal "nft queue"
	expect "fast path" bpf "$("$(build_variable sbindir)/ipsec-balancerctl" show stats |
		awk '$1 == "fast_path.backend" { print $2 }')"
	expect_true "the program is at the link to the servers" unit_has_program
	expect_true "and comes to one that is made later" unit_program_follows
	pid=$(unit_property MainPID)
	kill -KILL "$pid"
	expect_true "restarted after a kill -9" lab_until 200 unit_runs_anew "$pid"
	expect_true "it takes the program's place again" unit_has_program
	expect_true "systemctl stop" systemctl stop "$UNIT"
	expect_true "the program stays" unit_has_program
	expect "result" success "$(unit_property Result)"
	expect "owner and permissions of the state file" "ipsec-balancer 600" \
		"$(stat -c '%U %a' "$(build_variable localstatedir)/lib/ipsec-balancer/state")"
	expect_true "systemctl start" systemctl start "$UNIT"
	expect_true "it is read again" unit_journal "s ago restored"
	expect_true "systemctl stop" systemctl stop "$UNIT"
	unit_config fastest
	systemctl start "$UNIT" 2>"$LAB_DIR/log/refused.log" &&
		stage_fail "systemctl start succeeded with a bad config"
	expect_true "file:line in the journal" unit_journal "ipsec-balancer.conf:4:"
	systemctl reset-failed "$UNIT"
}
