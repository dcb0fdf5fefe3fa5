# shellcheck shell=bash
# The daemon with very many clients, on this machine's kernel. Sourced by run.
#
# Forwarded is ESP of all clients in turn, for plain forwarding and for the daemon's maps one
# after the other. Then the daemon's clock is moved on by a day, and all expire at once.

SCALE_CLIENTS="1000 100000 1000000"
SCALE_MS=3000
SCALE_FAST_PATH=auto
# What a round measures, in the order of the table.
SCALE_COLUMNS="plain ours new gone daemon kernel client busy turn long noise stall stop start"
# This machine's kernel, or a guest that nobody disturbs.
SCALE_WHERE=host
# Whether the daemon is killed as well.
SCALE_CRASH=no
# How long the machine is looked at without the daemon.
SCALE_NOISE_MS=10000
# Bytes of a daemon without clients.
SCALE_EMPTY_OWN=0 SCALE_EMPTY_KERNEL=0

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

# Notes what $1 clients take, beyond a daemon that has none and no room for them: of the daemon's
# own memory and of the kernel's.
scale_memory() {
	local own of_kernel
	read -r own of_kernel < <(bench_group_bytes) || true
	[ -n "$own" ] || return 0
	own=$((own - SCALE_EMPTY_OWN)) of_kernel=$((of_kernel - SCALE_EMPTY_KERNEL))
	scale_note daemon "$1" $((own / $1))
	scale_note kernel "$1" $((of_kernel / $1))
	scale_note client "$1" $(((own + of_kernel) / $1))
}

# Finds out what a daemon without clients takes.
scale_empty() {
	bench_up 2
	scale_start 0
	scale_count >/dev/null
	read -r SCALE_EMPTY_OWN SCALE_EMPTY_KERNEL < <(bench_group_bytes) || true
	bench_stop
	rm -f "$BENCH_WORK/state"
	bench_down
}

# Notes the longest piece of work of a program that has nothing to do with the daemon, in its own
# processor time: the machine's part in the figures.
scale_noise() {
	"$(bench_built tests/bench/noise)" "$SCALE_NOISE_MS" >"$BENCH_WORK/noise"
	[ -z "${VERBOSE-}" ] || cat "$BENCH_WORK/noise" >&2
	scale_note noise "$1" "$(awk '{ print ($7 - $5) / 1000 }' "$BENCH_WORK/noise")"
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
	scale_turns "$1" 0 busy
	begun=$(scale_now)
	scale_start "$1"
	until scale_count >/dev/null 2>&1; do
		[ $(($(scale_now) - begun)) -lt 300000000000 ] || bench_fail "no answer after a restart"
		sleep 0.01
	done
	[ "$(scale_count)" = "$1" ] || bench_fail "$(scale_count) of $1 clients outlived a restart"
	scale_note start "$1" $((($(scale_now) - begun) / 1000000))
}

# Kills the daemon of $1 clients, whose state file is as old as that, and starts another one: notes
# how long until it has them again, and waits until it has looked through the kernel's elements.
scale_crash() {
	local begun
	kill -KILL "$BENCH_RUNNING"
	wait "$BENCH_RUNNING" 2>/dev/null
	BENCH_RUNNING=
	begun=$(scale_now)
	scale_start "$1"
	until [ "$(scale_count 2>/dev/null)" = "$1" ]; do
		[ $(($(scale_now) - begun)) -lt 300000000000 ] ||
			bench_fail "$(scale_count) of $1 clients outlived a crash"
		sleep 0.01
	done
	scale_note crash "$1" $((($(scale_now) - begun) / 1000000))
	until grep -q "elements of an earlier run\|the kernel has what was restored" \
		"$BENCH_WORK/log"; do
		[ $(($(scale_now) - begun)) -lt 900000000000 ] ||
			bench_fail "the kernel's elements are not looked through"
		sleep 0.1
	done
	scale_note adopted "$1" $((($(scale_now) - begun) / 1000000))
}

