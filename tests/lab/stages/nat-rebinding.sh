# shellcheck shell=bash
# a NAT that forgets, and gives another port and another address: the tunnel goes on

# What is needed besides the peers.
needs() {
	peers_missing
	director_missing
	masquerade_missing
}

# Claims that the tunnel goes on after the NAT gave address $1 and ports from $2.
expect_rebound() {
	local flow reached
	reached=$(pings_answered | tail -n 1)
	masquerade_forget || stage_fail "the NAT does not forget"
	masquerade_start 1 1 "$1" "$2-$(($2 + 999))" || stage_fail "no NAT at the router"
	expect_true "pings are answered again" lab_until 300 ping_reached $((reached + 40))
	flow=$(server_sees "$SERVER" c1)
	expect "where the server has the client now" "$1:${2%???}" "${flow%???}"
	expect "its IKE SA" "$SA" "$(server_sa "$SERVER" c1)"
	expect "servers that have the client" "$SERVER" "$(server_of_peer c1)"
	expect "the director's entry of the new flow" "ESTABLISHED gw$SERVER" \
		"$(director_entry "$flow")"
}

# Nothing the client does on purpose: its next question whether the server lives, under the
# cookies it has, is where the director learns of the new flow.
stage() {
	peers_use_dpd
	stage_up 2 2 rr
	masquerade_start 1 1 "$LAB_NAT" 20000-20999 || stage_fail "no NAT at the router"
	clients_start 2 "$LAB_VIP"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	SERVER=$(server_of_peer c1) SA=$(server_sa "$SERVER" c1)
	ping_begin 400
	expect_true "pings answered" lab_until 100 ping_reached 10
	stage_say "another port of the same address"
	expect_rebound "$LAB_NAT" 30000
	stage_say "another address"
	expect_rebound 203.0.113.201 40000
	expect "places where pings were lost" 2 "$(pings_gaps)"
	expect_at_least "packets counted as moved" 2 "$(director_counter moved)"
	expect_at_least "of ESP in UDP dropped before that" 1 "$(director_counter unknown-esp-in-udp)"
	expect_true "the other client was not concerned" client_ping 2
	expect_good_end
}
