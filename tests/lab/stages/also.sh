# shellcheck shell=bash
# other traffic of a client goes to its server, and brings its IKE there

# Counts at real server $1 what comes from the director besides IPsec.
also_watch() {
	lab_in "s$1" nft -f - <<-'END'
		table inet also {
			counter datagrams { }
			counter echoes { }
			counter marked { }
			chain from_director {
				type filter hook prerouting priority -450;
				iifname != "lan" accept
				udp dport 1701 counter name datagrams
				udp dport 9999 counter name marked
				icmp type 8 counter name echoes
			}
		}
	END
}

# Prints the packets that counter $2 of real server $1 has seen.
also_count() {
	lab_in "s$1" nft list counter inet also "$2" |
		sed -n 's/.*packets \([0-9]*\) bytes.*/\1/p'
}

# Prints what counter $1 has seen at both real servers, as in "1/0".
also_counts() {
	echo "$(also_count 1 "$1")/$(also_count 2 "$1")"
}

# Three clients at two servers by turns: the first is known by its IKE, the second by its
# datagram, the third by a mark of the director's administrator.
stage() {
	topology_up 3 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	also_watch 1 || stage_fail "the counters could not be placed"
	also_watch 2 || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	{
		director_globals
		director_service vpn "\"$LAB_VIP\"" rr 1 2 |
			sed '2a\	persistence = 60\n	also = {"udp/1701", "icmp", "mark/5"}'
	} >"$LAB_DIR/director.conf"
	lab_in dir nft -f - <<-END
		table ip administrator {
			chain marks {
				type filter hook prerouting priority -350;
				ip daddr $LAB_VIP udp dport 9999 meta mark set 5
			}
		}
	END
	stage_director_start
	clients_start 2 "$LAB_VIP"
	expect_true "client 1 establishes" client_initiate 1
	expect "its server" gw1 "$(director_server_of "$(client_address 1)")"
	expect_true "client 1 pings the VIP" lab_in c1 ping -q -n -c 2 -i 0.2 -W 3 "$LAB_VIP"
	expect "echo requests at the servers" 2/0 "$(also_counts echoes)"
	client_datagram 1 1701
	expect "its datagrams at the servers" 1/0 "$(also_counts datagrams)"
	client_datagram 2 1701
	expect "with that of client 2, which is not known" 1/1 "$(also_counts datagrams)"
	expect_true "client 2 establishes" client_initiate 2
	expect "its server by the real servers' SAs" 2 "$(server_of_client "$(client_address 2)")"
	client_datagram 1 9999
	client_datagram 3 9999
	expect "marked datagrams of clients 1 and 3" 2/0 "$(also_counts marked)"
	expect "packets with that reason" 6 "$(director_counter also)"
	expect_true "a ping by the tunnel" client_ping 1
	expect "IPsec packets to the default route" 0 "$(watch_leaked)"
	expect_good_daemon
}
