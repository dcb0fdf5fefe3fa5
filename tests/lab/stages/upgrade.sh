# shellcheck shell=bash
# an earlier version, stopped or killed, makes way for this one under counted ESP: none is lost

# shellcheck source=../counted.sh
. "$LAB_HOME/counted.sh"
# shellcheck source=../earlier.sh
. "$LAB_HOME/earlier.sh"

needs() {
	counted_missing
	earlier_missing
}

prepare() {
	earlier_build
}

# Ends the earlier version as $1 says, by stop or kill, and starts this one.
upgrade_now() {
	"director_$1"
	DIRECTOR_PROGRAM=
	stage_director_start
}

# Claims that from the earlier version, ended as $1 says, to this one nothing is lost; that the
# kernel carries again what it did, and that nothing is left of either in the end.
expect_upgrade() {
	local path
	# What this version has written the earlier one need not understand.
	rm -f "$DIRECTOR_STATE"
	lab_in back nft flush set netdev sink homes
	# shellcheck disable=SC2034 # director.sh reads it
	DIRECTOR_PROGRAM=$(earlier_program)
	stage_director_start
	path=$(director_fast_path)
	expect_counted_in
	expect_true "the earlier version's kernel part carries all of it" \
		lab_until 20 counted_is_carried
	counted_saved
	expect_all_arrive "$1, and this version's start" upgrade_now "$1"
	expect_true "the kernel carries all of it" lab_until 20 counted_is_carried
	expect "fast path, before and after" "$path $path" "$path $(director_fast_path)"
	expect_good_daemon
	director_run --cleanup
	director_traces >"$LAB_DIR/after"
	expect_true "nothing is left in the kernel" diff "$LAB_DIR/before" "$LAB_DIR/after"
}

# Twice the same, but for the earlier version's end.
stage() {
	[ -x "$(earlier_program)" ] ||
		stage_fail "the earlier version was not built, see $(built "earlier/$EARLIER_COMMIT.log")"
	counted_up || stage_fail "the network did not come up"
	director_keeps_state
	director_traces >"$LAB_DIR/before"
	counted_config 1 2
	stage_say "from $("$(earlier_program)" --version | head -n 1), $EARLIER_COMMIT"
	expect_upgrade stop
	expect_upgrade kill
}
