# shellcheck shell=bash
# method nat over IPv6, with IPv4 clients beside it

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
}

# Two clients of each family by turns; then conntrack forgets, and the servers begin to speak.
stage() {
	nat_up 4 2 rr
	nat_capture_start ''
	clients_start 2 "$LAB_VIP6" 1 2
	clients_start 2 "$LAB_VIP" 3 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect "spread by the real servers' SAs" 2/2 "$(servers_spread)"
	expect_agreement 1 2 6
	expect_agreement 3 4
	lab_in dir conntrack -F >/dev/null 2>&1
	expect "connections" 0 "$(nat_connections)"
	expect_true "server 1 rekeys its children" peer_ctl s1 --rekey --child inner
	expect_true "server 2 rekeys its children" peer_ctl s2 --rekey --child inner
	expect "pings answered by the new children" 4 "$(clients_ping 1 4)"
	capture_stop outer inner
	expect_captured_ends "IPv6 on the clients' side" \
		"$({ six 1 "$LAB_VIP6" && six 2 "$LAB_VIP6"; } | sort)" outer "ip6 and $NAT_IPSEC"
	expect_captured_ends "IPv6 on the servers' side" \
		"$({ six 1 "$(server_address6 1)" && six 2 "$(server_address6 2)"; } | sort)" \
		inner "ip6 and $NAT_IPSEC"
	expect_good_end
}

# Prints the ends of what client $1 and address $2 exchange by IPv6.
six() {
	nat_ends "$(client_address6 "$1")" "$2" 500 4500
}
