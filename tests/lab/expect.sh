# shellcheck shell=bash
# What a stage claims. Sourced by run. A claim that does not hold ends the stage.

# Ends the stage as failed for reason $1.
stage_fail() {
	printf '%s\n' "$1" >"$LAB_DIR/reason"
	printf '  not so: %s\n' "$1"
	exit 1
}

# Tells what goes on.
stage_say() {
	printf '  %s\n' "$1"
}

# Claims that $1 is $2; $3 is what was seen.
expect() {
	[ "$2" = "$3" ] || stage_fail "$1: expected ${2:-nothing}, found ${3:-nothing}"
	printf '  ok: %s: %s\n' "$1" "$3"
}

# Claims that number $3, called $1, is at least $2.
expect_at_least() {
	[ "${3:-0}" -ge "$2" ] || stage_fail "$1: expected at least $2, found ${3:-nothing}"
	printf '  ok: %s: %s\n' "$1" "$3"
}

# Claims that number $3, called $1, is at most $2.
expect_at_most() {
	[ "${3:-$(($2 + 1))}" -le "$2" ] ||
		stage_fail "$1: expected at most $2, found ${3:-nothing}"
	printf '  ok: %s: %s\n' "$1" "$3"
}

# Claims that a command succeeds; $1 says what that means. Its words go to the logs.
expect_true() {
	local what=$1
	shift
	"$@" >>"$LAB_DIR/log/commands.log" 2>&1 || stage_fail "not true: $what"
	printf '  ok: %s\n' "$what"
}

# Claims that for clients $1 to $2 the director's table names the server that has the SA;
# with a third argument the clients are those of the IPv6 addresses.
expect_agreement() {
	local i client
	for ((i = $1; i <= $2; i++)); do
		client=$(client_address"${3:-}" "$i")
		[ "gw$(server_of_client "$client")" = "$(director_server_of "$client")" ] ||
			stage_fail "client $client is at gw$(server_of_client "$client"), the table says $(director_server_of "$client")"
	done
	printf '  ok: table and real servers agree about clients %s to %s\n' "$1" "$2"
}

# Claims that nothing went where it must not: to the default route, or back by the director.
expect_no_stray_ways() {
	expect "IPsec packets to the default route" 0 "$(watch_leaked)"
	expect "other packets sent to real servers" 0 "$(watch_servers other)"
	expect "replies by the wrong way" 0 "$(watch_servers wrong_way_back)"
}

# Claims that the daemon ends when asked, and that a sanitizer it may be built with has
# found nothing.
expect_good_daemon() {
	kill -TERM "$DIRECTOR_PID"
	expect_true "the daemon ends within ten seconds when asked" \
		lab_until 100 lab_not lab_alive "$DIRECTOR_PID"
	expect "findings of sanitizers" 0 \
		"$(grep -cE 'Sanitizer|runtime error' "$LAB_DIR/log/director.log")"
}

# What every stage with a director claims at its end.
expect_good_end() {
	expect_no_stray_ways
	expect_good_daemon
}

# Brings up network, counters, real servers and the director: $1 clients, $2 real servers,
# scheduler $3, further global config lines $4.
stage_up() {
	topology_up "$1" "$2" || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_config "$3" "${4:-}"
	stage_director_start
}

# Starts the director or fails the stage with its last words.
stage_director_start() {
	local unbuilt
	unbuilt=$(director_unbuilt)
	[ -z "$unbuilt" ] || stage_fail "${unbuilt//$'\n'/, }"
	director_start >"$LAB_DIR/start" || stage_fail "$(tr '\n' ' ' <"$LAB_DIR/start")"
}
