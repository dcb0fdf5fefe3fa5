# shellcheck shell=bash
# initial = stateless: no entry before both cookies, IKEv1 and IKEv2; weights change meanwhile

needs() {
	peers_missing
	director_missing
	capture_missing
}

# Strangers go to the servers, by hash, and the table stays empty. Then clients of all sorts:
# each handshake is at one server, and the table has it where the server says. Client 1 does
# not hear the first answer, and when it asks again its server takes nobody new any more.
stage() {
	local sent i
	director_lines "initial = stateless"
	stage_up 6 2 rr
	strangers_expected || stage_fail "strangers cannot be counted"
	clients_start 2 "$LAB_VIP" 1 3
	clients_start 1 "$LAB_VIP" 4 5
	clients_start 1-aggressive "$LAB_VIP" 6 6
	sent=$(strangers_send init "$STRANGERS" 500 -r 100)
	sent=$((sent + $(strangers_send main "$STRANGERS" 500 -r 100)))
	expect_at_least "first messages of strangers" 50 "$sent"
	expect "forwarded without an entry" "$sent" "$(director_counter stateless)"
	expect "that reached the servers" "$sent" "$(strangers_arrived)"
	for i in 1 2; do
		expect_at_least "of them at server $i" 10 \
			"$(watch_packets "s$i" ike)"
	done
	expect "entries" 0 "$(director_query stats .entries)"
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	expect_true "client 1 comes in over a change of weights" weight_changes_under_way
	expect "clients established" 5 "$(clients_initiate 2 6)"
	expect "pings answered" 6 "$(clients_ping 1 6)"
	expect_agreement 1 6
	expect "new INITIAL entries" 0 "$(director_counter new-client)"
	expect_at_least "forwarded without an entry, theirs too" $((sent + 6)) \
		"$(director_counter stateless)"
	expect "established in the table" 6 "$(director_established)"
	capture_stop to-gw1 to-gw2
	for i in 1 2 3 4 5 6; do
		expect "client $i is at one server" 1 "$(servers_seen_by "$i")"
	done
	expect_good_end
}

# True when client 1 comes in though answers are kept from it until the server that has its
# first message has weight 0. Leaves that server as it was.
weight_changes_under_way() {
	local server initiating
	lab_in c1 nft -f - <<-END || return 1
		table inet deaf {
			chain in {
				type filter hook input priority 0;
				udp sport 500 drop
			}
		}
	END
	client_initiate 1 &
	initiating=$!
	lab_until 50 server_with_first
	server=$(server_with_first)
	[ -n "$server" ] || return 1
	director_ctl server set vpn "gw$server" weight=0 || return 1
	lab_in c1 nft delete table inet deaf
	wait "$initiating" || return 1
	director_ctl server set vpn "gw$server" weight=1 || return 1
	[ "$(server_of_client "$(client_address 1)")" = "$server" ]
}

# Prints the number of the server in whose capture client 1 is; fails when there is none.
server_with_first() {
	local i
	for i in 1 2; do
		[ "$(capture_count "to-gw$i" src host "$(client_address 1)")" = 0 ] || {
			echo "$i"
			return
		}
	done
	return 1
}

# Prints at how many servers captures have ISAKMP of client $1.
servers_seen_by() {
	local i sum=0
	for i in 1 2; do
		[ "$(capture_count "to-gw$i" src host "$(client_address "$1")")" = 0 ] ||
			sum=$((sum + 1))
	done
	echo "$sum"
}
