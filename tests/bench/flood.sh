# shellcheck shell=bash
# Floods with forged sources, and what becomes of honest clients meanwhile. Sourced by
# run, on the machine and in the guest.
#
# The network is the lab's, with strongSwan in clients and servers. The flood is sent by
# the router in the middle, over its link to the director. Client 1 is many: each fresh
# handshake comes from an address of its own. The others have tunnels and ping through
# them.

FLOOD_FRESH=10.96
FLOOD_FRESH6=fd00:96::
FLOOD_TRIES=400
FLOOD_MS=20000
FLOOD_TRY_SECONDS=8
FLOOD_LANES=4
FLOOD_WHERE=host
FLOOD_ROWS=
FLOOD_TRAFFIC=
FLOOD_MORE=()
FLOOD_METHOD=direct
FLOOD_FAMILY=4
FLOOD_FORMAT='%-11s %-5s %-6s %7s %8s %6s %7s %10s %8s %7s %5s %8s\n'
# What a row sets: global lines, and lines of the service.
declare -A FLOOD_GLOBAL=() FLOOD_SERVICE=()

# Notes row $1 with global lines $2 and lines of the service $3, "\n" between them.
flood_row() {
	FLOOD_ALL_ROWS+=" $1"
	FLOOD_GLOBAL[$1]=$2
	FLOOD_SERVICE[$1]=$3
}

# The rows that there are. Rows "ipvs" and "ipvs-drop" are the kernel's, without a daemon.
flood_define() {
	FLOOD_ALL_ROWS="ipvs ipvs-drop"
	flood_row none "dropentry = off" ""
	# A table that is full within the time of a flood.
	flood_row full "dropentry = off\nmax-entries = 20000" ""
	flood_row dropentry "dropentry = auto\nmax-entries = 20000" ""
	flood_row droppacket "droppacket = auto\nmax-entries = 20000" ""
	flood_row limits "" "new-rate = 200\nhalf-open = 2000"
	flood_row greylist "" "greylist = on"
	flood_row stateless "" "initial = stateless"
	flood_row challenge "" "challenge = on"
	flood_row auto "" "challenge = auto\ngreylist = auto\ninitial = auto"
	# In nft, before the queue: by source, and in all.
	flood_row rates "limit-first-source = 5\nlimit-esp-source = 20" ""
	flood_row rates-all "limit-first-total = 1000\nlimit-esp-total = 1000" ""
	flood_row rates+auto "${FLOOD_GLOBAL[rates]}" "${FLOOD_SERVICE[auto]}"
}

# Notes the rows of the command line.
flood_more() {
	local row name global service
	for row in "${FLOOD_MORE[@]}"; do
		IFS=";" read -r name global service <<<"$row"
		flood_row "$name" "$global" "$service"
	done
}

# Prints why the bench cannot run here; nothing when it can.
flood_missing() {
	peers_missing
	director_missing
	[[ " $FLOOD_ROWS" != *" ipvs"* ]] || ipvs_missing
}

# Prints the address of number $1 of the many.
flood_fresh() {
	case $FLOOD_FAMILY in
	6) printf '%s%x' "$FLOOD_FRESH6" $(($1 + 1)) ;;
	*) echo "$FLOOD_FRESH.$(($1 / 250)).$(($1 % 250 + 1))" ;;
	esac
}

# Prints the virtual address.
flood_vip() {
	if [ "$FLOOD_FAMILY" = 6 ]; then echo "$LAB_VIP6"; else echo "$LAB_VIP"; fi
}

# Leads to the many by way of the first client.
flood_route() {
	local net=$FLOOD_FRESH.0.0/16 via=client_address
	[ "$FLOOD_FAMILY" = 4 ] || net=$FLOOD_FRESH6/64 via=client_address6
	lab_ip net route add "$net" via "$("$via" 1)"
}

# Prints connection $1 of the many, IKE version $2: an IKE SA and no child.
flood_connection() {
	cat <<-END
		f$1 {
			version = $2
			local_addrs = $(flood_fresh "$1")
			remote_addrs = $(flood_vip)
			childless = force
			proposals = aes128-sha256-x25519
			local { auth = psk
				id = f$1 }
			remote { auth = psk
				id = gateway }
		}
	END
}

