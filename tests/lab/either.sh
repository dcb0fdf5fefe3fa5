# shellcheck shell=bash
# The same traffic with each fast path and with none: what reaches the real servers, packet for
# packet, and what comes back to who sends what is not carried. Sourced by stages.

EITHER_CONFIG=director_config

# Has the director be the second server itself.
either_has_local() {
	EITHER_CONFIG=director_config_local
	lab_in dir sysctl -qw net.ipv4.icmp_ratelimit=0
	lab_in dir nft -f - <<-END
		table inet either {
			chain delivered {
				type filter hook input priority -400;
				ip saddr 203.0.113.0/24 log group 7 snaplen 65535 queue-threshold 1
			}
		}
	END
}

# Starts capture to-gw$1 of what comes to server $1 from the clients, in tunnels or without. What
# is for the director's own programs it logs where they would get it, not where frames come in.
either_capture() {
	if [ "$1" -gt "$LAB_SERVERS" ]; then
		capture_start "to-gw$1" dir nflog:7
	else
		capture_start "to-gw$1" "s$1" lan "src net 203.0.113.0/24 or ip proto 4"
	fi
}

# Lists what real server $1 got from the clients after IKE, one packet a line, without what is
# random: SPIs of tunnels, IP identifiers.
either_arrived() {
	CAPTURE_OPTIONS=-vv capture_lines "to-gw$1" | tr -d '\n' |
		sed 's/IP6* (/\n&/g' | grep -E 'ESP|AH\(|ipsec|UDP-encap' |
		sed -E 's/, id [0-9]+//g; s/spi=0x[0-9a-f]+/spi/g; s/\[(bad )?udp [^]]*\] ?//'
}

# Runs the daemon with fast path $1, has clients 1 and 2 build their tunnels, ping, and send
# ESP and AH of their own making, and a stranger too. Leaves all that arrived in a file.
either_run() {
	local mode=$1 i
	"$EITHER_CONFIG" rr "fast-path = $mode"
	stage_director_start
	# Each waits in vain for an answer.
	for i in 1 2; do client_forget "$i" & done
	wait
	[ "$(clients_initiate 1 2)" = 2 ] || stage_fail "clients did not come in ($mode)"
	either_capture 1
	either_capture 2
	# A first packet close behind its start was missed once.
	sleep 1
	for i in 1 2 3 4 5; do
		expect "pings answered ($mode)" 2 "$(clients_ping 1 2)"
	done
	{
		for i in 1 2 3; do
			stray "$i" -c 4 -w 300 "$LAB_VIP"
			stray "$i" -p ah -c 4 -w 300 "$LAB_VIP"
		done
	} >"$LAB_DIR/either-$mode.answers"
	capture_stop to-gw1 to-gw2
	for i in 1 2; do
		echo "server $i"
		either_arrived "$i"
	done >"$LAB_DIR/either-$mode.arrived"
	expect_true "$2 packets or more carried by the kernel alone ($mode)" \
		lab_until 30 either_carried "$2"
	director_stop || stage_fail "the daemon did not end"
	director_run --cleanup
}

# True when the kernel has carried at least $1 packets by itself.
either_carried() {
	[ "$(director_fast_packets)" -ge "$1" ]
}

# Compares a run without the fast path with one by nft's maps, and where it can be one by BPF;
# network, servers and method are there. At least $1 packets must arrive.
either_compare() {
	local mode modes=nft i
	[ "$(director_best_path)" != bpf ] || modes+=' bpf'
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		# How often a kernel answers would depend on what went before.
		lab_in "s$i" sysctl -qw net.ipv4.icmp_ratelimit=0
	done
	clients_start 2 "$LAB_VIP" 1 2
	either_run off 0
	expect_at_least "packets at the real servers" "$1" \
		"$(grep -cv '^server' "$LAB_DIR/either-off.arrived")"
	for mode in $modes; do
		either_run "$mode" 18
		expect_true "the same packets with $mode and without a fast path" \
			diff "$LAB_DIR/either-off.arrived" "$LAB_DIR/either-$mode.arrived"
		expect_true "and the same answers" \
			diff "$LAB_DIR/either-off.answers" "$LAB_DIR/either-$mode.answers"
	done
}
