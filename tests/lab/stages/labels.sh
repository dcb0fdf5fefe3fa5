# shellcheck shell=bash
# servers that label their SPIs: a director whose table was wiped in mid flight needs none

# Starts the director with labels as the real servers write them, and nothing that outlives it.
labels_director() {
	{
		director_globals "fast-path = off"
		director_service vpn "\"$LAB_VIP\"" rr 1 2 | awk '
			/server gw/ { number = substr($2, 3) }
			{ print }
			number && /address/ {
				printf "\t\tspi-label = \"0x0%s00000000000000/0xff00000000000000\"\n", number
				printf "\t\tspi-range = \"0xc%s000000-0xc%sffffff\"\n", number, number
				number = ""
			}'
	} | sed '/^state-file/s/=.*/= "none"/' >"$LAB_DIR/director.conf"
	stage_director_start
}

# Prints the first bytes of the SPIs that server $1 has chosen for its IKE SAs.
own_labels() {
	peer_ctl "s$1" --list-sas | sed -n 's/.* \([0-9a-f]*\)_r\*.*/000\1/p' |
		sed 's/.*\(..\)..............$/\1/' | sort -u | xargs
}

# Three clients at two servers; then the table is gone.
stage() {
	local i sas
	servers_use_labels
	topology_up 3 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	labels_director
	clients_start 2 "$LAB_VIP"
	expect "clients established" 3 "$(clients_initiate 1 3)"
	expect "spread by the real servers' SAs" 2/1 "$(servers_spread)"
	for i in 1 2; do
		expect "IKE SPIs of server $i, all with its label" "0$i" "$(own_labels "$i")"
	done
	sas=$(servers_spread)
	director_kill
	labels_director
	expect "entries after the wipe" 0 "$(director_query entries length)"
	if peers_kernel_esp; then
		expect "clients with answers, by ESP's SPIs alone" 3 "$(clients_ping 1 3)"
	fi
	for i in 1 2 3; do
		expect_true "client $i rekeys its IKE SA" \
			lab_until 3 peer_ctl "c$i" --rekey --ike vpn
	done
	sleep 1
	expect_at_least "packets that named their server" 6 "$(director_counter label)"
	expect "first messages since" 0 "$(director_counter new-client)"
	expect "the real servers' SAs" "$sas" "$(servers_spread)"
	expect "entries" 0 "$(director_query entries length)"
	expect_good_end
}
