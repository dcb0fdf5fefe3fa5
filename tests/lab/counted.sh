# shellcheck shell=bash
# Forged ESP of thousands of clients that is counted packet for packet, whatever happens to the
# director meanwhile. Sourced by stages.

COUNTED_CLIENTS=2000
COUNTED_MAC=02:00:00:00:00:01

# Prints what is missing for these stages: no IKE daemon, for handshakes and ESP are forged.
counted_missing() {
	director_missing
	[ "${LAB_FAST_PATH-}" != off ] || echo "what carries ESP without the daemon"
	[ -x "$(built tests/bench/sender)" ] || echo "$(built tests/bench/sender) is not built"
	[ -x "$(built tests/bench/stall.so)" ] || echo "$(built tests/bench/stall.so) is not built"
}

# One link to the clients, one to the servers, which are one machine that takes all and says
# nothing; what the director sends by its default route ends in a device that counts. No packet
# waits for a neighbour, and nobody speaks by himself.
counted_up() {
	local ns
	for ns in out dir back; do
		lab_ns_add_router "$ns" net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1 || return 1
		lab_in "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1
	done
	lab_ip_lines out <<-END || return 1
		link add up0 address 02:00:00:00:00:03 type veth peer name down0 address $COUNTED_MAC netns ${LAB_PREFIX}dir
		link set up0 up
	END
	lab_ip_lines dir <<-END || return 1
		link set lo up
		link add up0 type veth peer name down0 address 02:00:00:00:00:02 netns ${LAB_PREFIX}back
		addr add 198.51.100.1/24 dev down0
		addr add 10.2.0.1/24 dev up0
		link set down0 up
		link set up0 up
		neigh replace 198.51.100.2 lladdr 02:00:00:00:00:03 dev down0 nud permanent
		neigh replace 10.2.0.11 lladdr 02:00:00:00:00:11 dev up0 nud permanent
		neigh replace 10.2.0.12 lladdr 02:00:00:00:00:12 dev up0 nud permanent
		neigh replace 10.2.0.13 lladdr 02:00:00:00:00:13 dev up0 nud permanent
		route add 10.64.0.0/11 via 198.51.100.2
		link add stray type veth peer name nobody netns ${LAB_PREFIX}back
		addr add 203.0.113.1/24 dev stray
		link set stray up
		neigh replace 203.0.113.2 lladdr 02:00:00:00:00:04 dev stray nud permanent
		route add default via 203.0.113.2
	END
	lab_ip back link set nobody up
	lab_ip back link set down0 up
	lab_in back sysctl -qw net.ipv4.ip_forward=0
	counted_rules
}

# The servers' machine drops what it counts, and keeps which client's ESP came to which server;
# the clients' machine counts ICMP.
counted_rules() {
	lab_in back nft -f - <<-END || return 1
		table netdev sink {
			set homes { type ipv4_addr . ether_addr; flags dynamic; size 16384; }
			chain arrived {
				type filter hook ingress device "down0" priority 0; policy drop;
				ip protocol esp add @homes { ip saddr . ether daddr }
			}
		}
	END
	lab_in out nft -f - <<-END
		table netdev told {
			chain arrived {
				type filter hook ingress device "up0" priority 0; policy drop;
				ip protocol icmp counter
			}
		}
	END
}

# Prints how many ICMP packets the clients were sent.
counted_icmp() {
	lab_in out nft list table netdev told | sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
}

# Prints how many pairs of a client and a server that its ESP came to there are.
counted_homes() {
	lab_in back nft list set netdev sink homes | grep -o '10\.[0-9.]* \. 02:' | wc -l
}

# Prints how many packets have left by the default route.
counted_strays() {
	lab_in dir cat /sys/class/net/stray/statistics/tx_packets
}

# Writes a configuration with the servers $@, each by its number.
counted_config() {
	{
		director_globals
		director_service vpn "\"$LAB_VIP\"" rr "$@"
	} >"$LAB_DIR/director.conf"
}

# Sends phases $@ of all clients, in the background; see sender's usage.
counted_send() {
	lab_in out "$(built tests/bench/sender)" -c "$COUNTED_CLIENTS" -p 1000 -t 60000 up0 \
		"$COUNTED_MAC" "$LAB_VIP" "/run/netns/${LAB_PREFIX}back" down0 "$@" \
		>"$LAB_DIR/sent" 2>>"$LAB_DIR/log/commands.log" &
	COUNTED_PID=$!
}

# Waits for them; leaves in COUNTED_SENT and COUNTED_ARRIVED what came of the last phase.
counted_wait() {
	wait "$COUNTED_PID" || stage_fail "the sender failed"
	read -r _ _ COUNTED_SENT _ COUNTED_ARRIVED _ < <(tail -n 1 "$LAB_DIR/sent")
}

# Claims that of ESP that goes on while $2... runs nothing is lost, and no client hears of it.
expect_all_arrive() {
	local what=$1
	shift
	counted_send esp:150000
	sleep 0.2
	"$@"
	counted_wait
	expect "$what: packets of ESP sent" 150000 "$COUNTED_SENT"
	expect "$what: arrived" 150000 "$COUNTED_ARRIVED"
	expect "$what: sent elsewhere, ICMP" "0 0" "$(counted_strays) $(counted_icmp)"
	expect "$what: clients and the servers that they came to" "$COUNTED_CLIENTS" \
		"$(counted_homes)"
	expect "$what: clients established" "$COUNTED_CLIENTS" "$(director_established)"
}

# Has the state file written, for a daemon that is killed.
counted_saved() {
	director_ctl state save >>"$LAB_DIR/log/commands.log"
	sleep 1
}

# True when packets of all clients pass without the daemon.
counted_is_carried() {
	local queued
	queued=$(director_counter queue.packets)
	counted_send "esp:$COUNTED_CLIENTS"
	counted_wait
	[ "$(director_counter queue.packets)" = "$queued" ]
}

# Has all clients make their handshakes, and claims that they are known.
expect_counted_in() {
	counted_send handshake
	counted_wait
	expect "ISAKMP sent, arrived" "$((2 * COUNTED_CLIENTS)) $((2 * COUNTED_CLIENTS))" \
		"$COUNTED_SENT $COUNTED_ARRIVED"
	expect "clients established" "$COUNTED_CLIENTS" "$(director_established)"
}
