# shellcheck shell=bash
# the daemon killed in mid flight: the rules hold, a new one takes them over

# Nothing may pass while nobody is there; then old and new clients come in again.
stage() {
	local before
	stage_up 4 2 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	director_kill
	expect_true "the nft table stays" director_rules_present
	before=$(watch_servers ike)
	client_initiate 3 3 && stage_fail "client 3 got in without a director"
	stray 4 -w 300 "$LAB_VIP" >/dev/null
	stray 4 -w 300 "$LAB_VIP6" >/dev/null
	expect "ISAKMP sent to real servers meanwhile" "$before" "$(watch_servers ike)"
	expect "IPsec packets to the default route" 0 "$(watch_leaked)"
	stage_director_start
	expect_true "the nft table is there after the restart" director_rules_present
	client_forget 3
	expect "new clients established" 2 "$(clients_initiate 3 4)"
	client_forget 1
	expect_true "an old client comes in again" client_initiate 1
	expect "pings answered" 1 "$(clients_ping 1 1)"
	expect "pings answered" 2 "$(clients_ping 3 4)"
	expect_agreement 3 4
	expect_good_end
}
