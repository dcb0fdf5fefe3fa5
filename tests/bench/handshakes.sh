# shellcheck shell=bash
# The slow path on this machine's kernel, against the bare echo: packets of established
# clients, and new clients a second. Sourced by run.

HANDSHAKES_MS=1500
HANDSHAKES_PACKETS=2000000
HANDSHAKES_CLIENTS=400000
# Who serves: the yardstick, the daemon alone, the daemon with nft's maps and with BPF's.
HANDSHAKES_KINDS="echo slow maps bpf"

# Starts $1: one of these.
handshakes_start() {
	bench_up 2
	case $1 in
	echo) bench_start "$(bench_built tests/bench/echo)" "$BENCH_VIRTUAL" 10.2.0.11 10.2.0.12 ;;
	slow) bench_config direct off 2 && bench_start ;;
	maps) bench_config direct nft 2 && bench_start ;;
	bpf) bench_config direct bpf 2 && bench_start ;;
	esac
}

# Runs one round of $1 with $2 clients and the phases that follow; the rate of the last phase,
# in $3 packets a unit, goes into the kind's file.
handshakes_round() {
	local kind=$1 clients=$2 unit=$3 line
	shift 3
	handshakes_start "$kind"
	line=$(bench_send -c "$clients" -t "$HANDSHAKES_MS" "$@" | tail -n 1) || exit 1
	bench_down
	[ -z "${VERBOSE-}" ] || cat "$BENCH_WORK/log"
	awk -v unit="$unit" '{ printf "%.0f\n", $5 / unit / $9 * 1e9 }' <<<"$line" \
		>>"$BENCH_WORK/rate.$kind"
	printf '  %-6s %8d a second   (%s)\n' "$kind" "$(tail -n 1 "$BENCH_WORK/rate.$kind")" "$line"
}

# Runs all rounds, one of each kind after the other, and prints table and ratio; arguments as
# for a round without the kind.
handshakes_rounds() {
	local round kind ratio words=''
	for ((round = 0; round < BENCH_ROUNDS; round++)); do
		for kind in $HANDSHAKES_KINDS; do handshakes_round "$kind" "$@"; done
	done
	printf '%-6s %12s %8s\n' path "a second" "to echo"
	for kind in $HANDSHAKES_KINDS; do
		ratio=$(bench_ratio "$BENCH_WORK/rate.$kind" "$BENCH_WORK/rate.echo")
		printf '%-6s %12.0f %8s\n' "$kind" "$(bench_median <"$BENCH_WORK/rate.$kind")" \
			"$ratio"
		[ "$kind" = echo ] || words+=", $ratio $kind"
	done
	echo "ratio ${words#, } (to the bare echo)"
}

# New clients: a first message and one with both cookies each.
handshakes_run() {
	bench_init
	echo "New IKEv2 clients a second, two messages each; median of $BENCH_ROUNDS round(s)"
	handshakes_rounds "$HANDSHAKES_CLIENTS" 2 handshake
}

# Established clients: ISAKMP with both cookies.
slow_path_run() {
	bench_init
	HANDSHAKES_KINDS="echo slow"
	echo "ISAKMP packets a second, 1000 established clients; median of $BENCH_ROUNDS round(s)"
	handshakes_rounds 1000 1 handshake "isakmp:$HANDSHAKES_PACKETS"
}
