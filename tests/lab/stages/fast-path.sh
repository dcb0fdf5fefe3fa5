# shellcheck shell=bash
# established clients' ESP in the kernel alone: counted, repaired, kept over kill -9

# Prints how many packets the kernel has sent to the real servers by itself.
fast_packets() {
	lab_in dir nft list table inet ipsec-balancer 2>/dev/null |
		sed -n '/chain server-/,/}/s/.*counter packets \([0-9]*\) .*/\1/p' |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# Prints how many elements the maps have.
fast_elements() {
	lab_in dir nft list table inet ipsec-balancer 2>/dev/null |
		grep -cE '(203\.0\.113\.[0-9]+|2001:db8:c::[0-9a-f]+) \. .* : 0x'
}

# Four clients, two of each family, at two servers. Each has an element for plain ESP, and
# another one for ESP in UDP where it speaks from port 4500.
stage() {
	local elements=8
	! peers_kernel_esp || elements=4
	stage_up 4 2 rr
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 2 "$LAB_VIP6" 3 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "elements in the maps" "$elements" "$(fast_elements)"
	expect "clients with answers to ten pings each" 4 "$(clients_ping_ten)"
	if peers_kernel_esp; then
		expect "plain ESP at the real servers" 40 "$(watch_servers plain_esp)"
	else
		expect "ESP in UDP at the real servers" 40 "$(watch_servers esp_in_udp)"
	fi
	expect "of it sent by the kernel alone" 40 "$(fast_packets)"
	expect "of it seen by the daemon" 0 \
		"$(($(director_counter esp-in-udp) + $(director_counter slave)))"
	lab_in dir nft flush ruleset
	expect_true "the tables come back within three seconds" \
		lab_until 30 director_rules_present
	expect_true "and the maps fill again" lab_until 30 fast_is_full "$elements"
	expect "clients with answers to ten pings each" 4 "$(clients_ping_ten)"
	expect "of it sent by the kernel alone" 40 "$(fast_packets)"
	director_kill
	expect "while the daemon is dead, clients with answers" 4 "$(clients_ping_ten)"
	stage_director_start
	expect "entries that the new one has from the maps" 4 "$(director_established)"
	expect "elements in the maps" "$elements" "$(fast_elements)"
	expect "clients with answers after the restart" 4 "$(clients_ping_ten)"
	expect "elements kept, by the log" "$elements elements of an earlier run kept, 0 removed" \
		"$(sed -n 's/.*nft maps; \(.*removed\)$/\1/p' "$LAB_DIR/log/director.log" | tail -n 1)"
	peer_ctl c1 --rekey --ike vpn >/dev/null || stage_fail "client 1 could not rekey its IKE SA"
	expect_true "a ping of client 1 after rekeying" client_ping 1
	expect_good_end
}

# True when $1 elements are there.
fast_is_full() {
	[ "$(fast_elements)" = "$1" ]
}

# Pings ten times from every client; prints how many had all answers.
clients_ping_ten() {
	local i answered=0
	for i in 1 2 3 4; do client_ping "$i" 10 && answered=$((answered + 1)); done
	echo "$answered"
}
