# shellcheck shell=bash
# nothing stays: SIGTERM, then --cleanup; also --cleanup after a kill -9

# Ends the daemon by function $1 and claims that --cleanup brings back what was before.
expect_clean_after() {
	"$1"
	expect_true "--cleanup after $1" director_run --cleanup
	director_traces >"$LAB_DIR/after"
	diff -u "$LAB_DIR/before" "$LAB_DIR/after" >"$LAB_DIR/log/traces.diff" ||
		stage_fail "$1 left: $(grep '^[-+][^-+]' "$LAB_DIR/log/traces.diff" | tr '\n' ';')"
	printf '  ok: ruleset, rules and routes are as before\n'
}

# One client makes sure that the daemon has had something to leave behind.
stage() {
	topology_up 1 2 || stage_fail "the network did not come up"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_config rr
	director_traces >"$LAB_DIR/before"
	stage_director_start
	clients_start 2 "$LAB_VIP"
	expect "clients established" 1 "$(clients_initiate 1 1)"
	expect_true "the nft table is there" director_rules_present
	[ "$(director_best_path)" != bpf ] ||
		expect_true "so is what BPF has pinned" test -d "$(director_pins)"
	expect_clean_after director_stop
	stage_director_start
	expect_clean_after director_kill
	expect_true "--cleanup once more, with nothing to do" director_run --cleanup
}
