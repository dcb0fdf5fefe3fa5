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

# Over IPv6, and on port 4500 behind the non-ESP marker: first messages without and with a
# cookie, and answers that ask for one.
FIRST6='(ip6 and udp dst port 500 and ip6[56:4] = 0 and ip6[60:4] = 0)'
FIRST_NATT='(udp dst port 4500 and udp[8:4] = 0 and udp[20:4] = 0 and udp[24:4] = 0)'
CHALLENGE6='(ip6 and udp src port 500 and ip6[64] = 41 and ip6[66] = 34 and ip6[82:2] = 16390)'
CHALLENGE_NATT='(udp src port 4500 and udp[8:4] = 0 and udp[28] = 41 and udp[30] = 34
	and udp[46:2] = 16390)'

# Strangers first: they are answered, and neither servers nor table see them. Then clients 1
# and 2, each after one answer; the server sees the second message only, with the cookie. Then
# both servers ask for cookies of their own, and client 3 gives the director's and theirs. A
# client of IKEv1 is let in as ever. Client 5 speaks IPv6, and client 1 authenticates anew,
# which it begins on port 4500.
stage() {
	local sent
	director_lines "challenge = on"
	servers_use_cookies
	stage_up 5 2 rr "answers-per-source = 1000"
	strangers_expected || stage_fail "strangers cannot be counted"
	clients_start 2 "$LAB_VIP" 1 3
	clients_start 1 "$LAB_VIP" 4 4
	clients_start 2 "$LAB_VIP6" 5 5
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
	expect_true "client 5 comes in over IPv6" client_initiate 5
	expect_true "client 1 authenticates anew" peer_ctl c1 --rekey --reauth --ike vpn
	expect_true "and has" lab_until 100 client_is_new 1
	expect "pings answered" 5 "$(clients_ping 1 5)"
	expect_agreement 1 4
	expect_agreement 5 5 6
	expect "spread by the director's count" 3/2 "$(director_spread)"
	capture_stop uplink to-gw1 to-gw2
	expect_answers
	expect_captured "other words of the virtual addresses by that way" 0 uplink \
		"(src host $LAB_VIP or src host $LAB_VIP6) and udp and
		not ($STRANGERS_CHALLENGE or $CHALLENGE6 or $CHALLENGE_NATT)"
	expect_captured "challenges of 96 bytes or more with all headers" 0 uplink \
		"src host $LAB_VIP and $STRANGERS_CHALLENGE and greater 96"
	expect_captured "first messages shorter than that" 0 uplink \
		"dst host $LAB_VIP and $STRANGERS_FIRST and less 95"
	expect_challenged 1 to-gw1 1
	expect_challenged 2 to-gw2 1
	expect_challenged 3 to-gw1 2
	expect_captured_at_least "first messages of client 4, without a cookie" 1 to-gw2 \
		"src host $(client_address 4) and $STRANGERS_PLAIN"
	expect_good_end
}

# True when client $1 has made its IKE SA a second time.
client_is_new() {
	peer_ctl "c$1" --list-sas | grep -q '^vpn: #[2-9].*ESTABLISHED'
}

# Claims that each first message of IKEv2 without a cookie, and nothing else, was answered.
expect_answers() {
	local plain plain6 natt
	plain=$(capture_count uplink "dst host $LAB_VIP and udp[25] = 0x20 and $STRANGERS_PLAIN")
	plain6=$(capture_count uplink "dst host $LAB_VIP6 and $FIRST6 and ip6[64] != 41")
	natt=$(capture_count uplink "dst host $LAB_VIP and $FIRST_NATT and udp[28] != 41")
	expect_at_least "first messages without a cookie, over IPv6" 1 "$plain6"
	expect_at_least "and on port 4500" 1 "$natt"
	expect_captured "challenges that left" "$plain" uplink \
		"src host $LAB_VIP and $STRANGERS_CHALLENGE"
	expect_captured "over IPv6" "$plain6" uplink "src host $LAB_VIP6 and $CHALLENGE6"
	expect_captured "from port 4500" "$natt" uplink "src host $LAB_VIP and $CHALLENGE_NATT"
	expect "counted" $((plain + plain6 + natt)) "$(director_counter challenged)"
	expect_captured "at the servers without a cookie, over IPv6" 0 to-gw1 \
		"$FIRST6 and ip6[64] != 41"
	expect_captured "and on port 4500" 0 to-gw1 "$FIRST_NATT and udp[28] != 41"
	expect_captured_at_least "with one, over IPv6" 1 to-gw1 "$FIRST6 and ip6[64] = 41"
	expect_captured_at_least "and on port 4500" 1 to-gw1 "$FIRST_NATT and udp[28] = 41"
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
