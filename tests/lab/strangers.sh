# shellcheck shell=bash
# First messages from forged sources, and what the director makes of first messages. Sourced
# by lib.sh.

# What strangers come from; answers to them end at the router. Of IPv6 each has a /64.
STRANGERS=10.128.0.0/9
STRANGERS6=fd00:80::/41
# shellcheck disable=SC2034 # for the stages
STRANGERS_ONE=10.128.0.1
# shellcheck disable=SC2034
STRANGERS_ONE6=fd00:80::/64
# Whom they write to, if not LAB_VIP.
STRANGERS_VIP=
# IKE messages without a responder's cookie on port 500, by kind of payload that comes first:
# a client's first messages without and with a cookie, and answers that ask for one.
# shellcheck disable=SC2034
STRANGERS_FIRST='(udp dst port 500 and udp[16:4] = 0 and udp[20:4] = 0)'
# shellcheck disable=SC2034
STRANGERS_PLAIN='(udp dst port 500 and udp[16:4] = 0 and udp[20:4] = 0 and udp[24] != 41)'
# shellcheck disable=SC2034
STRANGERS_WITH_COOKIE='(udp dst port 500 and udp[16:4] = 0 and udp[20:4] = 0 and udp[24] = 41)'
# Of these the ones whose cookie is the director's, by its length of 17 bytes.
# shellcheck disable=SC2034
STRANGERS_OUR_COOKIE='udp[38:2] = 25'
# A response to IKE_SA_INIT (34, flag 0x20) whose first payload (41) is of type 16390.
# shellcheck disable=SC2034
STRANGERS_CHALLENGE='(udp src port 500 and udp[16:4] = 0 and udp[20:4] = 0 and udp[24] = 41
	and udp[26] = 34 and udp[27] & 0x20 != 0 and udp[42:2] = 16390)'

# Has answers to strangers end at the router, and counts strangers' packets at every server.
strangers_expected() {
	local i
	lab_ip net route add blackhole "$STRANGERS" || return 1
	lab_ip net -6 route add blackhole "$STRANGERS6" || return 1
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		lab_in "s$i" nft -f - <<-END || return 1
			table netdev strangers {
				counter strangers { }
				chain arrived {
					type filter hook ingress device "lan" priority 0;
					ip saddr $STRANGERS counter name strangers
					ip6 saddr $STRANGERS6 counter name strangers
				}
			}
		END
	done
}

# Prints how many packets of strangers have reached server $1.
strangers_arrived_at() {
	lab_in "s$1" nft list counter netdev strangers strangers |
		sed -n 's/.*packets \([0-9]*\) bytes.*/\1/p'
}

# Prints how many have reached all servers.
strangers_arrived() {
	local i sum=0
	for ((i = 1; i <= LAB_SERVERS; i++)); do sum=$((sum + $(strangers_arrived_at "$i"))); done
	echo "$sum"
}

# Has what strangers send be dropped at the servers when it has been counted: nobody answers.
strangers_unanswered() {
	local i
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		lab_in "s$i" nft add rule netdev strangers arrived ip saddr "$STRANGERS" drop
	done
}

# Prints the address of device $2 in namespace $1.
strangers_link() {
	lab_ip "$1" -j link show "$2" | jq -r '.[0].address'
}

# Starts packets of strangers from the router to the director: $1 is init, main, later or esp,
# $2 the sources, $3 milliseconds; "-r RATE" may follow. The process is LAB_SPAWNED.
strangers_start() {
	local kind=$1 sources=$2 ms=$3
	shift 3
	lab_spawn strangers net "$(built tests/bench/flooder)" -t "$ms" "$@" \
		dir "$(strangers_link dir wan)" "${STRANGERS_VIP:-$LAB_VIP}" "$sources" "$kind"
}

# Sends packets of strangers as above, and waits; prints how many were sent.
strangers_send() {
	strangers_start "$@"
	lab_until $(($3 / 100 + 100)) lab_not lab_alive "$LAB_SPAWNED"
	tail -n 1 "$LAB_DIR/log/strangers.log" | cut -d' ' -f2
}

# Sends two first messages of strangers from the director's link to server $1, past the director.
strangers_at_server() {
	lab_in dir "$(built tests/bench/flooder)" -t 200 -r 10 lan \
		"$(strangers_link "s$1" lan)" "$LAB_VIP" "$STRANGERS" init >>"$LAB_DIR/log/strangers.log"
}
