# shellcheck shell=bash
# thousands of clients' ESP while the daemon dies, starts, changes, and all expire: every packet counted

# shellcheck source=../counted.sh
. "$LAB_HOME/counted.sh"

needs() {
	counted_missing
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
	stage_director_start
	expect_counted_in
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
	expect_all_but_queued "arrived, or sent where nobody is" 200000 $((COUNTED_ARRIVED + strays))
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

# Claims that $1, which should be $2, is. With nft's maps the table at ingress goes a moment before
# the rules that queue what nobody knows, with which goes what they have queued: a few are missing.
expect_all_but_queued() {
	if [ "$(director_fast_path)" = nft ]; then
		expect_at_least "$1, but for what was queued" $(($2 - 100)) "$3"
	else
		expect "$1" "$2" "$3"
	fi
}

# Claims that once the rules are there again everything arrives.
expect_all_arrive_since() {
	counted_send esp:20000
	counted_wait
	expect "with our rules again: sent, arrived" "20000 20000" "$COUNTED_SENT $COUNTED_ARRIVED"
	expect "no more of it elsewhere" "$1" "$(counted_strays)"
}
