# shellcheck shell=bash
# method tunnel: both families in both, IP in IP and GUE, jumbo frames, path MTU, captures

# shellcheck source=../capture.sh
. "$LAB_HOME/capture.sh"

# What each server takes, from the first on: the outer family and the encapsulation. Clients
# 1 to 4 come over IPv4 and 5 to 8 over IPv6, one at each; 9 and 10 have their ESP in UDP.
WAYS_MTU=(1480 1468 1460 1448)

# Devices in the director, decapsulation in the real servers, ESP in the peers' kernel.
needs() {
	peers_missing
	director_missing
	capture_missing
	peers_kernel_esp || echo "this kernel has no ESP"
	tunnels_missing 4
	tunnels_missing 6
	modprobe -qa fou fou6 || echo "this kernel has no GUE"
}

# Prints the lines that give the named devices an MTU of $1 bytes.
mtu_lines() {
	local mtu=$1 dev
	shift
	for dev; do echo "link set $dev mtu $mtu"; done
}

# Sets the MTU of the links between director and real servers.
ways_lan_mtu() {
	local i
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		mtu_lines "$1" lan | lab_ip_lines "s$i" || return 1
	done
	mtu_lines "$1" s{1..4} lan | lab_ip_lines dir
}

# Sets the MTU of all links.
ways_mtu() {
	local i
	mtu_lines "$1" c{1..10} s{1..4} dir clients ret | lab_ip_lines net &&
		mtu_lines "$1" wan | lab_ip_lines dir && ways_lan_mtu "$1" || return 1
	for i in {1..10}; do mtu_lines "$1" wan | lab_ip_lines "c$i" || return 1; done
	for i in {1..4}; do mtu_lines "$1" ret | lab_ip_lines "s$i" || return 1; done
}

# Prints service $1 at address $2.
ways_service() {
	cat <<-END
		service $1 {
			address = "$2"
			method = tunnel
			scheduler = rr
			server gw1 { address = "$(server_address 1)" }
			server gw2 { address = "$(server_address 2)" encapsulation = gue }
			server gw3 { address = "$(server_address6 3)" }
			server gw4 { address = "$(server_address6 4)" encapsulation = gue }
		}
	END
}

# Has the real servers take packets out of their tunnels.
ways_decapsulate() {
	real_server 1 up --method tunnel --address "$(server_address 1)" &&
		real_server 2 up --method tunnel --address "$(server_address 2)" \
			--encapsulation gue &&
		real_server 3 up --method tunnel --address "$(server_address6 3)" &&
		real_server 4 up --method tunnel --address "$(server_address6 4)" \
			--encapsulation gue
}

# Prints which of clients 1 to 10 get answers to pings with the given options.
ways_pings() {
	local i
	for i in {1..10}; do
		lab_in "c$i" ping -n -c 3 -i 0.3 -W 4 -I "$(client_inner "$i")" "$@" \
			"$LAB_INNER" >>"$LAB_DIR/log/c$i-ping.log" 2>&1 && echo "$i" &
	done | sort -n | tr '\n' ' '
}

# Claims that clients have answers to such pings, which $1 tells about.
expect_pings() {
	local what=$1
	shift
	expect "clients with answers to pings $what" "1 2 3 4 5 6 7 8 9 10 " "$(ways_pings "$@")"
}

# Prints the filter for ESP (or what protocol $3 says) of family $2 in the tunnel to server $1.
ways_filter() {
	local inner=$2 esp=${3:-50} next protocol=4
	# Where the inner header names what follows.
	next=9
	[ "$inner" = 4 ] || next=6 protocol=41
	case $1 in
	1) echo "ip proto $protocol and ip[$((20 + next))] = $esp" ;;
	2) echo "ip and udp dst port 6080 and udp[8:4] = $((protocol << 16))" \
		"and udp[$((12 + next))] = $esp" ;;
	3) echo "ip6[6] = $protocol and ip6[$((40 + next))] = $esp" ;;
	4) echo "ip6 and udp dst port 6080 and ip6[48:4] = $((protocol << 16))" \
		"and ip6[$((52 + next))] = $esp" ;;
	esac
}

# Claims what the tunnels carry in capture $1: three pings of each size and client, the outer
# addresses being the director's and the server's.
expect_ways() {
	local i family filter from to
	for i in 1 2 3 4; do
		from=10.2.0.1 to=$(server_address "$i")
		[ "$i" -le 2 ] || from=2001:db8:2::1 to=$(server_address6 "$i")
		for family in 4 6; do
			filter=$(ways_filter "$i" "$family")
			expect_captured "ESP over IPv$family in the tunnel to server $i" 6 \
				"$1" "$filter"
			expect_captured "of it between the tunnel's ends" 6 "$1" \
				"$filter and src host $from and dst host $to"
			expect_captured "of it as long as they were sent" 3 "$1" \
				"$filter and greater 9000"
		done
	done
	expect_captured_at_least "ESP in UDP through ipip" 6 "$1" \
		"$(ways_filter 1 4 17) and ip[42:2] = 4500 and ip[48:4] != 0"
	expect_captured_at_least "ESP in UDP through gue" 6 "$1" \
		"$(ways_filter 2 4 17) and udp[34:2] = 4500 and udp[40:4] != 0"
}

