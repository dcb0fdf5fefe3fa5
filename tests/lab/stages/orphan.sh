# shellcheck shell=bash
# ESP and AH of nobody are answered with ICMP from the VIP, within the rate

# Claims that stray packets of the given kind bring exactly the answer $1.
expect_answer() {
	local wanted=$1 answer
	shift
	answer=$(stray 1 "$@" | head -n 1)
	expect "answer to $*" "$wanted" "$answer"
	# The limit is per second, and this is not the place to meet it.
	sleep 0.2
}

# Every kind once, then a burst; the real servers must not see any of it.
stage() {
	local sent answered orphans
	stage_up 1 2 rr
	expect_answer "ICMP type 3 code 2 from $LAB_VIP, quoting protocol 50" "$LAB_VIP"
	expect_answer "ICMP type 3 code 2 from $LAB_VIP, quoting protocol 51" -p ah "$LAB_VIP"
	expect_answer "ICMPv6 type 4 code 1 pointer 6 from $LAB_VIP6, quoting protocol 50" \
		"$LAB_VIP6"
	expect_answer "ICMPv6 type 4 code 1 pointer 6 from $LAB_VIP6, quoting protocol 51" \
		-p ah "$LAB_VIP6"
	expect_answer "ICMPv6 type 4 code 1 pointer 40 from $LAB_VIP6, quoting protocol 60" \
		-d "$LAB_VIP6"
	expect "counted as orphan" 5 "$(director_counter orphan)"
	sleep 1.5
	read -r _ sent _ answered < <(stray 1 -c 50 -w 1000 "$LAB_VIP" | tail -n 1)
	expect "packets of the burst" 50 "$sent"
	expect_at_least "answers to the burst" 1 "$answered"
	expect_at_most "answers to the burst" 25 "$answered"
	orphans=$(director_counter orphan)
	expect "counted as orphan, answered" $((5 + answered)) "$orphans"
	expect "counted as orphan-limited" $((50 - answered)) "$(director_counter orphan-limited)"
	expect "ESP at the real servers" 0 "$(watch_servers plain_esp)"
	expect "AH at the real servers" 0 "$(watch_servers plain_ah)"
	expect_good_end
}
