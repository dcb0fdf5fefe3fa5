# shellcheck shell=bash
# what the daemon cannot start with it names, and then it does not start half

needs() {
	director_missing
}

# Runs the daemon, words after $1 before it, and claims that it ends badly, says the words
# that pattern $1 matches, and has touched nothing.
expect_refusal() {
	local pattern=$1 words status
	shift
	words=$(lab_in_mounted dir timeout 20 "$@" "$(built src/ipsec-balancer)" \
		--config "$LAB_DIR/director.conf" --foreground 2>&1)
	status=$?
	printf '%s\n' "$words" >>"$LAB_DIR/log/refusals.log"
	case $status in
	0 | 124) stage_fail "started in spite of $pattern" ;;
	esac
	expect_true "says \"$pattern\"" grep -qiE -- "$pattern" <<<"$words"
	director_traces >"$LAB_DIR/after"
	expect_true "and touches nothing" cmp "$LAB_DIR/before" "$LAB_DIR/after"
}

# Prints the maps that the BPF program of a director has.
pinned_maps() {
	ls -i "$(director_pins)" 2>/dev/null
}

# Three bad configs, a missing capability, and a second daemon beside the first, which ends soon
# or does not.
stage() {
	local first maps
	topology_up 1 1 || stage_fail "the network did not come up"
	director_traces >"$LAB_DIR/before"
	director_config rr 'no-such-key = 1'
	expect_refusal 'director\.conf:[0-9]+.*no-such-key'
	director_config fastest
	expect_refusal 'director\.conf:[0-9]+.*fastest'
	director_config rr
	sed -i 's/10\.2\.0\.11/10.2.0.311/' "$LAB_DIR/director.conf"
	expect_refusal 'director\.conf:[0-9]+.*10\.2\.0\.311'
	director_config rr
	expect_refusal 'CAP_NET_ADMIN' setpriv --bounding-set -net_admin
	stage_director_start
	director_traces >"$LAB_DIR/before"
	expect_refusal 'queue 500'
	expect_true "the first daemon goes on" director_answers
	first=$DIRECTOR_PID
	lab_spawn_mounted director dir "$(built src/ipsec-balancer)" \
		--config "$LAB_DIR/director.conf" --foreground
	DIRECTOR_PID=$LAB_SPAWNED
	sleep 0.5
	lab_end 100 "$first"
	expect_true "one that is started while the first ends takes its place" \
		lab_until 100 director_answers
	expect_good_daemon

	# There is no ipip, or its only device in external mode is somebody else's. The program that
	# the last one has left goes on with its maps, though the limit is another one now.
	lab_ip dir link add another type ipip external 2>>"$LAB_DIR/log/commands.log"
	director_traces >"$LAB_DIR/before"
	maps=$(pinned_maps)
	# shellcheck disable=SC2034 # director.sh writes it into the config
	DIRECTOR_METHOD=tunnel
	director_config rr 'max-entries = 5000'
	expect_refusal 'method tunnel'
	expect "maps" "$maps" "$(pinned_maps)"
}
