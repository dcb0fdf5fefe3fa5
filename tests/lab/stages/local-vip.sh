# shellcheck shell=bash
# the VIPs are local addresses of the director, and the rule order is put back at exit

# Prints the preference of the local rule, IPv4 and IPv6.
local_rule_preference() {
	lab_ip dir rule | sed -n 's/^\([0-9]*\):.*lookup local.*/\1/p'
	lab_ip dir -6 rule | sed -n 's/^\([0-9]*\):.*lookup local.*/\1/p'
}

# One client of each family; without the order of rules, the director would answer itself.
stage() {
	topology_up 2 2 || stage_fail "the network did not come up"
	link_configure dir lo "$LAB_VIP/32" "$LAB_VIP6/128"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_config rr
	director_traces >"$LAB_DIR/before"
	stage_director_start
	clients_start 2 "$LAB_VIP" 1 1
	clients_start 2 "$LAB_VIP6" 2 2
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect "spread by the real servers' SAs" 1/1 "$(servers_spread)"
	expect_true "the VIP itself still answers" \
		lab_in c1 ping -q -n -c 1 -W 2 "$LAB_VIP"
	expect_good_end
	director_run --cleanup
	expect "preferences of the local rules" "0 0" "$(local_rule_preference | xargs)"
	director_traces >"$LAB_DIR/after"
	expect_true "ruleset, rules and routes are as before" \
		cmp "$LAB_DIR/before" "$LAB_DIR/after"
}
