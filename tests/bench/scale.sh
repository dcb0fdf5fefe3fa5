# shellcheck shell=bash
# The daemon with very many clients, on this machine's kernel. Sourced by run.
#
# Forwarded is ESP of all clients in turn, for plain forwarding and for the daemon's maps one
# after the other. Then the daemon's clock is moved on by a day, and all expire at once.

SCALE_CLIENTS="1000 100000 1000000"
SCALE_MS=3000
SCALE_FAST_PATH=auto
# What a round measures, in the order of the table.
SCALE_COLUMNS="plain ours new gone daemon kernel busy turn stall stop start"

# Adds number $3 to what was measured in column $1 with $2 clients.
scale_note() {
	echo "$3" >>"$BENCH_WORK/$1.$2"
	[ -z "${VERBOSE-}" ] || echo "  $2 clients: $1 $3" >&2
}

# Prints the median of column $1 with $2 clients; a dash when there is none.
scale_median() {
	[ -s "$BENCH_WORK/$1.$2" ] || { echo - && return; }
	bench_median <"$BENCH_WORK/$1.$2"
}

# Prints packets a second of the sender's last line.
scale_rate() {
	tail -n 1 "$1" | awk '{ printf "%.0f\n", $5 / $9 * 1e9 }'
}

# Sends ESP of $1 clients for the time of a measurement, after once round unmeasured.
scale_forward() {
	bench_send -c "$1" esp >/dev/null
	bench_send -c "$1" -t "$SCALE_MS" esp:1000000000 >"$BENCH_WORK/lines"
	scale_rate "$BENCH_WORK/lines"
}

# Plain forwarding with $1 clients.
scale_plain() {
	bench_up 2
	ip -n "$BENCH_DIRECTOR" route add "$BENCH_VIRTUAL" via 10.2.0.11
	scale_note plain "$1" "$(scale_forward "$1")"
	bench_down
}

# Prints the daemon's resident bytes.
scale_resident() {
	awk '/^VmRSS:/ { printf "%.0f\n", $2 * 1024 }' "/proc/$BENCH_RUNNING/status"
}

# Prints the bytes that the kernel has for itself and cannot give back.
scale_kernel() {
	awk '/^(SUnreclaim|VmallocUsed):/ { sum += $2 } END { printf "%.0f\n", sum * 1024 }' \
		/proc/meminfo
}

# Prints how many clients the daemon has; fails while it does not answer.
scale_count() (
	set -o pipefail
	"$(bench_built src/ipsec-balancerctl)" --socket "$BENCH_WORK/control.sock" --json \
		show services | jq -r '.[0].clients'
)

# Prints nanoseconds of a clock.
scale_now() {
	date +%s%N
}

# Starts the daemon for $1 clients, with what watches its loop.
scale_start() {
	# shellcheck disable=SC2034 # bench_config writes it
	BENCH_STATE=$BENCH_WORK/state
	# The table is to be full: nothing makes room in it.
	bench_config direct "$SCALE_FAST_PATH" 2 "max-entries = $(($1 + 1000))
dropentry = off
droppacket = off"
	LD_PRELOAD=$(bench_built tests/bench/stall.so) bench_start
}

# Stops the daemon, which saves its table, and starts it again with $1 clients: notes how
# long either took, and that none was lost.
scale_restart() {
	local begun
	begun=$(scale_now)
	bench_stop
	scale_note stop "$1" $((($(scale_now) - begun) / 1000000))
	scale_busy "$1"
	begun=$(scale_now)
	scale_start "$1"
	until scale_count >/dev/null 2>&1; do
		[ $(($(scale_now) - begun)) -lt 300000000000 ] || bench_fail "no answer after a restart"
		sleep 0.01
	done
	[ "$(scale_count)" = "$1" ] || bench_fail "$(scale_count) of $1 clients outlived a restart"
	scale_note start "$1" $((($(scale_now) - begun) / 1000000))
}

# Establishes $1 clients and notes what they cost.
scale_establish() {
	local resident kernel
	resident=$(scale_resident)
	kernel=$(scale_kernel)
	bench_send -c "$1" handshake >"$BENCH_WORK/lines"
	scale_note new "$1" "$(($(scale_rate "$BENCH_WORK/lines") / 2))"
	[ "$(scale_count)" = "$1" ] || bench_fail "$(scale_count) of $1 clients are established"
	scale_note daemon "$1" $((($(scale_resident) - resident) / $1))
	scale_note kernel "$1" $((($(scale_kernel) - kernel) / $1))
}

# Moves the daemon's clock on and waits until $1 clients have gone.
scale_expire() {
	local begun left=1
	begun=$(scale_now)
	kill -USR2 "$BENCH_RUNNING"
	while [ "$left" -gt 0 ]; do
		[ $(($(scale_now) - begun)) -lt 300000000000 ] ||
			bench_fail "$left of $1 clients do not expire"
		left=$(scale_count)
	done
	scale_note gone "$1" $(($1 * 1000000 / (($(scale_now) - begun) / 1000)))
}

# Notes the longest turn of the loop of the daemon that has ended, while clients came.
scale_busy() {
	scale_note busy "$1" "$(awk '/^stall 0/ { print $8 / 1000 }' "$BENCH_WORK/log")"
}

# Notes its longest turn after its clock was moved on.
scale_turn() {
	scale_note turn "$1" "$(awk '/^stall 1/ { print $8 / 1000 }' "$BENCH_WORK/log")"
	scale_note stall "$1" "$(awk '/^stall 1/ { print $6 / 1000 }' "$BENCH_WORK/log")"
}

# The daemon with $1 clients.
scale_ours() {
	local before
	bench_up 2
	scale_start "$1"
	scale_establish "$1"
	before=$(bench_queued)
	scale_note ours "$1" "$(scale_forward "$1")"
	[ "$(bench_queued)" = "$before" ] ||
		bench_fail "$(($(bench_queued) - before)) packets of ESP met the daemon"
	scale_restart "$1"
	scale_expire "$1"
	bench_stop
	scale_turn "$1"
	rm -f "$BENCH_WORK/state"
	bench_down
}

# Prints the table.
scale_table() {
	local clients column ratio words=''
	printf '%8s %9s %9s %6s %9s %9s %9s %9s %9s %9s %9s %9s %9s\n' clients plain/s ours/s ratio \
		new/s gone/s daemon/B kernel/B busy/ms turn/ms stall/ms stop/ms start/ms
	for clients in $SCALE_CLIENTS; do
		ratio=$(bench_ratio "$BENCH_WORK/ours.$clients" "$BENCH_WORK/plain.$clients")
		printf '%8s' "$clients"
		for column in $SCALE_COLUMNS; do
			printf ' %9s' "$(scale_median "$column" "$clients")"
			[ "$column" != ours ] || printf ' %6s' "$ratio"
		done
		echo
		words+=", $ratio at $clients"
	done
	echo "ratio ${words#, } clients (packets of ESP forwarded, to plain forwarding)"
}

# Runs the rounds.
scale_run() {
	local round clients
	bench_init
	echo "ESP of many clients; median of $BENCH_ROUNDS round(s)"
	for ((round = 0; round < BENCH_ROUNDS; round++)); do
		for clients in $SCALE_CLIENTS; do
			scale_plain "$clients"
			scale_ours "$clients"
		done
	done
	scale_table
}
