# shellcheck shell=bash
# method nat with plain ESP, between Libreswan peers that take no notice of NAT

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

# Fetches what is not installed, for it excludes strongSwan.
prepare() {
	libreswan_prepare
}

needs() {
	nat_missing
	libreswan_missing
}

# True when every entry has expired.
no_entries() {
	[ "$(director_query entries length)" = 0 ]
}

# Two clients at two servers. ESP has no ports: what conntrack knows of it is addresses, and it
# ends with the client's last entry. What a server sends then begins a connection of its own.
stage() {
	nat_choose
	# shellcheck disable=SC2034 # libreswan.sh has it
	PEER_NAT=no
	topology_up 2 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	libreswan_servers_start "1 2 tunnel" "2 1 tunnel" || stage_fail "Libreswan did not come up"
	director_config rr
	sed -i "s/^\tscheduler = .*/&\n\ttimeout-initial = 20\n\ttimeout-established = 20/" \
		"$LAB_DIR/director.conf"
	stage_director_start
	libreswan_client_start 1 "2 tunnel"
	libreswan_client_start 2 "1 tunnel"
	nat_capture_start ''
	expect_true "client 1 gets in by IKEv2" libreswan_initiate 1 tunnel
	expect_true "client 2 gets in by IKEv1" libreswan_initiate 2 tunnel
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect "connections of ESP" "$(esp_connections)" "$(nat_connections_of -p esp)"
	expect_true "conntrack forgets" lab_in dir conntrack -F
	expect_true "a server begins to send ESP, and the client answers" server_ping
	capture_stop outer inner
	expect_captured_ends "plain ESP on the clients' side" \
		"$({ esp_ends 1 "$LAB_VIP" && esp_ends 2 "$LAB_VIP"; } | sort)" outer proto 50
	expect_captured_ends "plain ESP on the servers' side" "$({ esp_ends 1 \
		"$(server_address 1)" && esp_ends 2 "$(server_address 2)"; } | sort)" inner proto 50
	expect_captured "ESP in UDP" 0 outer "$CAPTURE_ESP_IN_UDP"
	expect_true "the entries end" lab_until 600 no_entries
	expect "connections then" 0 "$(nat_connections)"
	expect_good_end
}

# Prints how many connections of ESP there should be: BPF carries both ways without conntrack.
esp_connections() {
	if [ "$(director_fast_path)" = bpf ]; then echo 0; else echo 2; fi
}

# Prints the ends of what client $1 and address $2 exchange without ports.
esp_ends() {
	echo "$(client_address "$1") > $2"
	echo "$2 > $(client_address "$1")"
}

# Server 1 pings client 1 by the tunnel.
server_ping() {
	lab_in s1 ping -q -n -c 2 -W 3 -I "$LAB_INNER" "$(client_inner 1)"
}