# Starts the many clients in namespace c1, IKE version $1.
flood_many_start() {
	local i
	{
		for ((i = 0; i < FLOOD_TRIES; i++)); do
			echo "address add $(flood_fresh "$i") dev lo"
		done
	} | lab_ip_lines c1 || return 1
	flood_route || return 1
	{
		echo "connections {"
		for ((i = 0; i < FLOOD_TRIES; i++)); do flood_connection "$i" "$1"; done
		echo "}"
		echo "secrets { ike-lab { secret = \"$PEER_SECRET\" } }"
	} | peer_write c1
	peer_start c1
	peer_load c1
}

# Writes the configuration of row $1.
flood_config() {
	director_lines "$(printf '%b' "${FLOOD_SERVICE[$1]}")"
	director_config rr "$(printf '%b' "${FLOOD_GLOBAL[$1]}")"
}

# Puts what row $1 names in the director's place.
flood_director() {
	case $1 in
	ipvs*)
		DIRECTOR_PID=
		ipvs_up || return 1
		[ "$1" = ipvs ] || lab_in dir sysctl -qw net.ipv4.vs.drop_entry=3 \
			net.ipv4.vs.drop_packet=3
		;;
	*)
		flood_config "$1"
		director_start || return 1
		# It has a machine of its own, elsewhere.
		renice -n -10 -p "$DIRECTOR_PID"
		;;
	esac
}

# Brings it all up for row $1; the many speak IKE version $2.
flood_up() {
	lab_init ""
	[ "$FLOOD_METHOD" != nat ] || nat_choose
	topology_up 3 2 && strangers_expected || return 1
	# Where user space does ESP it knows only ESP in UDP.
	peers_kernel_esp || peers_force_encap
	servers_start && flood_director "$1" && clients_start 2 "$(flood_vip)" 2 3 &&
		flood_many_start "$2" || return 1
	[ "$(clients_initiate 2 3)" = 2 ]
}

# Takes it all down.
flood_down() {
	lab_down
	lab_forget
}

# Removes what is there, at the end or when interrupted.
flood_leave() {
	trap '' INT TERM
	flood_down
	rm -rf "$BENCH_WORK"
}

# Prints the size of the table in entries.
flood_entries() {
	if [ -z "$DIRECTOR_PID" ]; then
		lab_in dir cat /proc/net/ip_vs_conn | sed 1,2d | wc -l
	else
		director_query services '[.[] | .entries.initial + .entries.established] | add'
	fi
}

# Prints MiB: resident ones of the daemon, or those of IPVS's entries.
flood_memory() {
	if [ -z "$DIRECTOR_PID" ]; then
		awk -v entries="$(flood_entries)" '{ printf "%.1f\n", entries * $1 / 1048576 }' \
			/sys/kernel/slab/ip_vs_conn/slab_size
	else
		awk '/^VmRSS:/ { printf "%.1f\n", $2 / 1024 }' "/proc/$DIRECTOR_PID/status"
	fi
}

# Prints ticks of processor time that the daemon has had.
flood_ticks() {
	[ -n "$DIRECTOR_PID" ] || { echo 0 && return; }
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$DIRECTOR_PID/stat"
}

# Prints the addresses that "one" or "random" sources are of.
flood_sources() {
	case $1:$FLOOD_FAMILY in
	one:6) echo "$STRANGERS_ONE6" ;;
	one:*) echo "$STRANGERS_ONE" ;;
	*:6) echo "$STRANGERS6" ;;
	*) echo "$STRANGERS" ;;
	esac
}

# Starts the flood KIND:SOURCES:RATE of $1, which outlasts the last try; nothing for "quiet".
flood_begin() {
	local kind sources rate options=()
	IFS=: read -r kind sources rate <<<"$1"
	[ "$kind" != quiet ] || { FLOOD_PID= && return; }
	sources=$(flood_sources "$sources")
	# shellcheck disable=SC2034 # of strangers.sh
	STRANGERS_VIP=$(flood_vip)
	[ "$rate" = max ] || options=(-r "$rate")
	strangers_start "$kind" "$sources" $((FLOOD_MS + FLOOD_TRY_SECONDS * 1000 + 5000)) \
		"${options[@]}"
	FLOOD_PID=$LAB_SPAWNED
}

