# shellcheck shell=bash
# the cookie challenge between Libreswan clients and strongSwan, and switched off for its servers

# Fetches what is not installed, for it excludes strongSwan.
prepare() {
	libreswan_prepare
}

needs() {
	peers_missing
	libreswan_missing
	director_missing
	capture_missing
}

# Server 1 is strongSwan behind the one VIP, server 2 Libreswan behind the other. Clients 1 to
# 3 run Libreswan, the third and strongSwan of the fourth turn to the Libreswan server.
peers_up() {
	peers_secret
	servers_use_cookies
	server_connections | peer_write s1
	peer_start s1
	peer_load s1 || return 1
	libreswan_client_start 1 "2 tunnel"
	libreswan_client_start 2 "2 tunnel"
	local LAB_VIP=$LAB_VIP_B
	libreswan_connections server "3 2 tunnel" "4 2 tunnel" | libreswan_write s2 || return 1
	libreswan_start s2
	libreswan_load s2
	libreswan_client_start 3 "2 tunnel"
	clients_start 2 "$LAB_VIP" 4 4
}

# Writes the configuration: both services challenge, the second with lines $1 besides.
config_write() {
	{
		director_globals
		director_lines "challenge = on"
		director_service vpn "\"$LAB_VIP\"" rr 1
		director_lines "challenge = on"$'\n'"$1"
		director_service swan "\"$LAB_VIP_B\"" rr 2
	} >"$LAB_DIR/director.conf"
}

# Libreswan gives the director's cookie, and the server's after it. As a server it is not
# challenged for, so it may ask for its own. What it makes of a cookie not its own is seen last.
stage() {
	local i challenged
	topology_up 4 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	peers_up || stage_fail "the peers did not come up"
	config_write "peer = libreswan"
	expect_true "the configuration passes" director_run --check
	expect_true "with a warning" grep -q "challenge: off, since server gw2 is Libreswan" \
		"$LAB_DIR/log/director.log"
	stage_director_start
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	expect_true "client 1, Libreswan, comes in through a cookie" libreswan_initiate 1 tunnel
	expect_at_least "challenged" 1 "$(director_counter challenged)"
	strangers_at_server 1
	expect_true "client 2, Libreswan, comes in through two" libreswan_initiate 2 tunnel
	challenged=$(director_counter challenged)
	expect_at_least "challenged" 2 "$challenged"
	expect_true "server 2 asks for cookies from now on" libreswan_ctl s2 --ddos-busy
	expect_true "client 3, Libreswan, comes in at Libreswan" libreswan_initiate 3 tunnel
	expect_true "client 4, strongSwan, comes in at Libreswan" client_initiate 4
	expect "challenged, those not" "$challenged" "$(director_counter challenged)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect_agreement 1 4
	capture_stop to-gw1 to-gw2
	expect_captured_at_least "first messages of client 1 with a cookie" 1 to-gw1 \
		"src host $(client_address 1) and $STRANGERS_WITH_COOKIE"
	expect_captured_at_least "of client 2 with the director's" 1 to-gw1 \
		"src host $(client_address 2) and $STRANGERS_WITH_COOKIE and $STRANGERS_OUR_COOKIE"
	expect_captured_at_least "of client 2 with the server's own" 1 to-gw1 \
		"src host $(client_address 2) and $STRANGERS_WITH_COOKIE and not $STRANGERS_OUR_COOKIE"
	expect_captured "of the two without" 0 to-gw1 \
		"(src host $(client_address 1) or src host $(client_address 2)) and $STRANGERS_PLAIN"
	for i in 3 4; do
		expect_captured_at_least "of client $i without the server's cookie" 1 to-gw2 \
			"src host $(client_address "$i") and $STRANGERS_PLAIN"
		expect_captured_at_least "with" 1 to-gw2 \
			"src host $(client_address "$i") and $STRANGERS_WITH_COOKIE"
	done
	expect_good_daemon
	config_write ""
	stage_director_start
	client_forget 4
	expect_true "Libreswan takes no client with another's cookie" \
		lab_not client_initiate 4 4
	expect_good_end
}
