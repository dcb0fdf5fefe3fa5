# shellcheck shell=bash
# greylist = on: IKEv1's first messages pass when they come again, and floods do not

needs() {
	peers_missing
	director_missing
	capture_missing
}

# Strangers' messages, each of its own, reach nobody. Of each client the first copy stays at
# the director and the second comes to the server: main and aggressive mode, and IKEv2.
stage() {
	local sent i
	director_lines "greylist = on"
	stage_up 3 2 rr
	strangers_expected || stage_fail "strangers cannot be counted"
	clients_start 1 "$LAB_VIP" 1 1
	clients_start 1-aggressive "$LAB_VIP" 2 2
	clients_start 2 "$LAB_VIP" 3 3
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	capture_start uplink dir wan
	sent=$(strangers_send main "$STRANGERS" 500 -r 200)
	expect_at_least "first messages of strangers" 50 "$sent"
	expect "held" "$sent" "$(director_counter greylisted)"
	expect "that reached the servers" 0 "$(strangers_arrived)"
	expect "clients established" 3 "$(clients_initiate 1 3)"
	expect "held, one of each client" $((sent + 3)) "$(director_counter greylisted)"
	expect "strangers at the servers in the end" 0 "$(strangers_arrived)"
	expect "pings answered" 3 "$(clients_ping 1 3)"
	expect_agreement 1 3
	capture_stop uplink to-gw1 to-gw2
	for i in 1 2 3; do
		sent=$(firsts_of uplink "$i")
		expect_at_least "first messages of client $i" 2 "$sent"
		expect "at the servers all but the first" $((sent - 1)) \
			$(($(firsts_of to-gw1 "$i") + $(firsts_of to-gw2 "$i")))
	done
	expect_good_end
}

# Prints how many first messages of client $2 are in capture $1.
firsts_of() {
	capture_count "$1" src host "$(client_address "$2")" and "$STRANGERS_FIRST"
}