# Has client $1 ping through its tunnel for FLOOD_MS.
flood_ping() {
	lab_in "c$1" ping -q -n -i 0.1 -c $((FLOOD_MS / 100)) -W 2 -I "$(client_inner "$1")" \
		"$LAB_INNER" >"$LAB_DIR/ping.$1" 2>&1 </dev/null
}

# Prints nanoseconds of a clock, for differences.
flood_now() {
	date +%s%N
}

# Lets every FLOOD_LANES-th of the fresh clients, from number $1 on, connect, one after the
# other for FLOOD_MS; writes "STATUS MS" for each. A try that has begun may take its time.
flood_lane() {
	local number=$1 begun end status
	end=$(($(flood_now) + FLOOD_MS * 1000000))
	while [ "$number" -lt "$FLOOD_TRIES" ]; do
		begun=$(flood_now)
		[ "$begun" -lt "$end" ] || break
		peer_ctl c1 --initiate --ike "f$number" --timeout "$FLOOD_TRY_SECONDS" \
			>>"$LAB_DIR/log/fresh.log" 2>&1
		status=$?
		echo "$status $((($(flood_now) - begun) / 1000000))" >>"$LAB_DIR/fresh"
		number=$((number + FLOOD_LANES))
	done
}

# Prints handshakes "COMPLETED/TRIED" and the seconds that half of the completed, and the
# slowest, took.
flood_handshakes() {
	sort -k 1n,1 -k 2n,2 "$LAB_DIR/fresh" | awk '
		$1 == 0 { took[++done] = $2 / 1000 }
		END {
			printf "%d/%d ", done, NR
			if (done) printf "%.2f %.2f\n", took[int((done + 1) / 2)], took[done]
			else print "- -"
		}'
}

# Looks at table, memory and processor time when nearly FLOOD_MS are over; prints them.
flood_look() {
	sleep "$(((FLOOD_MS - 500) / 1000)).5"
	echo "$(flood_entries) $(flood_memory) $(flood_ticks)"
}

# Prints pings "LOST/SENT" of the clients that have tunnels.
flood_pings() {
	sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' \
		"$LAB_DIR"/ping.* | awk '{ sent += $1; got += $2 } END { print sent - got "/" sent }'
}

# Measures one cell, row $1 under flood $2: the words of its line.
flood_measure() {
	local lane ticks entries memory later sent=0 rate=0 arrived waits=()
	for ((lane = 2; lane < 4; lane++)); do flood_ping "$lane" & waits+=($!); done
	flood_look >"$LAB_DIR/look" & waits+=($!)
	ticks=$(flood_ticks)
	flood_begin "$2"
	for ((lane = 0; lane < FLOOD_LANES; lane++)); do flood_lane "$lane" & waits+=($!); done
	wait "${waits[@]}"
	[ -z "$FLOOD_PID" ] || lab_end 50 "$FLOOD_PID"
	arrived=$(strangers_arrived)
	read -r entries memory later <"$LAB_DIR/look"
	[ -z "$FLOOD_PID" ] || read -r sent rate < <(
		awk '{ printf "%d %.1f\n", $2, $2 / $4 * 1e6 }' "$LAB_DIR/log/strangers.log")
	[ -z "${VERBOSE-}" ] || flood_tell >&2
	echo "$rate $(flood_handshakes) $(flood_pings) $entries $memory" \
		"$(((later - ticks) * 1000 / FLOOD_MS)) $(flood_share "$arrived" "$sent")"
}

# Prints what became of the packets, by the daemon and by the queue before it.
flood_tell() {
	[ -n "$DIRECTOR_PID" ] || return 0
	director_ctl show stats | awk '$2 ~ /[1-9]/'
	# shellcheck disable=SC2016 # awk expands it
	lab_in dir awk '{ print "dropped before the queue", $6, "at the socket", $7 }' \
		"$BENCH_QUEUES"
}

# Prints $1 as per cent of $2.
flood_share() {
	awk -v a="$1" -v b="$2" 'BEGIN { if (b) printf "%.2f\n", a / b * 100; else print "-" }'
}

# Prints the IKE version that the many speak under flood $1.
flood_version() {
	case $1 in
	main:*) echo 1 ;;
	*) echo 2 ;;
	esac
}