# Establishes $1 clients and notes what they cost.
scale_establish() {
	bench_send -c "$1" handshake >"$BENCH_WORK/lines"
	scale_note new "$1" "$(($(scale_rate "$BENCH_WORK/lines") / 2))"
	[ "$(scale_count)" = "$1" ] || bench_fail "$(scale_count) of $1 clients are established"
	scale_memory "$1"
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

# Prints field $2 of the line about period $1 of the daemon that has ended: 0 is before its
# clock was moved on.
scale_stall() {
	awk -v period="$1" -v field="$2" '$1 == "stall" && $2 == period {
		for (i = 3; i < NF; i += 2) if ($i == field) print $(i + 1) }' "$BENCH_WORK/log"
}

# Notes turns of the loop of the daemon that has ended, with $1 clients: the longest in period $2
# in column $3.
scale_turns() {
	[ -z "${VERBOSE-}" ] || grep -A2 "^stall $2" "$BENCH_WORK/log" >&2
	scale_note "$3" "$1" "$(scale_stall "$2" processor-us | awk '{ print $1 / 1000 }')"
	scale_note long "$1" "$(scale_stall "$2" long)"
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
	if [ "$SCALE_CRASH" = yes ]; then
		scale_crash "$1"
	fi
	scale_expire "$1"
	bench_stop
	scale_turns "$1" 1 turn
	scale_note stall "$1" "$(scale_stall 1 longest-us | awk '{ print $1 / 1000 }')"
	scale_noise "$1"
	rm -f "$BENCH_WORK/state"
	bench_down
}

# Says how long $1 clients were away after a crash.
scale_table_crash() {
	echo "  $(scale_median crash "$1") ms from a crash until all are there," \
		"$(scale_median adopted "$1") ms until the kernel's elements are looked through"
}

# Prints the table.
scale_table() {
	local clients column ratio words=''
	printf '%8s %8s %8s %6s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n' clients plain/s \
		ours/s ratio new/s gone/s daemon/B kernel/B client/B busy/ms turn/ms long \
		noise/ms stall/ms stop/ms start/ms
	for clients in $SCALE_CLIENTS; do
		ratio=$(bench_ratio "$BENCH_WORK/ours.$clients" "$BENCH_WORK/plain.$clients")
		printf '%8s' "$clients"
		for column in $SCALE_COLUMNS; do
			printf ' %8s' "$(scale_median "$column" "$clients")"
			[ "$column" != ours ] || printf ' %6s' "$ratio"
		done
		echo
		[ "$SCALE_CRASH" = no ] || scale_table_crash "$clients"
		words+=", $ratio at $clients"
	done
	echo "ratio ${words#, } clients (packets of ESP forwarded, to plain forwarding)"
}

# One round in a guest, whose time is the number of instructions: two nanoseconds each.
scale_in_guest() {
	local options=(--rounds 1 --clients "$SCALE_CLIENTS" --fast-path "$SCALE_FAST_PATH")
	[ "$SCALE_CRASH" = no ] || options+=(--crash)
	bench_guest_up
	# shellcheck disable=SC2034 # of vm_start
	VM_CPUS=1 VM_MEMORY_MB=2560 VM_ACCEL=tcg
	# shellcheck disable=SC2034 # of vm_start
	VM_OPTIONS=(-icount "shift=1,sleep=off")
	vm_start 3600 env "VERBOSE=${VERBOSE-}" "$BENCH_HOME/run" scale --build "$BUILD" \
		"${options[@]}" || bench_fail "the guest did not start"
	cat "$VM_DIR/output"
	vm_wait || bench_fail "the guest ended with status $?, see $VM_DIR"
}

# Runs the rounds.
scale_run() {
	local round clients
	if [ "$SCALE_WHERE" = guest ]; then
		scale_in_guest
		return
	fi
	bench_init
	bench_group_up
	scale_empty
	echo "ESP of many clients; median of $BENCH_ROUNDS round(s)"
	for ((round = 0; round < BENCH_ROUNDS; round++)); do
		for clients in $SCALE_CLIENTS; do
			scale_plain "$clients"
			scale_ours "$clients"
		done
	done
	scale_table
}
