# shellcheck shell=bash
# three clients behind one NAT address, with ports that change between 500 and 4500

# The router turns clients 1 to 3 into one address; client 4 is as it is.
nat_start() {
	lab_in net nft -f - <<-END
		table ip nat {
			chain out {
				type nat hook postrouting priority 100;
				oifname "dir" ip saddr $(client_address 1)-$(client_address 3) \
					udp dport { 500, 4500 } snat to 203.0.113.200:20000-29999
			}
		}
	END
}

# One address is one client: all three belong to one real server, each with its own flow.
stage() {
	local nat=203.0.113.200
	stage_up 4 2 rr
	nat_start || stage_fail "no NAT at the router"
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 1 "$LAB_VIP" 3 3
	clients_start 2 "$LAB_VIP" 4 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect "real server of the NAT's clients" "$(director_server_of $nat)" \
		"gw$(server_of_client $nat)"
	# With IKEv2 the flow to 4500; main mode has both cookies on 500 already.
	expect "established flows of the NAT address" 4 "$(director_query entries \
		"[.[] | select(.state == \"ESTABLISHED\")
			| select(.client | startswith(\"$nat:\"))] | length")"
	expect "of which from one of the usual ports" 0 "$(director_query entries \
		"[.[] | select(.client == (\"$nat:500\", \"$nat:4500\"))] | length")"
	expect "clients as the director counts them" 1/1 "$(director_spread)"
	expect_good_end
}
