# shellcheck shell=bash
# a NAT gives one client's port to another, of another real server; method nat

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
}

# The NAT forgets, and gives client 1 port $1 of its address, and client 2 port $2.
swap_ports() {
	masquerade_forget && lab_in net nft -f - <<-END
		delete table ip hold
		table ip nat {
			chain out {
				type nat hook postrouting priority 100;
				oifname "dir" udp dport 4500 snat to ip saddr map {
					$(client_address 1) : $LAB_NAT, $(client_address 2) : $LAB_NAT
				} : ip saddr map {
					$(client_address 1) : $1, $(client_address 2) : $2
				}
			}
		}
	END
}

stage() {
	local one two old
	peers_use_dpd
	director_affinity session
	nat_up 2 2 rr
	masquerade_start 1 2 "$LAB_NAT" 20000-29999 || stage_fail "no NAT at the router"
	clients_start 2 "$LAB_VIP"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect "clients of each real server" 1/1 "$(peers_spread)"
	one=$(server_sa 1 c1) two=$(server_sa 2 c2)
	old=$(server_sees 1 c1)
	swap_ports 40000 "${old##*:}" || stage_fail "no ports at the NAT"
	ping_begin 300
	expect_true "client 1 is answered again" lab_until 300 ping_reached 50
	expect_true "client 2 is answered again" lab_until 100 client_ping_once 2
	expect "where the server has client 1 now" "$LAB_NAT:40000" "$(server_sees 1 c1)"
	expect "and client 2" "$old" "$(server_sees 2 c2)"
	expect "their SAs" "$one $two" "$(server_sa 1 c1) $(server_sa 2 c2)"
	expect_flow_agreement 1 2
	expect_good_end
}
