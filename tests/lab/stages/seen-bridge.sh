# shellcheck shell=bash
# seen replies: the director bridges the real servers' link and checks the responder's cookie

# shellcheck source=../seen.sh
. "$LAB_HOME/seen.sh"

# Rules for frames need nft's queue expression; else rules of IP have to see the frames.
needs() {
	peers_missing
	director_missing
	capture_missing
	[ -d /proc/sys/net/bridge ] ||
		unshare -n nft add table bridge t '{ chain c { queue num 1; }; }' 2>/dev/null ||
		echo "this kernel has neither nft's queue expression nor br_netfilter"
}

# Prints the hardware address of real server $1's link.
server_mac() {
	lab_ip "s$1" -o link show dev lan | sed -n 's|.*link/ether \([^ ]*\) .*|\1|p'
}

# Claims that the ISAKMP that real server $1 sent as $2 left the director as the frames that
# they were, and that none came by another link.
expect_bridged() {
	local sent mac
	mac=$(server_mac "$1")
	sent=$(capture_count "port$1" "src host $2 and $CAPTURE_IKE")
	expect_at_least "ISAKMP of real server $1 as $2" 2 "$sent"
	expect_captured "of which left by the uplink in the server's own frames" "$sent" \
		wan "ether src $mac and src host $2 and $CAPTURE_IKE"
	expect_captured "packets as $2 by another link" 0 ret "src host $2"
}

# Has the kernel show bridged packets to the rules of IP as well ($1 = 1) or not. One without
# br_netfilter cannot, and one that has no rules for frames must.
bridge_shows_ip() {
	local setting
	lab_in dir nft list table bridge ipsec-balancer >/dev/null 2>&1 || set -- 1
	for setting in bridge-nf-call-iptables bridge-nf-call-ip6tables; do
		lab_in dir sysctl -qw "net.bridge.$setting=$1" 2>>"$LAB_DIR/log/commands.log"
	done
	return 0
}

# A client of each family at each server; those of the second as other programs (containers)
# like to have bridges: then the daemon sees a reply twice.
stage() {
	local i
	# shellcheck disable=SC2034 # topology.sh and director.sh look at them
	LAB_BACK=bridge DIRECTOR_REPLIES=seen
	topology_up 4 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_config rr
	stage_director_start
	for i in 1 2; do capture_start "port$i" dir "s$i" "udp or esp"; done
	capture_start wan dir wan "udp or esp"
	capture_start ret net ret "udp or esp"
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 2 "$LAB_VIP6" 3 4
	bridge_shows_ip 0
	expect_right_cookie_only 1 "$(client_address 1)" "$LAB_VIP"
	bridge_shows_ip 1
	expect_right_cookie_only 2 "$(client_address 2)" "$LAB_VIP"
	bridge_shows_ip 0
	expect_right_cookie_only 3 "$(client_address6 3)" "$LAB_VIP6"
	bridge_shows_ip 1
	expect_right_cookie_only 4 "$(client_address6 4)" "$LAB_VIP6"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect "spread by the real servers' SAs" 2/2 "$(servers_spread)"
	expect_agreement 1 2
	expect_agreement 3 4 6
	capture_stop port1 port2 wan ret
	for i in 1 2; do
		expect_bridged "$i" "$LAB_VIP"
		expect_bridged "$i" "$LAB_VIP6"
	done
	expect_good_end
}
