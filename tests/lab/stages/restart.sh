# shellcheck shell=bash
# stopped and started, killed and started: every client is where it was, and IKE goes on
# shellcheck disable=SC2016 # the variables in single quotes are jq's

# Prints what the director has of its state file under name $1.
state_figure() {
	director_query stats --arg name "$1" '.state[$name]'
}

# True when the state file was written once more than $1 times.
state_saved_since() {
	[ "$(state_figure saves)" -gt "$1" ]
}

# Prints the IKE SAs of clients 1 to 3 as their servers number them: a new handshake changes it.
all_sas() {
	local i
	for i in 1 2 3; do
		printf 'c%s: gw%s %s; ' "$i" "$(server_of_peer "c$i")" \
			"$(server_sa "$(server_of_peer "c$i")" "c$i")"
	done
}

# True when server $1 has an IKE SA with client $2, and it is not $3.
sa_is_new() {
	local now
	now=$(server_sa "$1" "c$2")
	[ -n "$now" ] && [ "$now" != "$3" ]
}

# Claims that the director that was just started knows the three clients, whose SAs are $1, as
# before. Their entries on port 500 may have expired.
expect_known() {
	expect_at_least "entries restored" 3 "$(state_figure restored)"
	expect "clients established" 3 "$(director_established)"
	expect_agreement 1 3
	expect "pings answered" 3 "$(clients_ping 1 3)"
	expect "the servers' IKE SAs" "$1" "$(all_sas)"
	expect "first messages since the start" 0 "$(director_counter new-client)"
}

# Claims that IKE of client 1 goes on at the same server without a new handshake: the client asks
# whether it lives, then rekeys.
expect_ike_goes_on() {
	local server before known
	server=$(server_of_peer c1) before=$(server_sa "$server" c1)
	known=$(director_counter isakmp)
	peer_ctl c1 --rekey --ike vpn >>"$LAB_DIR/log/commands.log" 2>&1
	expect_true "client 1 has rekeyed" lab_until 100 sa_is_new "$server" 1 "$before"
	expect "its server" "$server" "$(server_of_peer c1)"
	expect_at_least "ISAKMP of known entries" $((known + 1)) "$(director_counter isakmp)"
	expect "packets with unknown cookies" 0 "$(director_counter unknown-cookies)"
	expect_true "five pings of client 1 answered" client_ping 1 5
}

# Prints our routing rules by priority and table, in both families.
our_rules() {
	{ lab_ip dir rule; lab_ip dir -6 rule; } | grep 'proto 83'
}

# Claims that of pings of client 1 that go on meanwhile none is lost by $1 and a start.
expect_pings_go_on() {
	ping_begin 100
	expect_true "pings are under way" lab_until 50 ping_reached 10
	"$1"
	stage_director_start
	expect_true "they go on after the start" lab_until 150 ping_reached 100
	expect "pings lost meanwhile" 0 "$((100 - $(pings_answered | sort -u | wc -l)))"
}

# A regular stop; a kill -9; another configuration; a torn file.
stage() {
	local sas saved rules
	peers_force_encap
	peers_use_dpd
	director_keeps_state
	stage_up 3 3 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 3 "$(clients_initiate 1 3)"
	sas=$(all_sas) rules=$(our_rules)
	stage_say "stopped and started"
	director_stop
	expect "pings answered while it is away" 3 "$(clients_ping 1 3)"
	expect_true "our rules stay" test "$rules" = "$(our_rules)"
	expect "permissions of the state file" 600 "$(stat -c %a "$LAB_DIR/state")"
	stage_director_start
	expect_known "$sas"
	expect_pings_go_on director_stop
	expect_ike_goes_on
	stage_say "killed and started"
	sas=$(all_sas) saved=$(state_figure saves)
	expect "state save" "$LAB_DIR/state is being written" "$(director_ctl state save)"
	expect_true "the state is saved while it runs" lab_until 50 state_saved_since "$((saved + 2))"
	expect_pings_go_on director_kill
	expect_known "$sas"
	expect_ike_goes_on
	stage_say "one server less, and the file torn"
	director_stop
	expect_other_configuration
	expect_torn
	expect_good_end
}

# Claims that without server 2 in the configuration its client is unknown and the others are not,
# and that no rule for a server too many is left.
expect_other_configuration() {
	local all=$LAB_DIR/director.conf.all
	cp "$LAB_DIR/director.conf" "$all"
	sed -i '/server gw2 {/,/^\t}/d' "$LAB_DIR/director.conf"
	stage_director_start
	expect "marks with a rule in IPv4" 2 "$(lab_ip dir rule | grep -c 'fwmark.*lookup 90')"
	expect "clients known" 2 "$(director_established)"
	expect "servers of clients 1 and 3, and of client 2" gw1/gw3/ \
		"$(for server in 1 3 2; do
			echo "$(director_server_of "$(client_address "$(client_at "$server")")")/"
		done | tr -d '\n' | sed 's,/$,,')"
	expect_true "client 1 is where it was" client_ping "$(client_at 1)" 1
	expect_true "so is client 3" client_ping "$(client_at 3)" 1
	director_stop
	cp "$all" "$LAB_DIR/director.conf"
}

# Prints the number of the client that server $1 has.
client_at() {
	local i
	for i in 1 2 3; do if [ "$(server_of_peer "c$i")" = "$1" ]; then echo "$i"; fi; done
}

# Claims that a torn file is refused, with a reason, and that this is what the pings depend on.
expect_torn() {
	truncate -s -1 "$LAB_DIR/state"
	# The maps would bring the clients back; the table itself has to stay and hold.
	lab_in dir nft flush map netdev ipsec-balancer client4
	lab_in dir nft flush map netdev ipsec-balancer session4
	stage_director_start
	expect_true "a torn file is refused" grep -q 'refused: it is torn' "$LAB_DIR/log/director.log"
	expect "entries then" 0 "$(director_query entries length)"
	client_ping_once 1 && stage_fail "a ping went through without an entry"
	client_forget 1
	expect_true "client 1 comes in anew" client_initiate 1
}
