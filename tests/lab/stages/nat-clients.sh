# shellcheck shell=bash
# three clients behind one NAT address, with ports that change between 500 and 4500

# One address is one client: all three belong to one real server, each with its own flow.
stage() {
	local nat=$LAB_NAT
	stage_up 4 2 rr
	masquerade_start 1 3 "$nat" 20000-29999 || stage_fail "no NAT at the router"
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 1 "$LAB_VIP" 3 3
	clients_start 2 "$LAB_VIP" 4 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect "real server of the NAT's clients" "$(director_server_of "$nat")" \
		"gw$(server_of_client "$nat")"
	# With IKEv2 the flow to 4500; main mode has both cookies on 500 already.
	expect "established flows of the NAT address" 4 "$(director_query entries \
		"[.[] | select(.state == \"ESTABLISHED\")
			| select(.client | startswith(\"$nat:\"))] | length")"
	expect "of which from one of the usual ports" 0 "$(director_query entries \
		"[.[] | select(.client == (\"$nat:500\", \"$nat:4500\"))] | length")"
	expect "clients as the director counts them" 1/1 "$(director_spread)"
	expect_good_end
}
