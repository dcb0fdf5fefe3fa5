# shellcheck shell=bash
# method nat: the same packets arrive with each fast path and with none

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"
# shellcheck source=../either.sh
. "$LAB_HOME/either.sh"

needs() {
	nat_missing
}

# Five pings of two clients each, and what they make themselves; AH is refused.
stage() {
	nat_choose
	topology_up 3 2 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	either_compare 18
}
