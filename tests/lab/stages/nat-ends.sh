# shellcheck shell=bash
# method nat: what conntrack knows ends with the entry, and holds nobody at an old server

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
}

# Writes the usual config with short timeouts: $1 seconds for each state.
short_config() {
	director_config rr "fast-path = off"
	sed -i "s/^\tscheduler = .*/&\n\ttimeout-initial = $1\n\ttimeout-established = $1/" \
		"$LAB_DIR/director.conf"
}

# Has server 1 send to client 1 by the tunnel that it still has.
server_goes_on() {
	lab_in s1 ping -q -n -c "${1:-1}" -i 0.2 -W 1 -I "$LAB_INNER" "$(client_inner 1)" \
		>>"$LAB_DIR/log/s1-ping.log" 2>&1
}

# True when the director has no entries.
no_entries() {
	[ "$(director_query entries length)" = 0 ]
}

# Client 1 falls silent; its server does not, and then the client is given to another one. The
# same after the director was killed and starts anew: what it left leads to other servers.
stage() {
	nat_up 2 2 rr
	director_stop
	short_config 4
	stage_director_start
	clients_start 2 "$LAB_VIP"
	expect_true "client 1 gets in" client_initiate 1
	expect "at" gw1 "$(director_server_of "$(client_address 1)")"
	expect_true "a ping is answered" client_ping 1
	expect "connections of client 1" 2 "$(nat_connections)"
	expect_true "its entries end" lab_until 100 no_entries
	expect "connections then" 0 "$(nat_connections)"
	client_forget 1
	server_goes_on 2
	expect "connections that server 1 has begun" 1 \
		"$(nat_connections_of -s "$(server_address 1)")"
	expect_true "client 1 gets in again while server 1 goes on" client_initiate 1
	server_goes_on
	expect "at" gw2 "$(director_server_of "$(client_address 1)")"
	expect_true "a ping is answered" client_ping 1
	expect "connections that lead to server 1" 0 \
		"$(nat_connections_of -s "$(client_address 1)" -r "$(server_address 1)")"
	expect_true "client 2 gets in" client_initiate 2
	expect "at" gw1 "$(director_server_of "$(client_address 2)")"
	director_kill
	expect_at_least "connections left" 2 "$(nat_connections)"
	stage_director_start
	expect "connections after the start" 0 "$(nat_connections)"
	client_forget 2
	client_forget 1
	expect_true "client 1 gets in again" client_initiate 1
	expect_true "client 2 gets in again" client_initiate 2
	expect "client 1 is at" gw1 "$(director_server_of "$(client_address 1)")"
	expect "client 2 is at" gw2 "$(director_server_of "$(client_address 2)")"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect_good_end
}
