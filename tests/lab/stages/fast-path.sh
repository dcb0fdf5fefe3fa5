# shellcheck shell=bash
# established clients' ESP in the kernel alone: counted, repaired, kept over kill -9

# Four clients, two of each family, at two servers. Each has an element for plain ESP, and
# another one for ESP in UDP where it speaks from port 4500.
stage() {
	local elements=8
	! peers_kernel_esp || elements=4
	stage_up 4 2 rr
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 2 "$LAB_VIP6" 3 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "elements in the maps" "$elements" "$(director_fast_elements)"
	expect "clients with answers to ten pings each" 4 "$(clients_ping_ten)"
	if peers_kernel_esp; then
		expect "plain ESP at the real servers" 40 "$(watch_servers plain_esp)"
	else
		expect "ESP in UDP at the real servers" 40 "$(watch_servers esp_in_udp)"
	fi
	expect_true "all of it sent by the kernel alone" lab_until 30 director_fast_is 40
	expect "of it seen by the daemon" 0 \
		"$(($(director_counter esp-in-udp) + $(director_counter slave)))"
	expect "fast path" "$(director_best_path)" "$(director_fast_path)"
	lab_in dir nft flush ruleset
	expect_true "the tables come back within three seconds" \
		lab_until 30 director_rules_present
	expect_true "and the maps fill again" lab_until 30 fast_is_full "$elements"
	expect "clients with answers to ten pings each" 4 "$(clients_ping_ten)"
	expect_true "of it sent by the kernel alone" lab_until 30 director_fast_is 80
	director_kill
	expect "while the daemon is dead, clients with answers" 4 "$(clients_ping_ten)"
	stage_director_start
	expect_true "entries that the new one has from the maps" \
		lab_until 30 director_established_are 4
	expect "elements in the maps" "$elements" "$(director_fast_elements)"
	expect "clients with answers after the restart" 4 "$(clients_ping_ten)"
	expect "elements kept, by the log" "$elements elements of an earlier run kept, 0 removed" \
		"$(sed -n 's/.*fast path: \(.*removed\)$/\1/p' "$LAB_DIR/log/director.log" | tail -n 1)"
	peer_ctl c1 --rekey --ike vpn >/dev/null || stage_fail "client 1 could not rekey its IKE SA"
	expect_true "a ping of client 1 after rekeying" client_ping 1
	expect_good_end
}

# True when $1 elements are there.
fast_is_full() {
	[ "$(director_fast_elements)" = "$1" ]
}

# Pings ten times from every client; prints how many had all answers.
clients_ping_ten() {
	local i answered=0
	for i in 1 2 3 4; do client_ping "$i" 10 && answered=$((answered + 1)); done
	echo "$answered"
}
