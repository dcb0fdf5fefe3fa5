# shellcheck shell=bash
# challenge = on: IKEv2 initiators show that they have their address; the servers' own cookies

needs() {
	peers_missing
	director_missing
	capture_missing
}

# Prints what the first messages of client $2 in capture $1 are that match a filter.
firsts_of() {
	local name=$1 client=$2
	shift 2
	capture_count "$name" src host "$(client_address "$client")" and "$*"
}

# Prints how many messages of IKE_SA_INIT of client $2 in capture $1 have different cookies.
cookies_of() {
	CAPTURE_OPTIONS=-x capture_lines "$1" src host "$(client_address "$2")" and \
		"$STRANGERS_WITH_COOKIE" | awk '
		/^[^ \t]/ { if (words) print words; words = "" }
		{ if ($1 ~ /^0x00(4|5)0:/) words = words $0 }
		END { print words }' | sort -u | wc -l
}

# Strangers first: they are answered, and neither servers nor table see them. Then clients 1
# and 2, each after one answer; the server sees the second message only, with the cookie. Then
# both servers ask for cookies of their own, and client 3 gives the director's and theirs. A
# client of IKEv1 is let in as ever.
stage() {
	local sent
	director_lines "challenge = on"
	servers_use_cookies
	stage_up 4 2 rr "answers-per-source = 1000"
	strangers_expected || stage_fail "strangers cannot be counted"
	clients_start 2 "$LAB_VIP" 1 3
	clients_start 1 "$LAB_VIP" 4 4
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	capture_start uplink dir wan
	sent=$(strangers_send init "$STRANGERS" 500 -r 200)
	expect_at_least "first messages of strangers" 50 "$sent"
	expect "challenged" "$sent" "$(director_counter challenged)"
	expect "that reached the servers" 0 "$(strangers_arrived)"
	expect "entries" 0 "$(director_query stats .entries)"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect_at_least "challenged with theirs" $((sent + 2)) "$(director_counter challenged)"
	strangers_at_server 1
	strangers_at_server 2
	expect_true "client 3 comes in through two cookies" client_initiate 3
	expect_true "client 4 comes in without, by IKEv1" client_initiate 4
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect_agreement 1 4
	expect "spread by the director's count" 2/2 "$(director_spread)"
	capture_stop uplink to-gw1 to-gw2
	sent=$(capture_count uplink "dst host $LAB_VIP and udp[25] = 0x20 and $STRANGERS_PLAIN")
	expect "challenged, all of IKEv2 without a cookie" "$sent" "$(director_counter challenged)"
	expect_captured "challenges that left" "$sent" uplink \
		"src host $LAB_VIP and $STRANGERS_CHALLENGE"
	expect_captured "other answers by that way" 0 uplink \
		"src host $LAB_VIP and udp and not $STRANGERS_CHALLENGE"
	expect_captured "challenges of 96 bytes or more with all headers" 0 uplink \
		"src host $LAB_VIP and udp and greater 96"
	expect_captured "first messages shorter than that" 0 uplink \
		"dst host $LAB_VIP and $STRANGERS_FIRST and less 95"
	expect_challenged 1 to-gw1 1
	expect_challenged 2 to-gw2 1
	expect_challenged 3 to-gw1 2
	expect_captured_at_least "first messages of client 4, without a cookie" 1 to-gw2 \
		"src host $(client_address 4) and $STRANGERS_PLAIN"
	expect_good_end
}

# Claims of client $1 that what it sent without a cookie stayed at the director, and that all
# it sent with one, $3 different cookies, is in capture $2 of its server. A slow machine makes
# it repeat messages.
expect_challenged() {
	expect_at_least "first messages of client $1 without a cookie" 1 \
		"$(firsts_of uplink "$1" "$STRANGERS_PLAIN")"
	expect "that came to its server" 0 "$(firsts_of "$2" "$1" "$STRANGERS_PLAIN")"
	expect "with a cookie, there" "$(firsts_of uplink "$1" "$STRANGERS_WITH_COOKIE")" \
		"$(firsts_of "$2" "$1" "$STRANGERS_WITH_COOKIE")"
	expect "cookies of it" "$3" "$(cookies_of "$2" "$1")"
}
