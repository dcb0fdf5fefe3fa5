# shellcheck shell=bash
# limits before the queue: a flood from one source and from many, honest clients meanwhile

needs() {
	peers_missing
	director_missing
}

# Prints how many packets limit $1 has dropped, as the daemon says.
limit_dropped() {
	director_query stats ".limits.\"$1\".dropped // 0"
}

# Prints how many packets the queue has seen.
queued() {
	director_query stats .queue.packets
}

# True when limit $1 has dropped all but at most $3 of $2 packets.
limit_has_dropped() {
	local dropped
	dropped=$(limit_dropped "$1")
	[ "$dropped" -le "$2" ] && [ "$dropped" -ge $(($2 - $3)) ]
}

# One source may send 5 first messages a second: its flood is dropped in the kernel, and the
# daemon hears little of it. Client 1, established, speaks and rekeys all the while, client 2
# comes in. A flood of forged sources stops at the limit of all, which is then taken away.
stage() {
	local sent before flood
	stage_up 2 2 rr 'fast-path = nft
		limit-first-source = 5
		limit-first-total = 200
		limit-isakmp-total = 50
		limit-esp-source = 5'
	strangers_expected || stage_fail "strangers cannot be counted"
	clients_start 2 "$LAB_VIP" 1 2
	expect "client 1 established" 1 "$(clients_initiate 1 1)"
	before=$(queued)
	strangers_start init "$STRANGERS_ONE" 4000 -r 500
	flood=$LAB_SPAWNED
	expect "client 2 established during a flood from one source" 1 "$(clients_initiate 2 2)"
	peer_ctl c1 --rekey --ike vpn >/dev/null || stage_fail "client 1 could not rekey its IKE SA"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	lab_until 80 lab_not lab_alive "$flood"
	sent=$(tail -n 1 "$LAB_DIR/log/strangers.log" | cut -d' ' -f2)
	expect_at_least "first messages of one stranger" 500 "$sent"
	expect_true "dropped before the queue, as show stats counts" \
		lab_until 30 limit_has_dropped first-source "$sent" 60
	expect_at_most "packets that the daemon was shown" 150 "$(($(queued) - before))"
	expect_at_most "first messages that reached the servers" 60 "$(strangers_arrived)"
	sent=$(strangers_send esp "$STRANGERS_ONE" 1000 -r 200)
	expect_true "ESP of no client is dropped likewise" \
		lab_until 30 limit_has_dropped esp-source "$sent" 40
	expect_true "another rate is set" director_ctl limit set esp-source rate=0
	before=$(queued)
	sent=$(strangers_send esp "$STRANGERS_ONE" 1000 -r 200)
	expect "and is in force at once: all is shown to the daemon" "$sent" \
		"$(($(queued) - before))"
	expect "elements in the maps have stayed" yes "$([ "$(director_fast_elements)" -ge 2 ] && echo yes)"
	sent=$(strangers_send init "$STRANGERS" 1000 -r 1000)
	expect_at_least "of forged sources dropped by the limit of all" 1 \
		"$(lab_until 30 limit_has_dropped first-total "$sent" 700 && limit_dropped first-total)"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect_true "others than root set no limit" limit_needs_root
	expect_good_daemon
}

# True when who may only read cannot set a limit.
limit_needs_root() {
	! lab_in dir setpriv --reuid 65534 --clear-groups --regid 65534 \
		"$(built src/ipsec-balancerctl)" --socket "$LAB_DIR/control.sock" \
		limit set esp-source rate=9 2>>"$LAB_DIR/log/refusals.log"
}