# Measures row $1 under flood $2 and prints its line.
flood_cell() {
	local words
	flood_up "$1" "$(flood_version "$2")" >"$BENCH_WORK/up" 2>&1 || {
		tail -n 5 "$BENCH_WORK/up" >&2
		bench_fail "$1 under $2 did not come up, see $LAB_DIR"
	}
	words=$(flood_measure "$1" "$2") || exit 1
	[ -z "$DIRECTOR_PID" ] || lab_alive "$DIRECTOR_PID" || bench_fail "the daemon died"
	# shellcheck disable=SC2059,SC2046,SC2086 # the format is a constant; words
	printf "$FLOOD_FORMAT" "$1" $(flood_words "$2") $words
	echo "$1 $2 $words" >>"$BENCH_WORK/cells"
	flood_down
}

# Prints kind and sources of flood $1.
flood_words() {
	local kind sources rest
	IFS=: read -r kind sources rest <<<"$1"
	: "$rest"
	echo "$kind ${sources:--}"
}

# Prints what every row came to under all floods.
flood_ratio() {
	awk '{
		split($4, made, "/")
		if (!($1 in tried)) order[++rows] = $1
		done[$1] += made[1]; tried[$1] += made[2]
	} END {
		printf "ratio "
		for (i = 1; i <= rows; i++) {
			row = order[i]
			printf "%s%.3f %s", (i > 1 ? ", " : ""), done[row] / tried[row], row
		}
		print " (handshakes completed, to tried)"
	}' "$BENCH_WORK/cells"
}

# Runs all cells here.
flood_here() {
	local row flood missing
	missing=$(flood_missing)
	[ -z "$missing" ] || bench_fail "no flood here: ${missing//$'\n'/; }"
	BENCH_WORK=$(mktemp -d "${TMPDIR:-/tmp}/ipb-bench.XXXXXX") || exit 1
	trap flood_leave EXIT
	trap 'exit 130' INT TERM
	echo "Fresh handshakes and pings under floods of $((FLOOD_MS / 1000)) seconds," \
		"method $FLOOD_METHOD, IPv$FLOOD_FAMILY"
	# shellcheck disable=SC2059 # the format is a constant
	printf "$FLOOD_FORMAT" row flood from kpkt/s shakes half/s slowest lost/pings entries \
		MiB "cpu%" "servers%"
	for row in $FLOOD_ROWS; do
		for flood in $FLOOD_TRAFFIC; do flood_cell "$row" "$flood"; done
	done
	flood_ratio
}

# Runs them all in a guest, which says the table.
flood_in_guest() {
	local row more=()
	bench_guest_up
	for row in "${FLOOD_MORE[@]}"; do more+=(--row "$row"); done
	vm_start 3600 env "VERBOSE=${VERBOSE-}" "$BENCH_HOME/run" flood --build "$BUILD" \
		--rows "$FLOOD_ROWS" --floods "$FLOOD_TRAFFIC" --ms "$FLOOD_MS" \
		--tries "$FLOOD_TRIES" --method "$FLOOD_METHOD" \
		--family "$FLOOD_FAMILY" "${more[@]}" || exit 1
	cat "$VM_DIR/output"
	vm_wait || bench_fail "the guest ended with status $?, see $VM_DIR"
}

# Chooses rows and floods that were not chosen, and runs them here or in a guest.
flood_run() {
	# shellcheck source=../lab/lib.sh
	. "$BENCH_HOME/../lab/lib.sh"
	# shellcheck source=../lab/nat.sh
	. "$BENCH_HOME/../lab/nat.sh"
	flood_define
	flood_more
	FLOOD_TRAFFIC=${FLOOD_TRAFFIC:-quiet init:random:1000 init:random:20000 init:random:max
		init:one:max main:random:20000 esp:random:max}
	case ${FLOOD_ROWS:-all},$FLOOD_WHERE in
	all,guest) FLOOD_ROWS=$FLOOD_ALL_ROWS ;;
	all,*) FLOOD_ROWS=${FLOOD_ALL_ROWS#ipvs ipvs-drop} ;;
	esac
	if [ "$FLOOD_WHERE" = guest ]; then flood_in_guest; else flood_here; fi
}
