# shellcheck shell=bash
# method nat: a client's other traffic, and packets of 9000 bytes that must stay whole

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
}

# Client 1 is known by its IKE first, client 2 by a datagram, client 3 speaks IPv6. In the end
# the servers' link becomes narrow: whose packets are too long for it hears so, of packets to
# the virtual address.
stage() {
	director_lines $'\tpersistence = 60\n\talso = {"udp/1701", "icmp"}'
	nat_up 3 2 rr
	topology_jumbo
	nat_capture_start ''
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 2 "$LAB_VIP6" 3 3
	expect_true "client 1 establishes" client_initiate 1
	client_datagram 1 1701
	client_datagram 2 1701
	expect "clients 2 and 3 establish" 2 "$(clients_initiate 2 3)"
	expect "real servers by their SAs" "1 2 1" "$(server_of_client "$(client_address 1)"
		) $(server_of_client "$(client_address 2)") $(server_of_client "$(client_address6 3)")"
	expect_true "client 1 pings the VIP" whole_ping 1 "$LAB_VIP" 56
	expect_true "with packets of 9000 bytes and DF" whole_ping 1 "$LAB_VIP" 8972
	expect_true "client 3 does by IPv6" whole_ping 3 "$LAB_VIP6" 8952
	expect "ESP of 9000 bytes that is too big" "0 0" \
		"$(too_big 1 "$LAB_VIP" 8980) $(too_big 3 "$LAB_VIP6" 8960)"
	capture_stop outer inner
	expect_captured_ends "datagrams on the servers' side" "$(to_server 1 1)"$'\n'"$(to_server 2 2)" \
		inner udp dst port 1701
	expect_captured "echo requests of 9000 bytes there, both families" 4 inner \
		"greater 9014 and (icmp[0] = 8 or (icmp6 and ip6[40] = 128))"
	expect_captured "ESP of 9000 bytes to server 1, both families" 2 inner \
		"greater 9014 and ((proto 50 and dst host $(server_address 1)) or
			(ip6 proto 50 and dst host $(server_address6 1)))"
	lab_ip dir link set dev lan mtu 1400
	expect_true "pings of 9000 bytes do not fit through 1400" lab_not whole_ping 2 "$LAB_VIP" 8972
	expect_true "nor by IPv6" lab_not whole_ping 3 "$LAB_VIP6" 8952
	expect "MTU to the VIP that clients know by that" "1400 1400" \
		"$(known_mtu 2 "$LAB_VIP") $(known_mtu 3 "$LAB_VIP6")"
	expect "ESP of 9000 bytes that is too big" "1 1" \
		"$(too_big 1 "$LAB_VIP" 8980) $(too_big 3 "$LAB_VIP6" 8960)"
	expect "pings answered by the tunnels" 3 "$(clients_ping 1 3)"
	expect "replies by the wrong way" 0 "$(watch_servers wrong_way_back)"
	expect "IPsec packets to the default route" 0 "$(watch_leaked)"
	expect_good_daemon
}

# Pings the VIP $2 from client $1 itself with $3 bytes that must stay whole.
whole_ping() {
	lab_in "c$1" ping -q -n -M 'do' -s "$3" -c 2 -i 0.2 -W 1 "$2" >>"$LAB_DIR/log/c$1-ping.log" 2>&1
}

# Sends $3 bytes of ESP that must stay whole from client $1 to the VIP $2; prints how many ICMP
# errors say that they are too big, and quote a packet to the VIP.
too_big() {
	stray "$1" --protocol esp --length "$3" "$2" | grep -cE '^(ICMP type 3 code 4|ICMPv6 type 2) '
}

# Prints the MTU that client $1 knows of its way to the VIP $2.
known_mtu() {
	lab_ip "c$1" route get "$2" | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

# Prints the ends of client $1's datagrams at server $2, with any port as the client's.
to_server() {
	capture_ends inner "udp dst port 1701 and src host $(client_address "$1") and
		dst host $(server_address "$2")"
}
