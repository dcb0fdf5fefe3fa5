# shellcheck shell=bash
# the cookie challenge with OpenIKED as initiator and as server; in the guest

# shellcheck source=../openiked.sh
. "$LAB_HOME/openiked.sh"

# Fetches what is not installed.
prepare() {
	openiked_prepare
}

needs() {
	peers_missing
	openiked_missing
	director_missing
	capture_missing
}

# Server 1 is strongSwan, server 2 OpenIKED behind the other VIP. Client 1 is OpenIKED and turns
# to strongSwan, client 2 strongSwan and turns to OpenIKED.
peers_up() {
	peers_secret
	# shellcheck disable=SC2034 # of peers.sh
	PEER_CHILD="esp_proposals = aes128-sha1"
	server_connections | peer_write s1
	peer_start s1
	peer_load s1 || return 1
	openiked_connection 2 "$LAB_VIP_B" server | openiked_write s2 || return 1
	openiked_start s2
	clients_start 2 "$LAB_VIP_B" 2 2
}

# Writes the configuration: both services challenge.
config_write() {
	{
		director_globals
		director_lines "challenge = on"
		director_service vpn "\"$LAB_VIP\"" rr 1
		director_service iked "\"$LAB_VIP_B\"" rr 2
	} >"$LAB_DIR/director.conf"
}

# Each comes in through a cookie; the server sees the second message alone.
stage() {
	local i
	topology_up 2 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	peers_up || stage_fail "the peers did not come up"
	config_write
	stage_director_start
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	openiked_connection 1 "$LAB_VIP" client | openiked_write c1 ||
		stage_fail "OpenIKED was not set up"
	openiked_start c1
	expect_true "client 1, OpenIKED, comes in" lab_until 200 openiked_has c1 "$LAB_VIP"
	expect_true "client 2, strongSwan, comes in at OpenIKED" client_initiate 2
	expect_at_least "challenged" 2 "$(director_counter challenged)"
	expect "established in the table" 2 "$(director_established)"
	capture_stop to-gw1 to-gw2
	for i in 1 2; do
		expect_captured_at_least "first messages of client $i with a cookie" 1 "to-gw$i" \
			"src host $(client_address "$i") and $STRANGERS_WITH_COOKIE"
		expect_captured "without" 0 "to-gw$i" \
			"src host $(client_address "$i") and $STRANGERS_PLAIN"
	done
	expect_good_end
}
