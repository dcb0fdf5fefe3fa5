# shellcheck shell=bash
# method nat refuses AH and responder cookies that the server did not send

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

needs() {
	nat_missing
}

# Prints the initiator's cookie of client $1's IKE SA.
initiator_cookie() {
	nat_cookies "c$1" | sed -n '1s/_i.*//p'
}

# True when client 2 has the server's cookie, and so the director has it as well.
cookie_came() {
	case $(nat_cookies c2) in '' | *_i0000000000000000_r*) return 1 ;; esac
}

# Keeps IKE_AUTH of client 2, but no small packets, from leaving, or lets it go.
client_held() {
	case $1 in
	yes) lab_in c2 nft -f - <<-END ;;
		table inet held { chain out { type filter hook output priority 0;
			udp dport 4500 udp length > 72 drop; }; }
	END
	no) lab_in c2 nft delete table inet held ;;
	esac
}

# Prints the states of the entries of client 2.
states() {
	# shellcheck disable=SC2016 # the variable in single quotes is jq's
	director_query entries --arg client "$(client_address 2):" \
		'[.[] | select(.client | startswith($client)) | .state] | unique | join(" ")'
}

# Claims that $2 packets from the address of client $3 are counted as $1; what follows is for
# stray.
expect_refused() {
	local reason=$1 count=$2 client=$3 before after
	shift 3
	before=$(director_counter "$reason")
	stray "$client" --count "$count" --wait 300 "$@" >>"$LAB_DIR/log/stray.log"
	after=$(director_counter "$reason")
	expect "counted as $reason" "$count" $((after - before))
}

# Client 1 has a tunnel, client 2 is half-way to one. Somebody in their places sends AH, and IKE
# with the right cookie of the initiator and a wrong one of the responder.
stage() {
	nat_up 2 2 rr
	clients_start 2 "$LAB_VIP"
	expect_true "client 1 gets in" client_initiate 1
	client_held yes
	client_initiate 2 20 &
	expect_true "client 2 has its server's cookie" lab_until 100 cookie_came
	capture_start inner dir lan
	expect_refused wrong-cookie 3 1 -p ike -i "0x$(initiator_cookie 1)" -r 0xbad -P 40000 \
		"$LAB_VIP"
	expect_refused wrong-cookie 3 2 -p ike -i "0x$(initiator_cookie 2)" -r 0xbad -P 500 \
		-t 500 "$LAB_VIP"
	expect_refused wrong-cookie 3 2 -p ike -i "0x$(initiator_cookie 2)" -r 0xbad "$LAB_VIP"
	expect_refused ah-nat 2 1 -p ah "$LAB_VIP"
	capture_stop inner
	expect_captured "what came out of it on the servers' side" 0 inner \
		"$NAT_IPSEC or ip proto 51"
	expect "state of client 2 after it" INITIAL "$(states)"
	client_held no
	wait
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect_agreement 1 2
	expect_good_end
}
