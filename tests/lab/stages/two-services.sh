# shellcheck shell=bash
# two services at two VIPs side by side, one of them wlc with weights 2:1

# Six clients by weight, two by turns; neither service sees the other's.
stage() {
	topology_up 8 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	{
		director_globals
		director_service heavy "\"$LAB_VIP\"" wlc 1:2 2:1
		director_service even "\"$LAB_VIP_B\"" rr 1 2
	} >"$LAB_DIR/director.conf"
	stage_director_start
	clients_start 2 "$LAB_VIP" 1 6
	clients_start 2 "$LAB_VIP_B" 7 8
	expect "clients established" 8 "$(clients_initiate 1 8)"
	expect "pings answered" 8 "$(clients_ping 1 8)"
	expect "spread of the weighted service" 4/2 "$(director_spread heavy)"
	expect "spread of the even service" 1/1 "$(director_spread even)"
	expect "spread by the real servers' SAs" 5/3 "$(servers_spread)"
	expect_agreement 1 8
	expect "services shown" "even heavy" \
		"$(director_query services '[.[] | .service // .name] | sort | join(" ")')"
	expect_good_end
}
