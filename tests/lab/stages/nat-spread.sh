# shellcheck shell=bash
# ten clients behind one NAT: over three servers with affinity = session, else at one

# Claims that all ten clients build tunnels that work, spread as in $1.
expect_spread() {
	expect "clients established" 10 "$(clients_initiate 1 10)"
	expect "pings answered" 10 "$(clients_ping 1 10)"
	expect "clients of each real server, by its own SAs" "$1" "$(peers_spread)"
	expect "addresses they have there, sorted" "$LAB_NAT" \
		"$(for ((i = 1; i <= LAB_SERVERS; i++)); do server_clients "$i"; done | sort -u)"
	expect_flow_agreement 1 10
	expect "pings answered after all are there" 10 "$(clients_ping 1 10)"
}

# Has the clients give up their tunnels and the director forget them.
all_forget() {
	local i
	for ((i = 1; i <= LAB_CLIENTS; i++)); do client_forget "$i"; done
	expect_true "the real servers have no SA any more" lab_until 100 peers_spread_is 0/0/0
	director_stop
	# Or the next one takes over from the kernel what this one has left there.
	expect_true "the director leaves nothing" director_run --cleanup
}

# The NAT changes every port, so that each session can be told from the others.
stage() {
	director_affinity session
	stage_up 10 3 rr
	masquerade_start 1 10 "$LAB_NAT" 20000-29999 || stage_fail "no NAT at the router"
	clients_start 2 "$LAB_VIP"
	stage_say "affinity = session"
	expect_spread 4/3/3
	expect "first messages that were scheduled" 1+9 \
		"$(director_counter new-client)+$(director_counter new-session)"
	all_forget
	stage_say "affinity = client"
	director_run --cleanup
	director_affinity client
	director_config rr
	stage_director_start
	expect_spread 10/0/0
	expect_good_end
}
