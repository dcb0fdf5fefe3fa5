# shellcheck shell=bash
# method local: the same packets are delivered with each fast path and with none

# shellcheck source=../either.sh
. "$LAB_HOME/either.sh"

needs() {
	peers_missing
	director_missing
	capture_missing
}

# Five pings of two clients each, and what they make themselves: those of the one to the director,
# those of the other to a real server.
stage() {
	topology_up 3 1 || stage_fail "the network did not come up"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_peer_start || stage_fail "strongSwan of the director did not come up"
	either_has_local || stage_fail "what is delivered cannot be logged"
	either_compare 26
}
