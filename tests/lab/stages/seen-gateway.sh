# shellcheck shell=bash
# seen replies: the director is the real servers' router and checks the responder's cookie

# shellcheck source=../seen.sh
. "$LAB_HOME/seen.sh"

# As usual, and packets are captured.
needs() {
	peers_missing
	director_missing
	capture_missing
}

# True when the director has no table for its bridge, nor sees what passes it otherwise.
bridge_is_hidden() {
	! lab_in dir nft list table bridge ipsec-balancer >/dev/null 2>&1 &&
		[ "$(lab_in dir sysctl -n net.bridge.bridge-nf-call-iptables 2>/dev/null)" != 1 ]
}

# Watches the ways of the replies; $1 tells this time from others.
way_watch() {
	capture_start "lan$1" dir lan "udp or esp"
	capture_start "wan$1" dir wan "udp or esp"
	capture_start "ret$1" net ret "udp or esp"
}

# Claims that all that the real servers sent to clients meanwhile went through the director.
expect_seen_way() {
	local vip sent
	capture_stop "lan$1" "wan$1" "ret$1"
	for vip in "$LAB_VIP" "$LAB_VIP6"; do
		sent=$(capture_count "lan$1" "src host $vip and $CAPTURE_IKE")
		expect_at_least "ISAKMP of the servers as $vip" 2 "$sent"
		expect_captured "of which left by the director's uplink" "$sent" \
			"wan$1" "src host $vip and $CAPTURE_IKE"
		expect_captured "packets of the servers as $vip by their other link" 0 \
			"ret$1" "src host $vip"
	done
}

# With the VIPs elsewhere: both families and IKE versions, and who begins a rekeying.
try_remote_vip() {
	way_watch 1
	expect_right_cookie_only 1 "$(client_address 1)" "$LAB_VIP"
	expect_right_cookie_only 2 "$(client_address6 2)" "$LAB_VIP6"
	expect "clients of IKEv1, main and aggressive mode" 2 "$(clients_initiate 3 4)"
	expect_true "client 1 renews its IKE SA" peer_ctl c1 --rekey --ike vpn
	expect_true "the server renews that of client 2" \
		peer_ctl "s$(server_of_client "$(client_address6 2)")" --rekey --ike vpn
	expect_seen_way 1
}

# With the VIPs on the director, replies come in with its own address as their source.
try_local_vip() {
	link_configure dir lo "$LAB_VIP/32" "$LAB_VIP6/128"
	expect_true "with the VIP on the director client 5 does not get in by itself" \
		lab_not client_initiate 5 4
	client_forget 5
	lab_in dir sysctl -qw net.ipv4.conf.all.accept_local=1
	way_watch 2
	expect "clients with accept_local" 2 "$(clients_initiate 5 6)"
	expect_seen_way 2
}

# Loose reverse path filters: replies bear an address that is not behind the link they use.
stage() {
	# shellcheck disable=SC2034 # topology.sh and director.sh look at them
	LAB_BACK=dir DIRECTOR_REPLIES=seen
	topology_up 6 2 || stage_fail "the network did not come up"
	lab_in dir sysctl -qw net.ipv4.conf.all.rp_filter=2
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_config rr
	# Here nothing is bridged that matters; but the daemon cannot know.
	lab_in dir sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>>"$LAB_DIR/log/commands.log"
	stage_director_start
	expect "warnings of a bridge that nothing sees" "$(bridge_is_hidden && echo 1 || echo 0)" \
		"$(grep -c bridge-nf-call-iptables "$LAB_DIR/log/director.log")"
	clients_start 2 "$LAB_VIP" 1 1
	clients_start 2 "$LAB_VIP6" 2 2
	clients_start 1 "$LAB_VIP" 3 3
	clients_start 1-aggressive "$LAB_VIP6" 4 4
	clients_start 2 "$LAB_VIP" 5 5
	clients_start 2 "$LAB_VIP6" 6 6
	try_remote_vip
	try_local_vip
	expect "pings answered" 6 "$(clients_ping 1 6)"
	expect "clients established in the table" 6 "$(director_established)"
	expect "conntrack entries at the director" 0 \
		"$(lab_in dir sysctl -n net.netfilter.nf_conntrack_count)"
	expect_agreement 1 1
	expect_agreement 2 2 6
	expect_good_end
}
