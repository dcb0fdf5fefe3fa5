# shellcheck shell=bash
# method nat: stopped and started, killed and started, every client stays at its server

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
}

# True when the director has saved its table after $1 times.
nat_saved_since() {
	[ "$(director_query stats .state.saves)" -gt "$1" ]
}

# True when client $1 has other cookies than $2.
nat_rekeyed() {
	[ "$(nat_cookies "c$1")" != "$2" ] && [ -n "$(nat_cookies "c$1")" ]
}

# Claims that the director, which was just started, has the three clients from its file, where
# they were, and that ESP and IKE of them go on. What conntrack had is made anew.
expect_nat_goes_on() {
	local before
	expect "$1: clients established" 3 "$(director_established)"
	expect "$1: pings answered" 3 "$(clients_ping 1 3)"
	expect_agreement 1 3
	before=$(nat_cookies c1)
	peer_ctl c1 --rekey --ike vpn >>"$LAB_DIR/log/commands.log" 2>&1
	expect_true "$1: client 1 has rekeyed" lab_until 100 nat_rekeyed 1 "$before"
	expect "$1: first messages, unknown and wrong cookies" "0 0 0" \
		"$(director_counter new-client) $(director_counter unknown-cookies) $(
			director_counter wrong-cookie)"
	expect_true "$1: five pings of client 1 answered" client_ping 1 5
}

# Three clients at two servers.
stage() {
	local saves
	director_keeps_state
	nat_up 3 2 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 3 "$(clients_initiate 1 3)"
	expect "pings answered" 3 "$(clients_ping 1 3)"
	expect_agreement 1 3
	director_stop
	stage_director_start
	expect_nat_goes_on "stopped"
	saves=$(director_query stats .state.saves)
	expect_true "the table is saved" lab_until 100 nat_saved_since $((saves + 1))
	director_kill
	stage_director_start
	expect_nat_goes_on "killed"
	expect_good_end
}
