# shellcheck shell=bash
# the same clients' traffic through the kernel's IPVS and through the director, side by side

# The rows of the table.
ROWS=("IKE, tunnels of 3 clients" "plain ESP" "ESP in UDP" "AH" "plain ESP after a move (MOBIKE)"
	"ESP of nobody's" "ESP in UDP of nobody's")

needs() {
	peers_missing
	peers_kernel_esp || echo "this kernel has no ESP"
	director_missing
	ipvs_missing
}

# Servers that take ESP and AH; clients 1 to 3 with ESP, ESP in UDP, and AH.
peers_up() {
	local esp=$PEER_CHILD
	peers_use_mobike
	peers_use_ah
	PEER_CHILD="$PEER_CHILD"$'\n'"$esp"
	servers_start || return 1
	PEER_CHILD=$esp
	clients_start 2 "$LAB_VIP" 1 1
	peers_use_ah
	clients_start 2 "$LAB_VIP" 3 3
	PEER_CHILD=$esp
	peers_force_encap
	clients_start 2 "$LAB_VIP" 2 2
}

# Client 1 has address $2 instead of $1.
client_moves() {
	printf '%s\n' "address del $1/24 dev wan" "address add $2/24 dev wan" \
		"route replace default via 203.0.113.1" | lab_ip_lines c1
}

# Clients and servers give up all their tunnels.
all_forget() {
	local i
	for i in 1 2 3; do client_forget "$i"; done
	for i in 1 2; do
		peer_ctl "s$i" --terminate --ike vpn --force --timeout 2 >/dev/null 2>&1
	done
}

# Prints how many of five pings of client $1 were answered.
pings_of_five() {
	lab_in "c$1" ping -n -i 0.2 -c 5 -W 2 -I "$(client_inner "$1")" "$LAB_INNER" |
		sed -n 's/.* \([0-9]*\) received.*/\1 of 5 pings/p'
}

# Prints what became of three stray packets of sort $1, counted at the servers as $2.
stray_fate() {
	local before answered
	before=$(watch_servers "$2")
	answered=$(stray 4 -p "$1" -c 3 "$LAB_VIP")
	echo "$(($(watch_servers "$2") - before)) of 3 to a server, ${answered##* } ICMP"
}

# Sends it all; prints what came of it, a line for each row of the table.
measure() {
	local moved=203.0.113.111
	echo "$(clients_initiate 1 3) of 3"
	pings_of_five 1
	pings_of_five 2
	pings_of_five 3
	client_moves "$(client_address 1)" "$moved"
	# Until server and client have agreed on it, or it is clear that they do not.
	lab_until 10 client_ping_once 1
	pings_of_five 1
	stray_fate esp plain_esp
	stray_fate udp esp_in_udp
	client_moves "$moved" "$(client_address 1)"
}

# First through the director, then through IPVS. What the director does is claimed in full; of
# IPVS only that it works at all, for the rest is its own affair.
stage() {
	local i ours ipvs
	topology_up 4 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	peers_up || stage_fail "strongSwan of a real server did not come up"
	director_config rr
	stage_director_start
	mapfile -t ours < <(measure)
	expect_good_daemon
	director_run --cleanup
	all_forget
	ipvs_up || stage_fail "IPVS could not be set up"
	mapfile -t ipvs < <(measure)
	stage_say "$(printf '%-34s %-30s %s' "" "IPVS" "ipsec-balancer")"
	for i in "${!ROWS[@]}"; do
		stage_say "$(printf '%-34s %-30s %s' "${ROWS[i]}" "${ipvs[i]}" "${ours[i]}")"
	done
	expect "${ROWS[0]}" "3 of 3" "${ours[0]}"
	for i in 1 2 3 4; do expect "${ROWS[i]}" "5 of 5 pings" "${ours[i]}"; done
	expect "${ROWS[5]}" "0 of 3 to a server, 3 ICMP" "${ours[5]}"
	expect "${ROWS[6]}" "0 of 3 to a server, 0 ICMP" "${ours[6]}"
	expect "${ROWS[0]} by IPVS" "3 of 3" "${ipvs[0]}"
	expect "${ROWS[2]} by IPVS" "5 of 5 pings" "${ipvs[2]}"
}
