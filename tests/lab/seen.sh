# shellcheck shell=bash
# What the stages of seen replies claim, wherever the director stands. Sourced by them.

# Keeps back the IKE_AUTH requests (RFC 7296 3.1: exchange type 35) of client $1, but not the
# short ones that are forged for it.
auth_hold() {
	lab_in "c$1" nft -f - <<-'END'
		table inet hold {
			chain output {
				type filter hook output priority 0;
				udp dport 500 udp length > 64 @th,208,8 35 drop
				udp dport 4500 udp length > 64 @th,64,32 0 @th,240,8 35 drop
			}
		}
	END
}

# Lets them go.
auth_release() {
	lab_in "c$1" nft delete table inet hold
}

# Prints "STATE ICOOKIE" of the entries of the client with address $1, the cookie as a number.
client_entries() {
	# shellcheck disable=SC2016 # the variable is jq's
	director_query entries --arg client "$1" '.[]
		| select((.client | sub(":[0-9]+$"; "") | gsub("[][]"; "")) == $client)
		| "\(.state) 0x\(.cookies[0] // "" | sub(":.*"; ""))"'
}

# True when the director has noted the cookie of a server's reply, $1 or more times.
cookies_noted() {
	[ "$(director_counter reply-cookie)" -ge "$1" ]
}

# Sends an IKE_AUTH request in the name of client $1; the rest are options.
forge() {
	stray "$1" -w 300 -p ike "${@:2}" >>"$LAB_DIR/log/stray.log" 2>&1
}

# Claims that client $1 with address $2 can get in at VIP $3 with the cookie that the server
# sent, and that nobody who knows the client's cookie alone can do anything in its name.
expect_right_cookie_only() {
	local client=$1 address=$2 vip=$3 noted refused ike icookie pid
	noted=$(director_counter reply-cookie) refused=$(director_counter wrong-cookie)
	auth_hold "$client"
	client_initiate "$client" 30 &
	pid=$!
	expect_true "a reply to client $client passes and its cookie is noted" \
		lab_until 100 cookies_noted $((noted + 1))
	icookie=$(client_entries "$address" | sed -n 's/^INITIAL //p')
	ike=$(watch_servers ike)
	forge "$client" -P 500 -t 500 -i "$icookie" -r 0x1122334455667788 "$vip"
	forge "$client" -i "$icookie" -r 0x8877665544332211 "$vip"
	forge "$client" -P 40000 -i "$icookie" -r 1 "$vip"
	expect "counted as wrong-cookie" $((refused + 3)) "$(director_counter wrong-cookie)"
	expect "ISAKMP that reached a server by that" 0 $(($(watch_servers ike) - ike))
	expect "entries of client $client" "INITIAL $icookie" "$(client_entries "$address")"
	auth_release "$client"
	expect_true "client $client gets in with the server's cookie" wait "$pid"
	expect_true "a ping of client $client is answered" client_ping "$client"
	forge "$client" -P 40000 -i "$icookie" -r 1 "$vip"
	expect "refused also afterwards" $((refused + 4)) "$(director_counter wrong-cookie)"
	expect_at_least "established entries of client $client" 1 \
		"$(client_entries "$address" | grep -c "^ESTABLISHED $icookie")"
}
