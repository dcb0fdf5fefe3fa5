# shellcheck shell=bash
# thousands of clients' ESP while the daemon dies, starts, changes, and all expire: every packet counted

COUNTED_CLIENTS=2000
COUNTED_MAC=02:00:00:00:00:01

# It needs no IKE daemon: handshakes and ESP are forged.
needs() {
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

# Kills the daemon and starts it.
counted_kill() {
	director_kill
	stage_director_start
}

# Stops the daemon and starts it.
counted_restart() {
	director_stop
	stage_director_start
}

# Ends the daemon of an earlier version as LAB_EARLIER_ENDS says, by stop or kill, and starts ours.
counted_upgrade() {
	"director_${LAB_EARLIER_ENDS:-stop}"
	DIRECTOR_PROGRAM=
	stage_director_start
}

# Claims that from the version of the program LAB_EARLIER to ours nothing is lost.
expect_upgrade() {
	stage_say "upgrade from $("$LAB_EARLIER" --version | head -n 1)"
	counted_saved
	expect_all_arrive "upgrade" counted_upgrade
}

# Has the state file written, for a daemon that is killed.
counted_saved() {
	director_ctl state save >>"$LAB_DIR/log/commands.log"
	sleep 1
}

# The same with another configuration: the servers have other numbers and marks.
counted_renumber() {
	director_stop
	counted_config 3 2 1
	stage_director_start
}

# Prints what the daemon has counted for clients that it does not know (any more).
counted_orphans() {
	echo $(($(director_counter orphan) + $(director_counter orphan-limited)))
}

# Has all clients expire while their ESP goes on.
counted_expire() {
	kill -USR2 "$DIRECTOR_PID"
	expect_true "all clients expire" lab_until 200 counted_none_left
}

# True when no client is left.
counted_none_left() {
	[ "$(director_established)" = 0 ]
}

# True when packets of all clients pass without the daemon.
counted_is_carried() {
	local queued
	queued=$(director_counter queue.packets)
	counted_send "esp:$COUNTED_CLIENTS"
	counted_wait
	[ "$(director_counter queue.packets)" = "$queued" ]
}

# Prints what is counted: flows, packets and bytes, of these by the kernel alone.
counted_counts() {
	director_query counts \
		'"\(length) \(.[0].packets) \(.[0].bytes) \(.[0].fast_packets) \(.[0].fast_bytes)"'
}

# Claims that one client that is to be counted is, to the packet, and no other; and that it ends.
expect_one_counted() {
	local client bytes
	client=$(director_query clients '.[0].client')
	expect_true "a client is counted" director_ctl count begin "$client" seconds=60
	counted_send "esp:$((10 * COUNTED_CLIENTS))"
	counted_wait
	bytes=$(director_query counts '.[0].bytes')
	expect "counted: flows, packets, bytes" "1 10 $bytes 10 $bytes" "$(counted_counts)"
	expect_at_least "bytes of ten packets" 280 "$bytes"
	expect_true "no longer" director_ctl count end "$client"
	counted_send "esp:$COUNTED_CLIENTS"
	counted_wait
	expect "and what was counted stays" "1 10 $bytes 10 $bytes" "$(counted_counts)"
}

# Packets that do not arrive are missed by the sender, which waits five seconds for them: so
# there are few of those.
stage() {
	local strays
	counted_up || stage_fail "the network did not come up"
	director_keeps_state
	counted_config 1 2
	# shellcheck disable=SC2034 # director.sh reads it
	DIRECTOR_PROGRAM=${LAB_EARLIER-}
	stage_director_start
	counted_send handshake
	counted_wait
	expect "ISAKMP sent, arrived" "$((2 * COUNTED_CLIENTS)) $((2 * COUNTED_CLIENTS))" \
		"$COUNTED_SENT $COUNTED_ARRIVED"
	expect "clients established" "$COUNTED_CLIENTS" "$(director_established)"
	[ -z "${LAB_EARLIER-}" ] || expect_upgrade
	expect_all_arrive "kill -9 and a start" counted_kill
	expect_all_arrive "a stop and a start" counted_restart
	expect_all_arrive "servers with other marks" counted_renumber

	# With the rules the queue goes, and what waits in it.
	expect_true "the kernel carries all of it" lab_until 20 counted_is_carried
	expect_one_counted
	counted_send esp:200000
	sleep 0.2
	lab_in dir nft flush ruleset
	counted_wait
	strays=$(counted_strays)
	expect "without our rules: packets sent" 200000 "$COUNTED_SENT"
	expect "arrived, or sent where nobody is" 200000 $((COUNTED_ARRIVED + strays))
	expect "ICMP" 0 "$(counted_icmp)"
	expect_all_arrive_since "$strays"

	# The daemon's clock is moved on by a day.
	director_stop
	LD_PRELOAD=$(built tests/bench/stall.so) stage_director_start
	counted_send esp:10000
	counted_expire
	counted_wait
	expect "when all expire: packets sent" 10000 "$COUNTED_SENT"
	expect "arrived, or of clients that are not known" 10000 \
		$((COUNTED_ARRIVED + $(counted_orphans)))
	expect_at_least "of these, not known" 1 "$(counted_orphans)"
	expect "ICMP, as often as counted" "$(director_counter orphan)" "$(counted_icmp)"
	expect "sent elsewhere" "$strays" "$(counted_strays)"
	expect_good_daemon
}

# Claims that once the rules are there again everything arrives.
expect_all_arrive_since() {
	counted_send esp:20000
	counted_wait
	expect "with our rules again: sent, arrived" "20000 20000" "$COUNTED_SENT $COUNTED_ARRIVED"
	expect "no more of it elsewhere" "$1" "$(counted_strays)"
}
