# shellcheck shell=bash
# initial = stateless with method nat: the server's answer makes the entry; challenged as well

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
}

# Claims that a stranger whom no server has answered goes where the hash says when it says
# another server, though conntrack has a connection of his with the first.
expect_other_server() {
	local sent first=1 other=2
	strangers_unanswered || stage_fail "servers answer strangers"
	sent=$(strangers_send init "$STRANGERS_ONE" 300 -r 10)
	expect_true "first messages of a stranger at a server" \
		lab_until 20 strangers_have_sent "$sent"
	[ "$(strangers_arrived_at 1)" -gt 0 ] || first=2 other=1
	expect "all at one" "$sent" "$(strangers_arrived_at "$first")"
	expect_true "no new clients for it" director_ctl server set vpn "gw$first" weight=0
	sent=$(strangers_send init "$STRANGERS_ONE" 300 -r 10)
	expect_true "first messages of his at the other one" \
		lab_until 20 strangers_have_sent "$sent" "$other"
}

# True when $1 packets of strangers have reached server $2, or all servers together.
strangers_have_sent() {
	[ "$(if [ -n "${2-}" ]; then strangers_arrived_at "$2"; else strangers_arrived; fi)" = "$1" ]
}

# Clients of both versions, whose entries come with the first answers. Then a new daemon with
# challenge besides: strangers reach no server, so no answer makes them an entry.
stage() {
	local sent before arrived
	director_lines "initial = stateless"
	nat_up 4 2 rr
	strangers_expected || stage_fail "strangers cannot be counted"
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 1 "$LAB_VIP" 3 4
	nat_capture_start ''
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect_agreement 1 4
	expect "established in the table" 4 "$(director_established)"
	expect "INITIAL entries made by first messages" 0 "$(director_counter new-client)"
	expect_at_least "first messages forwarded without an entry" 4 \
		"$(director_counter stateless)"
	expect "wrong cookies seen" 0 "$(director_counter wrong-cookie)"
	capture_stop outer inner
	expect_captured "with the VIP on the servers' side" 0 inner "host $LAB_VIP and $NAT_IPSEC"
	expect_other_server
	expect_good_daemon
	director_lines $'initial = stateless\n\tchallenge = on'
	director_config rr
	stage_director_start
	before=$(director_query stats .entries)
	arrived=$(strangers_arrived)
	sent=$(strangers_send init "$STRANGERS" 500 -r 100)
	expect_at_least "first messages of strangers" 25 "$sent"
	expect "challenged" "$sent" "$(director_counter challenged)"
	expect "more that reached the servers" "$arrived" "$(strangers_arrived)"
	expect "entries" "$before" "$(director_query stats .entries)"
	expect "connections in conntrack by the cookies" 0 \
		"$(lab_in dir conntrack -L 2>/dev/null | grep -c "src=$LAB_VIP dst=10\.")"
	client_forget 1
	expect_true "client 1 comes in again, through a cookie" client_initiate 1
	expect "pings answered" 1 "$(clients_ping 1 1)"
	expect "challenged with client 1" $((sent + 1)) "$(director_counter challenged)"
	expect_agreement 1 1
	expect_good_daemon
}
