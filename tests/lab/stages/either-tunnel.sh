# shellcheck shell=bash
# methods tunnel and local: the same packets arrive with each fast path and with none

# shellcheck source=../either.sh
. "$LAB_HOME/either.sh"

needs() {
	peers_missing
	director_missing
	capture_missing
	tunnels_missing 4
}

# Five pings of two clients each, and what they make themselves: those of the one in the director's
# tunnel, those of the other to the director itself.
stage() {
	# shellcheck disable=SC2034 # director.sh writes it into the config
	DIRECTOR_METHOD=tunnel
	topology_up 3 1 || stage_fail "the network did not come up"
	servers_decapsulate || stage_fail "the real servers have no tunnel devices"
	watch_start || stage_fail "the counters could not be placed"
	servers_start || stage_fail "strongSwan of a real server did not come up"
	director_peer_start || stage_fail "strongSwan of the director did not come up"
	either_has_local || stage_fail "what is delivered cannot be logged"
	either_compare 26
	expect 'packets without a tunnel' 0 "$(watch_servers bare)"
}
