# shellcheck shell=bash
# IKE rekeys and re-authentications by both sides, and the client stays where it is
# shellcheck disable=SC2016 # the variables in single quotes are jq's

# Prints the cookies of the newest IKE SA that server $1 has with the peer of identity $2, as
# the director prints them.
server_cookies() {
	peer_ctl "s$1" --list-sas | awk -v who="'$2'" '
		/^[^ ]/ { sub(/_i.*/, "", $5); sub(/_r.*/, "", $6); cookies = $5 ":" $6 }
		$1 == "remote" && $2 == who { print cookies; exit }'
}

# True when server $1 has an IKE SA with client $2 that is not $3, and only that one.
server_sa_is_new() {
	local now
	now=$(server_sa "$1" "c$2")
	[ -n "$now" ] && [ "$now" != "$3" ] && [ "$(wc -w <<<"$now")" = 1 ]
}

# True when the director knows $2, a pair of cookies, as one of the flow from $1.
director_has_pair() {
	director_query entries -e --arg client "$1" --arg pair "$2" \
		'any(.[] | select(.client == $client); .cookies | index($pair))'
}

# The IKE SA of client $1 is rekeyed by $2, client or server, as further options say. Claims that
# the same server has the new one, that the director learns its cookies, and that the tunnel works.
expect_kept() {
	local client=$1 who=$2 server before flow
	shift 2
	server=$(server_of_peer "c$client") before=$(server_sa "$server" "c$client")
	case $who in
	client) peer_ctl "c$client" --rekey --ike vpn "$@" >>"$LAB_DIR/log/commands.log" 2>&1 ;;
	server) peer_ctl "s$server" --rekey --ike-id "${before#\#}" "$@" \
		>>"$LAB_DIR/log/commands.log" 2>&1 ;;
	esac
	expect_true "client $client has a new IKE SA" \
		lab_until 100 server_sa_is_new "$server" "$client" "$before"
	expect "its server" "$server" "$(server_of_peer "c$client")"
	# Nothing need be said under the new cookies for hours; a new child is.
	expect_true "a new child under it" peer_ctl "c$client" --rekey --child inner
	flow=$(server_sees "$server" "c$client")
	expect_true "the director knows its new cookies" lab_until 20 \
		director_has_pair "$flow" "$(server_cookies "$server" "c$client")"
	expect_true "five pings answered" client_ping "$client" 5
}

# Four times for IKEv2, twice for IKEv1, where rekeying is authenticating again.
stage() {
	local who
	stage_up 4 3 rr
	clients_start 2 "$LAB_VIP" 1 3
	clients_start 1 "$LAB_VIP" 4 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	for who in client server; do
		stage_say "IKEv2, the $who rekeys"
		expect_kept 2 "$who"
		stage_say "IKEv2, the $who authenticates again"
		expect_kept 3 "$who" --reauth
		stage_say "IKEv1, the $who authenticates again"
		expect_kept 4 "$who"
	done
	expect "clients of each real server, by its own SAs" 2/1/1 "$(peers_spread)"
	expect "of first messages, those that were scheduled" 4 "$(director_counter new-client)"
	expect "packets with unknown cookies" 0 "$(director_counter unknown-cookies)"
	expect_good_end
}