# Claims about outer headers in capture $1.
expect_outer() {
	expect_captured "packets to the virtual addresses outside of a tunnel" 0 "$1" \
		"dst host $LAB_VIP or dst host $LAB_VIP6"
	expect_captured "IPv6 packets in IPv4 with DF" 0 "$1" "ip proto 41 and $CAPTURE_DF"
	if [ "$(director_best_path)" = nft ]; then
		# A device for one server does not ask.
		expect_captured_at_least "IPv4 packets in IPv4 with DF" 6 "$1" \
			"ip proto 4 and $CAPTURE_DF"
		expect_captured "of them, those whose inner one has another" 0 "$1" \
			"ip proto 4 and (ip[6] & 0x40) != (ip[26] & 0x40)"
	else
		expect_captured "IPv4 packets in IPv4 with DF" 0 "$1" "ip proto 4 and $CAPTURE_DF"
	fi
	expect_captured_at_least "GUE packets with the client's DF" 6 "$1" \
		"udp port 6080 and $CAPTURE_DF"
	expect_captured "GUE packets over IPv6 without checksum" 0 "$1" \
		"ip6 and udp port 6080 and ip6[46:2] = 0"
}

# True when the routes into the tunnels have MTUs that fit links of $1 bytes.
ways_mtu_follows() {
	local i less=$((1500 - $1))
	for i in 0 1 2 3; do
		lab_ip dir route show table $((9000 + i)) |
			grep -q "mtu lock $((WAYS_MTU[i] - less))" &&
			lab_ip dir -6 route show table $((9004 + i)) |
			grep -q "mtu lock $((WAYS_MTU[i] - less))" || return 1
	done
}

# Prints the MTU that client $1 has learned of its way to VIP $2.
ways_client_mtu() {
	lab_ip "c$1" route get "$2" | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

# Claims that the clients were told by ICMP, captured in $1, what fits into the tunnels, and
# that their kernels go by that.
expect_too_big() {
	local i mtu
	for i in 1 2 3 4; do
		mtu=${WAYS_MTU[i - 1]}
		expect_captured_at_least "fragmentation needed for client $i, MTU $mtu" 1 "$1" \
			"icmp[0:2] = 0x0304 and icmp[6:2] = $mtu and dst host $(client_address "$i")"
		expect "MTU of the way as client $i has it" "$mtu" "$(ways_client_mtu "$i" "$LAB_VIP")"
		expect_captured_at_least "packet too big for client $((i + 4)), MTU $mtu" 1 "$1" \
			"ip6[40] = 2 and ip6[44:4] = $mtu and dst host $(client_address6 $((i + 4)))"
		expect "MTU of the way as client $((i + 4)) has it" "$mtu" \
			"$(ways_client_mtu $((i + 4)) "$LAB_VIP6")"
	done
}

# Network, real servers and director.
ways_up() {
	topology_up 10 4 || stage_fail "the network did not come up"
	ways_mtu 9600 || stage_fail "the links took no larger MTU"
	ways_decapsulate || stage_fail "the real servers have no tunnel devices"
	watch_start || stage_fail "the counters could not be placed"
	watch_fragments
	servers_start || stage_fail "strongSwan of a real server did not come up"
	{
		director_globals ""
		ways_service vpn "$LAB_VIP"
		ways_service vpn6 "$LAB_VIP6"
	} >"$LAB_DIR/director.conf"
	director_traces >"$LAB_DIR/before"
	stage_director_start
}

# First everything fits; then the link to the real servers becomes an ordinary one.
stage() {
	ways_up
	clients_start 2 "$LAB_VIP" 1 4
	clients_start 2 "$LAB_VIP6" 5 8
	peers_force_encap
	clients_start 2 "$LAB_VIP" 9 10
	expect "clients established" 10 "$(clients_initiate 1 10)"
	expect_agreement 1 4
	expect_agreement 5 8 6
	expect "spread over IPv4" 2/2/1/1 "$(director_spread vpn)"
	expect "spread over IPv6" 1/1/1/1 "$(director_spread vpn6)"
	capture_start jumbo dir lan
	expect_pings "of 1400 bytes with DF" -M 'do' -s 1400
	expect_pings "of 9000 bytes with DF" -M 'do' -s 9000
	capture_stop jumbo
	expect_ways jumbo
	expect_outer jumbo
	expect_captured "fragments" 0 jumbo "$CAPTURE_FRAGMENTS"
	ways_lan_mtu 1500 || stage_fail "the link's MTU could not be changed"
	expect_true "the routes' MTU follows the link's" lab_until 100 ways_mtu_follows 1500
	capture_start told dir wan "icmp or icmp6"
	capture_start narrow dir lan
	expect "clients with answers to pings of 1400 bytes with DF" "" \
		"$(ways_pings -M 'do' -s 1400)"
	capture_stop told
	expect_too_big told
	expect_pings "of 1300 bytes with DF" -M 'do' -s 1300
	expect_pings "of 1400 bytes with DF where there is need" -M want -s 1400
	expect_pings "of 9000 bytes in fragments" -M dont -s 9000
	capture_stop narrow
	expect_captured "packets longer than the link's MTU" 0 narrow "greater 1515"
	expect_captured "packets in tunnels that are fragments themselves" 0 narrow \
		"$CAPTURE_FRAGMENTS"
	expect_captured_at_least "fragments of ESP inside of them" 18 narrow \
		"ip proto 4 and ip[26:2] & 0x3fff != 0"
	ways_down
}

# Nothing strayed, and nothing is left behind.
ways_down() {
	expect "packets that came without a tunnel" 0 "$(watch_servers bare)"
	expect_good_end
	director_run --cleanup
	director_traces >"$LAB_DIR/after"
	expect_true "ruleset, rules and routes are as before" \
		cmp "$LAB_DIR/before" "$LAB_DIR/after"
	expect "tunnel devices that are left" "" "$(lab_ip dir -o link show group 83)"
}
