# shellcheck shell=bash
# shellcheck disable=SC2016 # the variables in single quotes are jq's
# What it takes to see that a client stays with its real server: NATs on its way, pings that go
# on meanwhile, and what server and director have of it. Sourced by lib.sh.

# shellcheck disable=SC2034 # for the stages
LAB_NAT=203.0.113.200

# The router gives clients $1 to $2 address $3 for IKE and what goes with it. Their ports
# become some of $4, as in 20000-29999; without it they are kept where they are free.
masquerade_start() {
	lab_in net nft -f - <<-END
		table ip hold
		delete table ip hold
		table ip nat {
			chain out {
				type nat hook postrouting priority 100;
				oifname "dir" ip saddr $(client_address "$1")-$(client_address "$2") \
					udp dport { 500, 4500 } snat to $3${4:+:$4}
			}
		}
	END
}

# The router forgets its NAT, all that it has translated so far included. Until there is another
# one nothing passes: it would be from an address that no NAT has given.
masquerade_forget() {
	lab_in net nft -f - <<-END || return 1
		delete table ip nat
		table ip hold {
			chain forward {
				type filter hook forward priority 0;
				oifname "dir" udp dport { 500, 4500 } drop
			}
		}
	END
	lab_in net conntrack -F >>"$LAB_DIR/log/commands.log" 2>&1
}

# Prints why the router's NAT cannot be made to forget; nothing when it can.
masquerade_missing() {
	command -v conntrack >/dev/null || echo "no conntrack"
}

# Client 1 pings ten times a second in the background, $1 times.
ping_begin() {
	lab_spawn c1-running c1 ping -n -i 0.1 -c "$1" -I "$(client_inner 1)" "$LAB_INNER"
}

# Prints the numbers of the pings in the background that were answered so far.
pings_answered() {
	sed -n 's/.*icmp_seq=\([0-9]*\) ttl.*/\1/p' "$LAB_DIR/log/c1-running.log"
}

# True when ping number $1 or a later one was answered.
ping_reached() {
	[ "$(pings_answered | tail -n 1)" -ge "$1" ]
} 2>/dev/null

# Prints in how many places pings were lost between answered ones.
pings_gaps() {
	pings_answered | awk 'NR > 1 && $1 > before + 1 { gaps++ } { before = $1 }
		END { print gaps + 0 }'
}

# Prints what server $1 calls its IKE SA with the peer of identity $2, as in "#3".
server_sa() {
	peer_ctl "s$1" --list-sas | awk -v who="'$2'" \
		'/^[^ ]/ { number = substr($2, 1, length($2) - 1) }
		$1 == "remote" && $2 == who { print number }'
}

# Prints the number of the server that has an IKE SA with the peer of identity $1.
server_of_peer() {
	local i
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		if [ -n "$(server_sa "$i" "$1")" ]; then echo "$i"; fi
	done
}

# Prints how many peers have an IKE SA with each server, whatever address they come from, as
# in "3/3".
peers_spread() {
	local i spread=
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		spread=$spread/$(peer_ctl "s$i" --list-sas | grep -c "^  remote 'c")
	done
	echo "${spread#/}"
}

# True when the peers are spread as in $1.
peers_spread_is() {
	[ "$(peers_spread)" = "$1" ]
}

# Prints address and port that server $1 has for the peer of identity $2.
server_sees() {
	peer_ctl "s$1" --list-sas | sed -n "s/^  remote '$2' @ \([^[]*\)\[\([0-9]*\)\].*/\1:\2/p"
}

# Prints state and server of the director's entry for the flow from $1, ADDRESS:PORT.
director_entry() {
	director_query entries --arg client "$1" \
		'.[] | select(.client == $client) | "\(.state) \(.server)"'
}

# Claims that for the flows of clients $1 to $2 the director's table names the server that has
# the SA, and no other server has one.
expect_flow_agreement() {
	local i server flow
	for ((i = $1; i <= $2; i++)); do
		server=$(server_of_peer "c$i")
		flow=$(server_sees "$server" "c$i")
		[ "$(director_entry "$flow")" = "ESTABLISHED gw$server" ] ||
			stage_fail "client $i is at gw$server from $flow, the table has $(director_entry "$flow")"
	done
	printf '  ok: table and real servers agree about the flows of clients %s to %s\n' "$1" "$2"
}
