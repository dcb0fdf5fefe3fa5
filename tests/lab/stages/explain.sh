# shellcheck shell=bash
# explain names the server that really has the SA, from a capture, and changes nothing

# Captures are made and read.
needs() {
	peers_missing
	director_missing
	capture_missing
}

# Prints what of captured packet $2 (jq) the daemon says of all from client $1, each once.
explained() {
	director_ctl --json explain pcap "$LAB_DIR/seen.pcap" all |
		jq -r --arg client "$(client_address "$1")" "[.[]
			| select(.packet.client | sub(\":[0-9]+\$\"; \"\") == \$client)
			| $2] | unique | join(\",\")"
}

# Prints the first words of an explanation, up to the reason.
explained_briefly() {
	director_ctl explain "$@" | sed -n '1s/,.*//p'
}

# Prints all that explaining must leave alone: counters, and entries but for their age.
explain_state() {
	director_query stats '.entries, .clients, .reasons'
	director_query entries 'map(del(.expires_s)) | sort_by(.client)'
	director_query servers 'map([.server, .packets, .bytes, .clients])'
}

# Two clients with tunnels, and ESP of one that has none.
stage() {
	local i server
	peers_force_encap
	stage_up 3 2 rr "fast-path = off"
	capture_start seen dir wan src net 203.0.113.0/24
	clients_start 2 "$LAB_VIP" 1 2
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect "packets sent without an SA" "sent 1 answered 1" \
		"$(stray 3 -c 1 "$LAB_VIP" | tail -n 1)"
	capture_stop seen
	# What the peers send by themselves must not be taken for what explaining does.
	lab_ip net link set clients down
	explain_state >"$LAB_DIR/before"
	for i in 1 2; do
		server=gw$(server_of_client "$(client_address "$i")")
		expect "server of all captured packets of client $i" "$server" \
			"$(explained "$i" .server)"
		expect_captured_at_least "packets of client $i in the capture" 3 seen \
			src host "$(client_address "$i")"
		expect "their reasons" "esp-in-udp,first-message-again,isakmp" \
			"$(explained "$i" .reason)"
		expect "ESP of client $i" "forward to $server: slave" "$(explained_briefly packet \
			"from=$(client_address "$i")" "to=$LAB_VIP" esp spi=c0ffee01)"
		expect "client $i" "$(client_address "$i") in service vpn: server $server" \
			"$(explained_briefly client "$(client_address "$i")")"
	done
	expect "captured ESP of nobody" orphan,unreachable "$(explained 3 '.action, .reason')"
	expect "ESP of somebody else" unreachable "$(explained_briefly packet \
		from=203.0.113.99 "to=$LAB_VIP" esp)"
	expect "the first captured packet alone" "forward to gw1: first-message-again" \
		"$(explained_briefly pcap "$LAB_DIR/seen.pcap" 1)"
	explain_state >"$LAB_DIR/after"
	expect "counted as orphan" 1 "$(director_counter orphan)"
	expect_true "counters, entries and servers are as before explaining" \
		cmp "$LAB_DIR/before" "$LAB_DIR/after"
	expect_true "the entries of client 1 are deleted when asked" \
		director_ctl entry delete "$(client_address 1)"
	expect "ESP of client 1 after that" unreachable "$(explained_briefly packet \
		"from=$(client_address 1)" "to=$LAB_VIP" esp)"
	expect "server of client 2 after that" gw2 "$(explained 2 .server)"
	expect_good_end
}
